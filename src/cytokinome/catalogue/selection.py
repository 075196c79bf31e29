"""Which of several published values a model takes, by a written rule, and why.

1. It applies: a value of the whole process and of this molecule, not a limit, not one phase of several.
2. It is of people.
3. Its tier: A before B before S before C and V, which are never taken where they are all there is.
4. It is the most direct: read at its source before read elsewhere, of more subjects before of fewer.

The value that stands first in a record is the one that its curator chose; where the rule ranks another first, `chosen:`
says why. Values are never averaged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from cytokinome.catalogue.records import (
    Abundance,
    Binding,
    Level,
    Loss,
    Measured,
    Pharmacokinetics,
    Regimen,
    Response,
    Secretion,
    SiteCount,
    Turnover,
    Use,
    blocks,
)
from cytokinome.catalogue.registry import missing
from cytokinome.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.catalogue.records import Block, Path, Record
    from cytokinome.catalogue.registry import Catalogue

HUMAN = "human"
TIERS = "ABSCV"
WEAK = "CV"  # unnamed, fitted or assumed; a vendor's page
_PARTIAL = 1  # place in a rank
_DOTS = 2  # the most that a name has
_WORD = re.compile(r"\w+")
_READ = ("primary", "secondary", "cited_only", None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A published value with what the rule looks at: smaller ranks come first."""

    measured: Measured
    path: Path
    rank: tuple[int, ...]

    @property
    def is_partial(self) -> bool:
        """Whether it does not describe the whole: a limit, another molecule's, or one phase of several."""
        return bool(self.rank[_PARTIAL])


@dataclass(frozen=True, slots=True)
class Choice:
    """All values of one quantity of one record, the best by the rule first, and the one that models take.

    `title` says what they are values of; `default` is None where none can stand for the whole, or all are weak.
    `clots`: they are levels in serum of what platelets release as blood clots.
    """

    title: str
    candidates: tuple[Candidate, ...]
    default: Candidate | None
    clots: bool = False

    @property
    def reason(self) -> str:
        """Why the default is the default, or why there is none."""
        if self.clots:
            return "platelets release it as blood clots, so serum says nothing of blood"
        if self.default is None and _are_weak(one.measured for one in self.candidates):
            return "no value was measured or is cited"
        if self.default is None and all(one.measured.stand_in for one in self.candidates):
            return "only other molecules were measured"
        if self.default is None:
            return "no value describes the whole process in people"
        if self.default.measured.chosen:
            return f"chosen by hand: {self.default.measured.chosen}"
        if len(self.candidates) == 1:
            return "the only value"
        if self.default is self.candidates[0]:
            return "first by applicability, species, tier and directness"
        return "stands first in the record, though the rule ranks another first"

    @property
    def spread(self) -> float:
        """The largest over the smallest published value, of those that describe the whole."""
        return spread(one.measured for one in self.candidates if not one.is_partial)

    @property
    def is_explained(self) -> bool:
        """Whether the default follows from the rule, or says why it does not."""
        return self.default is None or self.default is self.candidates[0] or bool(self.default.measured.chosen)


def spread(values: Iterable[Measured]) -> float:
    """Return the largest over the smallest of these values, of those of the dimension of the first; 1 of none."""
    read = [measured.quantity.read(measured.value) for measured in values]
    same = [q.canonical for q in read if q.dimension == read[0].dimension and q.canonical > 0]
    return max(same) / min(same) if same else 1.0


