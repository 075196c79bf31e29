"""The schema of the records: frozen pydantic models, one per kind, unknown keys refused."""

from __future__ import annotations

from cytokinome.catalogue.records.base import (
    READ_BEFORE,
    Block,
    Chain,
    Identifiers,
    Path,
    Refers,
    blocks,
    inner_block,
    reference_fields,
    references,
)
from cytokinome.catalogue.records.cells import (
    Abundance,
    Cell,
    Interaction,
    Response,
    Secretion,
    SiteCount,
    State,
    Turnover,
)
from cytokinome.catalogue.records.evidence import Context, Source, Statement
from cytokinome.catalogue.records.measured import Diffusion, Measured
from cytokinome.catalogue.records.molecules import (
    AXIS_TERMS,
    Assembly,
    BindingProtein,
    Cytokine,
    Mediator,
    Receptor,
    Role,
    Signalling,
    Subunit,
)
from cytokinome.catalogue.records.people import Assay, Disease, Shift, Standard, Study, Tissue
from cytokinome.catalogue.records.shared import Binding, Entity, Level, Loss, Named, NotFound
from cytokinome.catalogue.records.therapies import Indication, Pharmacokinetics, Regimen, Therapy, Use

Record = (
    Cytokine
    | Receptor
    | Cell
    | Interaction
    | Therapy
    | Mediator
    | BindingProtein
    | Disease
    | Tissue
    | Assay
    | Study
    | Standard
)

KINDS: dict[str, type[Record]] = {
    "cytokine": Cytokine,
    "receptor": Receptor,
    "cell": Cell,
    "interaction": Interaction,
    "therapy": Therapy,
    "mediator": Mediator,
    "binding-protein": BindingProtein,
    "disease": Disease,
    "tissue": Tissue,
    "assay": Assay,
    "study": Study,
    "standard": Standard,
}

__all__ = [
    "AXIS_TERMS",
    "KINDS",
    "READ_BEFORE",
    "Abundance",
    "Assay",
    "Assembly",
    "Binding",
    "BindingProtein",
    "Block",
    "Cell",
    "Chain",
    "Context",
    "Cytokine",
    "Diffusion",
    "Disease",
    "Entity",
    "Identifiers",
    "Indication",
    "Interaction",
    "Level",
    "Loss",
    "Measured",
    "Mediator",
    "Named",
    "NotFound",
    "Path",
    "Pharmacokinetics",
    "Receptor",
    "Record",
    "Refers",
    "Regimen",
    "Response",
    "Role",
    "Secretion",
    "Shift",
    "Signalling",
    "SiteCount",
    "Source",
    "Standard",
    "State",
    "Statement",
    "Study",
    "Subunit",
    "Therapy",
    "Tissue",
    "Turnover",
    "Use",
    "blocks",
    "inner_block",
    "reference_fields",
    "references",
]
