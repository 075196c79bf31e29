"""A record with each fault that the checks of the catalogue know, and what they say of it when they are asked.

Each record is a whole one of its kind, in which the lines of a fault replace those of the same keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.catalogue.estimates import YOUNG
from cytokinome.catalogue.identity import complexes_have_records
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.registry import Catalogue
from cytokinome.catalogue.rules import RULES
from cytokinome.catalogue.statements import WHOLE_RULES
from cytokinome.diagnostics import Collector

if TYPE_CHECKING:
    from cytokinome.diagnostics import Diagnostic

_SOURCE = "{id: doi:10.1000/example, locator: Table 1, says: an example, read: primary, tier: A}"
# A record without fault per kind, key by key.
_RECORDS: dict[str, dict[str, str]] = {
    "cytokine": {
        "id": "id: EXAMPLE",
        "kind": "kind: cytokine",
        "name": "name: an example",
        "family": "family: interleukin",
        "chains": "chains: [{hgnc: HGNC:5962, uniprot: P22301}]",
        "no-receptor": f"no-receptor: {_SOURCE}",
        "evidence": f"evidence: [{{about: [name, family, chains], source: {_SOURCE}}}]",
    },
    "receptor": {
        "id": "id: EXAMPLE",
        "kind": "kind: receptor",
        "name": "name: an example",
        "assembly": f"assembly: {{subunits: [{{hgnc: HGNC:11916, uniprot: P19438}}], source: {_SOURCE}}}",
        "ligands": f"ligands: [{{molecule: TNF, source: {_SOURCE}}}]",
    },
    "cell": {"id": "id: EXAMPLE", "kind": "kind: cell", "name": "name: an example"},
    "interaction": {
        "id": "id: EXAMPLE",
        "kind": "kind: interaction",
        "verb": "verb: regulates",
        "by": "by: IL10",
        "object": "object: TNF",
        "effect": "effect: production",
        "cell": "cell: keratinocyte",
        "sign": "sign: +",
        "evidence": f"evidence: [{_SOURCE}]",
    },
}
_FOLDER = re.compile(r"\S*[/\\\\]catalogue[/\\\\]data[/\\\\]")
_KEY = re.compile(r"^([a-z-]+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Lines of a record that are wrong, and what to do about it in words.

    Where the fault is that something is missing, `words` say what: `lacks` is a key of the record, `without` the id of
    a record that the catalogue does not have.
    """

    remedy: str
    shown: str = ""
    kind: str = "cytokine"
    words: str = ""
    lacks: str = ""
    without: str = ""


