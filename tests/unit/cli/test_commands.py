"""Every command: what it answers, on which stream, and its exit status."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cytokinome import api, library
from cytokinome._version import __version__
from cytokinome.cli.main import app
from cytokinome.cli.progress import Progress

SMALL = ["--patients", "1", "--workers", "1"]


def call(*arguments: str | Path) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(a) for a in arguments], prog_name="cytokinome")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a new model `dish` in it."""
    monkeypatch.chdir(tmp_path)
    assert call("new", "dish").exit_code == 0
    return tmp_path


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory of the new model's experiment, written by `run`."""
    folder = tmp_path_factory.mktemp("stored")
    assert call("new", "dish", "--dir", folder / "dish").exit_code == 0
    result = call(
        "run", folder / "dish/experiment.yaml", *SMALL, "--out", folder / "runs", "--csv", "--json", folder / "a.json"
    )
    assert result.exit_code == 0, result.output
    return folder / "runs/dish"


def change(path: Path, old: str, new: str) -> None:
    """Replace a piece of a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------- all
def test_version() -> None:
    """`--version` says the version."""
    result = call("--version")
    assert (result.exit_code, result.stdout) == (0, f"cytokinome {__version__}\n")


def test_help_names_every_command() -> None:
    """`--help` lists the commands of the contract."""
    text = call("--help").stdout
    first = ["demo", "new", "validate", "explain", "format", "run", "fit"]
    for name in [*first, "compare", "verify", "panel", "catalogue", "import", "export", "open"]:
        assert f"\n  {name} " in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["run"],
        ["run", "x", "--patients", "0"],
        ["run", "x", "--rtol", "2"],
        ["run", "x", "--max-memory", "many"],
        ["explain", "tnf-il10-culture", "--stage", "soup"],
    ],
)
def test_wrong_command_lines(arguments: list[str]) -> None:
    """A wrong command line has the status of user faults and a sentence."""
    result = call(*arguments)
    assert result.exit_code == 2
    assert "Error" in result.stderr


# ------------------------------------------------------------------------------------------------- new and validate
def test_new_is_right(folder: Path) -> None:
    """What `new` writes has no fault and no warning, and is in the canonical layout."""
    files = [folder / "dish/model.yaml", folder / "dish/experiment.yaml"]
    result = call("validate", *files)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "".join(f"{file}: fine\n" for file in files)
    assert call("format", "--check", *files).exit_code == 0


def test_new_overwrites_nothing(folder: Path) -> None:
    """A second `new` of the same name is refused and leaves the files as they are."""
    change(folder / "dish/model.yaml", "title: Macrophages", "title: My macrophages")
    before = (folder / "dish/model.yaml").read_bytes()
    assert call("new", "dish").exit_code == 2
    assert (folder / "dish/model.yaml").read_bytes() == before


@pytest.mark.parametrize("name", ["../up", "a b", "1", "", "-x", "a" * 80, "é"])
def test_new_refuses_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is no name of a model makes no folder."""
    monkeypatch.chdir(tmp_path)
    assert call("new", "--", name).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_validate_shows_faults(folder: Path) -> None:
    """Faults of all files go to standard error with place, caret and help; files without are said to be fine."""
    change(folder / "dish/model.yaml", "secretes TNF", "secretes TFN")
    change(folder / "dish/experiment.yaml", "model: model.yaml", "model: tnf-il10-culture")
    result = call("validate", "dish/model.yaml", "dish/experiment.yaml", "--json", "found.json")
    assert result.exit_code == 2
    assert result.stdout == "dish/experiment.yaml: fine\n"
    assert all(word in result.stderr for word in ("UNKNOWN_NAME", "dish/model.yaml:", "^^^", "did you mean TNF"))
    found = json.loads(Path("found.json").read_text(encoding="utf-8"))
    assert [(f["code"], f["severity"], f["file"]) for f in found] == [("UNKNOWN_NAME", "error", "dish/model.yaml")]
    assert found[0]["line"] > 1


def test_validate_json_on_stdout(folder: Path) -> None:
    """With `--json -` standard output holds the data and nothing else."""
    result = call("validate", "dish/model.yaml", "--json", "-")
    assert json.loads(result.stdout) == []
    assert "fine" in result.stderr


