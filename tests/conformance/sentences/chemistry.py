"""Reactions, transport, losses, baselines and kinetics of drugs: what happens without cells."""

from __future__ import annotations

from tests.conformance.harness import PER_M_PER_S, PER_S, State, case

LN2 = 0.6931471805599453


@case("""
molecules: {TNF: {in: well, initial: 10 pM}, drug: {in: well, initial: 50 pM}}
reactions:
  - {equation: TNF + drug <-> TNF_drug, kon: 1e6 /M/s, koff: 4e-4 /s, source: assumed}
""")
def reversible_with_rates(t: float, y: State):
    """Mass action; the complex is declared implicitly."""
    net = 1e6 * PER_M_PER_S * y["TNF"] * y["drug"] - 4e-4 * PER_S * y["TNF_drug"]
    return {"TNF": -net, "drug": -net, "TNF_drug": net}


@case("""
molecules: {TNF: {in: well, initial: 10 pM}, drug: {in: well, initial: 50 pM}}
reactions:
  - {equation: TNF + drug <-> TNF_drug, kon: 1e6 /M/s, Kd: 70 pM, source: assumed}
""")
def reversible_with_kon_and_Kd(t: float, y: State):
    """Koff = kon·Kd."""
    kon = 1e6 * PER_M_PER_S
    net = kon * y["TNF"] * y["drug"] - kon * 70 * y["TNF_drug"]
    return {"TNF": -net, "drug": -net, "TNF_drug": net}


@case("""
molecules: {TNF: {in: well, initial: 10 pM}, drug: {in: well, initial: 50 pM}}
reactions:
  - {equation: TNF + drug <-> TNF_drug, koff: 4e-4 /s, Kd: 70 pM, source: assumed}
""")
def reversible_with_koff_and_Kd(t: float, y: State):
    """Kon = koff/Kd."""
    koff = 4e-4 * PER_S
    net = koff / 70 * y["TNF"] * y["drug"] - koff * y["TNF_drug"]
    return {"TNF": -net, "drug": -net, "TNF_drug": net}


@case("""
molecules: {A: {in: well, initial: 10 pM}, B: {in: well}}
reactions:
  - {equation: A -> B, k: 0.2 /h, source: assumed}
""")
def irreversible(t: float, y: State):
    """First order in one reactant."""
    return {"A": -0.2 * y["A"], "B": 0.2 * y["A"]}


@case("""
molecules: {A: {in: well, initial: 10 pM}, B: {in: well}, C: {in: well}}
reactions:
  - {equation: 2 A + B -> 3 C, k: 2e-3 /pM^2/h, source: assumed}
""")
def stoichiometry(t: float, y: State):
    """Mass action to the power of each coefficient; each molecule changes by its coefficient."""
    rate = 2e-3 * y["A"] ** 2 * y["B"]
    return {"A": -2 * rate, "B": -rate, "C": 3 * rate}


@case("""
molecules: {A: {in: well, initial: 10 pM}}
reactions:
  - {equation: 2 A <-> AA, kon: 1e5 /M/s, koff: 1e-3 /s, source: assumed}
""")
def dimerisation(t: float, y: State):
    """Two of one molecule make one dimer."""
    net = 1e5 * PER_M_PER_S * y["A"] ** 2 - 1e-3 * PER_S * y["AA"]
    return {"A": -2 * net, "AA": net}


@case("""
molecules: {A: {in: well, initial: 10 pM}}
reactions:
  - {equation: "-> A", k: 3 nM/h, source: assumed}
""")
def zero_order_source(t: float, y: State):
    """A source needs no reactant."""
    return {"A": 3e3}


@case("""
molecules: {A: {in: well, initial: 10 pM}}
reactions:
  - {equation: "A ->", k: 0.3 /h, source: assumed}
""")
def sink(t: float, y: State):
    """A reaction may make nothing."""
    return {"A": -0.3 * y["A"]}


@case("""
molecules: {A: {in: well, initial: 10 pM}, B: {in: well, initial: 20 pM}}
parameters: {v: {value: 5 pM/min, source: assumed}, K: {value: 30 pM, source: assumed}}
reactions:
  - {equation: A -> B, rate: "v * A / (K + A) * hill(B, 10 pM, 2) * exp(-time / (24 h))", source: assumed}
""")
def rate_expression(t: float, y: State):
    """Any expression may be the rate; `hill(x, half, n)` and `time` are known."""
    ratio = (y["B"] / 10) ** 2
    rate = 5 * 60 * y["A"] / (30 + y["A"]) * ratio / (1 + ratio) * 2.718281828459045 ** (-t / 24)
    return {"A": -rate, "B": rate}


