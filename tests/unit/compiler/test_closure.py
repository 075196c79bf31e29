"""Which sentences the average cell does not answer for: models on both sides of the rule of language.md §4."""

import re
from dataclasses import replace

import numpy as np
import pytest

from cytokinome.compiler.closure import closure_report
from cytokinome.compiler.lower import compile_model
from cytokinome.diagnostics import Severity
from cytokinome.engines.base import Schedule
from cytokinome.engines.ode.reference import solve
from cytokinome.model.load import check_text

HEAD = """\
cytokinome: 1
model: tested
compartments:
  well: {kind: culture, volume: 1 mL}
molecules:
  X: {initial: 5 pM, molar-mass: 20 kDa, degrades: {rate: 1 /h, source: assumed}}
  Z: {initial: 5 pM}
receptors:
  R: {ligands: {X: {Kd: 10 pM, kon: 1e6 /M/s}}, internalisation: 1 /h, source: assumed}
parameters:
  p: {value: 3 molecules/cell, source: assumed}
"""
TWO_STATES = "{states: {a: {off: 1e5, on: 0}}, inside: {Y: {initial: 10}}}"
EQUAL = "{initial: 1e5, inside: {Y: {initial: 10}}}"
SPREAD = "{initial: 1e5, inside: {Y: {initial: 10, between-cells: {lognormal: {cv: 0.5}}}}}"
DRIVEN = "c secretes X at 1 molecules/cell/s, driven by Y (half 10, hill 4)"
TURN = "off c becomes on at 0.1 /h"
MAKE = "c produces Y inside at 5 molecules/cell/h"
MAKE_ON = "on c produces Y inside at 5 molecules/cell/h"
AFFINE = "{rule: c secretes X, at: 0.5 /h * Y}"


def model_of(cells, *rules, **others):
    """A model of these cells (of one type c, where only its entry is given) and rules."""
    entries = cells if isinstance(cells, dict) else {"c": cells}
    lines = ["cells:", *(f"  {name}: {entry}" for name, entry in entries.items()), "rules:"]
    lines += [f"  - {rule}" for rule in rules]
    lines += [f"{key}: {value}" for key, value in others.items()]
    return check_text(HEAD + "\n".join(lines) + "\n", "tested.yaml").require()


def noted(model):
    """What the notes name: pairs of a rule and the variables."""
    diagnostics = closure_report(model).diagnostics
    assert all(d.code == "MEAN_FIELD_CLOSURE" and d.severity is Severity.NOTE for d in diagnostics)
    pattern = re.compile(r"`(.+)` (?:is a hazard that depends on|has a rate that is not affine in) (.+), which")
    return {found.groups() for d in diagnostics if (found := pattern.match(d.message))}


CLOSED = {
    "equal cells that never change": (EQUAL, DRIVEN),
    "equal cells that change by one law": (EQUAL, MAKE, DRIVEN),
    "one law in two states": (TWO_STATES, TURN, MAKE, DRIVEN),
    "one law in two states, followed by a second variable": (
        "{states: {a: {off: 1e5, on: 0}}, inside: {Y: {initial: 10}, W: {initial: 0}}}",
        TURN, MAKE, "{rule: c produces W inside, at: 2 /h * Y}", "c dies at 0.1 /h, driven by W (half 10)",
    ),
    "what differs by history, but enters affinely": (TWO_STATES, TURN, MAKE_ON, AFFINE),
    "what differs between cells, but enters affinely": (SPREAD, AFFINE),
    "two that differ, jointly affine": (
        "{initial: 1e5, inside: {Y: {initial: 10, between-cells: {lognormal: {cv: 0.5}}}, "
        "W: {initial: 1, between-cells: {lognormal: {cv: 0.5}}}}}",
        "{rule: c secretes X, at: 0.5 /h * Y + 2 /h * W}",
    ),
    "what differs degrades": (
        "{initial: 1e5, inside: {Y: {initial: 10, degrades: {rate: 1 /h, source: assumed}, "
        "between-cells: {normal: {cv: 0.2}}}}}", AFFINE,
    ),
    "what differs, where nothing reads it": (TWO_STATES, TURN, MAKE_ON, "c divides at 0.1 /h"),
    "only in the state before they part": (TWO_STATES, TURN, MAKE_ON, DRIVEN.replace("c ", "off c ", 1)),
    "nothing inside stays nothing, in those who wait": (
        "{states: {a: {off: 1e5, on: 0}}, inside: {Y: {initial: 0, degrades: {rate: 1 /h, source: assumed}}}}",
        TURN, MAKE_ON, "off c dies at 0.1 /h, driven by Y (half 1)",
    ),
    "nothing is halved": (
        "{initial: 1e5, inside: {Y: {initial: 0, degrades: {rate: 1 /h, source: assumed}}}}",
        "c divides at 1 /h", DRIVEN,
    ),
    "an intensive is copied to both daughters": (
        '{initial: 1e5, inside: {Y: {kind: intensive, unit: "1", initial: 0}}}', "c divides at 1 /h",
        "c produces Y inside at 1 /h", "c dies at 0.1 /h, driven by Y (half 3)",
    ),
    "those who enter bring what all have": (EQUAL, "c enters at 10 cells/h", DRIVEN),
    "those who are reset get what all have": (TWO_STATES, TURN + ", resetting Y", DRIVEN),
    "the mean is a number of the population": (
        SPREAD, '{id: s, rule: c secretes X, at: "1 molecules/cell/s * hill(mean(c.Y), 10 molecules/cell, 4)"}',
    ),
    "a death by necrosis gives what each holds": (
        "{initial: 1e5, inside: {X: {initial: 10, between-cells: {lognormal: {cv: 1}}}}}",
        "c dies by necrosis at 0.1 /h",
    ),
    "a release at death that is affine": (SPREAD, "c dies at 0.1 /h", "{rule: c releases X on death, at: 2 * Y}"),
    "a signal outside": (SPREAD, "c dies at 0.1 /h, driven by X (half 10 pM)"),
    "binding is affine in what is bound": (
        "{states: {a: {off: 1e5, on: 0}}}", TURN, "c binds X through R at 100 receptors/cell",
    ),
    "stages that pass on one law": (
        TWO_STATES, "off c becomes on after 10 h (3 stages)", MAKE, "on c dies at 0.1 /h, driven by Y (half 3)",
    ),
    "another type that takes it along and goes on by the same law": (
        {"c": EQUAL, "e": "{initial: 0, inside: {Y: {initial: 10}}}"}, MAKE,
        "e produces Y inside at 5 molecules/cell/h", "c differentiates into e at 0.1 /h", DRIVEN.replace("c ", "e ", 1),
    ),
    "a state that is never reached with anybody": (TWO_STATES, MAKE_ON, DRIVEN),
}  # fmt: skip

