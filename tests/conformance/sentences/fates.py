"""What becomes of cells: states, stages, division, and what they carry inside."""

from __future__ import annotations

from tests.conformance.harness import MOLECULE, State, case, hill, inside

N0 = 1e6  # cells at the start, the scale of n where cells exist at the start; else it is 1
Y0, W0 = 100 * MOLECULE, 5 * MOLECULE


@case("""
cells: {macrophage: {states: {activation: {resting: 1e6 /mL, active: 0 /mL}}}}
rules:
  - resting macrophage becomes active at 0.5 /h
""")
def becomes_at_a_rate(t: float, y: State):
    """A hazard per cell."""
    flux = 0.5 * y["resting macrophage"]
    return {"resting macrophage": -flux, "active macrophage": flux}


CHAIN = "active macrophage [{}/4]"


@case("""
cells: {macrophage: {states: {activation: {resting: 1e6 /mL, active: 1e5 /mL}}}}
rules:
  - resting macrophage becomes active at 0.5 /h
  - active macrophage becomes resting after 24 h (4 stages)
""")
def becomes_after_stages(t: float, y: State):
    """K stages of hazard k/T; entering a state means stage 1."""
    enter = 0.5 * y["resting macrophage"]
    flow = [4 / 24 * y[CHAIN.format(i)] for i in (1, 2, 3, 4)]
    changes = {CHAIN.format(i + 1): (enter if i == 0 else flow[i - 1]) - flow[i] for i in range(4)}
    return {**changes, "resting macrophage": flow[3] - enter}


@case("""
cells: {macrophage: {states: {activation: {resting: 1e6 /mL, active: 0 /mL}}}}
rules:
  - resting macrophage becomes active after 10 h
""")
def becomes_after_one_stage(t: float, y: State):
    """`after T` without stages is a hazard 1/T."""
    flux = y["resting macrophage"] / 10
    return {"resting macrophage": -flux, "active macrophage": flux}


@case("""
molecules: {LPS: {in: well}}
cells: {macrophage: {states: {activation: {resting: 1e6 /mL, active: 0 /mL}}}}
rules:
  - resting macrophage becomes active after 10 h (2 stages), driven by LPS (half 30 pM)
""")
def modified_stages(t: float, y: State):
    """A modifier of `after T` multiplies every stage's hazard."""
    first, second = (2 / 10 * hill(y["LPS"], 30) * y[f"resting macrophage [{i}/2]"] for i in (1, 2))
    return {"resting macrophage [1/2]": -first, "resting macrophage [2/2]": first - second, "active macrophage": second}


@case("""
cells:
  macrophage:
    states: {activation: {resting: 1e6 /mL, active: 1e5 /mL}, infection: clean}
rules:
  - active macrophage becomes resting after 24 h (2 stages)
  - resting macrophage becomes active at 0.5 /h
  - clean macrophage becomes infected at 0.1 /h
""")
def change_on_another_axis_keeps_the_stage(t: float, y: State):
    """Infection moves a cell to the same stage of its other chain; activation leads to stage 1."""
    changes: dict[str, complex] = {}
    for infection, sign in (("clean", -1), ("infected", 1)):
        rest, first, second = (
            f"{s} {infection} macrophage{mark}"
            for s, mark in (("resting", ""), ("active", " [1/2]"), ("active", " [2/2]"))
        )
        enter, one, two = 0.5 * y[rest], y[first] / 12, y[second] / 12
        changes |= {rest: two - enter, first: enter - one, second: one - two}
        for name in (rest, first, second):
            changes[name] += sign * 0.1 * y[name.replace("infected", "clean")]
    return changes


@case("""
cells: {macrophage: {states: {activation: {resting: 1e6 /mL, active: 1e5 /mL}, infection: clean}}}
rules:
  - resting macrophage becomes active after 10 h (2 stages)
  - clean macrophage becomes infected after 30 h (3 stages)
""")
def two_independent_chains(t: float, y: State):
    """Every pair of stages exists; either chain moves on while the other stays."""
    a, b = 2 / 10, 3 / 30

    def name(active: int, sick: int) -> str:
        """Stage 1, 2 of resting or 3 = active; stage 1, 2, 3 of clean or 4 = infected."""
        states = f"{'resting' if active < 3 else 'active'} {'clean' if sick < 4 else 'infected'} macrophage"
        return states + (f" [{active}/2]" if active < 3 else "") + (f" [{sick}/3]" if sick < 4 else "")

    changes: dict[str, complex] = {name(i, j): 0.0 for i in (1, 2, 3) for j in (1, 2, 3, 4)}
    for i, j in [(i, j) for i in (1, 2, 3) for j in (1, 2, 3, 4)]:
        n = y[name(i, j)]
        if i < 3:
            changes[name(i, j)] -= a * n
            changes[name(i + 1, j)] += a * n
        if j < 4:
            changes[name(i, j)] -= b * n
            changes[name(i, j + 1)] += b * n
    return changes


@case("""
cells:
  macrophage:
    states: {activation: {resting: 1e6 /mL, active: 0 /mL}}
    inside: {Y: {initial: 100 molecules/cell}, Z: {kind: intensive, initial: 3}}
rules:
  - resting macrophage becomes active at 0.5 /h
""")
def becoming_carries_what_is_inside(t: float, y: State):
    """A flux J of cells carries J·x of every inside variable; x = (A + ε·x_initial)/(n + ε)."""
    flux = 0.5 * y["resting macrophage"]
    changes = {"resting macrophage": -flux, "active macrophage": flux}
    for name, initial in (("Y", Y0), ("Z", 3.0)):
        carried = flux * inside(y, name, "resting macrophage", initial=initial, scale=N0)
        changes |= {f"{name} in resting macrophage": -carried, f"{name} in active macrophage": carried}
    return changes