def test_validate_missing_file(tmp_path: Path) -> None:
    """A file that does not exist is a finding."""
    result = call("validate", tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "FILE_UNREADABLE" in result.stderr


# ------------------------------------------------------------------------------------------------ explain and format
@pytest.mark.parametrize("stage", ["sentences", "model", "network", "system", "kernel"])
def test_explain(stage: str) -> None:
    """Every stage can be shown."""
    result = call("explain", "tnf-il10-culture", "--stage", stage)
    assert result.exit_code == 0
    assert "TNF" in result.stdout or stage == "system"


def test_explain_json(folder: Path) -> None:
    """`--json` gives the terms of each sentence; an experiment is explained by its model."""
    data = json.loads(call("explain", "dish/experiment.yaml", "--json", "-").stdout)
    assert data["model"] == "dish"
    assert any("d[TNF]/dt += " in term for rule in data["rules"] for term in rule["terms"])


def test_format(folder: Path) -> None:
    """`--check` changes nothing and fails, `format` lays out in place and keeps rights, a second one does nothing."""
    file = folder / "dish/model.yaml"
    laid_out = file.read_text(encoding="utf-8")
    change(file, "\n  TNF: {in: well,", "\n  TNF:   {  in: well,")
    file.chmod(0o640)
    rough = file.read_text(encoding="utf-8")
    assert call("format", "--check", file).exit_code == 1
    assert file.read_text(encoding="utf-8") == rough
    assert call("format", file).exit_code == 0
    assert file.read_text(encoding="utf-8") == laid_out
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert "unchanged" in call("format", file).stdout
    assert [p.name for p in sorted(file.parent.iterdir())] == ["experiment.yaml", "model.yaml"]


def test_format_refuses(folder: Path) -> None:
    """A file that is no YAML, or whose comment would be lost, is left as it is, and the others are laid out."""
    bad, lost = folder / "bad.yaml", folder / "lost.yaml"
    bad.write_text("a: [1\n", encoding="utf-8")
    lost.write_text("a: [1, # one\n  2]\n", encoding="utf-8")
    result = call("format", bad, lost, "dish/model.yaml")
    assert result.exit_code == 2
    assert "YAML_SYNTAX" in result.stderr
    assert "cannot be kept" in result.stderr
    assert (bad.read_text(encoding="utf-8"), lost.read_text(encoding="utf-8")) == ("a: [1\n", "a: [1, # one\n  2]\n")
    assert "dish/model.yaml: unchanged" in result.stdout


# --------------------------------------------------------------------------------------------------------------- run
def test_run_writes_everything(run_directory: Path) -> None:
    """A run leaves manifest, table, report and picture, and its answer as data."""
    assert {p.name for p in run_directory.iterdir()} == {
        "manifest.json",
        "arrays",
        "values.csv",
        "report.html",
        "figure.png",
    }
    answer = json.loads((run_directory.parent.parent / "a.json").read_text(encoding="utf-8"))
    assert {"experiment", "arms", "claims", "outcomes"} <= answer.keys()
    assert [arm["arm"] for arm in answer["arms"]] == ["LPS", "no_IL10R"]
    assert {"analyte", "r2", "within_1sd", "peak", "peak_time"} <= answer["arms"][0]["analytes"][0].keys()
    assert answer["claims"][0]["pass"] is True


def test_run_model_file(folder: Path) -> None:
    """A model file runs for 72 h without treatment."""
    result = call("run", "dish/model.yaml", "--no-report", "--workers", "1")
    assert result.exit_code == 0, result.output
    assert "control" in result.stdout
    assert (folder / "runs/dish/manifest.json").is_file()
    assert not (folder / "runs/dish/report.html").exists()


def test_run_failed_claim(folder: Path) -> None:
    """A claim that is not met is shown with what was found and expected, and the status says so."""
    change(folder / "dish/experiment.yaml", "above: 1.2", "above: 100")
    result = call("run", "dish/experiment.yaml", *SMALL, "--no-report")
    assert result.exit_code == 1
    assert "Claims: 0 of 1 met" in result.stdout
    assert "FAILED" in result.stdout
    assert "above 100" in result.stdout
    assert "CLAIM_FAILED" in result.stderr
    assert "dish/experiment.yaml:" in result.stderr
    assert call("verify", "dish/experiment.yaml", "--workers", "1").exit_code == 1


def test_run_failed_patients(folder: Path) -> None:
    """Where every patient of an arm fails the status is that of the solver, and a sentence says why."""
    text = (
        "cytokinome: 1\nmodel: blow\ncompartments: {well: {kind: culture, volume: 1 mL}}\n"
        "molecules: {X: {in: well, initial: 1 pM}}\n"
        "reactions: [{id: r, equation: X -> 2 X, rate: 1 /pM/h * X^2, source: assumed}]\n"
    )
    (folder / "blow.yaml").write_text(text, encoding="utf-8")
    result = call("run", "blow.yaml", "--workers", "1", "--no-report")
    assert result.exit_code == 4, result.output
    assert "0 of 1 patients came to the end" in result.stdout
    assert "patient 1 failed: X" in result.stdout


def test_run_refuses_other_targets() -> None:
    """A target that does not exist is unsupported, before anything runs."""
    result = call("run", "tnf-il10-culture", "--target", "gpu")
    assert (result.exit_code, "UNSUPPORTED_FEATURE" in result.stderr) == (3, True)


def test_run_memory_limit(folder: Path) -> None:
    """A run that would not fit is refused with the status of resource limits and leaves no directory."""
    result = call("run", "dish/experiment.yaml", "--max-memory", "1kB")
    assert (result.exit_code, "TOO_LARGE" in result.stderr) == (5, True)
    assert list((folder / "runs").iterdir()) == []


def test_run_unknown_name() -> None:
    """An unknown scenario is a fault with the nearest names."""
    result = call("run", "tnf-il1O-culture")
    assert result.exit_code == 2
    assert "did you mean tnf-il10-culture" in result.stderr


def test_run_knows_early_that_it_cannot_write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder or a JSON file that cannot be written is found before the simulation."""
    monkeypatch.setattr(api, "run", lambda *_, **__: pytest.fail("it ran"))
    (folder / "file").write_text("", encoding="utf-8")
    for option, place in (("--out", "file/runs"), ("--json", "none/a.json"), ("--json", ".")):
        result = call("run", "dish/experiment.yaml", option, place)
        assert (result.exit_code, "STORE_UNWRITABLE" in result.stderr) == (2, True)


def test_interrupted_run_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after some patients leaves a directory that can be opened, and has its own status."""

    def stop(_self: Progress, _done: int, _total: int, /) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "__call__", stop)
    result = call("run", "dish/experiment.yaml", "--patients", "9", "--workers", "1")
    assert result.exit_code == 130, result.output
    assert "stopped" in result.stderr
    stored = call("open", "runs/dish")
    assert (stored.exit_code, "interrupted" in stored.stdout) == (0, True)


