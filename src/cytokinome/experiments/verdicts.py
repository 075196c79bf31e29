"""What is known of a claim when a library is verified: the verdict itself, and what the verdict is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.experiments.protocol import Kind
from cytokinome.experiments.result import finite

if TYPE_CHECKING:
    from cytokinome.experiments.claims import ClaimResult
    from cytokinome.experiments.protocol import Expectation
    from cytokinome.experiments.removals import Removal
    from cytokinome.experiments.uncertainty import Influence, Robustness


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim with all that was asked about it.

    Parameters
    ----------
    claim : ClaimResult
    scenario : str
        Id of the scenario that its experiment is part of, of the experiment itself where it is not shipped.
    expect : Expectation
    is_locked : bool or None
        Whether it stands as it was locked; None for a claim that is not shipped.
    restates : str
        The rule that it restates without being called constructed, empty for none.
    removals : tuple of Removal, or None
        What it comes to without each rule that it names; None where nobody asked.
    robustness : Robustness or None
        How it fares under what is not known; None where that was not asked or cannot be.
    """

    claim: ClaimResult
    scenario: str
    expect: Expectation
    is_locked: bool | None = None
    restates: str = ""
    removals: tuple[Removal, ...] | None = None
    robustness: Robustness | None = None

    @property
    def is_vacuous(self) -> bool:
        """Whether it holds without any of the rules that it names, or, naming none, whatever is not known.

        Claims that reproduce another model are about all of it, and those that fail are not vacuous.
        """
        if self.removals is None or not self.claim.passed:
            return False
        if self.claim.because:
            return all(removal.passed for removal in self.removals)
        holds_anyhow = self.robustness is None or self.robustness.share == 1.0
        return holds_anyhow and self.claim.kind != Kind.REPRODUCES

    @property
    def is_settled(self) -> bool:
        """Whether nothing speaks against it, or what does is explained: a failure that says why."""
        return (self.claim.passed or bool(self.claim.explanation)) and not self.restates and not self.is_vacuous

    def as_dict(self) -> dict[str, object]:
        """Return plain data for ``verify --json``; what was not asked is None."""
        robust = self.robustness
        return {
            **self.claim.as_dict(),
            "scenario": self.scenario,
            "locked": self.is_locked,
            "restates": self.restates or None,
            "mutants": None
            if self.removals is None
            else [{"rule": r.rule, "found": finite(r.found), "pass": r.passed} for r in self.removals],
            "vacuous": None if self.removals is None else self.is_vacuous,
            "share": robust.share if robust else None,
            "asked": robust.people if robust else None,
            "influence": [_influence(one) for one in robust.influence] if robust else None,
        }


def _influence(one: Influence) -> dict[str, object]:
    ends = {"low": finite(one.low), "high": finite(one.high)}
    return {"parameter": one.parameter, "assumed": one.is_assumed, "fold": one.fold, "guessed": one.is_guessed, **ends}