OPEN = {
    "between cells": ((SPREAD, DRIVEN), {("c-secretes-X", "Y of c")}),
    "between cells, that have changed state since": (
        (TWO_STATES.replace("initial: 10", "initial: 10, between-cells: {lognormal: {cv: 0.5}}"), TURN,
         DRIVEN.replace("c ", "on c ", 1)),
        {("on-c-secretes-X", "Y of c")},
    ),
    "between cells, in a hazard": ((SPREAD, "c dies at 0.1 /h, driven by Y (half 10)"), {("c-dies", "Y of c")}),
    "between cells, in a hazard that is affine": (
        (SPREAD, "{rule: c dies, at: 0.01 /h * Y / p}"), {("c-dies", "Y of c")},
    ),
    "between cells, in what kills": (
        ({"c": SPREAD, "d": "{initial: 1e4}"}, "{rule: c kills d, at: 1e-9 mL/cell/h * Y / p}"),
        {("c-kills-d", "Y of c")},
    ),
    "between cells, in a switch": (
        (SPREAD, "c secretes X at 1 molecules/cell/s, only when Y > p"), {("c-secretes-X", "Y of c")},
    ),
    "between cells, above a level": (
        (SPREAD, '{rule: c secretes X, at: "1e4 /h * max(Y - p, 0)"}'), {("c-secretes-X", "Y of c")},
    ),
    "between cells, a product of two": (
        ("{initial: 1e5, inside: {Y: {initial: 10, between-cells: {lognormal: {cv: 0.5}}}, "
         "W: {initial: 1, between-cells: {lognormal: {cv: 1}}}}}", "{rule: c secretes X, at: 0.5 /h * Y * W / p}"),
        {("c-secretes-X", "Y of c and W of c")},
    ),
    "by history: made in one of two states": (
        (TWO_STATES, TURN, MAKE_ON, DRIVEN), {("c-secretes-X", "Y of c")},
    ),
    "by history: followed by a second variable": (
        ("{states: {a: {off: 1e5, on: 0}}, inside: {Y: {initial: 10}, W: {initial: 0}}}",
         TURN, MAKE_ON, "{rule: c produces W inside, at: 2 /h * Y}", "c dies at 0.1 /h, driven by W (half 10)"),
        {("c-dies", "W of c")},
    ),
    "by history: those who enter are new": (
        (EQUAL, "c enters at 10 cells/h", MAKE, DRIVEN), {("c-secretes-X", "Y of c")},
    ),
    "by history: those who divided have half": (
        (EQUAL, "c divides at 1 /h", DRIVEN), {("c-secretes-X", "Y of c")},
    ),
    "by history: those who divided after stages have half": (
        (EQUAL, "c divides after 10 h (3 stages)", DRIVEN), {("c-secretes-X", "Y of c")},
    ),
    "by history: those who were reset": (
        (TWO_STATES, TURN + ", resetting Y", "on c becomes off at 0.1 /h", MAKE, DRIVEN), {("c-secretes-X", "Y of c")},
    ),
    "by history: those who begin with another value": (
        ({"c": EQUAL, "e": "{initial: 10, inside: {Y: {initial: 20}}}"}, "c differentiates into e at 0.1 /h",
         DRIVEN.replace("c ", "e ", 1)),
        {("e-secretes-X", "Y of e")},
    ),
    "by history: bound receptors of those who came from elsewhere": (
        ("{states: {a: {off: 1e5, on: 0}}}", TURN, "on c binds X through R at 100 receptors/cell",
         "on c dies at 0.1 /h, driven by X.R (half 3)"),
        {("on-c-dies", "X.R of c")},
    ),
    "by history: a hazard that resets what it depends on": (
        (TWO_STATES, "off c becomes on at 1 /h, driven by Y (half 10)", "on c becomes off at 1 /h, resetting Y",
         "off c produces Y inside at 5 molecules/cell/h"),
        {("off-c-becomes-on", "Y of c")},
    ),
    "by history: a start that an event moves": (
        ("{initial: 1e5, inside: {Y: {initial: p}}}", "c enters at 10 cells/h", DRIVEN),
        {("c-secretes-X", "Y of c")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_closed_models_carry_no_note(name):
    """Where the average of the rates is the rate at the average, nothing is noted."""
    assert noted(model_of(*CLOSED[name])) == set()


@pytest.mark.parametrize("name", OPEN)
def test_other_models_name_sentence_and_variable(name):
    """Every sentence that needs more than the average cell is named, with the variable, and no other."""
    (cells, *rules), expected = OPEN[name]
    others = {"events": "[{when: time > 2 h, do: {p: 4 molecules/cell}}]"} if "event" in name else {}
    model = model_of(cells, *rules, **others)
    assert noted(model) == expected
    assert all(d.where is not None and d.hint for d in closure_report(model).diagnostics)


@pytest.mark.parametrize("name", [name for name in OPEN if name.startswith("between cells")])
def test_representatives_answer_for_differences_between_cells(name):
    """With representatives each population is one of equal cells, so that nothing is noted."""
    (cells, *rules), _ = OPEN[name]
    assert noted(replace(model_of(cells, *rules), representatives=8)) == set()


@pytest.mark.parametrize("name", [name for name in OPEN if name.startswith("by history")])
def test_representatives_do_not_answer_for_history(name):
    """Cells that came at other times differ also from their representative."""
    (cells, *rules), expected = OPEN[name]
    others = {"events": "[{when: time > 2 h, do: {p: 4 molecules/cell}}]"} if "event" in name else {}
    assert noted(replace(model_of(cells, *rules, **others), representatives=8)) == expected


# ------------------------------------------------------------------------------------------------- what notes are worth
# Quantiles of a normal distribution have its mean, so in a closed model representatives must change nothing.
NORMAL = ("between-cells: {lognormal: {cv: 0.5}}", "between-cells: {normal: {cv: 0.5}}")
WITH_SPREAD = [name for name, (cells, *_) in CLOSED.items() if "between-cells: {lognormal: {cv: 0.5}}" in str(cells)]


def largest_difference(cells, rules):
    """By how much counts, means and molecules at 5 h change with eight representatives, of their size."""
    model = model_of(str(cells).replace(*NORMAL) if isinstance(cells, str) else
                     {k: v.replace(*NORMAL) for k, v in cells.items()}, *rules)  # fmt: skip
    found = []
    for number in (None, 8):
        kernel = compile_model(replace(model, representatives=number))
        names = [o.name for o in kernel.outputs]
        select = [i for i, name in enumerate(names) if not name.startswith(("H(", "n(", "rate("))]
        found.append(solve(kernel, kernel.defaults()[None], Schedule(), np.array([0.0, 5.0]), select=select, rtol=1e-9))
    assert found[0].outputs == found[1].outputs
    plain, others = (f.values[0] for f in found)
    return np.max(np.abs(others - plain) / np.maximum(np.abs(plain).max(axis=0), 1e-30))


@pytest.mark.parametrize("name", WITH_SPREAD)
def test_where_nothing_is_noted_representatives_change_nothing(name):
    """The average cell answers for all: the curves are the same, however the cells differ."""
    cells, *rules = CLOSED[name]
    assert largest_difference(cells, rules) < 1e-6


@pytest.mark.parametrize("name", [name for name in OPEN if name.startswith("between cells")])
def test_where_something_is_noted_representatives_change_the_curves(name):
    """No note is raised for nothing, but for hazards that are affine: what a killer carries does not select victims."""
    (cells, *rules), _ = OPEN[name]
    found = largest_difference(cells, rules)
    assert found > 1e-3 if "kills" not in name else found < 1e-6
