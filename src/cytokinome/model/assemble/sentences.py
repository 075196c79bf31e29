"""What records say of a cast, as parameters and sentences of the language, each with the place it was read.

What no record says and a model cannot do without is assumed, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Measured, Receptor, Therapy
from cytokinome.catalogue.selection import WEAK, spread
from cytokinome.model.assemble.gather import acts_as_ligand, is_of, ligands, secretions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cytokinome.catalogue.records import Binding, Cell, Interaction, Mediator, Source
    from cytokinome.catalogue.records.measured import Dissociation
    from cytokinome.model.assemble.gather import Cast

Entry = dict[str, object]

UNMEASURED = "it stands in a model or with a maker, and no measurement of it was read"
# What is assumed where nothing was read, and why it is no worse than another number.
HALF_LIFE = ("6 h", "no loss was read here; many cytokines last some hours")
RATE = ("1 molecules/cell/s", "no rate was read; measured ones lie between 0.1 and 100")
HALF = ("100 pM", "no concentration of half the effect, and no Kd, was read")
MEDIATOR_HALF = ("1 ng/mL", "no concentration of half the effect was read")
FOLD = ("10", "how much a signal adds to what is secreted at rest was not read")
AFFINITY = ("100 pM", "no affinity was read")
ASSOCIATION = ("1e6 /M/s", "no association rate was read; typical of proteins")
GROWTH = ("0.02 /h", "no rate of division or death was read")
DEATH = ("0.01 /h", "without it, cells that divide would grow for ever")
MASS = ("20 kDa", "no molar mass was read; typical of a cytokine")
ANTIBODY_MASS = ("150 kDa", "no molar mass was read; typical of an antibody")
# Effects on the cell itself, word for word: `killing of tumour cells` is what it does to others.
_GROWS = ("proliferation", "homeostatic proliferation", "growth", "expansion")
_DIES = ("apoptosis", "death")
_BECOMES = "differentiation into "
_MADE = ("production", "release", "activation")


@dataclass
class Desk:
    """Where a model is put together: parameters by name, rules in order, what was assumed and what was left out."""

    cast: Cast
    parameters: dict[str, Entry] = field(default_factory=dict[str, Entry])
    rules: list[Entry] = field(default_factory=list[Entry])
    reactions: list[Entry] = field(default_factory=list[Entry])
    assumed: list[str] = field(default_factory=list[str])
    left_out: list[str] = field(default_factory=list[str])
    acting: set[str] = field(default_factory=set[str])  # drugs that some sentence hears

    def take(self, name: str, measured: Measured, note: str = "") -> str:
        """Add a parameter with a published value, and return its name; it is assumed where nobody measured it."""
        if not note and measured.source.tier in WEAK:
            note = measured.source.says if measured.source.is_assumed else UNMEASURED
        entry: Entry = {"value": measured.value, "source": cited(measured.source, note)}
        if note:
            self.assumed.append(f"{name} = {measured.value}: {note}")
        if fold := _fold(measured):
            entry["uncertain"] = {"fold": f"{fold:.3g}"}
        self.parameters[name] = entry
        return name

    def hear(self, said: Iterable[Interaction]) -> None:
        """List statements that were read in another species only: they are assumed of this one."""
        for one in said:
            words = one.context.species
            line = f"{one.title}: read in {words}, taken for {self.cast.species}"
            if words is not None and not is_of(words, self.cast.species) and line not in self.assumed:
                self.assumed.append(line)

    def assume(self, name: str, assumption: tuple[str, str]) -> str:
        """Add a parameter with an assumed value, and return its name."""
        value, reason = assumption
        self.parameters[name] = {"value": value, "source": f"assumed: {reason}"}
        self.assumed.append(f"{name} = {value}: {reason}")
        return name


def cited(source: Source, note: str = "") -> str:
    """Return a source as the language writes it; with a note it is an assumption that rests on it."""
    where = f"{source.id}, {source.locator}" if source.locator else source.id
    if source.is_assumed:
        return f"assumed: {source.says}"
    return f"assumed: {note}; {where}" if note else where


def _fold(measured: Measured) -> float | None:
    """Half the range of all published values, as a factor; None where they agree."""
    fold = spread(one for one in (measured, *measured.conflicts) if one.is_own) ** 0.5
    return fold if fold > 1.05 else None


def secretion_rules(desk: Desk) -> None:
    """Add a sentence for each cell and molecule that it secretes."""
    known = desk.cast.known
    for cell in desk.cast.cells:
        for cytokine in desk.cast.cytokines:
            said = secretions(known, cell.id, cytokine.id)
            numbers = [s.rate for s in cell.secretes if s.cytokine == cytokine.id and s.rate.is_own]
            if said or numbers:
                _secretion(desk, cell, cytokine.id, said, numbers)


def _secretion(desk: Desk, cell: Cell, molecule: str, said: list[Interaction], numbers: Sequence[Measured]) -> None:
    tail = f"{molecule}_{cell.id}"
    rate = desk.take(f"q_{tail}", numbers[0]) if numbers else desk.assume(f"q_{tail}", RATE)
    regulators = [i for i in _regulators(desk.cast, molecule) if i.cell in (None, cell.id)]
    ups = [i for i in (*said, *regulators) if i.sign == "+" and i.by in desk.cast.molecules]
    downs = [i for i in regulators if i.sign == "-" and i.by in desk.cast.molecules]
    rests = not said or any(i.by is None for i in said) or not ups
    parts = [f"{cell.id} secretes {molecule} at {rate}"]
    if ups and rests:
        parts.append(f"increased by {_signals(desk, ups, cell, tail)} up to {desk.assume(f'fold_{tail}', FOLD)}")
    elif ups:
        parts.append(f"driven by {_signals(desk, ups, cell, tail)}")
    if downs:
        parts.append(f"decreased by {_signals(desk, downs, cell, tail)}")
    if not ups and any(i.by for i in said):
        words = ", ".join(sorted({i.by for i in said if i.by}))
        desk.left_out.append(f"{cell.id} secretes {molecule} all the time here; the records name {words}")
    desk.hear((*said, *ups, *downs))
    sources = [source for i in (*said, *ups, *downs) for source in i.evidence] or [numbers[0].source]
    desk.rules.append({"id": f"secretion-{len(desk.rules) + 1}", "rule": ", ".join(parts), "source": _all(sources)})


def _regulators(cast: Cast, molecule: str) -> Iterator[Interaction]:
    for i in cast.known.interactions:
        is_made = i.verb == "regulates" and i.object == molecule and i.effect in _MADE
        if is_made or (i.verb == "secretes" and i.object == molecule and i.sign == "-"):
            yield i


def _signals(desk: Desk, said: list[Interaction], cell: Cell, tail: str) -> str:
    """Alternatives of signals, each with its concentration of half the effect, and the drugs that act as they do."""
    names = dict.fromkeys(i.by for i in said if i.by)
    heard = {name: _half(desk, name, cell, tail) for name in names}
    parts = [f"{_felt(desk, name)} (half {half})" for name, half in heard.items()]
    for drug in desk.cast.therapies if parts else ():
        meant = {molecule.id for molecule in ligands(desk.cast.known, drug)} if acts_as_ligand(drug) else set[str]()
        if name := next((name for name in heard if name in meant), None):
            desk.acting.add(drug.id)
            parts.append(f"{drug.id} (half {_half_of_drug(desk, drug, heard[name], tail)})")
    return " or ".join(parts)


def _half_of_drug(desk: Desk, drug: Therapy, ligand: str, tail: str) -> str:
    """The parameter with the concentration of half the effect of a drug: its Kd, else as for what it stands for."""
    read = (binding.Kd for binding in drug.affinity if binding.Kd is not None and binding.Kd.is_own)
    if Kd := next(read, None):
        return desk.take(f"half_{drug.id}_{tail}", Kd, "half the effect where half of its receptor is bound")
    reason = "of the drug as of the molecule that it stands for"
    return desk.assume(f"half_{drug.id}_{tail}", (str(desk.parameters[ligand]["value"]), reason))


def _felt(desk: Desk, signal: str) -> str:
    """A signal, at its receptor where a drug of the model blocks that."""
    receptor = _blocked_for(desk.cast, signal)
    return f"{signal} at {receptor}" if receptor else signal


def _blocked_for(cast: Cast, signal: str) -> str:
    """The receptor of a signal that a drug of the model blocks."""
    return next((r.id for r in cast.known.receptors_of(signal) if r.id in blocked(cast)), "")


def _half(desk: Desk, signal: str, cell: Cell, tail: str) -> str:
    """The parameter with the concentration at which half the effect of a signal is reached."""
    name = f"half_{signal}_{tail}"
    target = tail.split("_", 1)[0]
    for heard in cell.responds:
        if heard.signal == signal and target in heard.effect and heard.half.is_own:
            return desk.take(name, heard.half)
    if any(m.id == signal for m in desk.cast.mediators):
        return desk.assume(name, MEDIATOR_HALF)
    for receptor in desk.cast.known.receptors_of(signal):
        for binding in receptor.ligands:
            if binding.molecule == signal and binding.Kd is not None and binding.Kd.is_own:
                note = f"half the effect where half of {receptor.id} is bound"
                return desk.take(name, binding.Kd, note)
    return desk.assume(name, HALF)


def fate_rules(desk: Desk) -> None:
    """Add a sentence for each cell that divides, dies or becomes another on a signal; other responses are left out."""
    for cell in desk.cast.cells:
        said = [i for i in desk.cast.known.interactions if i.verb == "responds" and i.cell == cell.id]
        fates: dict[str, list[Interaction]] = {}
        for heard in (i for i in said if i.by in desk.cast.molecules):
            fates.setdefault(_fate(desk.cast, heard), []).append(heard)
        stated = [fate for fate, found in fates.items() if fate and _fate_rule(desk, cell, fate, found)]
        if "divides" in stated and "dies" not in stated:
            rate = desk.assume(f"k_{cell.id}_dies", DEATH)
            desk.rules.append({"id": f"dies-{cell.id}", "rule": f"{cell.id} dies at {rate}", "source": "assumed"})
        rest = [i for fate, found in fates.items() if fate not in stated for i in found]
        desk.left_out += [f"{i.title}: no sentence of a first model says this" for i in rest]


def _fate(cast: Cast, heard: Interaction) -> str:
    """What a response makes of the cell itself, as the language says it; nothing where it is something else."""
    effect = heard.effect or ""
    if effect in _GROWS:
        return "divides"
    if effect in _DIES:
        return "dies"
    becomes = cast.known.find(effect.removeprefix(_BECOMES)) if effect.startswith(_BECOMES) else None
    is_cast = becomes is not None and any(cell.id == becomes.id for cell in cast.cells)
    return f"differentiates into {becomes.id}" if becomes and is_cast and becomes.id != heard.cell else ""


def _fate_rule(desk: Desk, cell: Cell, fate: str, found: list[Interaction]) -> bool:
    """Add the sentence of one fate; without a signal that drives it there is none."""
    ups, downs = ([i for i in found if i.sign == sign] for sign in "+-")
    if not ups:
        return False
    tail = f"{cell.id}_{fate.replace(' ', '_')}"
    parts = [f"{cell.id} {fate} at {desk.assume(f'k_{tail}', GROWTH)}", f"driven by {_signals(desk, ups, cell, tail)}"]
    if downs:
        parts.append(f"decreased by {_signals(desk, downs, cell, tail)}")
    desk.hear(found)
    sources = [source for i in found for source in i.evidence]
    id = f"{fate.replace(' ', '-')}-{cell.id}"
    desk.rules.append({"id": id, "rule": ", ".join(parts), "source": _all(sources)})
    return True


def _all(sources: list[Source]) -> str:
    """Several sources as one, each once."""
    return "; ".join(dict.fromkeys(cited(source) for source in sources))


def blocked(cast: Cast) -> dict[str, list[tuple[Therapy, Dissociation | None]]]:
    """Return the receptors that drugs of the cast occupy, with the drugs and how strongly they bind, where read."""
    found: dict[str, list[tuple[Therapy, Dissociation | None]]] = {}
    for drug in cast.therapies:
        read = {binding.molecule: binding.Kd for binding in drug.affinity if binding.Kd and binding.Kd.is_own}
        for target in drug.target if drug.mode == "blocks receptor" else ():
            if isinstance(cast.known.find(target), Receptor):
                found.setdefault(target, []).append((drug, read.get(target)))
    return found


def drug_reactions(desk: Desk) -> set[str]:
    """Add what drugs do to molecules of the model, and return the ids of those that are in it.

    These are the drugs that were named, and those of a disease that do something; all of its drugs where none does.
    """
    heard = {_blocked_for(desk.cast, molecule) for molecule in desk.cast.molecules}
    useful = {drug.id for id, pairs in blocked(desk.cast).items() if id in heard for drug, _ in pairs} | desk.acting
    for drug in desk.cast.therapies:
        for target in (target for target in drug.target if target in desk.cast.molecules):
            if drug.mode in ("neutralises ligand", "decoy"):
                desk.reactions.append(_binding(desk, drug.id, target, drug.affinity))
                useful.add(drug.id)
        if drug.id not in useful:
            desk.left_out.append(f"{drug.id}: nothing that it binds is in the model, or it acts in another way")
    return useful if desk.cast.disease and useful else {drug.id for drug in desk.cast.therapies}


def capture_reactions(desk: Desk) -> None:
    """Add what soluble binding proteins do: they hold the cytokines of the model that their records name."""
    for protein in desk.cast.binders:
        for target in dict.fromkeys(binding.molecule for binding in protein.binds):
            if target in desk.cast.molecules:
                desk.reactions.append(_binding(desk, protein.id, target, protein.binds))


def _binding(desk: Desk, binder: str, target: str, known: Sequence[Binding]) -> Entry:
    """How a drug or protein holds its target: by its rates where both were read, else by its Kd and an assumed rate."""
    tail = f"{binder}_{target}"
    binding = next((b for b in known if b.molecule == target and b.is_measured), None)
    entry: Entry = {"equation": f"{target} + {binder} <-> {target}_{binder}"}
    if binding and binding.kon and binding.koff:
        entry |= {"kon": desk.take(f"kon_{tail}", binding.kon), "koff": desk.take(f"koff_{tail}", binding.koff)}
        return {**entry, "source": cited(binding.kon.source)}
    kon = desk.assume(f"kon_{tail}", ASSOCIATION)
    if binding and binding.Kd:
        Kd = desk.take(f"Kd_{tail}", binding.Kd)
        return {**entry, "kon": kon, "koff": f"{kon} * {Kd}", "source": cited(binding.Kd.source)}
    Kd = desk.assume(f"Kd_{tail}", AFFINITY)
    return {**entry, "kon": kon, "koff": f"{kon} * {Kd}", "source": "assumed: no affinity was read"}


def stimulus(mediator: Mediator) -> str:
    """Return the level of a mediator that a model begins with."""
    return "10 ng/mL" if mediator.molar_mass else "1 nM"
