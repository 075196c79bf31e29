"""Files in SBML: right ones run as what they mean, and what edits make of them is a model or a refusal with a code."""

from __future__ import annotations

import copy
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from xml.etree import ElementTree

import numpy as np

from cytokinome.api import import_model
from cytokinome.errors import CytokinomeError, SimulationError
from cytokinome.interchange.sbml.importing import Imported
from tests.conformance.foreign.simulate import simulate
from tests.fuzz.networks import Network, network
from tests.fuzz.running import defect, mutated, refusal

SLOW = 5.0  # s of processor time of this process for one file
RUN = 10  # one in so many of the files without edits is run
TIMES = np.array([0.0, 0.7, 2.0, 5.0])
_VALUES = (
    "", "0", "-1", "1e400", "NaN", "INF", "-INF", "true", "yes", "x y", "s0", "s1", "k0", "c", "d", "f", "q", "w",
    "i", "r0", "time", "if", "and", "µ", "a" * 300, "3", "2.5", "http://example.org", "second", "mole", "litre",
    "dimensionless",
)  # fmt: skip
_ODD = (
    "<", ">", "&", "&lt;", "&x;", "]]>", "<!--", "-->", "<![CDATA[", "<?php ?>", "<!DOCTYPE a>", "\0", "\ufffe",
    "</model>", "<model>", "<ci>s0</ci>", "<cn>1</cn>", "<apply>", "</apply>", "<sep/>", 'id="s0"',
    'constant="true"', *_VALUES,
)  # fmt: skip
_MATHS = (
    "plus", "minus", "times", "divide", "power", "root", "log", "ln", "exp", "abs", "floor", "ceiling", "factorial",
    "not", "and", "xor", "implies", "eq", "neq", "lt", "max", "min", "rem", "quotient", "arccosh", "sech",
    "piecewise", "piece", "otherwise", "pi", "exponentiale", "infinity", "notanumber", "true", "cn", "ci", "apply",
    "lambda", "bvar", "degree", "logbase", "semantics", "csymbol", "integral",
)  # fmt: skip
_PARTS = (
    "parameter", "species", "compartment", "rateRule", "assignmentRule", "algebraicRule", "initialAssignment",
    "event", "trigger", "reaction", "kineticLaw", "localParameter", "functionDefinition", "constraint",
    "unitDefinition", "model", "speciesReference", "modifierSpeciesReference", "listOfReactants", "listOfProducts",
    "listOfModifiers", "stoichiometryMath", "listOfRules", "listOfEvents", "notes", "annotation",
)  # fmt: skip


class Sbml:
    """The fuzzer of SBML."""

    def __init__(self) -> None:
        self._meant: dict[str, Network] = {}
        self._whole = 0
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "model.xml"
        self.run = 0

    def make(self, rng: Random) -> str:
        """Return a file that is right, or one with edits of its elements or its characters."""
        drawn = network(rng)
        text = drawn.text()
        match rng.randrange(10):
            case 0:
                self._meant = {text: drawn}
                return text
            case 1 | 2:
                return mutated(text, rng, _ODD)
            case _:
                return _elements_changed(text, rng)

    def judge(self, text: str) -> str:
        """Import a file; run it where it is known what it means."""
        self._path.write_bytes(text.encode("utf-8", "surrogatepass"))
        begun = process_time()
        try:
            imported = import_model(self._path)
        except CytokinomeError as error:
            verdict = refusal(error)
            return f"!a right file is refused: {error}" if text in self._meant and verdict[0] != "!" else verdict
        except Exception as error:
            return defect(error)
        if process_time() - begun > SLOW:
            return f"!slow: {process_time() - begun:.1f} s"
        if text not in self._meant:
            return "imported with edits"
        self._whole += 1
        return self._compared(imported, self._meant[text]) if self._whole % RUN == 1 else "imported"

    def _compared(self, imported: Imported, meant: Network) -> str:
        names = [*meant.species, *meant.rated]
        expected = meant.course(TIMES)
        if not np.isfinite(expected).all():
            return "not run by SciPy"
        try:
            readings = [imported.reading(id, "amount" if id in meant.species else "symbol") for id in names]
            found = simulate(imported, readings, TIMES, rtol=1e-9, atol=1e-12, target="reference").T
        except SimulationError as error:
            return f"!a right file does not run: {error}"
        except Exception as error:
            return defect(error)
        self.run += 1
        bound = 1e-5 * np.maximum(np.abs(expected), 1e-3)
        if not (np.abs(found - expected) <= bound).all():
            return f"!a right file runs otherwise: {found.tolist()} in place of {expected.tolist()}"
        return "imported and run"

    def close(self) -> str:
        """Remove the file."""
        self._folder.cleanup()
        return ""


def _elements_changed(text: str, rng: Random) -> str:
    """Return elements left out, doubled, moved, renamed, and attributes and texts replaced."""
    root = ElementTree.fromstring(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        inner = [(parent, child) for parent in root.iter() for child in parent]
        if not inner:
            break
        parent, child = rng.choice(inner)
        _change(rng, parent, child, [element for _, element in inner])
    return ElementTree.tostring(root, encoding="unicode")


def _change(
    rng: Random, parent: ElementTree.Element, child: ElementTree.Element, known: list[ElementTree.Element]
) -> None:
    space, _, name = child.tag.rpartition("}")
    match rng.randrange(9):
        case 0:
            parent.remove(child)
        case 1:
            parent.append(copy.deepcopy(child))
        case 2:
            other = rng.choice(known)
            other.insert(rng.randint(0, len(other)), copy.deepcopy(child))
        case 3:
            child.tag = f"{space}}}{rng.choice(_MATHS if 'Math' in space else _PARTS)}"
        case 4 | 5 if child.attrib:
            child.set(rng.choice(list(child.attrib)), rng.choice(_VALUES))
        case 6 if child.attrib:
            del child.attrib[rng.choice(list(child.attrib))]
        case 7:
            child.set(
                rng.choice(("id", "constant", "units", "value", "type", "definitionURL", "compartment", "fast")),
                rng.choice(_VALUES),
            )
        case _:
            child.text = rng.choice(_VALUES)
            del name
