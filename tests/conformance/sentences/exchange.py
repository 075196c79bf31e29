"""Secretion, uptake and binding: what passes between cells and the fluid around them."""

from __future__ import annotations

from tests.conformance.harness import MOLECULE, PER_M_PER_S, PER_MIN, PER_S, State, V, case, hill, inside

N0 = 1e6  # cells at the start, the scale of n


@case("""
molecules: {TNF: {in: well}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage secretes TNF at 2 molecules/cell/s
""")
def secretes(t: float, y: State):
    """d[X]/dt += n·q/V."""
    return {"TNF": y["macrophage"] * 2 * MOLECULE * PER_S / V}


@case("""
molecules: {TNF: {in: well, molar-mass: 52 kDa}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage secretes TNF at 3 fg/cell/h
""")
def secretes_in_mass(t: float, y: State):
    """A mass becomes an amount through the molar mass: 3e-15 g/cell/h over 52 000 g/mol, in pmol."""
    return {"TNF": y["macrophage"] * (3e-15 / 52e3 * 1e12) / V}


@case("""
molecules: {TNF: {in: well}}
cells: {macrophage: {states: {activation: {resting: 1e6 /mL, active: 1e5 /mL}}}}
rules:
  - active macrophage secretes TNF at 2 molecules/cell/s
""")
def only_a_state_secretes(t: float, y: State):
    """The subject is the cells in the named state, no others."""
    return {"TNF": y["active macrophage"] * 2 * MOLECULE * PER_S / V}


@case("""
molecules: {TNF: {in: well}}
cells: {macrophage: {states: {activation: {resting: 1e6 /mL, active: 1e5 /mL}}}}
rules:
  - macrophage secretes TNF at 2 molecules/cell/s
  - active macrophage also secretes TNF at 5 molecules/cell/s
""")
def also_adds(t: float, y: State):
    """With `also` the rates of the cell and of one of its states add."""
    resting, active = y["resting macrophage"], y["active macrophage"]
    return {"TNF": (2 * (resting + active) + 5 * active) * MOLECULE * PER_S / V}


@case("""
molecules: {TNF: {in: well}, LPS: {in: well, initial: 10 pM}}
cells: {macrophage: {initial: 1e6 /mL}}
parameters: {q: {value: 4 molecules/cell/s, source: assumed}, K: {value: 50 pM, source: assumed}}
rules:
  - {id: s, rule: "macrophage secretes TNF, driven by TNF (half 30 pM)", at: q * LPS / (K + LPS)}
""")
def long_form(t: float, y: State):
    """In the long form the rate is an expression of the local concentrations; modifiers multiply it."""
    q = 4 * MOLECULE * PER_S * y["LPS"] / (50 + y["LPS"])
    return {"TNF": y["macrophage"] * q * hill(y["TNF"], 30) / V}


@case("""
compartments: {blood: {kind: plasma, volume: 3 L}, joint: {kind: tissue, volume: 0.1 L}}
molecules: {TNF: {in: [blood, joint]}, LPS: {in: [blood, joint], initial: 20 pM}}
cells: {macrophage: {in: [blood, joint], initial: 1e6 /mL}}
rules:
  - macrophage secretes TNF at 2 molecules/cell/s, driven by LPS (half 30 pM)
""")
def local_concentrations(t: float, y: State):
    """Each cell feels and fills the compartment it lives in."""
    return {
        f"TNF@{place}": y[f"macrophage@{place}"] * 2 * MOLECULE * PER_S * hill(y[f"LPS@{place}"], 30) / volume
        for place, volume in (("blood", 3.0), ("joint", 0.1))
    }


@case("""
compartments: {blood: {kind: plasma, volume: 3 L}, joint: {kind: tissue, volume: 0.1 L}}
molecules: {TNF: {in: [blood, joint]}}
cells: {macrophage: {in: [blood, joint], initial: 1e6 /mL}}
rules:
  - macrophage in joint secretes TNF at 2 molecules/cell/s
""")
def in_a_compartment(t: float, y: State):
    """`in joint` behind the cell restricts the sentence to the cells there."""
    return {"TNF@joint": y["macrophage@joint"] * 2 * MOLECULE * PER_S / 0.1}


# ------------------------------------------------------------------------------------------------- takes up
RHO_KINT = 500 * MOLECULE * 0.1 * PER_MIN  # pmol/cell/h