def choices(record: Record, key: str = "", known: Catalogue | None = None) -> tuple[Choice, ...]:
    """Return the choices among the numbers of a record.

    Parameters
    ----------
    record : Record
    key : str
        Only numbers under this key, at any depth: ``half-life``, ``Kd``, ``levels``; all if empty. A loss stated as a
        rate or a clearance answers for ``half-life`` too, for it is one of the same process.
    known : Catalogue, optional
        Says what platelets release, of which no level in serum is the default.
    """
    wanted = key.replace("_", "-")
    groups: dict[str, list[tuple[Measured, Path, Block | None]]] = {}
    for path, block, owner in _numbers(record):
        is_wanted = not wanted or wanted in path or (wanted == "half-life" and isinstance(owner, Loss))
        if is_wanted:
            groups.setdefault(_title(path, owner), []).append((block, path, owner))
    clots = known is not None and record.id in known.clotting
    return tuple(_choice(title, found, clots) for title, found in groups.items())


def why(known: Catalogue, text: str) -> tuple[Record, tuple[Choice, ...]]:
    """Return the record and the choices that ``NAME.KEY`` asks for, or all choices of ``NAME``.

    Words behind the key are words of the title: ``CXCR2.Kd.CXCL8`` is the Kd of CXCL8.

    Raises
    ------
    CatalogueError
        ``CATALOGUE_MISSING``: no such record, or no number of it under this key or with these words, with those that
        there are.
    """
    name, key, words = _address(known, text)
    record = known.get(name)
    under = choices(record, key, known)
    if not under:
        keys = dict.fromkeys(step for path, _, _ in _numbers(record) for step in path if isinstance(step, str))
        hint = did_you_mean(key.replace("_", "-"), keys) if keys else f"`cytokinome catalogue show {record.id}`"
        raise missing(f"{record.id} has no number under {key!r}" if key else f"{record.id} has no numbers", hint)
    found = tuple(choice for choice in under if words <= _words(choice.title))
    if not found:
        there = ", or ".join(choice.title for choice in under)
        raise missing(f"no {key} of {record.id} is called {' '.join(sorted(words))}", f"there are {there}")
    return record, found


def citation(known: Catalogue, record: Record, choice: Choice, one: Candidate) -> str:
    """Return how a model cites a value of a choice, as ``catalogue:TNF.half-life pubmed:3180146``; a limit not at all.

    The words are the fewest that only the title of this choice has, the source stands where it is not the default.
    """
    if one.measured.bound is not None:
        return ""
    steps = one.path[: one.path.index("conflicts")] if "conflicts" in one.path else one.path
    key = str(steps[-1])
    others = [_words(other.title) for other in choices(record, key, known) if other.title != choice.title]
    own = list(dict.fromkeys(_WORD.findall(choice.title)))
    tried = (pick for count in range(min(len(own), 3) + 1) for pick in combinations(own, count))
    told = next((pick for pick in tried if not any(_words(" ".join(pick)) <= words for words in others)), None)
    address = ".".join((record.id, key, *(own if told is None else told)))
    is_enough = told is not None and one == choice.default
    return f"catalogue:{address}" if is_enough else f"catalogue:{address} {_beginning(one)}"


def _beginning(one: Candidate) -> str:
    """As much of the id of a source as can stand in a citation."""
    return re.split(r"[\s,;]", one.measured.source.id, maxsplit=1)[0]


