"""The command that checks claims: what it may be asked for, and what its answer means."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cytokinome import library
from cytokinome.cli.main import app

CULTURE = "tnf-il10-culture"


def call(*arguments: str | Path) -> Result:
    """Run `verify` in this process."""
    return CliRunner().invoke(app, ["verify", *(str(a) for a in arguments)], prog_name="cytokinome")


def ids(result: Result) -> list[str]:
    """The claims of an answer."""
    return [claim["id"] for claim in json.loads(result.stdout)]


def test_a_scenario_and_one_claim_of_it() -> None:
    """A scenario is all that its experiments claim; a claim is that alone; together each stands once."""
    shipped = library.find(CULTURE)
    assert shipped is not None
    everything = [id for question in shipped.experiments for id in question.claims]
    assert ids(call("il10-brake-on-tnf", "--workers", "1", "--json", "-")) == ["il10-brake-on-tnf"]
    both = call("il10-brake-on-tnf", CULTURE, "--workers", "1", "--json", "-")
    assert both.exit_code == 0, both.stderr
    assert ids(both) == everything
    assert {(c["scenario"], c["experiment"]) for c in json.loads(both.stdout)} == {(CULTURE, CULTURE)}


def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str = "", new: str = "") -> Path:
    """A library of one scenario, whose experiment is changed."""
    folder = tmp_path / CULTURE
    shutil.copytree(library.ROOT / CULTURE, folder)
    monkeypatch.setattr(library, "ROOT", tmp_path)
    file = folder / "experiment.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_a_loosened_claim_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that expects less than its lock says is told with its place, and met or not the status is 1."""
    copied(tmp_path, monkeypatch, "{above: 1.5}", "{above: 1.4}")
    result = call("il10-brake-on-tnf", "--workers", "1", "--json", "-")
    assert result.exit_code == 1
    assert ids(result) == ["il10-brake-on-tnf"]
    assert "CLAIM_LOOSENED" in result.stderr
    assert "experiment.yaml:" in result.stderr


def test_a_failure_with_an_explanation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that fails and says why is shown failing, and the status is 0; without a reason it is 1."""
    folder = copied(
        tmp_path, monkeypatch, "{above: 1.5}", "{above: 2}\n    explanation: too little IL-10 in this model"
    )
    explained = call("il10-brake-on-tnf", "--workers", "1", "--json", "-")
    assert explained.exit_code == 0, explained.stderr
    assert [claim["pass"] for claim in json.loads(explained.stdout)] == [False]
    file = folder / "experiment.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("explanation:", "# explanation:"), encoding="utf-8")
    assert call("il10-brake-on-tnf", "--workers", "1").exit_code == 1


def test_locking_adds_and_never_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--lock` adds what lacks, leaves what is there, runs nothing, and still tells what differs."""
    folder = copied(tmp_path, monkeypatch, "id: il10-halves-tnf", "id: il10-halves")
    before = (folder / "claims.lock").read_text(encoding="utf-8")
    result = call(CULTURE, "--lock")
    assert (result.exit_code, "il10-halves is locked" in result.stdout) == (1, True)
    assert "CLAIM_REMOVED" in result.stderr
    after = (folder / "claims.lock").read_text(encoding="utf-8")
    assert after.startswith(before)
    call(CULTURE, "--lock")
    assert (folder / "claims.lock").read_text(encoding="utf-8") == after


@pytest.mark.parametrize(
    ("name", "meant"),
    [("il10-brake-on-tfn", "il10-brake-on-tnf"), ("tnf-il10-cultur", CULTURE), ("nothing/x.yaml", "")],
)
def test_unknown_names(name: str, meant: str) -> None:
    """What is nothing of this ends with status 2 before anything runs, and says what may be meant."""
    result = call(name)
    assert result.exit_code == 2
    assert "UNKNOWN_NAME" in result.stderr
    assert meant in result.stderr


