"""The command that checks claims: what it may be asked for, and what its answer means."""

from __future__ import annotations

import json
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
    assert {claim["scenario"] for claim in json.loads(both.stdout)} == {CULTURE}


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