FAULTS: dict[str, Fault] = {
    "YAML_SYNTAX": Fault(
        "Look at the line and the one before it: an open bracket or quote, or a wrong indent.", "synonyms: [A, B"
    ),
    "YAML_FEATURE": Fault(
        "Write the value out on its own line; repeat it where it is needed twice.", "name: &same an example"
    ),
    "YAML_DUPLICATE_KEY": Fault("Keep one of the two.", "name: an example\nname: another example"),
    "YAML_NULL": Fault("Write the value, or remove the key: what was not read is left out.", "synonyms:"),
    "DUPLICATE_NAME": Fault("Give the new record an id of its own, or add what is new to the old one.", "id: IL6"),
    "AMBIGUOUS_NAME": Fault(
        "Remove the synonym from all records but the one that people mean by it.", "synonyms: [cachectin]"
    ),
    "CATALOGUE_INVALID": Fault(
        "The message names the key and what may stand there. The page on records shows every kind of record once.",
        "family: lymphokine",
    ),
    "BAD_NUMBER": Fault(
        "Write the number with a decimal point and its unit behind a space: 1.5 ng/mL, 2e-3 /s. What is not finite is "
        "no number.",
        f"molar-mass: {{value: about 18 kDa, source: {_SOURCE}}}",
    ),
    "BAD_UNIT": Fault(
        "Write the unit of the source in the words of the language: 5 mIU/mL are 0.005 IU/mL. A unit of one laboratory "
        "is no international unit.",
        f"molar-mass: {{value: 18.6 kDaltons, source: {_SOURCE}}}",
    ),
    "DIMENSION_MISMATCH": Fault(
        "Compare the columns of the source: a rate of production and a rate of loss were swapped before, and so were "
        "mass and molar mass.",
        "losses:\n  - kind: cleared\n    context: {compartment: plasma, species: human}\n"
        f"    rate: {{value: 0.5 pM/h, source: {_SOURCE}}}",
    ),
    "IDENTIFIER_UNKNOWN": Fault(
        "Look the identifier up. Where it is right and the list is too short, tools/identifiers.py adds the row; where "
        "no list can have it, leave it out. There is no open list of atc, rxnorm, gtopdb-ligand and complexportal: of "
        "these a source under evidence: has to say the identifier.",
        "identifiers: {hgnc: HGNC:999999}",
    ),
    "IDENTIFIER_MISMATCH": Fault(
        "It was copied from a neighbour: keep the gene, cell or drug that the source means, and take all ids from it. "
        "Where it is right and the list knows the thing by another name, that name is a synonym.",
        "identifiers: {hgnc: HGNC:6018, uniprot: P01375}",
    ),
    "SUBUNIT_UNKNOWN": Fault(
        "Compare the subunit with the approved symbol of its gene; the help names the gene of the other id.",
        f"assembly: {{subunits: [{{hgnc: HGNC:11916, uniprot: P19437}}], source: {_SOURCE}}}",
        "receptor",
    ),
    "NO_EVIDENCE": Fault(
        "Say under evidence: who calls it so and puts it into this family.",
        f"evidence: [{{about: [name], source: {_SOURCE}}}]",
    ),
    "NO_RECEPTOR": Fault(
        "Name it as ligand in the record of its receptor; where none is known, cite who says so under no-receptor:.",
        words="A cytokine that no receptor has as ligand, and that does not say why:",
        lacks="no-receptor",
    ),
    "SUBUNITS_DIFFER": Fault(
        "Look which of the two is right. Where ours is, put the difference with its reason and source among the "
        "exceptions.",
        "identifiers: {cellphonedb: IL7_receptor}",
        "receptor",
    ),
    "COMPLEX_MISSING": Fault(
        "Write the record of the receptor, or say among the exceptions why it has none here.",
        words="A catalogue without the receptor of interleukin 7:",
        without="IL7R",
    ),
    "SOURCE_INCOMPLETE": Fault(
        "Write where in the source it stands, and how it was read: nobody finds a number again in a whole paper.",
        "molar-mass:\n  value: 18.6 kDa\n  source: {id: doi:10.1000/example, says: the mass of a chain, tier: A}",
    ),
    "LICENCE_NOT_OPEN": Fault(
        "Cite single numbers as facts, without imported: true; rows are copied only from files under an open licence.",
        "molar-mass:\n  value: 18.6 kDa\n  source: {id: github:owner/model:file.csv, locator: line 3, says: the mass,\n"
        "    read: secondary, tier: B, licence: GPL-3.0-only, imported: true}",
    ),
    "NUMBER_OUT_OF_BOUNDS": Fault(
        "Compare unit and power of ten with the source. Where the source itself slipped, leave the number out.",
        f"diffusion:\n  value: 1000 um^2/s\n  source: {_SOURCE}",
    ),
    "RATES_DISAGREE": Fault(
        "Take the three from one source, or state Kd alone; numbers of two experiments are two bindings.",
        f"ligands:\n  - molecule: TNF\n    Kd: {{value: 19 nM, source: {_SOURCE}}}\n"
        f"    kon: {{value: 2.8e7 /M/s, source: {_SOURCE}}}\n    koff: {{value: 5.4e-4 /s, source: {_SOURCE}}}",
        "receptor",
    ),
    "MASS_MISFIT": Fault(
        "State the mass of the form that acts, all chains together: not of one chain of a dimer, nor of a precursor.",
        "chains: [{hgnc: HGNC:5962, uniprot: P22301, copies: 2, mature: 19-178}]\n"
        f"molar-mass: {{value: 18.6 kDa, source: {_SOURCE}}}",
    ),
    "PREFERRED_TWICE": Fault(
        "Keep preferred: true at the loss that models should take; the others stay beside it.",
        "losses:\n"
        + "".join(
            f"  - kind: cleared\n    half-life: {{value: {value}, source: {_SOURCE}}}\n"
            f"    context: {{compartment: plasma, species: human, form: {form}}}\n    preferred: true\n"
            for value, form in (("2 h", "a bolus"), ("3 h", "an infusion"))
        ),
    ),
    "REFERENCE_UNKNOWN": Fault(
        "Write the id of the record; the help names the nearest one.", "by: IL-10", "interaction"
    ),
    "SITES_MISFIT": Fault(
        "Name the receptors that the ligand binds, or add the ligand to the record of the receptor.",
        "sites:\n  - ligand: TNF\n    receptors: [IL10R]\n"
        f"    number: {{value: 1500 receptors/cell, source: {_SOURCE}}}",
        "cell",
    ),
    "LEVEL_BARE": Fault(
        "Say whether it is a mean, a median or a limit, and of how many: healthy people differ a hundredfold.",
        f"levels:\n  - matrix: serum\n    state: healthy\n    concentration: {{value: 2 pg/mL, source: {_SOURCE}}}",
    ),
    "LEVEL_TWICE": Fault(
        "Move the second under conflicts: of the first, or say in context: how the people differ.",
        "levels:\n"
        + "".join(
            "  - matrix: serum\n    state: healthy\n"
            f"    concentration: {{value: {value}, statistic: median, n: 20, source: {_SOURCE}}}\n"
            for value in ("2 pg/mL", "650 pg/mL")
        ),
    ),
    "ESTIMATE_DIFFERS": Fault(
        "The molar mass was changed after the estimate, or the estimate by hand: write both as the help says.",
        f"molar-mass: {{value: 17 kDa, source: {_SOURCE}}}\n"
        "diffusion:\n  value: 100 um^2/s\n  mass-used: 17 kDa\n"
        f"  source: {{id: '{YOUNG}', locator: predict, says: the rule, licence: MIT, read: secondary, tier: B}}",
    ),
    "MASS_UNNAMED": Fault(
        "Write mass-used: where the source says which molar mass stands behind the moles; else say in form: that it "
        "does not.",
        "levels:\n  - matrix: serum\n    state: healthy\n"
        f"    concentration: {{value: 2 pM, statistic: mean, n: 20, source: {_SOURCE}}}",
    ),
    "SERUM_FOR_PLASMA": Fault(
        "Write matrix: serum. A level in plasma needs blood whose platelets were kept quiet.",
        "id: VEGFA\nlevels:\n  - matrix: plasma\n    state: healthy\n    concentration:\n      value: 249 pg/mL\n"
        f"      statistic: mean\n      form: serum after two hours\n      source: {_SOURCE}",
    ),
    "SPECIES_MIXED": Fault(
        "Correct the species, or cite who saw it there; mice and people may answer differently, and a drug for people "
        "need not act in mice.",
        f"context: {{species: mouse}}\nevidence: [{_SOURCE.replace('tier: A', 'tier: A, species: human')}]",
        "interaction",
    ),
    "SIGN_CONFLICT": Fault(
        "Say in context: what differed between the experiments, or put one beside the other as evidence that refutes.",
        "roles:\n"
        f"  - {{axis: inflammation, sign: +, evidence: [{_SOURCE}]}}\n"
        f'  - {{axis: inflammation, sign: "-", evidence: [{_SOURCE}]}}',
    ),
    "DUPLICATE_STATEMENT": Fault(
        "Put all evidence for it into one statement.",
        "roles:\n" + f"  - {{axis: inflammation, sign: +, evidence: [{_SOURCE}]}}\n" * 2,
    ),
    "NOT_MISSING": Fault(
        "Remove the line under not-found: somebody has found it since.",
        "levels:\n  - matrix: plasma\n    state: healthy\n"
        f"    concentration: {{value: 2 pg/mL, statistic: mean, n: 20, source: {_SOURCE}}}\n"
        "not-found:\n  - {what: level, matrix: plasma, state: healthy, searched: abstracts, on: 2026-11-23}",
    ),
    "PARENT_CYCLE": Fault(
        "The parent is the more general cell; the most general one has none.", "parent: EXAMPLE", "cell"
    ),
    "NO_PRODUCER": Fault(
        "Add an interaction in which a cell secretes it, or cite under no-producer: who says that none is known.",
        words="A cytokine that stands in no interaction:",
    ),
    "NO_RESPONDER": Fault(
        "Add an interaction in which a cell answers it, or cite under no-responder: who says that none is known.",
        words="A cytokine that stands in no interaction:",
    ),
    "SELECTION_UNEXPLAINED": Fault(
        "Let the value that the rule ranks first stand first, or say in chosen: why the other is better.",
        f"molar-mass:\n  value: 18.6 kDa\n  n: 5\n  source: {_SOURCE.replace('tier: A', 'tier: B')}\n"
        f"  conflicts: [{{value: 18.7 kDa, source: {_SOURCE}}}]",
    ),
    "WEAK_EVIDENCE": Fault(
        "Look for a measured value, and put it before this one.",
        "diffusion:\n  value: 100 um^2/s\n  source: {id: assumed, tier: C, says: as other proteins of this size}",
    ),
}