def test_what_a_verdict_is_worth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--mutants` shows each claim without its rules, and one that needs none is at fault; `--html` writes pages."""
    copied(
        tmp_path,
        monkeypatch,
        "because: [TNF-infliximab-to-TNF_infliximab]",
        "because: [active-macrophage-becomes-resting]",
    )
    answer = call("antibody-takes-free-tnf", "--workers", "1", "--mutants", "--ensemble", "2", "--json", "-")
    (claim,) = json.loads(answer.stdout)
    assert (answer.exit_code, claim["pass"], claim["vacuous"], claim["locked"]) == (1, True, True, True)
    assert claim["mutants"] == [
        {"rule": "active-macrophage-becomes-resting", "found": claim["mutants"][0]["found"], "pass": True}
    ]
    assert 0 < claim["mutants"][0]["found"] < 0.01
    assert claim["share"] in (0.0, 0.5, 1.0)
    assert {influence["parameter"] for influence in claim["influence"]} >= {"q_TNF", "rho_TNFR1"}
    assert "CLAIM_VACUOUS" in answer.stderr
    plain = call(
        "antibody-takes-free-tnf", "--workers", "1", "--ensemble", "0", "--html", tmp_path / "pages", "--json", "-"
    )
    assert plain.exit_code == 0, plain.stderr
    (claim,) = json.loads(plain.stdout)
    assert (claim["mutants"], claim["vacuous"], claim["share"], claim["influence"]) == (None, None, None, None)
    assert sorted(p.name for p in (tmp_path / "pages").iterdir()) == ["index.html", f"{CULTURE}.html"]


def test_what_moves_claims_and_what_was_chosen() -> None:
    """`--influence` shows every parameter that moves a claim; numbers and what they are held against are counted."""
    shown = call("il10-halves-tnf", "--workers", "1", "--ensemble", "2", "--influence")
    assert shown.exit_code == 0, shown.stderr
    title, table = shown.stdout.split("What claims come to with one parameter")[1].split("\n", 1)
    rows = [
        line.split() for line in table.split("Numbers that the models state")[0].splitlines() if "il10-halves" in line
    ]
    assert {row[1] for row in rows} >= {"q_IL10", "k_activation"}, title
    assert any("assumed," in row for row in rows)
    answer = call("il10-halves-tnf", "--workers", "1", "--ensemble", "2", "--json", "-")
    (claim,) = json.loads(answer.stdout)
    assert {one["parameter"] for one in claim["influence"]} == {row[1] for row in rows}
    assert claim["asked"] == 1
    assert "No share" not in shown.stdout
    free, against = claim["free"], claim["held_against"]
    assert 0 < free["assumed"] < free["of"]
    assert (free["estimated"], against) == (0, {"fitted": 0, "calibrated": 0, "predicts": 1})
    for number in (free["of"], free["assumed"]):
        assert f" {number} " in shown.stdout.split("what they are held against")[1]


def test_run_and_verify_name_scenario_and_experiment_alike(tmp_path: Path) -> None:
    """The scenario of a claim is that of its experiment's folder, in the answers of both commands."""
    verified = json.loads(call("il10-drug-1-ug-peak", "--workers", "1", "--ensemble", "0", "--json", "-").stdout)
    arguments = ["run", "il10-brake-drug", "--patients", "1", "--no-report", "--out", str(tmp_path), "--json", "-"]
    ran = json.loads(CliRunner().invoke(app, arguments, prog_name="cytokinome").stdout)
    assert ran["experiment"] == "il10-brake-drug"
    for claim in (*verified, *ran["claims"]):
        assert (claim["scenario"], claim["experiment"]) == ("il10-brake", "il10-brake-drug")
    assert library.scenario_of("a-dish-of-my-own") == "a-dish-of-my-own"


def test_what_a_user_may_get_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a file in the way of pages, a lock for what has none, nothing at all: each is told with what to do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dish").mkdir()
    (tmp_path / "dish" / "mine.yaml").write_text("experiment: mine\n", encoding="utf-8")
    (tmp_path / "pages").write_text("in the way", encoding="utf-8")
    folder = call("dish")
    assert (folder.exit_code, "name one of its files: mine.yaml" in folder.stderr) == (2, True)
    pages = call("il10-brake-on-tnf", "--html", "pages")
    assert (pages.exit_code, "with `--html`" in pages.stderr) == (2, True)
    assert "a file of this name is there" in pages.stderr
    unlocked = call("dish/mine.yaml", "--lock")
    assert (unlocked.exit_code, unlocked.stdout) == (0, "nothing was added to the locks\n")
    assert "only these have locks" in unlocked.stderr
    nothing = call("")
    assert (nothing.exit_code, f"scenarios are {library.scenarios()[0].id}" in nothing.stderr) == (2, True)