def test_resume_continues_and_says_when_there_is_nothing_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interrupted run becomes complete; a second time nothing is left; the digest is that of another whole run."""
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "__call__", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert call("run", "dish/experiment.yaml", "--patients", "9").exit_code == 130
    resumed = call("run", "--resume", "runs/dish", "--json", "a.json")
    assert resumed.exit_code == 0, resumed.output
    digest = json.loads((folder / "a.json").read_text("utf-8"))["digest"]
    assert f"Digest:        {digest}" in resumed.stdout
    assert "no patient was left" not in resumed.stderr
    again = call("run", "--resume", "runs/dish", "--no-report")
    assert (again.exit_code, "runs/dish is complete" in again.stderr) == (0, True)
    whole = call("run", "dish/experiment.yaml", "--patients", "9")
    assert digest in whole.stdout


def test_resume_and_what_exclude_each_other(folder: Path) -> None:
    """One of the two is needed."""
    for arguments in ((), ("dish/experiment.yaml", "--resume", "runs/dish")):
        result = call("run", *arguments)
        assert (result.exit_code, "WHAT or --resume" in result.stderr) == (2, True)
    assert call("run", "--resume", "dish").exit_code == 2


def test_stream_keeps_statistics(folder: Path) -> None:
    """The answer, the report and the table are made from statistics; the command that repeats it is kept."""
    result = call("run", "dish/experiment.yaml", "--patients", "40", "--stream", "--csv", "--json", "a.json")
    assert result.exit_code == 0, result.output
    answer = json.loads((folder / "a.json").read_text("utf-8"))
    assert answer["engine"].startswith("ode/llvm/")
    assert {outcome["patients"] for outcome in answer["outcomes"]} == {40}
    assert (folder / "runs/dish/values.csv").read_text("utf-8").startswith("arm,statistic,time_h,name,value,unit\n")
    stored = call("open", "runs/dish", "--report")
    assert stored.exit_code == 0, stored.output
    assert "--stream" in stored.stdout
    assert answer["digest"] in (folder / "runs/dish/report.html").read_text("utf-8")


# ----------------------------------------------------------------------------------------- demo, compare and verify
def test_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo says what it does, shows agreement and claims, and where report and picture are; `--open` opens one."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: bool(opened.append(address)) or True)
    result = call("demo", *SMALL, "--out", tmp_path, "--open")
    assert result.exit_code == 0, result.output
    report, figure = (tmp_path / library.DEMO / name for name in ("report.html", "figure.png"))
    assert all(word in result.stdout for word in ("Healthy volunteers", "R²", "Claims: 16 of 16 met", "Next:"))
    assert str(report) in result.stdout
    assert str(figure) in result.stdout
    assert report.is_file()
    assert figure.is_file()
    assert opened == [report.as_uri()]


def test_compare_and_verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`compare` shows the agreement alone, `verify` the claims alone, both as data too; neither leaves a directory."""
    monkeypatch.chdir(tmp_path)
    compared = call("compare", library.DEMO, *SMALL, "--json", "-")
    assert compared.exit_code == 0, compared.output
    assert "Claims" not in compared.stderr
    arms = json.loads(compared.stdout)["arms"]
    assert all(analyte["n"] > 0 and 0 < analyte["r2"] <= 1 for arm in arms for analyte in arm["analytes"])
    call("new", "dish")
    verified = call("verify", "dish/experiment.yaml", "--workers", "1", "--json", "-")
    assert verified.exit_code == 0, verified.output
    (claim,) = json.loads(verified.stdout)
    assert {"id", "scenario", "says", "kind", "found", "expected", "source", "pass"} <= claim.keys()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dish"]


