"""The kinds of quantity that records hold: their dimension, and the range outside which a number is an error.

The ranges are wide: they catch a wrong unit or a slipped power of ten, not an unusual measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

from cytokinome import units
from cytokinome.units import Quantity, UnitError


@dataclass(frozen=True, slots=True)
class QuantityKind:
    """A kind of quantity, with the least and the greatest sane value for each dimension it may be stated in."""

    name: str
    ranges: tuple[tuple[str, str], ...]

    def read(self, text: str) -> Quantity:
        """Return `text` as a quantity of this kind.

        Raises
        ------
        UnitError
            ``BAD_NUMBER`` or ``BAD_UNIT``; ``DIMENSION_MISMATCH`` when it is a quantity of another kind.
        """
        quantity = units.parse_quantity(text)
        known = [units.parse_quantity(low) for low, _ in self.ranges]
        if quantity.dimension not in [q.dimension for q in known]:
            expected = " or ".join(f"{q.dimension} (as in {q})" for q in known)
            raise UnitError(
                f"a {self.name} has the dimension {expected}, got {quantity.dimension}",
                code="DIMENSION_MISMATCH",
                hint="check that number and unit belong to this quantity",
                length=len(text),
            )
        return quantity

    def outside(self, text: str) -> str:
        """Return the range in words when `text` lies outside it, else nothing.

        Raises
        ------
        UnitError
            As `read`.
        """
        quantity = self.read(text)
        for low, high in self.ranges:
            least, greatest = units.parse_quantity(low), units.parse_quantity(high)
            if (
                least.dimension == quantity.dimension
                and not least.canonical <= quantity.canonical <= greatest.canonical
            ):
                return f"{low} to {high}"
        return ""


MOLAR_MASS = QuantityKind("molar mass", (("100 Da", "2000 kDa"),))
# Water lets a small protein move at about 100 µm²/s; what is above 200 is not a protein.
DIFFUSION = QuantityKind("diffusion coefficient", (("0.1 um^2/s", "200 um^2/s"),))
DISSOCIATION = QuantityKind("dissociation constant", (("0.001 pM", "1 mM"),))
# No two proteins meet faster than diffusion brings them together, 1e9 to 1e10 /M/s.
ASSOCIATION_RATE = QuantityKind("association rate constant", (("1 /M/s", "1e10 /M/s"),))
DISSOCIATION_RATE = QuantityKind("dissociation rate constant", (("1e-8 /s", "1e4 /s"),))
INTERNALISATION = QuantityKind("internalisation rate", (("1e-6 /s", "1 /s"),))
HALF_LIFE = QuantityKind("half-life", (("1 s", "200 day"),))
LOSS_RATE = QuantityKind("loss rate", (("1e-4 /h", "3600 /h"),))
CLEARANCE = QuantityKind("clearance", (("1e-9 L/h", "1e4 L/h"),))
RECEPTORS = QuantityKind("number of receptors", (("1 receptors/cell", "1e6 receptors/cell"),))
# Fastest measured: antibodies of a plasma cell, some 1e3 to 1e4; a cell with fewer than one in 100 s does not secrete.
SECRETION = QuantityKind("secretion rate", (("0.01 molecules/cell/s", "1e5 molecules/cell/s"),))
HALF_MAXIMUM = QuantityKind("half-maximal concentration", (("0.01 pM", "1 mM"), ("0.01 pg/mL", "1 mg/mL")))
CONCENTRATION = QuantityKind("concentration", (("0.001 pM", "1 mM"), ("0.001 pg/mL", "100 mg/mL")))
