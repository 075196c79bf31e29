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
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with kint 0.1 /min and kon 1e6 /M/s and koff 2e-4 /s
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
  - macrophage takes up TNF through TNFR1 at 500 receptors/cell with kint 0.1 /min, driven by LPS (half 40 pM)
""")
def modified_uptake(t: float, y: State):
    """A modifier of `takes up` multiplies ρ·kint."""
    return {"TNF": -y["macrophage"] * RHO_KINT * hill(y["LPS"], 40) * hill(y["TNF"], 20) / V}


@case("""
molecules: {IL4: {in: well}, IL13: {in: well}}
receptors:
  IL4R: {ligands: {IL4: 20 pM, IL13: {kon: 1e6 /M/s, koff: 1e-3 /s}}, internalisation: 0.1 /min, source: assumed}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage takes up IL4 through IL4R at 500 receptors/cell
  - macrophage takes up IL13 through IL4R at 500 receptors/cell
""")
def one_K_in_every_law(t: float, y: State):
    """As a competitor a molecule has one K_j, its dissociation constant; only its own uptake adds kint."""
    K, own = 1e-3 * PER_S / (1e6 * PER_M_PER_S), (1e-3 * PER_S + 0.1 * PER_MIN) / (1e6 * PER_M_PER_S)
    IL4, IL13 = y["IL4"] / (1 + y["IL13"] / K), y["IL13"] / (1 + y["IL4"] / 20)
    share = {"IL4": IL4 / (IL4 + 20), "IL13": IL13 / (IL13 + own)}
    return {x: -y["macrophage"] * RHO_KINT * h / V for x, h in share.items()}


# ---------------------------------------------------------------------------------------------------- binds
RHO = 1000 * MOLECULE
KON, KOFF, KINT = 1e6 * PER_M_PER_S, 2e-4 * PER_S, 0.02 * PER_MIN
IL2R = "receptors: {IL2R: {ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, source: assumed}}"
SHARED = "{ligands: {IL2: {kon: 1e6 /M/s, koff: 2e-4 /s}}, antagonists: {block: {kon: 3e6 /M/s, koff: 1e-5 /s}}}"
BINDS = "tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0.02 /min"


def bound_to(
    y: State, cells: str = "tcell", *, X: complex | None = None, free: complex | None = None, kint: float = KINT
) -> dict[str, complex]:
    """One ligand that binds: n·f(x) summed over the cells, so in totals A = n·x; R = ρ − X.R unless `free` is given."""
    bound = y[f"IL2.IL2R in {cells}"]
    on = KON * (y["IL2"] if X is None else X) * (RHO * y[cells] - bound if free is None else free)
    return {f"IL2.IL2R in {cells}": on - (KOFF + kint) * bound, "IL2": (KOFF * bound - on) / V}


@case(f"""
molecules: {{IL2: {{in: well}}}}
{IL2R}
cells: {{tcell: {{initial: 1e6 /mL}}}}
rules:
  - {BINDS}