@case("""
compartments: {blood: {kind: plasma, volume: 3 L}, joint: {kind: tissue, volume: 0.1 L}}
molecules: {A: {in: [blood, joint], initial: 10 pM}, B: {in: [blood, joint]}}
reactions:
  - {equation: A -> B, k: 0.2 /h, in: joint, source: assumed}
""")
def reaction_in_one_compartment(t: float, y: State):
    """`in` restricts a reaction to a compartment."""
    return {"A@joint": -0.2 * y["A@joint"], "B@joint": 0.2 * y["A@joint"]}


def complex_of(x: complex, d: complex, Kd: float) -> complex:
    """C = 2·T_X·T_D/(b + √(b² − 4·T_X·T_D)), b = T_X + T_D + Kd."""
    b = x + d + Kd
    return 2 * x * d / (b + (b * b - 4 * x * d) ** 0.5)


@case("""
molecules:
  X: {in: well, initial: 10 pM, degrades: {rate: 0.4 /h, source: assumed}}
  D: {in: well, initial: 50 pM, degrades: {rate: 0.05 /h, source: assumed}}
  C: {in: well, degrades: {rate: 0.01 /h, source: assumed}}
reactions:
  - {equation: X + D <-> C, quasi-equilibrium: true, Kd: 20 pM, source: assumed}
""")
def quasi_equilibrium(t: float, y: State):
    """T_X = X + C and T_D = D + C are integrated; losses act on their own species."""
    bound = complex_of(y["total X"], y["total D"], 20)
    return {
        "total X": -0.4 * (y["total X"] - bound) - 0.01 * bound,
        "total D": -0.05 * (y["total D"] - bound) - 0.01 * bound,
    }


@case("""
molecules: {X: {in: well, initial: 10 pM}, D: {in: well, initial: 50 pM}}
cells: {macrophage: {initial: 1e6 /mL}}
rules:
  - macrophage secretes X at 6.02214076e5 molecules/cell/h, driven by X (half 5 pM)
reactions:
  - {equation: X + D <-> C, quasi-equilibrium: true, Kd: 20 pM, source: assumed}
""")
def quasi_equilibrium_as_a_signal(t: float, y: State):
    """A bare `X` is the free concentration; secretion adds to the total."""
    free = y["total X"] - complex_of(y["total X"], y["total D"], 20)
    return {"total X": y["macrophage"] * 1e-6 * free / (free + 5) / 1e-3}


@case("""
compartments: {joint: {kind: tissue, volume: 0.1 L}, blood: {kind: plasma, volume: 3 L}}
molecules: {X: {in: [joint, blood], initial: 10 pM}, D: {in: [joint, blood], initial: 50 pM}, C: {in: [joint, blood]}}
reactions:
  - {equation: X + D <-> C, quasi-equilibrium: true, Kd: 20 pM, source: assumed}
transport:
  - {of: [X, C], from: joint, to: blood, clearance: 0.5 L/h, source: assumed}
""")
def quasi_equilibrium_and_transport(t: float, y: State):
    """Transport acts on its own species: free X, and the complex with both of its parts."""
    bound = complex_of(y["total X@joint"], y["total D@joint"], 20)
    free = y["total X@joint"] - bound
    flux = {"X": 0.5 * (free + bound), "D": 0.5 * bound}
    return {
        f"total {x}@{place}": sign * flux[x] / volume
        for x in flux
        for place, sign, volume in (("joint", -1, 0.1), ("blood", 1, 3.0))
    }


@case("""
compartments: {joint: {kind: tissue, volume: 0.1 L}, blood: {kind: plasma, volume: 3 L}}
molecules: {TNF: {in: [joint, blood], initial: 10 pM}, IL6: {in: [joint, blood], initial: 10 pM}}
transport:
  - {of: [TNF, IL6], from: joint, to: blood, clearance: 1 L/h, source: assumed}
""")
def transport(t: float, y: State):
    """A clearance carries CL·X per time; amount is conserved."""
    flux = {x: 1.0 * y[f"{x}@joint"] for x in ("TNF", "IL6")}
    return {
        f"{x}@{place}": sign * flux[x] / volume
        for x in flux
        for place, sign, volume in (("joint", -1, 0.1), ("blood", 1, 3.0))
    }


@case("""
molecules: {TNF: {in: well, degrades: {rate: 0.1 /h, source: assumed}}}
""")
def degrades_at_a_rate(t: float, y: State):
    """First order."""
    return {"TNF": -0.1 * y["TNF"]}