def test_compare_needs_data(folder: Path) -> None:
    """An experiment without measured data cannot be compared."""
    result = call("compare", "dish/experiment.yaml")
    assert (result.exit_code, "no measured data" in result.stderr) == (2, True)


# ------------------------------------------------------------------------------------------------ open and catalogue
def test_open(run_directory: Path, tmp_path: Path) -> None:
    """A stored run is summed up, its report and table written again, and its answer given as data."""
    (run_directory / "report.html").unlink(missing_ok=True)
    result = call("open", run_directory, "--report", "--csv", tmp_path / "a.csv", "--json", tmp_path / "a.json")
    assert result.exit_code == 0, result.output
    assert "dish, complete" in result.stdout
    assert "Claims: 1 of 1 met" in result.stdout
    assert (run_directory / "report.html").is_file()
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").startswith("arm,patient,time_h,name,value,unit\n")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["experiment"] == "dish"


def test_open_something_else(tmp_path: Path) -> None:
    """A folder that is no run directory is refused."""
    result = call("open", tmp_path)
    assert (result.exit_code, "STORE_UNREADABLE" in result.stderr) == (2, True)


def test_catalogue(tmp_path: Path) -> None:
    """Records are listed, by kind too, and shown one by one with their sources under any of their names."""
    assert "CXCL8" in call("catalogue").stdout
    assert "TNFR1" not in call("catalogue", "--kind", "cytokine").stdout
    shown = call("catalogue", "IL-8", "--json", tmp_path / "il8.json").stdout
    assert shown.startswith("CXCL8: ")
    assert "← " in shown
    assert json.loads((tmp_path / "il8.json").read_text(encoding="utf-8"))["id"] == "CXCL8"


@pytest.mark.parametrize("arguments", [["IL01"], ["--kind", "cytokines"]])
def test_catalogue_unknown(arguments: list[str]) -> None:
    """Unknown names and kinds come with the nearest ones."""
    result = call("catalogue", *arguments)
    assert (result.exit_code, "did you mean" in result.stderr) == (2, True)


