"""Any model as equations, ready for SBML: what sentences come to for a typical person, and what the parts are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.catalogue import Cytokine, catalogue
from cytokinome.compiler.flatten import Flat, Person, flattened, is_flat, made_bare, process_id
from cytokinome.compiler.lower import lower
from cytokinome.interchange.arms import treated, typical, with_arm
from cytokinome.interchange.sbml.write import Marks, Place
from cytokinome.model.components import Verb

if TYPE_CHECKING:
    from cytokinome.compiler.lower import Stages
    from cytokinome.experiments.study import Study
    from cytokinome.model.components import Model

# Terms of the Systems Biology Ontology (SBO_OBO.obo of EBI-BioModels/SBO), by what a process or a part is.
_BY_VERB = {
    Verb.SECRETES: "SBO:0000393",  # production
    Verb.PRODUCES: "SBO:0000393",
    Verb.TAKES_UP: "SBO:0000179",  # degradation
    Verb.BINDS: "SBO:0000177",  # non-covalent binding
    Verb.LEAVES: "SBO:0000655",  # transport reaction
    Verb.ENTERS: "SBO:0000655",
}
_LOSS, _BINDING, _TRANSPORT, _PROCESS = "SBO:0000179", "SBO:0000177", "SBO:0000655", "SBO:0000375"
_PROTEIN, _COMPLEX, _MATERIAL = "SBO:0000252", "SBO:0000253", "SBO:0000240"  # polypeptide chain, complex, entity


def equations_of(model: Model) -> tuple[Model, Marks]:
    """Return the equations of a checked model for a typical person, and what is known of their parts.

    A model of equations keeps its own quantities and units. Any other is written in hours, picomoles and litres.
    Starting values are those of the typical person at rest; what differs between people is not written.

    Raises
    ------
    SimulationError
        The typical person has no start.
    """
    if is_flat(model):
        return made_bare(model), Marks()
    person = typical(model)
    flat = flattened(model, person)
    return flat.model, _marks(model, person, flat)


def equations_of_arm(study: Study, arm: str) -> tuple[Model, Marks]:
    """Return the equations of the typical person of an arm, with what is done as events; as `equations_of`.

    Raises
    ------
    ExperimentError
        There is no such arm, or the arm does not fit the model.
    UnsupportedFeature
        What is done cannot be said by equations.
    SimulationError
        The typical person has no start.
    """
    whom = treated(study, arm)
    if is_flat(whom.model):
        names = [*whom.kernel.states, *(slot.name for slot in whom.kernel.parameters)]
        same = Flat(made_bare(whom.model), {name: name for name in names})
        return with_arm(same, whom).model, Marks()
    flat = flattened(whom.model, whom.person)
    return with_arm(flat, whom).model, _marks(whom.model, whom.person, flat)


def _marks(model: Model, person: Person, flat: Flat) -> Marks:
    stages = lower(model)
    dimensions = {flat.names[slot.name]: slot.dimension for slot in stages.network.slots}
    known = _names(flat), _terms(model, stages, flat), _identities(model, flat)
    return Marks(_places(model, stages, person, flat), dimensions, *known)


def _places(model: Model, stages: Stages, person: Person, flat: Flat) -> dict[str, Place]:
    """Return where each concentration is; what is diluted in a volume of its own has a compartment of its own."""
    kernel = stages.kernel
    parameters = np.array([person.parameters[slot.name] for slot in kernel.parameters])
    found: dict[str, Place] = {}
    volumes: dict[str, float] = {}
    for index, variable in enumerate(stages.network.variables):
        if variable.kind != "molecule":
            continue
        id, _, place = variable.id.partition("@")
        record = model.molecule(id)
        name = place or (record.compartments[0] if record else f"volume of {variable.id}")
        litres = kernel.volume(index, parameters)
        if volumes.setdefault(name, litres) != litres:
            name = f"volume of {variable.id}"
        found[flat.names[variable.id]] = Place(_compartment(name, flat), litres)
    return found


def _compartment(name: str, flat: Flat) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"{plain}_" if plain in flat.names.values() else plain


def _names(flat: Flat) -> dict[str, str]:
    return {name: id for id, name in flat.names.items() if id != name}


def _terms(model: Model, stages: Stages, flat: Flat) -> dict[str, str]:
    processes = stages.network.processes
    terms = {flat.names[process_id(n, p)]: _term(model, p.origin) for n, p in enumerate(processes)}
    changed = {id for process in processes for id, _ in process.changes}
    for variable in (v for v in stages.network.variables if v.kind == "molecule" and v.id in changed):
        record = model.molecule(variable.id.partition("@")[0])
        bound = record is not None and len(record.composition) > 1
        known = record is not None and bool(_chains(record.id))
        name = flat.names[variable.id]
        terms[name] = _COMPLEX if bound else _PROTEIN if known else _MATERIAL
    return terms


def _term(model: Model, origin: str) -> str:
    rule = model.rule(origin)
    if rule is not None:
        return _BY_VERB.get(rule.verb, _PROCESS)
    if any(r.id == origin for r in model.reactions):
        return _BINDING
    if any(t.id == origin for t in model.transports):
        return _TRANSPORT
    return _LOSS if " degrades" in origin or " cleared" in origin else _PROCESS


def _chains(id: str) -> tuple[str, ...]:
    """Return the UniProt accessions of the chains of a cytokine that the catalogue knows."""
    record = catalogue().find(id)
    return tuple(chain.uniprot for chain in record.chains) if isinstance(record, Cytokine) else ()


def _identities(model: Model, flat: Flat) -> dict[str, tuple[str, ...]]:
    """Return what each molecule is, as far as the catalogue knows, and where the model was published."""
    known: dict[str, tuple[str, ...]] = {}
    for molecule in model.molecules:
        chains = tuple(f"https://identifiers.org/uniprot:{c}" for c in dict.fromkeys(_chains(molecule.id)))
        for place in molecule.compartments:
            name = flat.names.get(molecule.id, flat.names.get(f"{molecule.id}@{place}", ""))
            if chains and name:
                known[name] = chains
    return known
