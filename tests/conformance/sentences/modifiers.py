"""Modifiers: rate = D·(q + (r − q)·H↑)·(1 − (1 − m)·H↓), H = 1 − 1/(1 + Σ odds)."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.harness import MOLECULE, PER_ML, PER_S, Case, State, V, case, hill, inside

Q = MOLECULE * PER_S / V  # pM/h per cell that secretes one molecule per second

_MODEL = """
molecules:
  X: {{in: well}}
  A: {{in: well, molar-mass: 10 kDa}}
  B: {{in: well}}
  C: {{in: well}}
  W: {{in: well}}
receptors:
  R: {{ligands: {{A: 30 pM, B: 70 pM}}, antagonists: {{W: 5 pM}}, source: assumed}}
  S: {{ligands: {{C: 200 pM}}, source: assumed}}
cells:
  cell: {{initial: 1e6 /mL, inside: {{Y: {{initial: 100 molecules/cell}}, Z: {{kind: intensive, initial: 2}}}}}}
  other: {{initial: 1e5 /mL}}
parameters: {{h: {{value: 2, source: assumed}}, r: {{value: 90 molecules/cell/s, source: assumed}}}}
rules:
  - cell secretes X at 3 molecules/cell/s, {modifiers}
"""


def modified(
    modifiers: str, *, slots: dict[str, float] | None = None, blockable: tuple[str, ...] = ()
) -> Callable[[Callable[[State], complex]], Case]:
    """Make a case of a function that gives the modified rate in molecules per cell and second."""

    def decorate(rate: Callable[[State], complex]) -> Case:
        def law(t: float, y: State) -> dict[str, complex]:
            return {"X": y["cell"] * rate(y) * Q}

        law.__name__, law.__doc__ = rate.__name__, rate.__doc__
        return case(_MODEL.format(modifiers=modifiers), slots=slots, blockable=blockable)(law)

    return decorate


def H(odds: complex) -> complex:
    """H = 1 − 1/(1 + Σ odds)."""
    return 1 - 1 / (1 + odds)


# ------------------------------------------------------------------------------------------ the three factors
@modified("driven by A (half 40 pM)")
def driven(y: State):
    """`hill` defaults to 1."""
    return 3 * hill(y["A"], 40)


@modified("driven by A (half 40 pM, hill 2)")
def driven_hill_2(y: State):
    """Odds (s/half)^2."""
    return 3 * hill(y["A"], 40, 2)


@modified("driven by A (half 40 pM, hill 1.7)")
def driven_hill_not_whole(y: State):
    """Any exponent."""
    return 3 * hill(y["A"], 40, 1.7)


@modified("driven by A (half 40 pM, hill h)", slots={"h": 2.5})
def driven_hill_parameter(y: State):
    """The exponent may be a parameter."""
    return 3 * hill(y["A"], 40, 2.5)


@modified("driven by A (half 1 ng/mL)")
def half_in_mass(y: State):
    """1 ng/mL of 10 kDa is 100 pM."""
    return 3 * hill(y["A"], 100)


@modified("increased by A (half 40 pM) up to 40-fold")
def increased_by_a_fold(y: State):
    """Q + (r − q)·H with r = f·q."""
    return 3 + (40 * 3 - 3) * hill(y["A"], 40)


@modified("increased by A (half 40 pM) up to 60 molecules/cell/s")
def increased_to_a_rate(y: State):
    """Q + (r − q)·H with r as written."""
    return 3 + (60 - 3) * hill(y["A"], 40)


@modified("increased by A (half 40 pM) up to r")
def increased_to_a_parameter(y: State):
    """The rate may be a parameter."""
    return 3 + (90 - 3) * hill(y["A"], 40)


@modified("decreased by A (half 40 pM)")
def decreased(y: State):
    """To zero by default."""
    return 3 * (1 - hill(y["A"], 40))


@modified("decreased by A (half 40 pM, hill 2) down to 5 %")
def decreased_to_a_floor(y: State):
    """1 − (1 − m)·H, m the floor as a fraction."""
    return 3 * (1 - 0.95 * hill(y["A"], 40, 2))


@modified(
    "driven by A (half 40 pM), increased by B (half 7 pM) up to 10-fold, decreased by C (half 90 pM) down to 20 %"
)
def all_three(y: State):
    """The factors multiply."""
    return hill(y["A"], 40) * (3 + 27 * hill(y["B"], 7)) * (1 - 0.8 * hill(y["C"], 90))


# ------------------------------------------------------------------------------------------------------ lists
@modified("driven by A (half 40 pM) or B (half 7 pM, hill 2)")
def alternatives(y: State):
    """Odds of alternatives add."""
    return 3 * H(y["A"] / 40 + (y["B"] / 7) ** 2)


@modified("driven by A (half 40 pM) with B (half 7 pM, hill 2)")
def joint_needs(y: State):
    """H of a `with` group is the product of its H, so its odds are h/(1 − h)."""
    return 3 * hill(y["A"], 40) * hill(y["B"], 7, 2)


@modified("driven by A (half 40 pM) with B (half 7 pM) or C (half 90 pM, hill 2)")
def joint_or_alternative(y: State):
    """`with` binds closer than `or`."""
    h = hill(y["A"], 40) * hill(y["B"], 7)
    return 3 * H(h / (1 - h) + (y["C"] / 90) ** 2)


@modified("driven by A (half 40 pM) with B (half 7 pM) with C (half 90 pM)")
def three_joint_needs(y: State):
    """All of a `with` group are needed."""
    return 3 * hill(y["A"], 40) * hill(y["B"], 7) * hill(y["C"], 90)


@modified("decreased by A (half 40 pM) or B (half 7 pM) down to 10 %")
def alternatives_that_decrease(y: State):
    """The floor is that of the whole list."""
    return 3 * (1 - 0.9 * H(y["A"] / 40 + y["B"] / 7))


# -------------------------------------------------------------------------------------------------- receptors
@modified("driven by C at S (half 40 pM, hill 2)")
def at_a_receptor(y: State):
    """Alone at its receptor a ligand is felt as it is; `half` is no Kd."""
    return 3 * hill(y["C"], 40, 2)


@modified("driven by A at R (half 40 pM)")
def competitors_by_gaddum(y: State):
    """Antagonists, and ligands of R that are not signals at R in the list: X_R = X/(1 + Σ A/K)."""
    return 3 * hill(y["A"] / (1 + y["B"] / 70 + y["W"] / 5), 40)


@modified("driven by A at R (half 40 pM, hill 2) or B at R (half 15 pM, hill 2)")
def ligands_of_one_receptor_pool(y: State):
    """Ligands of one R in one list pool, x = (Σ X_i,R/half_i)^hill, and do not compete with each other."""
    free = 1 + y["W"] / 5
    return 3 * H((y["A"] / free / 40 + y["B"] / free / 15) ** 2)


@modified("driven by A at R (half 40 pM) or C at S (half 90 pM)")
def alternatives_at_two_receptors(y: State):
    """Competition is at one receptor."""
    return 3 * H(y["A"] / (1 + y["B"] / 70 + y["W"] / 5) / 40 + y["C"] / 90)


@modified("driven by A at R (half 40 pM), decreased by B at R (half 15 pM)")
def competitors_in_another_list(y: State):
    """Signals of another list compete."""
    felt_A, felt_B = y["A"] / (1 + y["B"] / 70 + y["W"] / 5), y["B"] / (1 + y["A"] / 30 + y["W"] / 5)
    return 3 * hill(felt_A, 40) * (1 - hill(felt_B, 15))


@modified("driven by A at R (half 40 pM) with C at S (half 90 pM)")
def joint_needs_at_receptors(y: State):
    """Both receptors must feel their ligand."""
    return 3 * hill(y["A"] / (1 + y["B"] / 70 + y["W"] / 5), 40) * hill(y["C"], 90)


@modified("driven by A at R (half 40 pM)", slots={"block(R)": 0.6}, blockable=("R",))
def a_blocked_receptor(y: State):
    """A blocked fraction b of a receptor scales what it feels by 1 − b."""
    return 3 * hill(0.4 * y["A"] / (1 + y["B"] / 70 + y["W"] / 5), 40)


@modified("driven by A (half 40 pM)", slots={"block(cell-secretes-X)": 0.6}, blockable=("cell-secretes-X",))
def a_blocked_rule(y: State):
    """A blocked fraction of a rule scales its rate."""
    return 0.4 * 3 * hill(y["A"], 40)


# ---------------------------------------------------------------------------------------------- other signals
@modified("driven by Y (half 250)")
def an_inside_variable(y: State):
    """An amount inside is a signal; a bare half is molecules/cell."""
    return 3 * hill(inside(y, "Y", "cell", initial=100 * MOLECULE, scale=1e6), 250 * MOLECULE)


@modified("driven by Z (half 4, hill 3)")
def an_intensive_variable(y: State):
    """An intensive variable is a signal in its own unit."""
    return 3 * hill(inside(y, "Z", "cell", initial=2.0, scale=1e6), 4, 3)


@modified("decreased by density(other) (half 2e5 cells/mL)")
def a_density(y: State):
    """The density of cells is a signal."""
    return 3 * (1 - hill(y["other"] / V, 2e5 * PER_ML))


@modified("increased by density(cell) (half 2e5 cells/mL, hill 2) up to 4-fold")
def its_own_density(y: State):
    """Quorum sensing."""
    return 3 * (1 + 3 * hill(y["cell"] / V, 2e5 * PER_ML, 2))


# --------------------------------------------------------------------------------------------------- switches
@modified("only when A > 0.5 pM")
def only_when(y: State):
    """The rate is there while the condition holds, else it is zero."""
    return 3 if y["A"].real > 0.5 else 0


@modified("driven by B (half 7 pM), only when A > 0.5 pM and C < 1 pM")
def only_when_both(y: State):
    """Conditions join."""
    return 3 * hill(y["B"], 7) if y["A"].real > 0.5 and y["C"].real < 1 else 0
