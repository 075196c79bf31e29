# Needs Python >= 3.11, git and make; everything else is installed into .venv by the first target that needs it.
#
#   make demo        run the demo and say where its report and picture are
#   make test        all tests
#   make check       ruff, pyright, import-linter, the catalogue's own check, architecture tests
#   make format      lay out the code
#   make docs        build the site of the catalogue and the language into build/docs/html
#   make benchmark   print start-up times beside their goals
#   make clean       remove .venv and everything that tools leave behind

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PYTHON ?=
CANDIDATES := $(PYTHON) python3.13 python3.12 python3.11 python3 python
SOURCES := src tests benchmarks
DOCS := build/docs
# The folder of the published suites that some tests take a sample of, where it lies beside this one.
export CYTOKINOME_SUITES ?= $(wildcard ../shared/conformance)

# pyright comes with its own JavaScript and Node: keep it from looking for newer ones.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: demo test check format docs benchmark clean
.DELETE_ON_ERROR:

demo: $(VENV)/.package
	@echo "== demo"
	@$(BIN)/cytokinome demo

test: $(VENV)/.dev
	@echo "== tests"
	@$(BIN)/python -m pytest -n 2 -q

check: $(VENV)/.dev
	@echo "== ruff check"
	@$(BIN)/ruff check $(SOURCES)
	@echo "== ruff format --check"
	@$(BIN)/ruff format --check $(SOURCES)
	@echo "== pyright"
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@echo "== import-linter"
	@$(BIN)/lint-imports
	@echo "== catalogue check"
	@$(BIN)/cytokinome catalogue check
	@echo "== architecture tests"
	@$(BIN)/python -m pytest -q tests/architecture

format: $(VENV)/.dev
	@echo "== ruff format"
	@$(BIN)/ruff check --fix --exit-zero --quiet $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

docs: $(VENV)/.docs
	@echo "== writing pages"
	@$(BIN)/python tools/pages.py $(DOCS)/source
	@echo "== sphinx"
	@$(BIN)/sphinx-build -q -W --keep-going -b html -c docs $(DOCS)/source $(DOCS)/html
	@echo "$(DOCS)/html/index.html"

benchmark: $(VENV)/.package
	@echo "== start-up times"
	@$(BIN)/python -m benchmarks.startup

clean:
	@echo "== removing .venv, caches and build output"
	@rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that is new enough and can make virtual environments.
$(VENV)/.python:
	@for candidate in $(CANDIDATES); do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "== creating $(VENV) with $$candidate ($$("$$candidate" -V))"; \
	    "$$candidate" -m venv --clear $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "No Python >= 3.11 with the modules venv and ensurepip was found (tried: $(strip $(CANDIDATES)))." >&2; \
	echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
	exit 1

$(VENV)/.package: pyproject.toml constraints.txt $(VENV)/.python
	@echo "== installing cytokinome into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(VENV)/.python
	@echo "== installing cytokinome and its development tools into $(VENV)"
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/.package $@

$(VENV)/.docs: pyproject.toml constraints.txt $(VENV)/.python
	@echo "== installing cytokinome and what makes its site into $(VENV)"
	@$(PIP) -e '.[docs]'
	@touch $(VENV)/.package $@
