"""What went wrong with patients, as diagnostics: before the run for the typical person, after it for everybody."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.engines.base import Failure, Outcome, PatientOutcome
from cytokinome.engines.ode.start import initialise
from cytokinome.model.components import Verb
from cytokinome.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.diagnostics import Report
    from cytokinome.experiments.protocol import Arm
    from cytokinome.model.components import Model

    Array = NDArray[np.float64]

_CODES = {
    Outcome.NEGATIVE_PRODUCTION: "NEGATIVE_PRODUCTION",
    Outcome.NO_STEADY_STATE: "STEADY_STATE_FAILED",
}


def check_rest(model: Model, kernel: Kernel, parameters: Array, arm: Arm, found: Collector) -> None:
    """Report why the typical person of an arm, `parameters` [slot], cannot rest before anything is done."""
    try:
        initialise(kernel, parameters)
    except Failure as failure:
        outcome = failure.outcome
        molecule = (outcome.state or "").partition("@")[0].removeprefix("total ")
        made = [r for r in model.rules if r.verb is Verb.SECRETES and r.object == molecule]
        said = " and ".join(f"`{sentence(rule)}`" for rule in made)
        hint = f"{molecule} comes from {said}: lower its rate, or raise the loss or the baseline" if made else ""
        message = f"arm {arm.id}, typical person: {outcome.sentence}"
        also = [rule.where for rule in made if rule.where is not None]
        found.error(code_of(outcome), message, arm.where, hint=hint, also=also)


def outcome_report(arms: Iterable[tuple[Arm, Iterable[PatientOutcome]]]) -> Report:
    """Return a warning per arm and kind of failure: how many patients, and the first of their sentences."""
    found = Collector()
    for arm, outcomes in arms:
        everybody = list(outcomes)
        failed = [o for o in everybody if o.status == "failed"]
        for code, number in Counter(code_of(o) for o in failed).items():
            first = next(o.sentence for o in failed if code_of(o) == code)
            message = f"arm {arm.id}: {number} of {len(everybody)} patients could not be simulated: {first}"
            found.warning(code, message, arm.where, hint="they are missing from all bands and medians")
    return found.report()


def code_of(outcome: PatientOutcome) -> str:
    """Return the diagnostic code of a failure."""
    for kind, code in _CODES.items():
        head, _, rest = kind.value.partition("{state}")
        if outcome.sentence.startswith(head) and rest.partition("{")[0] in outcome.sentence:
            return code
    return "PATIENT_FAILED"