@case("""
compartments: {joint: {kind: tissue, volume: 0.1 L}, blood: {kind: plasma, volume: 3 L}}
molecules: {TNF: {in: [joint, blood], degrades: {half-life: 30 min, source: assumed}}}
""")
def degrades_with_a_half_life(t: float, y: State):
    """Ln 2 over the half-life, anywhere."""
    return {f"TNF@{place}": -LN2 / 0.5 * y[f"TNF@{place}"] for place in ("joint", "blood")}


@case("""
compartments: {joint: {kind: tissue, volume: 0.1 L}, blood: {kind: plasma, volume: 3 L}}
molecules: {TNF: {in: [joint, blood], cleared: {clearance: 6 L/h, includes: [renal], source: assumed}}}
""")
def cleared_from_plasma(t: float, y: State):
    """`cleared` acts in plasma only, CL/V."""
    return {"TNF@blood": -6 / 3 * y["TNF@blood"]}


@case("""
compartments: {joint: {kind: tissue, volume: 0.1 L}, blood: {kind: plasma, volume: 3 L}}
molecules:
  TNF: {in: [joint, blood], cleared: {half-life: 2 h, source: assumed}, degrades: {rate: 0.1 /h, source: assumed}}
""")
def cleared_and_degrades(t: float, y: State):
    """Both losses add; only one of them is of plasma."""
    return {"TNF@blood": -(0.1 + LN2 / 2) * y["TNF@blood"], "TNF@joint": -0.1 * y["TNF@joint"]}


@case(
    """
compartments: {blood: {kind: plasma, volume: 0.04 L/kg}}
molecules: {TNF: {in: blood, cleared: {clearance: 0.1 L/h/kg, source: assumed}}}
cells: {monocyte: {in: blood, initial: 1e9}}
rules:
  - monocyte secretes TNF at 6.02214076e5 molecules/cell/h
""",
    slots={"body-weight": 80.0},
)
def per_body_weight(t: float, y: State):
    """Volumes and clearances may be per kg of body weight."""
    volume = 0.04 * 80
    return {"TNF": y["monocyte"] * 1e-6 / volume - 0.1 * 80 / volume * y["TNF"]}


@case(
    """
molecules: {IL6: {in: well, molar-mass: 20 kDa, baseline: 6 pg/mL, degrades: {rate: 0.5 /h, source: assumed}}}
""",
    slots={"production(IL6)": 11.0},
)
def baseline(t: float, y: State):
    """`baseline` adds a constant production, a slot of the kernel."""
    return {"IL6": 11.0 - 0.5 * y["IL6"]}


# -------------------------------------------------------------------------------------------------- pk
@case("""
compartments: {blood: {kind: plasma, volume: 3 L}}
molecules: {drug: {in: blood, pk: {compartments: 1, CL: 0.3 L/h, V1: 4 L, ka: 0.1 /h, F: 60 %, source: assumed}}}
""")
def one_compartment_with_absorption(t: float, y: State):
    """A depot [pmol] is absorbed at ka, a fraction F of it; CL and V1 of the drug hold in its compartment."""
    depot = y["drug depot"]
    return {"drug depot": -0.1 * depot, "drug": 0.6 * 0.1 * depot / 4 - 0.3 / 4 * y["drug"]}


@case("""
compartments: {blood: {kind: plasma, volume: 3 L}}
molecules: {drug: {in: blood, pk: {compartments: 2, CL: 0.3 L/h, V1: 4 L, Q: 0.7 L/h, V2: 2 L, source: assumed}}}
""")
def two_compartments(t: float, y: State):
    """Exchange at Q between V1 and V2 conserves amount."""
    inner, outer = y["drug"], y["drug peripheral"]
    return {"drug": (-0.3 * inner - 0.7 * (inner - outer)) / 4, "drug peripheral": 0.7 * (inner - outer) / 2}


@case("""
compartments: {blood: {kind: plasma, volume: 3 L}}
molecules:
  drug:
    in: blood
    pk: {compartments: 3, CL: 0.3 L/h, V1: 4 L, Q: 0.7 L/h, V2: 2 L, Q2: 0.1 L/h, V3: 9 L, source: assumed}
""")
def three_compartments(t: float, y: State):
    """A third compartment exchanges with the first."""
    inner, outer, deep = y["drug"], y["drug peripheral"], y["drug deep"]
    return {
        "drug": (-0.3 * inner - 0.7 * (inner - outer) - 0.1 * (inner - deep)) / 4,
        "drug peripheral": 0.7 * (inner - outer) / 2,
        "drug deep": 0.1 * (inner - deep) / 9,
    }
