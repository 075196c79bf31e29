"""What is told of a scenario: its claims by what they count for, and its numbers beside what they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.experiments.protocol import Kind
from cytokinome.report import tables
from cytokinome.report.verified import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cytokinome.evidence import Source
    from cytokinome.experiments.result import Result
    from cytokinome.experiments.verdicts import Verdict
    from cytokinome.library.verification import Examined

NAMES = {"predicts": "predictions", "calibrated": "calibrated claims", "reproduces": "reproductions"}  # of kinds, many


@dataclass(frozen=True, slots=True)
class Balance:
    """The numbers of a scenario that could be chosen, beside what they are held against.

    Parameters
    ----------
    numbers : int
        All that its models state, each once; zeros and what follows from other numbers are left out.
    estimated : int
        Of these, fitted or calibrated here.
    assumed : int
        Of these, assumed or without a source.
    fitted : int
        Measured values in its fit.
    calibrated, predicts : int
        Claims of its experiments against measurements.
    """

    numbers: int
    estimated: int
    assumed: int
    fitted: int
    calibrated: int
    predicts: int

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Return plain data for ``verify --json``: free numbers, and what they are held against."""
        return {
            "free": {"estimated": self.estimated, "assumed": self.assumed, "of": self.numbers},
            "held_against": {"fitted": self.fitted, "calibrated": self.calibrated, "predicts": self.predicts},
        }


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A scenario with all that its page tells.

    Parameters
    ----------
    id : str
    page : str
        What its author wrote, in Markdown; empty where nobody did.
    examined : tuple of Examined
        Its experiments, as far as they were run.
    fitted : tuple of int, or None
        How many numbers were estimated, and from how many measured values.
    """

    id: str
    page: str
    examined: tuple[Examined, ...]
    fitted: tuple[int, int] | None = None

    @property
    def title(self) -> str:
        """What its page is called."""
        first = self.examined[0].result
        return text.title(self.page) or first.experiment.title or first.model.title or self.id

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts, those that count most for the biology first."""
        order = [str(kind) for kind in tables.KINDS]
        every = (verdict for one in self.examined for verdict in one.verdicts)
        return tuple(sorted(every, key=lambda verdict: order.index(verdict.claim.kind)))

    @property
    def counts(self) -> tuple[tuple[str, int, int], ...]:
        """Of each kind, how many claims are met and how many were made."""
        return counted(self.verdicts)

    @property
    def models(self) -> tuple[Result, ...]:
        """A result for each of its models."""
        return tuple({one.result.model.id: one.result for one in reversed(self.examined)}.values())[::-1]

    @property
    def balance(self) -> Balance:
        """Its numbers beside what they are held against."""
        sources = [source for result in self.models for source in _sources(result)]
        kinds = [claim.kind for one in self.examined for claim in one.result.experiment.claims]
        return Balance(
            numbers=len(sources),
            estimated=sum(source is not None and source.is_estimated for source in sources),
            assumed=sum(source is None or (source.is_assumed and not source.is_estimated) for source in sources),
            fitted=self.fitted[1] if self.fitted else 0,
            calibrated=kinds.count(Kind.CALIBRATED),
            predicts=kinds.count(Kind.PREDICTS),
        )


def counted(verdicts: Sequence[Verdict]) -> tuple[tuple[str, int, int], ...]:
    """Return what claims of each kind are called, how many are met and how many were made; no kind without claims."""
    rows: list[tuple[str, int, int]] = []
    for kind in map(str, tables.KINDS):
        own = [verdict for verdict in verdicts if verdict.claim.kind == kind]
        if own:
            rows.append((NAMES.get(kind, f"{kind} claims"), sum(verdict.claim.passed for verdict in own), len(own)))
    return tuple(rows)


def sentences(result: Result) -> tuple[tables.RuleRow, ...]:
    """Return the sentences, reactions and transports of a model that state numbers of their own."""
    return tuple(row for row in (*tables.rules(result), *tables.processes(result)) if not row.only_names)


def _sources(result: Result) -> Iterator[Source | None]:
    """Where each number of a model comes from, None where it does not say."""
    for row in (*tables.parameters(result), *tables.constants(result)):
        if row.value != "0" and not row.only_names and not row.from_catalogue and row.source != tables.OWN:
            yield row.source
    yield from (row.source for row in sentences(result))