def test_catalogue_search_and_show() -> None:
    """`search` lists what has such a name, `show` names the receptors; what is not there gets suggestions."""
    assert "TNF" in call("catalogue", "search", "cachectin").stdout
    assert "receptors: TNFR1, TNFR2" in call("catalogue", "show", "TNF", "alpha").stdout
    assert "TNFR1" not in call("catalogue", "search", "TNF", "--kind", "cytokine").stdout
    assert "did you mean CXCL8" in call("catalogue", "search", "CXLC8").stderr
    assert call("catalogue", "search").exit_code == 2


def test_new_from_records(folder: Path) -> None:
    """Records become a folder with a model and an experiment that validate; what was assumed is listed."""
    made = call("new", "small", "--from", "TNF, IL10, macrophage, infliximab")
    assert made.exit_code == 0
    assert "assumed, because nothing was read" in made.stdout
    assert call("validate", "small/model.yaml", "small/experiment.yaml").exit_code == 0
    assert call("new", "other", "--from", "TNF,macrophage", "--in", "moon").exit_code == 2
    assert call("new", "other", "--from", "nobody").exit_code == 2


def test_catalogue_why() -> None:
    """Every value of a quantity is shown with its source, and the one that models take is marked."""
    shown = call("catalogue", "why", "TNFR1.kon", "--json", "-")
    assert "=> 2.8e7 /M/s" in shown.stderr
    assert "chosen by hand" in shown.stderr
    assert "published values differ 55.9-fold" in shown.stderr
    (choice,) = json.loads(shown.stdout)
    assert [value["default"] for value in choice["values"]] == [False, True]
    assert [value["cite"] for value in choice["values"]][1] == "catalogue:TNFR1.kon"
    assert "source: catalogue:CXCR2.Kd.CXCL8" in call("catalogue", "why", "CXCR2.Kd.CXCL8").stdout
    missing = call("catalogue", "why", "TNF.halflife")
    assert (missing.exit_code, "did you mean half-life" in missing.stderr) == (2, True)


def test_catalogue_used() -> None:
    """The numbers that shipped models take are listed with their tiers, those of most models first."""
    shown = call("catalogue", "used", "--json", "-")
    rows = json.loads(shown.stdout)
    assert f"{len(rows)} numbers of " in shown.stderr
    assert {"number", "value", "ucum", "tier", "source", "locator", "models"} == set(rows[0])
    assert [len(row["models"]) for row in rows] == sorted((len(row["models"]) for row in rows), reverse=True)
    assert {row["number"]: row["value"] for row in rows}["TNFR1 ligands[0].Kd"] == "19 pM"


def test_catalogue_labels() -> None:
    """What speaks for and against a label is shown with contexts, by cytokine and by label."""
    shown = call("catalogue", "labels", "IL10", "--json", "-")
    assert "anti-inflammatory" in shown.stderr
    assert {"for", "against", "label"} <= set(json.loads(shown.stdout)[0])
    assert "TNF: pro-inflammatory" in call("catalogue", "labels", "pro-inflammatory").stdout
    assert "the labels are" in call("catalogue", "labels", "macrophage").stderr


def test_catalogue_compare() -> None:
    """Two records stand side by side."""
    shown = call("catalogue", "compare", "TNF", "IL10", "--json", "-")
    assert json.loads(shown.stdout)["family"] == {"TNF": "TNFSF", "IL10": "interleukin"}
    assert "52 kDa" in shown.stderr


