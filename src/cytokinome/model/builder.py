"""Building a model in Python: the same words as a file, the same checks, the same frozen `Model`.

Every value is what would stand in the file: ``"10 ng/mL"``, a sentence, a mapping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cytokinome.diagnostics import Collector
from cytokinome.errors import ModelError
from cytokinome.model.load import Checked, check_tree, no_catalogue
from cytokinome.text import node_from_data

if TYPE_CHECKING:
    from cytokinome.model.complete import Lookup
    from cytokinome.model.components import Model

Entry = Mapping[str, Any]


class ModelBuilder:
    """Collects declarations and sentences; `build` checks them all at once.

    Parameters
    ----------
    id : str
        Words joined by ``-``.
    title : str, optional
    source : str, optional
        Where the model as a whole was published.
    start : str, optional
        ``given`` or ``steady state``.
    representatives : int, optional
        How many cells stand for all others of a type whose cells differ (key ``closure``).

    Examples
    --------
    >>> model = (
    ...     ModelBuilder("decay")
    ...     .compartment("well", kind="culture", volume="1 mL")
    ...     .molecule("TNF", {"initial": "10 pM", "degrades": {"half-life": "6 h", "source": "assumed"}})
    ...     .build()
    ... )
    >>> model.molecules[0].id
    'TNF'
    """

    def __init__(
        self, id: str, *, title: str = "", source: str = "", start: str = "given", representatives: int | None = None
    ) -> None:
        self._data: dict[str, Any] = {"cytokinome": "1", "model": id}
        for key, value in (("title", title), ("source", source), ("start", "" if start == "given" else start)):
            if value:
                self._data[key] = value
        if representatives is not None:
            self._data["closure"] = {"representatives": str(representatives)}

    def _entry(self, section: str, id: str, entry: Entry) -> ModelBuilder:
        entries: dict[str, Any] = self._data.setdefault(section, {})
        if id in entries:
            raise ModelError(f"{id!r} stands twice under `{section}:`; each name is declared once")
        entries[id] = dict(entry)
        return self

    def compartment(self, id: str, *, kind: str, volume: str, source: str = "") -> ModelBuilder:
        """Add a compartment."""
        entry = {"kind": kind, "volume": volume}
        return self._entry("compartments", id, {**entry, "source": source} if source else entry)

    def molecule(self, id: str, entry: Entry) -> ModelBuilder:
        """Add a molecule with the keys of a file: in, from, initial, baseline, degrades, cleared, molar-mass, pk."""
        return self._entry("molecules", id, entry)

    def receptor(self, id: str, entry: Entry) -> ModelBuilder:
        """Add a receptor with ligands, antagonists and source."""
        return self._entry("receptors", id, entry)

    def cell(self, id: str, entry: Entry) -> ModelBuilder:
        """Add a cell type with in, states or initial, inside."""
        return self._entry("cells", id, entry)

    def parameter(self, id: str, entry: Entry) -> ModelBuilder:
        """Add a parameter with value, source, varies, uncertain."""
        return self._entry("parameters", id, entry)

    def observable(self, id: str, entry: Entry) -> ModelBuilder:
        """Add an observable with value, unit, as."""
        return self._entry("observables", id, entry)

    def rules(self, *sentences: str | Entry) -> ModelBuilder:
        """Add sentences, or rules in the long form {id, rule, at}."""
        return self._extend("rules", sentences)

    def reactions(self, *reactions: Entry) -> ModelBuilder:
        """Add reactions."""
        return self._extend("reactions", reactions)

    def events(self, *events: Entry) -> ModelBuilder:
        """Add events {id, when, do, delay, priority, from-start, once-fired, values, ties}."""
        return self._extend("events", events)

    def transport(self, *transports: Entry) -> ModelBuilder:
        """Add transports."""
        return self._extend("transport", transports)

    def _extend(self, section: str, items: Sequence[str | Entry]) -> ModelBuilder:
        self._data.setdefault(section, []).extend(dict(i) if isinstance(i, Mapping) else i for i in items)
        return self

    def check(self, lookup: Lookup = no_catalogue) -> Checked:
        """Return the model with all that was found; never raises for a fault of the model."""
        found = Collector()
        model = check_tree(node_from_data(self._data), found, lookup)
        return Checked(model, found.report())

    def build(self, lookup: Lookup = no_catalogue) -> Model:
        """Return the frozen model.

        Raises
        ------
        ModelError
            With every fault, when there is any.
        """
        return self.check(lookup).require()