@case("""
molecules: {TNF: {in: well}}
receptors: {TNFR1: {ligands: {TNF: 20 pM}, source: assumed}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min
""")
def takes_up_with_Kd(t: float, y: State):
    """J = ρ·kint·X/(X + Kd); d[X]/dt −= n·J/V."""
    return {"TNF": -y["macrophage"] * RHO_KINT * hill(y["TNF"], 20) / V}


@case("""
molecules: {TNF: {in: well}}
receptors: {TNFR1: {ligands: {TNF: {kon: 1e6 /M/s, koff: 2e-4 /s}}, internalisation: 0.1 /min, source: assumed}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell
""")
def takes_up_with_rates(t: float, y: State):
    """K = (koff + kint)/kon where the rates are known; missing constants come from the receptor's record."""
    K = (2e-4 * PER_S + 0.1 * PER_MIN) / (1e6 * PER_M_PER_S)
    return {"TNF": -y["macrophage"] * RHO_KINT * hill(y["TNF"], K) / V}


@case("""
molecules: {TNF: {in: well}}
receptors: {TNFR1: {ligands: {TNF: 20 pM}, source: assumed}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min and kon 1e6 /M/s and koff 2e-4 /s
""")
def takes_up_with_rates_in_the_sentence(t: float, y: State):
    """Constants behind `with` make the same K as those of the record."""
    return takes_up_with_rates.law(t, y)


@case("""
molecules: {IL4: {in: well}, IL13: {in: well}, fake: {in: well}}
receptors: {IL4R: {ligands: {IL4: 20 pM, IL13: 70 pM}, antagonists: {fake: 5 pM}, source: assumed}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage takes up IL4 through IL4R at 500 receptors/cell with internalisation 0.1 /min
""")
def uptake_under_competition(t: float, y: State):
    """In uptake all other ligands and all antagonists of R compete: X_R = X/(1 + Σ A/K)."""
    felt = y["IL4"] / (1 + y["IL13"] / 70 + y["fake"] / 5)
    return {"IL4": -y["macrophage"] * RHO_KINT * hill(felt, 20) / V}


@case(
    """
molecules: {TNF: {in: well}}
receptors: {TNFR1: {ligands: {TNF: 20 pM}, source: assumed}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min
""",
    slots={"block(TNFR1)": 0.75},
    blockable=("TNFR1",),
)
def uptake_under_a_block(t: float, y: State):
    """A receptor of which a fraction b is blocked feels X·(1 − b), as under an antagonist of that occupancy."""
    return {"TNF": -y["macrophage"] * RHO_KINT * hill(y["TNF"] * 0.25, 20) / V}


@case("""
molecules: {TNF: {in: well}, LPS: {in: well}}
receptors: {TNFR1: {ligands: {TNF: 20 pM}, source: assumed}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min, driven by LPS (half 40 pM)
""")
def modified_uptake(t: float, y: State):
    """A modifier of `takes up` multiplies ρ·kint."""
    return {"TNF": -y["macrophage"] * RHO_KINT * hill(y["LPS"], 40) * hill(y["TNF"], 20) / V}


# ---------------------------------------------------------------------------------------------------- binds
RHO = 1000 * MOLECULE
KON, KOFF, KINT = 1e6 * PER_M_PER_S, 2e-4 * PER_S, 0.02 * PER_MIN


@case("""
molecules: {IL2: {in: well}}
receptors: {IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, source: assumed}}
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min
""")
def binds(t: float, y: State):
    """Bound ligand is stored; kint removes X and recycles R, so R = ρ − X.R."""
    n, bound = y["tcell"], inside(y, "IL2.IL2R", "tcell", scale=N0)
    on = KON * y["IL2"] * (RHO - bound)
    return {"IL2.IL2R in tcell": n * (on - (KOFF + KINT) * bound), "IL2": n / V * (KOFF * bound - on)}


@case("""
molecules: {IL2: {in: well}, dummy: {in: well}, block: {in: well}}
receptors:
  IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}, dummy: 90 pM}, antagonists: {block: 8 pM}, source: assumed}
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min
""")
def binds_under_competition(t: float, y: State):
    """X_R counts the competitors without a `binds` of their own."""
    n, bound = y["tcell"], inside(y, "IL2.IL2R", "tcell", scale=N0)
    on = KON * y["IL2"] / (1 + y["dummy"] / 90 + y["block"] / 8) * (RHO - bound)
    return {"IL2.IL2R in tcell": n * (on - (KOFF + KINT) * bound), "IL2": n / V * (KOFF * bound - on)}


