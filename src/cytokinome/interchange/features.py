"""What of SBML and Antimony is read and written, and what is refused with which code: one table, for people and tests.

A cell is `YES`, the code of a refusal, or a few words. What is not in the table is not supported, and refused.
"""

from __future__ import annotations

from dataclasses import dataclass

YES, NOT = "yes", "–"
_OUT = "as equations"


@dataclass(frozen=True, slots=True)
class Feature:
    """One construct: whether it is read from SBML, how it is written there, and whether Antimony says it.

    `read` is `YES` or the code with which it is refused; `antimony` holds for reading and writing, `NOT` where the
    format cannot say it.
    """

    key: str
    construct: str
    read: str
    written: str
    antimony: str = YES
    note: str = ""


PARTS = (
    Feature("amount", "species as amounts", YES, YES),
    Feature("concentration", "species as concentrations", YES, YES),
    Feature("boundary", "boundary and constant species", YES, "as parameters"),
    Feature("size", "compartments of a size that moves: by rules, by events", YES, _OUT, note="amounts stay"),
    Feature("reaction", "reactions, kinetic laws, modifiers", YES, YES),
    Feature("local", "local parameters", YES, "as parameters", note="called REACTION_PARAMETER"),
    Feature("stoichiometry", "stoichiometries that move or are computed", YES, "one reaction for each species"),
    Feature("conversion", "conversion factors", YES, _OUT, NOT),
    Feature("fast", "`fast` reactions of level 2", YES, "as algebraic rules", NOT, "at rest at every time"),
    Feature("fast-moving", "`fast` reactions whose stoichiometries move", "SBML_UNSUPPORTED", NOT, NOT),
    Feature("assignment", "assignment rules", YES, YES),
    Feature("rate", "rate rules", YES, YES, note="of a concentration in a size that moves, too"),
    Feature("algebraic", "algebraic rules", YES, YES, note="linear ones are solved; others by Newton's method"),
    Feature("overdetermined", "rules that determine too much or too little", "SBML_INVALID", NOT, "ANTIMONY_INVALID"),
    Feature("initial", "initial assignments", YES, YES),
    Feature("missing", "numbers that are needed and not given", "SBML_MISSING_VALUE", NOT, "SBML_MISSING_VALUE"),
    Feature("function", "function definitions", YES, "written out"),
    Feature("recursive", "functions that call themselves", "CYCLIC_DEFINITION", NOT, "ANTIMONY_INVALID"),
    Feature("event", "events: triggers, new values", YES, YES),
    Feature("event-manner", "delays; `initialValue`, `persistent`, `useValuesFromTriggerTime`", YES, YES),
    Feature("priority", "priorities", YES, YES, note="chance decides between equal ones, as SBML has it"),
    Feature(
        "late-size",
        "a value kept over a delay, for a concentration in a size that a rule assigns",
        "SBML_UNSUPPORTED",
        NOT,
        "SBML_UNSUPPORTED",
    ),
    Feature("constraint", "constraints", YES, YES, "without messages", "demands"),
    Feature("math", "all functions and operators of MathML", YES, "those of the language"),
    Feature("time", "`time`, `avogadro`", YES, YES),
    Feature("delay", "`delay`", YES, YES, note="on the reference engine"),
    Feature("rate-of", "`rateOf` what moves by rates", YES, YES),
    Feature("rate-of-assigned", "`rateOf` what a rule assigns", "SBML_INVALID", NOT, "ANTIMONY_INVALID"),
    Feature(
        "units", "units that are declared", YES, YES, note="words of the language; else a note says what was taken"
    ),
    Feature("source", "annotations: what a model is described by", YES, YES, NOT, "others are left out"),
    Feature("comp", "package comp: models of models", YES, "as one model", "modules", "put together by libSBML"),
    Feature("external", "comp: models from outside the folder of the file", "SBML_EXTERNAL", NOT, "ANTIMONY_IMPORT"),
    Feature("layout", "packages layout, render, groups", YES, NOT, NOT, "left out: they change no mathematics"),
    Feature("fbc", "packages fbc, qual, multi", "SBML_PACKAGE", NOT, NOT, "no equations in time"),
    Feature("distrib", "any other package that a file requires", "SBML_PACKAGE", NOT, NOT),
    Feature("level-1", "SBML level 1", "SBML_UNSUPPORTED", NOT, NOT),
)

FILES = (
    Feature(
        "not-xml", "what is no SBML, is damaged, or declares a document type", "SBML_INVALID", NOT, "ANTIMONY_INVALID"
    ),
    Feature("deep", "elements or brackets nested deeper than 256", "TOO_LARGE", NOT, "TOO_LARGE"),
    Feature("large", "files of more than 64 MB, texts of more than 4 MB", "FILE_TOO_LARGE", NOT, "FILE_TOO_LARGE"),
    Feature("breaking", "what breaks a library, or takes a minute or 2 GB", "SBML_READER", NOT, "SBML_READER"),
    Feature("absent", "a file that is not there", "FILE_UNREADABLE", NOT, "FILE_UNREADABLE"),
    Feature("library", "a library that is not installed", "UNSUPPORTED_FEATURE", NOT, "UNSUPPORTED_FEATURE"),
)

OURS = (
    ("the sentences of a model", "their equations for the typical person, at rest, in hours, picomoles and litres"),
    ("an arm: doses, infusions, blocks, changes, wash-outs, cells added or removed", "events at their times"),
    ("a knock-out", "the equations without it, with the productions of the intact person"),
    ("observables", "parameters with assignment rules, in their units"),
    ("what differs between people, and between cells", "not written: the file is one person, with the average cell"),
    ("identities of molecules, the source of the model", "annotations (UniProt, DOI, PubMed) and SBO terms"),
    ("an arm of an experiment in space", "refused, `UNSUPPORTED_FEATURE`"),
    ("events with computed priorities whose ties go as written", "refused, `UNSUPPORTED_FEATURE`: SBML draws ties"),
)


def refusals() -> frozenset[str]:
    """Return the codes of all refusals of the table."""
    cells = {cell for row in (*PARTS, *FILES) for cell in (row.read, row.antimony)}
    return frozenset(cell for cell in cells if cell.isupper())
