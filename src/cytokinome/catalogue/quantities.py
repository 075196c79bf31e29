"""The kinds of quantity that records hold: their dimension, and the range outside which a number is an error.

The ranges are wide: they catch a wrong unit or a slipped power of ten, not an unusual measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cytokinome import units
from cytokinome.units import Quantity, UnitError


@dataclass(frozen=True, slots=True)
class QuantityKind:
    """A kind of quantity, with the least and the greatest sane value for each dimension it may be stated in.

    `per_body_weight`: whether ``kg`` below the line is body weight. `sbo`: the term of the Systems Biology Ontology,
    where it has one.
    """

    name: str
    ranges: tuple[tuple[str, str], ...]
    per_body_weight: bool = False
    sbo: str = ""

    def read(self, text: str) -> Quantity:
        """Return `text` as a quantity of this kind.

        Raises
        ------
        UnitError
            ``BAD_NUMBER`` or ``BAD_UNIT``; ``DIMENSION_MISMATCH`` when it is a quantity of another kind.
        """
        quantity = units.parse_quantity(text, per_body_weight=self.per_body_weight)
        known = [least for least, _ in _limits(self)]
        if quantity.dimension not in [q.dimension for q in known]:
            expected = " or ".join(f"{q.dimension} (as in {q})" for q in known)
            got = str(quantity.dimension) if quantity.unit else f"{text} without a unit"
            raise UnitError(
                f"a {self.name} has the dimension {expected}, got {got}",
                code="DIMENSION_MISMATCH",
                hint="check that number and unit belong to this quantity",
                length=len(text),
            )
        return quantity

    def outside(self, text: str, *, down_to_zero: bool = False) -> str:
        """Return the range in words when `text` lies outside it, else nothing; how numbers scatter goes down to zero.

        Raises
        ------
        UnitError
            As `read`.
        """
        quantity = self.read(text)
        for (low, high), (least, greatest) in zip(self.ranges, _limits(self), strict=True):
            lowest = 0.0 if down_to_zero else least.canonical
            if least.dimension == quantity.dimension and not lowest <= quantity.canonical <= greatest.canonical:
                return f"{0 if down_to_zero else low} to {high}"
        return ""


@cache
def _limits(kind: QuantityKind) -> tuple[tuple[Quantity, Quantity], ...]:
    """The ranges of a kind as quantities."""
    weight = kind.per_body_weight
    ends = (tuple(units.parse_quantity(end, per_body_weight=weight) for end in both) for both in kind.ranges)
    return tuple((low, high) for low, high in ends)


MOLAR_MASS = QuantityKind("molar mass", (("100 Da", "2000 kDa"),), sbo="SBO:0000647")
# Water lets a small protein move at about 100 µm²/s, and one of 6 kDa at 200; what is above 250 is not a protein.
DIFFUSION = QuantityKind("diffusion coefficient", (("0.1 um^2/s", "250 um^2/s"),), sbo="SBO:0000491")
DISSOCIATION = QuantityKind("dissociation constant", (("0.001 pM", "1 mM"),), sbo="SBO:0000282")
# No two proteins meet faster than diffusion brings them together, 1e9 to 1e10 /M/s.
ASSOCIATION_RATE = QuantityKind("association rate constant", (("1 /M/s", "1e10 /M/s"),), sbo="SBO:0000341")
DISSOCIATION_RATE = QuantityKind("dissociation rate constant", (("1e-8 /s", "1e4 /s"),), sbo="SBO:0000338")
INTERNALISATION = QuantityKind("internalisation rate", (("1e-6 /s", "1 /s"),))
# From neutrophils, which are gone in hours, to naive T cells, which last for years.
TURNOVER_TIME = QuantityKind("time of turnover", (("1 h", "10000 day"),), sbo="SBO:0000332")
TURNOVER_RATE = QuantityKind("rate of turnover", (("1e-5 /day", "20 /day"),), sbo="SBO:0000356")
HALF_LIFE = QuantityKind("half-life", (("1 s", "200 day"),), sbo="SBO:0000332")
LOSS_RATE = QuantityKind("loss rate", (("1e-4 /h", "3600 /h"),), sbo="SBO:0000356")
CLEARANCE = QuantityKind(
    "clearance",
    (("1e-9 L/h", "1e4 L/h"), ("1e-9 L/h/kg", "100 L/h/kg"), ("1e-7 L/h/m^2", "1e4 L/h/m^2")),
    per_body_weight=True,
)
# From a drop to all water of a large person, and far beyond for what hides in fat.
VOLUME = QuantityKind(
    "volume",
    (("1e-7 L", "1e4 L"), ("1e-3 L/kg", "100 L/kg"), ("0.01 L/m^2", "5000 L/m^2")),
    per_body_weight=True,
    sbo="SBO:0000468",
)
ABSORPTION = QuantityKind("absorption rate", (("1e-4 /h", "60 /h"),))
FRACTION = QuantityKind("fraction", (("1e-6", "1"),), sbo="SBO:0000540")
# A coefficient of variation above 500 % is a slipped point, or a distribution that is not described by one.
VARIATION = QuantityKind("coefficient of variation", (("0.001", "5"),))
DURATION = QuantityKind("time", (("1 s", "40000 day"),), sbo="SBO:0000347")
DOSE = QuantityKind(
    "dose",
    (
        ("1 pg", "100 g"),
        ("1 pg/kg", "10 g/kg"),
        ("1 ng/m^2", "100 g/m^2"),
        ("1 ug/day", "100 g/day"),
        ("1 ng/kg/day", "10 g/kg/day"),
        ("1 ng/m^2/day", "100 g/m^2/day"),
        ("1 IU", "1e10 IU"),
        ("0.01 IU/kg", "1e8 IU/kg"),
        ("1 IU/m^2", "1e10 IU/m^2"),
        ("1e3 cells", "1e13 cells"),
        ("10 cells/kg", "1e11 cells/kg"),
    ),
    per_body_weight=True,
)
CAPACITY = QuantityKind(
    "capacity of a loss",
    (("1e-12 g/h", "100 g/h"), ("1e-12 g/h/kg", "10 g/h/kg"), ("0.001 pM/h", "1 mM/h"), ("1 fg/mL/h", "1 g/L/h")),
    per_body_weight=True,
    sbo="SBO:0000186",
)
# Heart and lymph of small animals to those of large persons at work.
FLOW = QuantityKind("flow", (("1e-9 L/h", "3000 L/h"), ("1e-6 L/h/kg", "50 L/h/kg")), per_body_weight=True)
SPECIFIC_ACTIVITY = QuantityKind("specific activity", (("1 IU/mg", "1e12 IU/mg"),), sbo="SBO:0000558")
# Fastest crawling cells, neutrophils and T cells, reach some 30 um/min.
SPEED = QuantityKind("speed", (("0.001 um/min", "100 um/min"),))
CELL_DENSITY = QuantityKind("cell density", (("1 cells/L", "1e10 cells/mL"),))
RECEPTORS = QuantityKind("number of receptors", (("1 receptors/cell", "1e6 receptors/cell"),), sbo="SBO:0000189")
# Fastest measured: antibodies of a plasma cell, some 1e3 to 1e4; a cell with fewer than one in 100 s does not secrete.
SECRETION = QuantityKind("secretion rate", (("0.01 molecules/cell/s", "1e5 molecules/cell/s"),))
HALF_MAXIMUM = QuantityKind(
    "half-maximal concentration",
    (("0.01 pM", "1 mM"), ("0.01 pg/mL", "1 mg/mL"), ("1e-4 IU/mL", "1e7 IU/mL")),
    sbo="SBO:0000287",
)
CONCENTRATION = QuantityKind(
    "concentration",
    (("0.001 pM", "1 mM"), ("0.001 pg/mL", "100 mg/mL"), ("1e-6 IU/mL", "1e9 IU/mL")),
    sbo="SBO:0000196",
)