@case("""
molecules: {IL2: {in: well}, block: {in: well}}
receptors:
  IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, antagonists: {block: {kon: 3e6 /M/s, koff: 1e-5 /s}}, source: assumed}
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min
  - tcell binds block through IL2R at 1000 receptors/cell with internalisation 0.02 /min
""")
def two_that_bind(t: float, y: State):
    """Two that bind share the receptors, R = ρ − Σ X.R, and do not compete by Gaddum a second time."""
    n = y["tcell"]
    first, second = (inside(y, f"{x}.IL2R", "tcell", scale=N0) for x in ("IL2", "block"))
    free = RHO - first - second
    on, other = KON * y["IL2"] * free, 3e6 * PER_M_PER_S * y["block"] * free
    off = 1e-5 * PER_S
    return {
        "IL2.IL2R in tcell": n * (on - (KOFF + KINT) * first),
        "block.IL2R in tcell": n * (other - (off + KINT) * second),
        "IL2": n / V * (KOFF * first - on),
        "block": n / V * (off * second - other),
    }


@case("""
molecules: {IL2: {in: well}}
receptors: {IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, source: assumed}}
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min
  - tcell produces IL2R inside at 200 molecules/cell/h
""")
def binds_what_is_produced(t: float, y: State):
    """With `produces R` the receptor is a free amount that starts at ρ; kint removes it with the ligand."""
    n, bound = y["tcell"], inside(y, "IL2.IL2R", "tcell", scale=N0)
    free = inside(y, "IL2R", "tcell", initial=RHO, scale=N0)
    on = KON * y["IL2"] * free
    return {
        "IL2.IL2R in tcell": n * (on - (KOFF + KINT) * bound),
        "IL2R in tcell": n * (200 * MOLECULE + KOFF * bound - on),
        "IL2": n / V * (KOFF * bound - on),
    }


@case("""
molecules: {IL2: {in: well}}
receptors: {IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, source: assumed}}
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min
  - tcell divides at 0.05 /h
""")
def bound_ligand_and_division(t: float, y: State):
    """Division halves X.R per cell, so its total stays; R = ρ − X.R follows."""
    return {**binds.law(t, y), "tcell": 0.05 * y["tcell"]}


@case("""
molecules: {IL2: {in: well}}
receptors: {IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, source: assumed}}
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min
  - tcell produces IL2R inside at 200 molecules/cell/h
  - tcell divides at 0.05 /h
""")
def produced_receptors_and_division(t: float, y: State):
    """Division halves the free receptor and the complex: both totals stay."""
    return {**binds_what_is_produced.law(t, y), "tcell": 0.05 * y["tcell"]}


@case("""
molecules: {IL2: {in: well}}
receptors: {IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, source: assumed}}
cells: {tcell: {states: {activation: {naive: 1e6 /mL, active: 1e6 /mL}}}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min
  - naive tcell becomes active at 0.3 /h
""")
def becoming_carries_bound_ligand(t: float, y: State):
    """A cell that changes state takes its complexes along."""
    flux = 0.3 * y["naive tcell"]
    changes: dict[str, complex] = {"IL2": 0.0, "naive tcell": -flux, "active tcell": flux}
    moved = {"naive tcell": -0.3 * y["naive tcell"], "active tcell": 0.3 * y["naive tcell"]}
    carried = inside(y, "IL2.IL2R", "naive tcell", scale=N0)
    for cells, arrived in moved.items():
        bound = inside(y, "IL2.IL2R", cells, scale=N0)
        on = KON * y["IL2"] * (RHO - bound)
        changes[f"IL2.IL2R in {cells}"] = y[cells] * (on - (KOFF + KINT) * bound) + arrived * carried
        changes["IL2"] += y[cells] / V * (KOFF * bound - on)
    return changes


@case("""
molecules: {IL2: {in: well}}
receptors: {IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, source: assumed}}
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell
""")
def binds_without_internalisation(t: float, y: State):
    """Without internalisation binding is reversible and loses nothing."""
    n, bound = y["tcell"], inside(y, "IL2.IL2R", "tcell", scale=N0)
    net = KON * y["IL2"] * (RHO - bound) - KOFF * bound
    return {"IL2.IL2R in tcell": n * net, "IL2": -n / V * net}
