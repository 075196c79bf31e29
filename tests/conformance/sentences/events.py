"""Death, killing, coming and going, production inside, and what is geometry only."""

from __future__ import annotations

from tests.conformance.harness import MOLECULE, PER_ML, State, V, case, hill, inside

N0 = 1e6  # cells at the start, the scale of n
Y0, W0 = 100 * MOLECULE, 5 * MOLECULE


# ---------------------------------------------------------------------------------------------------- death
@case("""
molecules: {Y: {in: well}}
cells: {tcell: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell}}}}
rules:
  - tcell dies at 0.05 /h
""")
def dies(t: float, y: State):
    """Plain `dies` is apoptosis: what is inside is lost."""
    flux = 0.05 * y["tcell"]
    return {"tcell": -flux, "Y in tcell": -flux * inside(y, "Y", "tcell", initial=Y0, scale=N0)}


@case("""
molecules: {Y: {in: well}}
cells: {tcell: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell}, W: {initial: 5 molecules/cell}}}}
rules:
  - tcell dies by necrosis at 0.05 /h
""")
def dies_by_necrosis(t: float, y: State):
    """`by necrosis` releases amounts that name a molecule of the compartment; others are lost."""
    flux = 0.05 * y["tcell"]
    lost, other = (
        flux * inside(y, "Y", "tcell", initial=Y0, scale=N0),
        flux * inside(y, "W", "tcell", initial=W0, scale=N0),
    )
    return {"tcell": -flux, "Y in tcell": -lost, "W in tcell": -other, "Y": lost / V}


@case("""
cells: {tcell: {initial: 1e6 /mL}}
rules:
  - tcell dies after 48 h (2 stages)
""")
def dies_after_stages(t: float, y: State):
    """A life span of k stages."""
    one, two = (y[f"tcell [{i}/2]"] / 24 for i in (1, 2))
    return {"tcell [1/2]": -one, "tcell [2/2]": one - two}


@case("""
molecules: {HMGB1: {in: well}}
cells: {tumour: {initial: 1e6 /mL}, tcell: {initial: 1e5 /mL}, macrophage: {initial: 1e5 /mL}}
rules:
  - tumour dies at 0.02 /h
  - tcell kills tumour at 1e-9 L/cell/h
  - macrophage engulfs tumour at 3e-9 L/cell/h
  - tumour releases HMGB1 at 2000 molecules/cell
""")
def releases_on_death(t: float, y: State):
    """Once per death, own or by a killer; a cell that is engulfed releases nothing."""
    own, killed = 0.02 * y["tumour"], 1e-9 * y["tcell"] / V * y["tumour"]
    engulfed = 3e-9 * y["macrophage"] / V * y["tumour"]
    return {"tumour": -own - killed - engulfed, "HMGB1": (own + killed) * 2000 * MOLECULE / V}


@case("""
molecules: {HMGB1: {in: well}}
cells: {tumour: {states: {stress: {calm: 1e6 /mL, stressed: 1e5 /mL}}}}
rules:
  - tumour dies at 0.02 /h
  - stressed tumour releases HMGB1 on death at 2000 molecules/cell
""")
def only_a_state_releases(t: float, y: State):
    """Only deaths of the subject release."""
    calm, stressed = 0.02 * y["calm tumour"], 0.02 * y["stressed tumour"]
    return {"calm tumour": -calm, "stressed tumour": -stressed, "HMGB1": stressed * 2000 * MOLECULE / V}


# ------------------------------------------------------------------------------------------ kills and engulfs
@case("""
cells: {tcell: {initial: 1e5 /mL}, tumour: {initial: 1e6 /mL}}
rules:
  - tcell kills tumour at 1e-9 L/cell/h
""")
def kills(t: float, y: State):
    """Hazard of a target = k·n_killer/V."""
    return {"tumour": -1e-9 * y["tcell"] / V * y["tumour"]}