def test_catalogue_graph(tmp_path: Path) -> None:
    """The network around a record is a table, a picture or a file of data; another ending is refused."""
    assert "neutralises ligand" in call("catalogue", "graph", "TNF").stdout
    for name, begins in (
        ("a.svg", "<?xml"),
        ("a.graphml", "<?xml"),
        ("a.cx2", "["),
        ("a.json", "{"),
        ("a.csv", "source"),
    ):
        assert call("catalogue", "graph", "TNF", "--out", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    refused = call("catalogue", "graph", "TNF", "--out", tmp_path / "a.doc")
    assert (refused.exit_code, "ends in none of" in refused.stderr) == (2, True)
    assert call("catalogue", "graph", "nobody").exit_code == 2
    assert call("catalogue", "graph", "TNF", "--to", "cx2").stdout == (tmp_path / "a.cx2").read_text(encoding="utf-8")
    assert "--to is one of graphml, cx2" in call("catalogue", "graph", "TNF", "--to", "svg").stderr
    assert "name a disease" in call("catalogue", "graph", "--out", tmp_path / "all.svg").stderr


def test_catalogue_export(tmp_path: Path) -> None:
    """All records, the pairs of ligand and receptor, the network and the schemas are files for other programs."""
    for name in ("all.json", "pairs.csv", "all.graphml", "all.cx2"):
        assert call("catalogue", "export", tmp_path / name).exit_code == 0
    known = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert {"TNF", "macrophage", "infliximab"} <= {record["id"] for record in known}
    assert "TNF,TNFRSF1A,TNF,TNFR1,19 pM" in (tmp_path / "pairs.csv").read_text(encoding="utf-8")
    assert call("catalogue", "export", "--schema", tmp_path / "schema").exit_code == 0
    schema = json.loads((tmp_path / "schema" / "cytokine.schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["molar-mass"]
    assert call("catalogue", "export").exit_code == 2


def test_catalogue_check(folder: Path) -> None:
    """The shipped records keep the rules of the catalogue; those of a folder are checked on top, with places."""
    result = call("catalogue", "check")
    assert (result.exit_code, " 0 errors" in result.stdout) == (0, True)
    assert "has none of the folders" in call("catalogue", "check", str(folder)).stderr
    own = folder / "cells" / "Kupffer_cell.yaml"
    own.parent.mkdir()
    own.write_text("id: Kupffer_cell\nkind: cell\nname: Kupffer cell\nparent: macrophge\n", encoding="utf-8")
    result = call("catalogue", "check", str(folder))
    assert (result.exit_code, " 2 errors" in result.stdout) == (2, True)
    assert f"{own}:4:9" in result.stderr
    assert "did you mean macrophage" in result.stderr
    assert "nobody says what stands under `parent:`" in result.stderr


def test_an_unusable_cache_is_one_line(folder: Path) -> None:
    """What users should know of our own warnings is a line on stderr; the run goes on."""
    blocked = folder / "file"
    blocked.write_text("", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "cytokinome", "run", "dish/experiment.yaml", *SMALL, "--out", str(folder / "runs")],
        capture_output=True, text=True, env={**os.environ, "CYTOKINOME_CACHE": str(blocked / "cache")}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("warning: nothing is kept between runs")]
    assert len(lines) == 1
    assert ".py:" not in done.stderr


def test_engines(folder: Path) -> None:
    """Too many molecules for counting end before the run; so does a box that nobody stated, or no such engine."""
    result = call("run", "dish/experiment.yaml", *SMALL, "--engine", "stochastic")
    assert result.exit_code == 5
    assert "sample" in result.stderr
    assert not (folder / "runs/dish").exists()
    result = call("run", "dish/experiment.yaml", *SMALL, "--engine", "tissue")
    assert result.exit_code == 2
    assert "add `tissue: {size: " in result.stderr
    result = call("run", "dish/experiment.yaml", *SMALL, "--engine", "tisue")
    assert result.exit_code == 3
    assert "one of ode, stochastic, hybrid, tissue" in result.stderr
    assert not (folder / "runs/dish").exists()


def test_a_run_in_a_box(folder: Path) -> None:
    """What is kept of places is said by `run` and by `open`; fields of impossible size end before the run."""
    box = "tissue: {size: [200 um, 200 um], thickness: 50 um, spacing: 50 um, step: 30 min, "
    box += "diffusion: {LPS: 50 um^2/s, TNF: 100 um^2/s, IL10: 90 um^2/s}}\n"
    path = folder / "dish/experiment.yaml"
    path.write_text(path.read_text("utf-8") + box, encoding="utf-8")
    result = call("run", str(path), *SMALL, "--engine", "tissue", "--no-report")
    assert result.exit_code in (0, 1), result.output  # one person may miss a claim about many
    said = "In space: 2 snapshots of the typical person and 1 patient in every arm, 4 x 4 voxels."
    assert said in result.stdout
    assert said in call("open", "runs/dish").stdout
    path.write_text(path.read_text("utf-8").replace("spacing: 50 um", "spacing: 0.001 um"), encoding="utf-8")
    result = call("run", str(path), *SMALL, "--engine", "tissue")
    assert result.exit_code == 5
    assert "larger voxels" in result.stderr
    assert not (folder / "runs/dish-2").exists()