@case("""
cells:
  macrophage:
    states: {activation: {resting: 1e6 /mL, active: 0 /mL}}
    inside: {Y: {initial: 100 molecules/cell}, Z: {kind: intensive, initial: 3}}
rules:
  - resting macrophage becomes active at 0.5 /h, resetting Y
""")
def resetting(t: float, y: State):
    """`resetting Y` loses J·x and adds J·x_initial to the new state's total; other variables are carried."""
    flux = 0.5 * y["resting macrophage"]
    changes = becoming_carries_what_is_inside.law(t, y)
    return {**changes, "Y in active macrophage": flux * Y0}


@case("""
cells:
  monocyte: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell}, Z: {initial: 7 molecules/cell}}}
  macrophage: {initial: 0 /mL, inside: {Y: {initial: 50 molecules/cell}, W: {initial: 5 molecules/cell}}}
rules:
  - monocyte differentiates into macrophage at 0.1 /h
""")
def differentiates(t: float, y: State):
    """Variables of the same name are carried, others start at their initial value."""
    flux = 0.1 * y["monocyte"]
    carried = {
        name: flux * inside(y, name, "monocyte", initial=x, scale=N0) for name, x in (("Y", Y0), ("Z", 7 * MOLECULE))
    }
    return {
        "monocyte": -flux,
        "macrophage": flux,
        "Y in monocyte": -carried["Y"],
        "Z in monocyte": -carried["Z"],
        "Y in macrophage": carried["Y"],
        "W in macrophage": flux * W0,
    }


@case("""
cells:
  monocyte: {initial: 1e6 /mL}
  macrophage: {states: {activation: {resting: 0 /mL, active: 0 /mL}, infection: clean}}
rules:
  - monocyte differentiates into active macrophage at 0.1 /h
  - active macrophage becomes resting after 20 h (2 stages)
""")
def differentiates_into_a_state(t: float, y: State):
    """The new cell is in the named state, initial on other axes, at stage 1."""
    flux, one, two = 0.1 * y["monocyte"], *(y[f"active clean macrophage [{i}/2]"] / 10 for i in (1, 2))
    return {
        "monocyte": -flux,
        "active clean macrophage [1/2]": flux - one,
        "active clean macrophage [2/2]": one - two,
        "resting clean macrophage": two,
    }


@case("""
compartments: {blood: {kind: plasma, volume: 3 L}, joint: {kind: tissue, volume: 0.1 L}}
cells: {monocyte: {in: [blood, joint], initial: 1e6}, macrophage: {in: joint, initial: 0}}
rules:
  - monocyte differentiates into macrophage at 0.1 /h
""")
def differentiates_where_the_other_lives(t: float, y: State):
    """Cells differentiate where the new type lives; elsewhere the sentence has no effect."""
    flux = 0.1 * y["monocyte@joint"]
    return {"monocyte@joint": -flux, "macrophage": flux}


# ------------------------------------------------------------------------------------------------- division
INSIDE = "inside: {Y: {initial: 100 molecules/cell}, Z: {kind: intensive, initial: 3}}"


@case(f"""
cells: {{tcell: {{initial: 1e6 /mL, {INSIDE}}}}}
rules:
  - tcell divides at 0.05 /h
""")
def divides(t: float, y: State):
    """Amounts halve per cell, so their total stays; intensives are copied, so it gains n·rate·x."""
    flux = 0.05 * y["tcell"]
    return {"tcell": flux, "Z in tcell": flux * inside(y, "Z", "tcell", initial=3.0, scale=N0)}


@case(f"""
cells: {{tcell: {{initial: 1e6 /mL, {INSIDE}}}}}
rules:
  - tcell divides after 12 h (3 stages)
""")
def divides_after_stages(t: float, y: State):
    """Both daughters restart the chain: two cells, one mother's amounts, two copies of intensives."""
    cells = [f"tcell [{i}/3]" for i in (1, 2, 3)]
    scales = [N0, 1.0, 1.0]
    flux = [3 / 12 * y[c] for c in cells]
    changes: dict[str, complex] = {c: (2 * flux[2] if i == 0 else flux[i - 1]) - flux[i] for i, c in enumerate(cells)}
    for name, initial, born in (("Y", Y0, 1), ("Z", 3.0, 2)):
        moved = [f * inside(y, name, c, initial=initial, scale=s) for f, c, s in zip(flux, cells, scales, strict=True)]
        for i, c in enumerate(cells):
            changes[f"{name} in {c}"] = (born * moved[2] if i == 0 else moved[i - 1]) - moved[i]
    return changes


@case("""
cells: {tcell: {states: {activation: {naive: 1e6 /mL, active: 0 /mL}}}}
rules:
  - tcell divides after 12 h (2 stages)
  - naive tcell becomes active after 30 h (2 stages)
""")
def daughters_inherit_other_stages(t: float, y: State):
    """Daughters restart the chain of `divides` and inherit the stage of every other."""
    division, activation = 2 / 12, 2 / 30
    changes: dict[str, complex] = dict.fromkeys(y, 0.0)
    for j in (1, 2, 3):  # stage of activation, which stands first; 3 = active
        mark = f" [{j}/2]" if j < 3 else ""
        first, second = (f"{'naive' if j < 3 else 'active'} tcell{mark} [{i}/2]" for i in (1, 2))
        changes[first] += 2 * division * y[second] - division * y[first]
        changes[second] += division * y[first] - division * y[second]
        for here, i in ((first, 1), (second, 2)):
            if j < 3:
                changes[here] -= activation * y[here]
                changes[f"naive tcell [2/2] [{i}/2]" if j == 1 else f"active tcell [{i}/2]"] += activation * y[here]
    return changes
