"""Hostile and broken files of our own: models, experiments, tables, records, run directories."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.hostile.cases import TAKEN, Case, written

Content = str | bytes | Callable[[], str | bytes]
_HEAD = "cytokinome: 1\nmodel: m\n"
_WELL = _HEAD + "compartments: {w: {kind: culture, volume: 1 mL}}\n"
_CULTURE = _WELL + "molecules: {X: {in: w, initial: 10 pM, degrades: {half-life: 6 h, source: assumed}}}\n"


def _model(name: str, content: Content, *codes: str, placed: bool = True) -> Case:
    return Case(name, "check model", written(content, "model.yaml"), codes, placed)


def _value(expression: str) -> str:
    return _CULTURE + f"parameters: {{k: {{value: '{expression}', source: assumed}}}}\n"


_LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))
_WORDS = ("BAD_EXPRESSION", "BAD_NUMBER", "BAD_VALUE", "BAD_UNIT", "FILE_TOO_LARGE", "TOO_LARGE", "MISSING_SOURCE")

MODELS = [
    _model("yaml-laughs", _CULTURE + _LAUGHS, "YAML_FEATURE"),
    _model("yaml-alias-of-itself", _CULTURE + "a: &a [*a]\n", "YAML_FEATURE"),
    _model("yaml-python-tag", _CULTURE + "a: !!python/object/apply:os.system ['true']\n", "YAML_FEATURE"),
    _model("yaml-merge-key", _CULTURE + "b: {<<: {x: 1}}\n", "YAML_FEATURE"),
    _model("yaml-two-documents", _CULTURE + "---\n" + _CULTURE, "YAML_FEATURE"),
    _model("yaml-directive", "%YAML 1.1\n---\n" + _CULTURE, "YAML_FEATURE"),
    _model("yaml-huge-version", "%YAML " + "9" * 100_000 + ".1\n---\n" + _CULTURE, "YAML_SYNTAX", "FILE_TOO_LARGE"),
    _model("yaml-depth", lambda: _HEAD + "a: " + "[" * 100_000, "FILE_TOO_LARGE"),
    _model("yaml-depth-of-keys", lambda: _HEAD + "a: " + "{a: " * 100_000, "FILE_TOO_LARGE"),
    _model("yaml-line-of-10-MB", lambda: _HEAD + "note: " + "x" * 10**7, "FILE_TOO_LARGE"),
    _model("yaml-control-characters", _HEAD + "title: 'a\x1b[31mb\x07'\n", "YAML_SYNTAX", "YAML_FEATURE"),
    _model("yaml-nul", _CULTURE.encode() + b"\0", "FILE_UNREADABLE"),
    _model("yaml-latin-1", (_HEAD + "title: é\n").encode("latin-1"), "FILE_UNREADABLE"),
    _model("yaml-surrogates", _CULTURE + 'title: "\\ud800"\n', "YAML_SYNTAX", "YAML_FEATURE"),
    _model("yaml-empty", b"", "WRONG_SHAPE", "FILE_UNREADABLE"),
    _model(
        "a-hundred-thousand-names",
        lambda: _WELL + "molecules:\n" + "".join(f"  X{i}: {{in: w}}\n" for i in range(100_000)),
        "FILE_TOO_LARGE",
    ),
    _model(
        "ten-thousand-unknown-keys",
        lambda: _CULTURE + "".join(f"key{i}: x\n" for i in range(10_000)),
        "UNKNOWN_KEY",
        "FILE_TOO_LARGE",
    ),
    _model(
        "three-hundred-unknown-names",
        lambda: _CULTURE + "rules:\n" + "".join(f"  - Y{i} secretes X at 0.1 /h\n" for i in range(300)),
        "UNKNOWN_NAME",
        "TOO_LARGE",
    ),
    _model(
        "three-hundred-circles",
        lambda: _CULTURE + "parameters:\n" + "".join(f"  p{i}: {{value: p{i}, source: assumed}}\n" for i in range(500)),
        "CYCLIC_DEFINITION",
    ),
    _model("expression-of-a-million", lambda: _value("+".join("1" * 500_000)), "FILE_TOO_LARGE"),
    _model("expression-of-minus-signs", _value("-" * 9000 + "1"), *_WORDS),
    _model("expression-of-parentheses", _value("(" * 4000 + "1" + ")" * 4000), *_WORDS),
    _model("tower-of-powers", _value("9^9^9^9"), TAKEN, *_WORDS),
    _model("code-in-an-expression", _value("__import__(os).system(true)"), *_WORDS, "UNKNOWN_NAME"),
    _model("number-1e999", _value("1e999"), *_WORDS),
    _model("number-of-many-digits", _value("9" * 5000), *_WORDS),
    _model("unit-with-a-million-powers", _value("1 pM^999999999"), *_WORDS),
    _model("unit-of-powers-of-powers", _value("1 h^9^9^9^9"), *_WORDS, "DIMENSION_MISMATCH"),
    _model("unit-of-a-thousand-factors", _value("1 " + "/".join(["h"] * 1000)), *_WORDS),
    _model("unit-tower-in-parentheses", _value("1 " + "(" * 500 + "h" + ")^9" * 500), *_WORDS),
    _model("names-of-the-language", _WELL + "molecules: {time: {in: w}, if: {in: w}, and: {in: w}}\n", "BAD_NAME"),
    _model("name-with-a-script", _WELL + "molecules: {'<script>': {in: w}}\n", "BAD_NAME"),
    _model(
        "a-million-stages",
        _WELL + "cells: {c: {states: [a, b], initial: {a: 9}}}\nrules:\n  - a c becomes b at 1 /h in 1000000 stages\n",
        "TOO_LARGE",
        "BAD_SENTENCE",
        "BAD_VALUE",
        "BAD_MODIFIER",
    ),
    _model(
        "equations-that-grow",
        _HEAD
        + "equations:\n  quantities:\n"
        + "".join(f"    q{i}: {{value: q{i + 1} * q{i + 1}}}\n" for i in range(200))
        + "    q200: {initial: 1, rate: 1}\n",
        TAKEN,
        "MISSING_SOURCE",
        "MISSING_KEY",
        "TOO_LARGE",
    ),
]


def _format(name: str, content: Content, *codes: str) -> Case:
    return Case(name, "format", written(content, "model.yaml"), codes, True)


FORMATS = [
    _format("format-of-laughs", _HEAD + _LAUGHS, "YAML_FEATURE"),
    _format("format-of-depth", lambda: _HEAD + "a: " + "[" * 100_000, "FILE_TOO_LARGE"),
]


# --------------------------------------------------------------------------------------------------------- experiments
_EXPERIMENT = "experiment: e\nmodel: model.yaml\narms: {a: {}}\npatients: {count: 1, seed: 1}\nmeasure: {X: pM}\n"
_TIME = "time: 0 to 1 h, every 30 min\n"


def _experiment(
    name: str, content: Content, *codes: str, files: dict[str, Content] | None = None, placed: bool = True
) -> Case:
    def make(folder: Path) -> Path:
        written(_CULTURE, "model.yaml")(folder)
        for other, text in (files or {}).items():
            written(text, other)(folder)
        return written(content, "experiment.yaml")(folder)

    return Case(name, "check experiment", make, codes, placed)


def _claim(value: str) -> str:
    claim = (
        f"{{id: c, says: x, value: '{value}', expect: {{above: 1}}, of: median, kind: constructed, source: assumed}}"
    )
    return _EXPERIMENT + _TIME + f"claims:\n  - {claim}\n"


def _table(name: str, content: Content, *codes: str, placed: bool = True) -> Case:
    text = _EXPERIMENT + _TIME + "compare: {data: table.csv}\n"
    return _experiment(name, text, *codes, files={"table.csv": content}, placed=placed)


_BAD_CLAIM = ("BAD_CLAIM", "BAD_EXPRESSION", "UNKNOWN_NAME", "BAD_NUMBER", "BAD_UNIT", "FILE_TOO_LARGE")
_COLUMNS = "arm,analyte,value,unit,time_h\n"
_POINT = "a,X,1,pM,1\n"

EXPERIMENTS = [
    _experiment(
        "model-above",
        _EXPERIMENT.replace("model.yaml", "../../../etc/passwd") + _TIME,
        "FILE_UNREADABLE",
        "UNKNOWN_NAME",
        "BAD_VALUE",
        "WRONG_SHAPE",
        "YAML_SYNTAX",
        placed=False,
    ),
    _experiment(
        "model-is-itself",
        _EXPERIMENT.replace("model.yaml", "experiment.yaml") + _TIME,
        "UNKNOWN_KEY",
        "LANGUAGE_VERSION",
        "MISSING_KEY",
    ),
    _experiment(
        "data-above",
        _EXPERIMENT + _TIME + "compare: {data: ../../secret.csv}\n",
        "BAD_DATA",
        "BAD_VALUE",
        "FILE_UNREADABLE",
    ),
    _experiment(
        "data-at-an-address",
        _EXPERIMENT + _TIME + "compare: {data: 'http://127.0.0.1:9/x.csv'}\n",
        "BAD_DATA",
        "BAD_VALUE",
        "FILE_UNREADABLE",
    ),
    _experiment(
        "a-time-without-end", _EXPERIMENT + "time: 0 to 1e300 h, every 1 s\n", "BAD_TIME", "BAD_NUMBER", "TOO_LARGE"
    ),
    _experiment("a-billion-times", _EXPERIMENT + "time: 0 to 1000000000 h, every 1 s\n", "BAD_TIME", "TOO_LARGE"),
    _experiment(
        "patients-without-number",
        _EXPERIMENT.replace("count: 1,", "count: 1e300,") + _TIME,
        "BAD_VALUE",
        "BAD_NUMBER",
        "TOO_LARGE",
    ),
    _experiment(
        "seed-of-many-digits",
        _EXPERIMENT.replace("seed: 1", "seed: " + "9" * 5000) + _TIME,
        "BAD_VALUE",
        "BAD_NUMBER",
        "TOO_LARGE",
    ),
    _experiment(
        "five-thousand-arms",
        lambda: _EXPERIMENT.replace("{a: {}}", "{" + ", ".join(f"a{i}: {{}}" for i in range(5000)) + "}") + _TIME,
        TAKEN,
        "TOO_LARGE",
        "BAD_VALUE",
    ),
    _experiment("arm-named-as-a-path", _EXPERIMENT.replace("{a: {}}", "{../../b: {}}") + _TIME, "BAD_NAME"),
    _experiment(
        "experiment-named-as-a-path", _EXPERIMENT.replace("experiment: e", "experiment: ../../e") + _TIME, "BAD_NAME"
    ),
    _experiment("claim-of-code", _claim("__import__(os).system(true)"), *_BAD_CLAIM),
    _experiment("claim-of-depth", _claim("(" * 3000 + "1" + ")" * 3000), *_BAD_CLAIM),
    _experiment("claim-power-tower", _claim("9^9^9^9^9"), TAKEN, *_BAD_CLAIM),
    _experiment("claim-of-a-million", lambda: _claim("+".join("1" * 500_000)), *_BAD_CLAIM),
    _table(
        "table-of-a-million-columns",
        lambda: ",".join(f"c{i}" for i in range(10**6)) + "\n" + "1," * 10**6,
        "BAD_DATA",
        "FILE_TOO_LARGE",
        "TOO_LARGE",
    ),
    _table(
        "table-of-100-000-columns",
        lambda: ",".join(f"c{i}" for i in range(10**5)) + "\n" + "1," * 10**5,
        "BAD_DATA",
        "TOO_LARGE",
    ),
    _table("table-of-many-rows", lambda: _COLUMNS + _POINT * 200_000, "TOO_LARGE"),
    _table(
        "table-of-many-wrong-rows",
        lambda: _COLUMNS + "".join(f"z{i},X,1,pM,1\n" for i in range(300)),
        "UNKNOWN_NAME",
        "BAD_DATA",
        "TOO_LARGE",
    ),
    _table("table-with-nul", _COLUMNS.encode() + b"a,X,\0,pM,1\n", "FILE_UNREADABLE"),
    _table("table-with-formulas", _COLUMNS + "a,X,=1+1,pM,1\na,X,@SUM(1),pM,1\n", "BAD_DATA", "BAD_NUMBER"),
    _table("table-with-an-open-quote", _COLUMNS + 'a,X,"1,pM,1\n', "BAD_DATA"),
    _table("table-of-quotes", lambda: _COLUMNS + '"' * 10**6, "BAD_DATA", "FILE_TOO_LARGE"),
    _table("table-that-is-a-zip", b"PK\x03\x04" + bytes(range(256)), "FILE_UNREADABLE"),
]


# ------------------------------------------------------------------------------------------------------------- records
def _record(name: str, content: Content, *codes: str) -> Case:
    return Case(name, "record", written(content, "X.yaml"), codes, True)


_CYTOKINE = "id: X\nkind: cytokine\nname: x\n"
RECORDS = [
    _record("record-of-laughs", _CYTOKINE + _LAUGHS, "YAML_FEATURE"),
    _record("record-of-no-kind", "id: X\nkind: __class__\n", "CATALOGUE_INVALID", "MISSING_KEY", "BAD_VALUE"),
    _record("record-of-unknown-fields", _CYTOKINE + "__init__: x\n", "CATALOGUE_INVALID", "UNKNOWN_KEY"),
    _record(
        "record-with-a-huge-unit",
        _CYTOKINE + "molar-mass: {value: 1 kDa^999999}\n",
        "CATALOGUE_INVALID",
        "MISSING_KEY",
        "BAD_UNIT",
        "UNKNOWN_KEY",
    ),
    _record(
        "record-with-a-list-for-a-name", "id: [X]\nkind: cytokine\nname: {a: b}\n", "CATALOGUE_INVALID", "WRONG_SHAPE"
    ),
]


# ----------------------------------------------------------------------------------------------------- run directories
@cache
def _finished() -> Path:
    """Return a run directory of this machine, made once."""
    import cytokinome

    folder = Path(mkdtemp(prefix="cytokinome-hostile-"))
    written(_CULTURE, "model.yaml")(folder)
    path = written(_EXPERIMENT + _TIME, "experiment.yaml")(folder)
    directory = cytokinome.run(path, out=folder / "runs", target="reference").directory
    if directory is None:
        raise RuntimeError("the run was not stored")
    return directory


def discard() -> None:
    """Remove the run directory, if it was made."""
    if _finished.cache_info().currsize:
        shutil.rmtree(_finished().parents[1])
        _finished.cache_clear()


def _run(name: str, change: Callable[[Path], None], *codes: str) -> Case:
    def make(folder: Path) -> Path:
        directory = folder / "run"
        shutil.copytree(_finished(), directory)
        change(directory)
        return directory

    return Case(name, "open", make, codes or ("STORE_UNREADABLE",), False)


def _manifest(change: Callable[[Any], None]) -> Callable[[Path], None]:
    """Return what changes the manifest of a run directory."""

    def changed(directory: Path) -> None:
        path = directory / "manifest.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(json.dumps(content), encoding="utf-8")

    return changed


def _metadata(**changes: object) -> Callable[[Path], None]:
    """Return what changes the metadata of every array."""

    def changed(directory: Path) -> None:
        for path in (directory / "arrays").rglob("zarr.json"):
            content = json.loads(path.read_text(encoding="utf-8"))
            if content.get("node_type") == "array":
                path.write_text(json.dumps({**content, **changes}), encoding="utf-8")

    return changed


def _all_arms(key: str, value: object) -> Callable[[Any], None]:
    def changed(content: Any) -> None:
        for arm in content["arms"]:
            arm[key] = value

    return changed


def _text(name: str, content: bytes) -> Callable[[Path], None]:
    def changed(directory: Path) -> None:
        (directory / name).write_bytes(content)

    return changed


def _a_file(directory: Path) -> None:
    """Put a file in the place of the directory."""
    shutil.rmtree(directory)
    directory.write_text("x", encoding="utf-8")


def _linked(directory: Path) -> None:
    """Put a link in the place of the arrays."""
    shutil.rmtree(directory / "arrays")
    (directory / "arrays").symlink_to("/etc")


def _emptied(directory: Path) -> None:
    for path in (directory / "arrays").rglob("c/*"):
        if path.is_file():
            path.write_bytes(b"")


RUNS = [
    _run("run-as-it-was", lambda directory: None, TAKEN),
    _run("manifest-that-is-no-json", _text("manifest.json", b"{")),
    _run("manifest-of-depth", _text("manifest.json", b"[" * 10**6)),
    _run("manifest-of-digits", _text("manifest.json", b'{"schema": ' + b"9" * 10**5 + b"}")),
    _run("manifest-that-is-binary", _text("manifest.json", bytes(range(256)))),
    _run("manifest-of-another-version", _manifest(lambda content: content.update(schema=99))),
    _run("manifest-without-anything", _text("manifest.json", b'{"schema": 2, "status": "complete"}')),
    _run("manifest-of-wrong-kinds", _manifest(lambda content: content.update(arms={"a": 1}, texts=[1]))),
    _run("arm-with-a-path", _manifest(_all_arms("id", "../../secret"))),
    _run("arm-with-an-absolute-path", _manifest(_all_arms("id", "/etc"))),
    _run("arm-with-nul", _manifest(_all_arms("id", "a\0b"))),
    _run("arm-with-many-times", _manifest(_all_arms("n_times", 10**12))),
    _run("array-without-end", _metadata(shape=[10**9, 10**9, 10**9])),
    _run("array-below-zero", _metadata(shape=[-1, 3, 1])),
    _run("array-of-objects", _metadata(data_type="object")),
    _run("array-of-texts", _metadata(data_type="string")),
    _run("array-through-pickle", _metadata(codecs=[{"name": "pickle"}])),
    _run("array-through-numcodecs", _metadata(codecs=[{"name": "numcodecs.lz4", "configuration": {}}])),
    _run("array-in-no-chunks", _metadata(chunk_grid={"name": "regular", "configuration": {"chunk_shape": [0, 0, 0]}})),
    _run("array-in-huge-chunks", _metadata(chunk_grid={"name": "regular", "configuration": {"chunk_shape": [10**15]}})),
    _run("array-of-empty-files", _emptied),
    _run("arrays-are-a-link", _linked),
    _run("run-that-is-a-file", _a_file),
]

CASES = [*MODELS, *FORMATS, *EXPERIMENTS, *RECORDS, *RUNS]