""")
def binds(t: float, y: State):
    """Bound ligand is stored; kint removes X and recycles R, so R = ρ − X.R."""
    return bound_to(y)


@case(f"""
molecules: {{IL2: {{in: well}}}}
{IL2R}
cells: {{tcell: {{initial: 1e6 /mL}}}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0 /h
""")
def binds_without_internalisation(t: float, y: State):
    """With kint = 0 binding is reversible and loses nothing."""
    return bound_to(y, kint=0.0)


@case(f"""
molecules: {{IL2: {{in: well}}, dummy: {{in: well}}, block: {{in: well}}}}
receptors:
  IL2R:
    {{ligands: {{IL2: {{kon: 1e6 /M/s, koff: 2e-4 /s}}, dummy: 90 pM}}, antagonists: {{block: 8 pM}}, source: assumed}}
cells: {{tcell: {{initial: 1e6 /mL}}}}
rules:
  - {BINDS}
""")
def binds_under_competition(t: float, y: State):
    """X_R counts the competitors without a `binds` of their own."""
    return bound_to(y, X=y["IL2"] / (1 + y["dummy"] / 90 + y["block"] / 8))


@case(f"""
molecules: {{IL2: {{in: well}}, block: {{in: well}}}}
receptors: {{IL2R: {SHARED}}}
cells: {{tcell: {{initial: 1e6 /mL}}}}
rules:
  - {BINDS}
  - tcell binds block through IL2R at 1000 receptors/cell with internalisation 0.02 /min
""")
def two_that_bind(t: float, y: State):
    """Two that bind share the receptors, R = ρ − Σ X.R, and do not compete by Gaddum a second time."""
    other = y["block.IL2R in tcell"]
    free = RHO * y["tcell"] - y["IL2.IL2R in tcell"] - other
    on, off = 3e6 * PER_M_PER_S * y["block"] * free, 1e-5 * PER_S
    return {**bound_to(y, free=free), "block.IL2R in tcell": on - (off + KINT) * other, "block": (off * other - on) / V}


@case(f"""
molecules: {{IL2: {{in: well}}, block: {{in: well}}}}
receptors: {{IL2R: {SHARED}}}
cells: {{tcell: {{initial: 1e6 /mL}}, bcell: {{initial: 1e6 /mL}}}}
rules:
  - tcell binds IL2 through IL2R at 1000 receptors/cell with internalisation 0 /h
  - bcell binds block through IL2R at 1000 receptors/cell with internalisation 0 /h
""")
def what_binds_other_cells_still_competes_here(t: float, y: State):
    """`block` has no `binds` on T cells, so there it competes by Gaddum, and IL2 on B cells likewise."""
    kon, koff, bound = 3e6 * PER_M_PER_S, 1e-5 * PER_S, y["block.IL2R in bcell"]
    on = kon * y["block"] / (1 + y["IL2"] / (KOFF / KON)) * (RHO * y["bcell"] - bound)
    return {
        **bound_to(y, X=y["IL2"] / (1 + y["block"] / (koff / kon)), kint=0.0),
        "block.IL2R in bcell": on - koff * bound,
        "block": (koff * bound - on) / V,
    }


PRODUCES = f"""
molecules: {{IL2: {{in: well}}}}
{IL2R}
cells: {{tcell: {{initial: 1e6 /mL, inside: {{IL2R: {{kind: amount}}}}}}}}
rules:
  - {BINDS}
  - tcell produces IL2R inside at 200 molecules/cell/h
"""


def bound_and_produced(y: State) -> dict[str, complex]:
    """The receptor is a free amount: binding takes it, dissociation returns it, kint removes it with the ligand."""
    free, bound = y["IL2R in tcell"], y["IL2.IL2R in tcell"]
    change = 200 * MOLECULE * y["tcell"] + KOFF * bound - KON * y["IL2"] * free
    return {**bound_to(y, free=free), "IL2R in tcell": change}


@case(PRODUCES)
def binds_what_is_produced(t: float, y: State):
    """With `produces R` the receptor is a free amount of its own."""
    return bound_and_produced(y)


@case(PRODUCES.replace(", inside: {IL2R: {kind: amount}}", ""))
def binds_what_is_produced_without_declaring_it(t: float, y: State):
    """`produces R` of a receptor that the cell binds through needs no declaration: it starts at ρ."""
    return bound_and_produced(y)


@case(PRODUCES + "  - tcell enters at 50 cell/h\n")
def cells_enter_with_their_receptors(t: float, y: State):
    """R starts at ρ, also in a cell that enters; nothing is bound at first."""
    changes = bound_and_produced(y)
    return {**changes, "tcell": 50.0, "IL2R in tcell": changes["IL2R in tcell"] + 50 * RHO}


@case(PRODUCES + "  - tcell divides at 0.05 /h\n")
def produced_receptors_and_division(t: float, y: State):
    """Division halves the free receptor and the complex per cell: both totals stay."""
    return {**bound_and_produced(y), "tcell": 0.05 * y["tcell"]}


@case(f"""
molecules: {{IL2: {{in: well}}}}
{IL2R}
cells: {{tcell: {{initial: 1e6 /mL}}}}
rules:
  - {BINDS}
  - tcell divides at 0.05 /h
""")
def bound_ligand_and_division(t: float, y: State):
    """Division halves X.R per cell, so its total stays; R = ρ − X.R follows."""
    return {**bound_to(y), "tcell": 0.05 * y["tcell"]}


@case(f"""
molecules: {{IL2: {{in: well}}}}
{IL2R}
cells: {{tcell: {{states: {{activation: {{naive: 1e6 /mL, active: 1e6 /mL}}}}}}}}
rules:
  - {BINDS}
  - naive tcell becomes active at 0.3 /h
""")
def becoming_carries_bound_ligand(t: float, y: State):
    """A cell that changes state takes its complexes along."""
    flux = 0.3 * y["naive tcell"]
    carried = flux * inside(y, "IL2.IL2R", "naive tcell", scale=N0)
    naive, active = bound_to(y, "naive tcell"), bound_to(y, "active tcell")
    return {
        "naive tcell": -flux,
        "active tcell": flux,
        "IL2.IL2R in naive tcell": naive["IL2.IL2R in naive tcell"] - carried,
        "IL2.IL2R in active tcell": active["IL2.IL2R in active tcell"] + carried,
        "IL2": naive["IL2"] + active["IL2"],
    }