@case("""
cells: {tcell: {initial: 1e5 /mL}, tumour: {states: {antigen: {high: 1e6 /mL, low: 1e5 /mL}}}}
rules:
  - tcell kills high tumour at 1e-9 L/cell/h, saturating in tumour (half 2e5 cells/mL)
""")
def kills_with_saturation(t: float, y: State):
    """`saturating in D` divides by 1 + density(D)/half, D being the cells it names."""
    density = (y["high tumour"] + y["low tumour"]) / V
    hazard = 1e-9 * y["tcell"] / V / (1 + density / (2e5 * PER_ML))
    return {"high tumour": -hazard * y["high tumour"]}


@case("""
molecules: {Y: {in: well}, IL2: {in: well}}
cells: {tcell: {initial: 1e5 /mL}, tumour: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell}}}}
rules:
  - tcell kills tumour by necrosis at 1e-9 L/cell/h, driven by IL2 (half 40 pM)
""")
def kills_by_necrosis(t: float, y: State):
    """The killed cell releases its amounts; the killer's modifier multiplies k."""
    flux = 1e-9 * hill(y["IL2"], 40) * y["tcell"] / V * y["tumour"]
    lost = flux * inside(y, "Y", "tumour", initial=Y0, scale=N0)
    return {"tumour": -flux, "Y in tumour": -lost, "Y": lost / V}


@case("""
molecules: {Y: {in: well}}
cells: {macrophage: {initial: 1e5 /mL}, tumour: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell}}}}
rules:
  - macrophage engulfs tumour at 1e-9 L/cell/h
""")
def engulfs(t: float, y: State):
    """As kills; removes the target and releases nothing."""
    flux = 1e-9 * y["macrophage"] / V * y["tumour"]
    return {"tumour": -flux, "Y in tumour": -flux * inside(y, "Y", "tumour", initial=Y0, scale=N0)}


# --------------------------------------------------------------------------------------------- coming and going
PLACES = "compartments: {blood: {kind: plasma, volume: 3 L}, joint: {kind: tissue, volume: 0.1 L}}"
TWO = (
    f"{PLACES}\ncells: {{tcell: {{in: [blood, joint], initial: 1e6, inside: {{Y: {{initial: 100 molecules/cell}}}}}}}}"
)


def moved_to_joint(y: State) -> dict[str, complex]:
    """A flux of 0.1 /h from blood to joint with what is inside."""
    flux = 0.1 * y["tcell@blood"]
    carried = flux * inside(y, "Y", "tcell@blood", initial=Y0, scale=N0)
    return {
        "tcell@blood": -flux,
        "tcell@joint": flux,
        "Y in tcell@blood": -carried,
        "Y in tcell@joint": carried,
    }


@case(f"""
{TWO}
rules:
  - tcell in blood leaves at 0.1 /h
""")
def leaves(t: float, y: State):
    """`leaves` without a place goes out of the model."""
    return {name: change for name, change in moved_to_joint(y).items() if name.endswith("blood")}


@case("""
cells: {tcell: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell}}}}
rules:
  - tcell leaves at 0.1 /h
""")
def leaves_for_good(t: float, y: State):
    """From the only compartment there is, with what the cells carry."""
    flux = 0.1 * y["tcell"]
    return {"tcell": -flux, "Y in tcell": -flux * inside(y, "Y", "tcell", initial=Y0, scale=N0)}


@case(f"""
{TWO}
rules:
  - tcell in blood leaves to joint at 0.1 /h
""")
def leaves_to_a_compartment(t: float, y: State):
    """A number of cells and their inside totals move; numbers do not scale with the volumes."""
    return moved_to_joint(y)


@case(f"""
{TWO}
rules:
  - tcell leaves to joint at 0.1 /h
""")
def leaves_from_elsewhere(t: float, y: State):
    """Without `in`, cells leave every other compartment; those in the joint are there already."""
    return moved_to_joint(y)