def record_text(fault: Fault) -> str:
    """Return a whole record with the fault."""
    replaced = {*_KEY.findall(fault.shown), fault.lacks}
    kept = [line for key, line in _RECORDS[fault.kind].items() if key not in replaced]
    return "\n".join([*kept, fault.shown.strip("\n"), ""])


def diagnosis(code: str, fault: Fault, known: Catalogue) -> str:
    """Return what the check of the catalogue says of a fault, as it is shown on the screen.

    Raises
    ------
    ValueError
        When the check finds no such fault: the example is wrong.
    """
    found = Collector()
    for finding in _findings(fault, known, found):
        if finding.code == code:
            return _FOLDER.sub("", finding.render(found.report().texts))
    raise ValueError(f"the example of {code} does not have this fault")


def _findings(fault: Fault, known: Catalogue, found: Collector) -> tuple[Diagnostic, ...]:
    sheets = [sheet for sheet in known.sheets if sheet.record.id != fault.without]
    added = None if fault.without else load_text(record_text(fault), "EXAMPLE.yaml", found)
    together = Catalogue.build([*sheets, *([added] if added else [])], found)
    if added is not None:
        for rule in RULES:
            rule(added, together, found)
    complexes_have_records(together, found)
    for whole in WHOLE_RULES:
        whole(together, found)
    return found.report().diagnostics