def _address(known: Catalogue, text: str) -> tuple[str, str, frozenset[str]]:
    """Split ``NAME.KEY.WORDS``; a name may have dots itself."""
    pieces = text.split(".")
    longest = min(len(pieces), _DOTS + 1)
    ends = (end for end in range(longest, 0, -1) if known.find(".".join(pieces[:end])) is not None)
    end = next(ends, 1)
    key, *words = pieces[end:] or [""]
    return ".".join(pieces[:end]), key, _words(" ".join(words))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def default_losses(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Return at most one loss per kind and compartment: the preferred one, else the first by the rule that applies."""
    groups: dict[tuple[str, str], list[Loss]] = {}
    for loss in losses:
        groups.setdefault((loss.place, loss.kind), []).append(loss)
    strong = (group for group in groups.values() if not _are_weak(loss.measured[1] for loss in group))
    best = (min(group, key=lambda loss: _rank(loss.measured[1], loss)) for group in strong)
    return tuple(loss for loss in best if _applies(loss.measured[1], loss))


def _numbers(record: Record) -> Iterator[tuple[Path, Measured, Block | None]]:
    """The numbers of a record but for conflicts, each with the block that it stands in."""
    found = dict(blocks(record))
    for path, block in found.items():
        if isinstance(block, Measured) and "conflicts" not in path:
            yield path, block, found.get(path[:-1])


def _title(path: Path, owner: Block | None) -> str:
    """What a number is a value of, in words; losses of one kind and place are one thing."""
    key = str(path[-1])
    match owner:
        case Loss():
            return f"{owner.kind} from {owner.place}"
        case Binding():
            return f"{key} of {owner.molecule}" + (f", {owner.form}" if owner.form else "")
        case Level() | Abundance():
            return f"{key} in {owner.matrix}, {owner.state}" + (f" ({words})" if (words := _context(owner)) else "")
        case SiteCount():
            return f"{key} for {owner.ligand}" + (f" at {' and '.join(owner.receptors)}" if owner.receptors else "")
        case Turnover():
            return f"{owner.process} of {owner.of}"
        case Secretion():
            return f"{key} of {owner.cytokine} on {owner.stimulus}"
        case Response():
            return f"{key} of {owner.signal}: {owner.effect}"
        case Pharmacokinetics():
            words = ", ".join(w for w in (owner.route, owner.structure, str(owner.context)) if w)
            return f"{key} ({words})" if words else key
        case Regimen():
            return f"{key}, {owner.route}" + (f", {owner.indication}" if owner.indication else "")
        case Use():
            return f"{key} used ({owner.context})"
        case _:
            return key


def _context(owner: Level | Abundance) -> str:
    return str(owner.context) if isinstance(owner, Level) else ""


def _choice(title: str, found: list[tuple[Measured, Path, Block | None]], clots: bool) -> Choice:
    """Rank the heads of blocks and their conflicts; the default is the head that the rule ranks first."""
    heads = [Candidate(m, path, _rank(m, owner)) for m, path, owner in found]
    others = [
        Candidate(m, (*path, "conflicts", i), _rank(m, owner))
        for head, path, owner in found
        for i, m in enumerate(head.conflicts)
    ]
    usable = [head for head, (m, _, owner) in zip(heads, found, strict=True) if _is_usable(m, owner)]
    is_serum = clots and any(isinstance(owner, Level) and owner.matrix == "serum" for _, _, owner in found)
    ranked = tuple(sorted((*heads, *others), key=lambda one: one.rank))
    is_nothing = is_serum or _are_weak(one.measured for one in ranked)
    default = None if is_nothing else min(usable, key=lambda head: head.rank, default=None)
    return Choice(title, ranked, default, is_serum)


def _is_usable(measured: Measured, owner: Block | None) -> bool:
    return _applies(measured, owner) if isinstance(owner, Loss) else measured.is_own


def _are_weak(measured: Iterable[Measured]) -> bool:
    return all(one.source.tier in WEAK for one in measured)


def _applies(measured: Measured, owner: Loss) -> bool:
    """Whether a loss describes the whole decay in people: no limit, not one phase of several, no other species."""
    if not measured.is_own:
        return False
    return owner.preferred or (owner.phase is None and owner.context.species == HUMAN)


def _rank(measured: Measured, owner: Block | None) -> tuple[int, ...]:
    loss = owner if isinstance(owner, Loss) else None
    source = measured.source
    partial = not measured.is_own or (loss is not None and loss.phase is not None)
    species = measured.species or source.species or getattr(getattr(owner, "context", None), "species", None)
    return (
        0 if loss is not None and loss.preferred else 1,
        int(partial),
        0 if species == HUMAN else 1 if species is None else 2,
        TIERS.index(source.tier),
        _READ.index(source.read),
        -(measured.n or 0),
    )