@case("""
cells: {tcell: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell}, Z: {kind: intensive, initial: 3}}}}
rules:
  - tcell enters at 40 cell/h
  - tcell dies after 20 h (2 stages)
""")
def enters(t: float, y: State):
    """A source of cells at stage 1, with their initial inside values."""
    cells = ["tcell [1/2]", "tcell [2/2]"]
    flux = [y[c] / 10 for c in cells]
    changes: dict[str, complex] = {cells[0]: 40 - flux[0], cells[1]: flux[0] - flux[1]}
    for name, initial in (("Y", Y0), ("Z", 3.0)):
        out = [f * inside(y, name, c, initial=initial, scale=s) for f, c, s in zip(flux, cells, (N0, 1.0), strict=True)]
        changes |= {f"{name} in {cells[0]}": 40 * initial - out[0], f"{name} in {cells[1]}": out[0] - out[1]}
    return changes


@case("""
cells: {tcell: {states: {activation: {naive: 1e6 /mL, active: 0 /mL}}}}
rules:
  - active tcell enters at 40 cell/h
""")
def a_state_enters(t: float, y: State):
    """Cells enter in the state of the subject."""
    return {"active tcell": 40.0}


@case(f"""
{TWO}
rules:
  - tcell enters from blood at 0.1 /h
""")
def enters_from_a_compartment(t: float, y: State):
    """A flux from the compartment named, per cell there."""
    return moved_to_joint(y)


# ---------------------------------------------------------------------------------------------------- inside
@case("""
molecules: {LPS: {in: well}}
cells:
  tcell: {initial: 1e6 /mL, inside: {Y: {initial: 100 molecules/cell, degrades: {rate: 0.2 /h, source: assumed}}}}
rules:
  - tcell produces Y inside at 30 molecules/cell/h, driven by LPS (half 20 pM)
""")
def produces_an_amount(t: float, y: State):
    """dA/dt = n·f(x): substance/cell/time, and first-order loss."""
    return {"Y in tcell": y["tcell"] * 30 * MOLECULE * hill(y["LPS"], 20) - 0.2 * y["Y in tcell"]}


@case("""
cells:
  tcell: {initial: 1e6 /mL, inside: {Z: {kind: intensive, initial: 3, degrades: {half-life: 2 h, source: assumed}}}}
rules:
  - tcell produces Z inside at 4 /h
""")
def produces_an_intensive(t: float, y: State):
    """Unit of Y per time."""
    return {"Z in tcell": y["tcell"] * 4 - 0.6931471805599453 / 2 * y["Z in tcell"]}


@case("""
cells: {tcell: {initial: 1e6 /mL, inside: {Z: {kind: intensive, unit: pM, initial: 3 pM}}}}
rules:
  - tcell produces Z inside at 4 nM/min
""")
def produces_an_intensive_with_a_unit(t: float, y: State):
    """An intensive variable with a unit is produced in that dimension per time."""
    return {"Z in tcell": y["tcell"] * 4e3 * 60}


# -------------------------------------------------------------------------------------------------- geometry
@case("""
molecules: {CXCL8: {in: well}}
cells: {neutrophil: {initial: 1e6 /mL}, endothelium: {initial: 1e4 /mL}}
rules:
  - neutrophil moves at 5 um/min
  - endothelium moves toward CXCL8 at 3 um/min
  - neutrophil adheres to endothelium
""")
def moves_and_adheres(t: float, y: State):
    """Geometry only: no effect in well-mixed engines."""
    return {}


@case("""
molecules: {CXCL8: {in: well}}
receptors: {CXCR2: {ligands: {CXCL8: 600 pM}, source: assumed}}
cells: {neutrophil: {initial: 1e6 /mL}, endothelium: {initial: 1e4 /mL}}
rules:
  - neutrophil moves toward CXCL8 (half 600 pM) at 17 um/min
  - neutrophil adheres to endothelium at 2 um/min
""")
def walks_and_sticks(t: float, y: State):
    """With a speed and a receptor, so that cells in space can."""
    return {}
