"""Random closed models of one compartment, which every engine honours: about ten of everything, rates of about one.

No hazard depends on what cells carry, so the mean field is what counts and agents tend to. Every model is nonlinear:
that is what makes the mean of few cells another than that of many.
"""

from __future__ import annotations

from hypothesis import strategies as st

from cytokinome.units import AVOGADRO

MOST = 12  # of each kind of cell, and pM of each molecule, at the start


def litres(grain: float) -> float:
    """The volume in which 1 pM is this many molecules."""
    return grain / (AVOGADRO * 1e-12)


def _near(draw: st.DrawFn, value: float) -> float:
    """A number up to twice as large or as small, in three digits."""
    return float(f"{value * 2.0 ** draw(st.floats(-1, 1)):.3g}")


def _modifier(draw: st.DrawFn, *molecules: str) -> str:
    """One modifier by a molecule, free or at its receptor, saturating in the range it has."""
    name = draw(st.sampled_from(molecules))
    at = " at R" if name == "X" and draw(st.booleans()) else ""
    signal = f"{name}{at} (half {_near(draw, 8.0)!r} pM, hill {draw(st.sampled_from([1, 2, 3]))})"
    return draw(
        st.sampled_from([f", driven by {signal}", f", increased by {signal} up to 6-fold", f", decreased by {signal}"])
    )


@st.composite
def closed_models(draw: st.DrawFn, grain: float = 1.0, is_deterministic: bool = False) -> str:
    """Model files: two molecules, two types of cells, one in two states, and sentences between them.

    Parameters
    ----------
    draw : callable
        Of hypothesis.
    grain : float
        How many molecules 1 pM is in the volume.
    is_deterministic : bool
        Whether nothing happens to cells, so that only molecules and what cells carry change.
    """
    q = f"{_near(draw, 2.0 * grain)!r} molecules/cell/h"
    fates = [
        f"calm a becomes keen at {_near(draw, 1.0)!r} /h{_modifier(draw, 'X', 'Y')}",
        *draw(
            st.sets(
                st.sampled_from(
                    [
                        f"keen a becomes calm after {_near(draw, 1.0)!r} h ({draw(st.integers(1, 2))} stages)",
                        f"b divides at {_near(draw, 0.5)!r} /h, decreased by density(b) "
                        f"(half {MOST / litres(grain):.4g} /L)",
                        f"b dies at {_near(draw, 0.5)!r} /h{_modifier(draw, 'X', 'Y')}",
                        f"b enters at {_near(draw, 5.0)!r} cell/h",
                        f"b releases Y on death at {draw(st.integers(1, 3)) * round(grain)} molecules/cell",
                    ]
                ),
                max_size=3,
            ).map(sorted)
        ),
    ]
    if any("releases" in r for r in fates) and not any("dies" in r for r in fates):
        fates.append(f"b dies at {_near(draw, 0.5)!r} /h")
    between = draw(
        st.sets(
            st.sampled_from(
                [
                    f"b takes up X through R at {_near(draw, grain)!r} receptors/cell with internalisation 2 /h",
                    f"b produces Z inside at {_near(draw, 3.0)!r} molecules/cell/h{_modifier(draw, 'X', 'Y')}",
                ]
            )
        ).map(sorted)
    )
    between = [rule for rule in between if is_deterministic or "inside" not in rule]
    rules = [
        f"{'a' if is_deterministic else 'keen a'} secretes X at {q}{_modifier(draw, 'Y')}",
        f"b secretes Y at {q}{_modifier(draw, 'X')}",
        *between,
        *([] if is_deterministic else fates),
    ]
    reaction = f"  - {{equation: X + Y <-> C, kon: {_near(draw, 0.05)!r} /pM/h, koff: 1 /h, source: assumed}}\n"
    return f"""\
cytokinome: 1
model: closed
compartments: {{well: {{kind: tissue, volume: {litres(grain)!r} L}}}}
molecules:
  X: {{initial: {draw(st.integers(4, MOST))} pM, degrades: {{rate: {_near(draw, 1.0)!r} /h, source: assumed}}}}
  Y: {{initial: {draw(st.integers(4, MOST))} pM, degrades: {{rate: {_near(draw, 1.0)!r} /h, source: assumed}}}}
  C: {{}}
receptors:
  R: {{ligands: {{X: {_near(draw, 10.0)!r} pM}}, antagonists: {{Y: {_near(draw, 10.0)!r} pM}}, source: assumed}}
cells:
  a: {{states: {{s: {{calm: {draw(st.integers(4, MOST))}, keen: {draw(st.integers(1, 4))}}}}}}}
  b: {{initial: {draw(st.integers(4, MOST))}{", inside: {Z: {initial: 5}}" if is_deterministic else ""}}}
rules:
{"".join(f"  - {rule}{chr(10)}" for rule in rules)}{"reactions:" + chr(10) + reaction if draw(st.booleans()) else ""}"""
