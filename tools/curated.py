"""What the tables behind ``tools/records.py`` do not hold, or hold wrong, each with the source that was opened."""

from __future__ import annotations

from typing import Any


def abstract(pubmed: int, says: str) -> dict[str, object]:
    """Return the abstract of a review as source."""
    return {"id": f"pubmed:{pubmed}", "locator": "abstract", "says": says, "read": "secondary", "tier": "S"}


def reactome(number: int, says: str) -> dict[str, object]:
    """Return the summation of a Reactome page as source."""
    return {
        "id": f"reactome:R-HSA-{number}",
        "locator": "summation",
        "says": says,
        "read": "secondary",
        "tier": "S",
        "licence": "CC0-1.0",
    }


# Same protein as another gene (IFNA13, CCL3L3, CCL4L2), chains of molecules below, a row marked "to check" (IL1F10),
# a gene that most people lack (IFNL4).
NOT_HERE = frozenset({"IFNA13", "CCL3L3", "CCL4L2", "IL12A", "IL12B", "IL23A", "IL1F10", "IFNL4"})

_IL12 = "heterodimers with shared subunits: IL-12 is p35/p40, IL-23 p19/p40, IL-27 p28/EBI3, IL-35 p35/EBI3"
_IL17 = "the A/C receptor binds IL17A dimers, IL17F dimers and IL17A:IL17F heterodimers"
_PDGF = "five disulphide-linked dimers: PDGF-AA, -AB, -BB, -CC and -DD"
_MIF = "active MIF is a homotrimer of 37.5 kDa; it binds CD74, CXCR2 and CXCR4"
_CTF1 = "CTF1 is of the IL-6 family; with LIF and OSM it acts through gp130 and LIFR"
_IL31 = "IL-31 is of the gp130/IL-6 family; its receptor is IL-31RA with OSMRbeta"

CHAINS: dict[str, dict[str, Any]] = {
    "IL12": {
        "name": "interleukin 12",
        "synonyms": ["IL-12", "IL-12p70"],
        "chains": ["P29459", "P29460"],
        "copies": [1, 1],
        "source": abstract(27867385, _IL12),
    },
    "IL23": {
        "name": "interleukin 23",
        "synonyms": ["IL-23"],
        "chains": ["Q9NPF7", "P29460"],
        "copies": [1, 1],
        "source": abstract(27867385, _IL12),
    },
    "IL27": {
        "name": "interleukin 27",
        "synonyms": ["IL-27"],
        "chains": ["Q8NEV9", "Q14213"],
        "copies": [1, 1],
        "source": abstract(27867385, _IL12),
    },
    "IL35": {
        "name": "interleukin 35",
        "synonyms": ["IL-35"],
        "chains": ["P29459", "Q14213"],
        "copies": [1, 1],
        "source": abstract(27867385, _IL12),
    },
    "IL17AF": {
        "name": "interleukin 17A/F heterodimer",
        "synonyms": ["IL-17A/F", "IL-17AF"],
        "chains": ["Q16552", "Q96PD4"],
        "copies": [1, 1],
        "source": reactome(447246, _IL17),
    },
    "IL17A": {"copies": [2], "source": reactome(447246, _IL17)},
    "IL17F": {"copies": [2], "source": reactome(447246, _IL17)},
    "PDGFA": {"copies": [2], "source": abstract(15207811, _PDGF)},
    "PDGFB": {"copies": [2], "source": abstract(15207811, _PDGF)},
    "PDGFC": {"copies": [2], "source": abstract(15207811, _PDGF)},
    "PDGFD": {"copies": [2], "source": abstract(15207811, _PDGF)},
    "MIF": {"copies": [3], "source": reactome(5676133, _MIF)},
}

# Names that UniProt gives to the mature chain, not to the precursor.
MATURE_NAMES = {"TGFB1": ["TGF-beta-1"], "TGFB2": ["TGF-beta-2"], "TGFB3": ["TGF-beta-3"]}

_GAMMA = "the high-affinity receptor is IL15RA, IL2RB and IL2RG; IL15RA determines the high affinity"

GROUPS: dict[str, tuple[str, dict[str, object]]] = {
    "IL12": ("IL-12", abstract(27867385, _IL12)),
    "IL23": ("IL-12", abstract(27867385, _IL12)),
    "IL27": ("IL-12", abstract(27867385, _IL12)),
    "IL35": ("IL-12", abstract(27867385, _IL12)),
    "IL17AF": ("IL-17", reactome(447246, _IL17)),
    "IL15": ("gamma-c", reactome(8983307, _GAMMA)),
    "IL31": ("IL-6", abstract(18926762, _IL31)),
    "CTF1": ("IL-6", reactome(5696482, _CTF1)),
}

# Complex of the table → id of our record. IL28_receptor has the chains of Type_III_IFNR.
COMPLEX_IDS = {
    "IL1_receptor": "IL1R",
    "IL1_receptor_inhibitor": "IL1R2",
    "IL2_receptor_HA": "IL2R",
    "IL2_receptor_I": "IL2R_beta_gamma",
    "IL3_receptor": "IL3R",
    "IL4_receptor": "IL4R",
    "IL5_receptor": "IL5R",
    "IL6_receptor": "IL6R",
    "IL7_receptor": "IL7R",
    "IL9_receptor": "IL9R",
    "IL10_receptor": "IL10R",
    "IL11_receptor": "IL11R",
    "IL12_receptor": "IL12R",
    "IL13_receptor": "IL13R",
    "IL15_receptor": "IL15R",
    "IL17_receptor_AB": "IL17RAB",
    "IL17_receptor_AC": "IL17RAC",
    "IL17_receptor_AE": "IL17RAE",
    "IL18_receptor": "IL18R",
    "IL20_receptor_Type_I": "IL20R_type1",
    "IL20_receptor_Type_II": "IL20R_type2",
    "IL21_receptor": "IL21R",
    "IL22_receptor": "IL22R",
    "IL23_receptor": "IL23R",
    "IL26_receptor": "IL26R",
    "IL27_receptor": "IL27R",
    "IL33_receptor": "IL33R",
    "IL35_receptor": "IL35R",
    "IL36_receptor": "IL36R",
    "IL37_receptor": "IL37R",
    "GMCSFR": "GMCSFR",
    "LIFR": "LIFR",
    "OSMR": "OSMR",
    "CNTF_1R": "CNTFR",
    "TSLPR": "TSLPR",
    "Type_I_IFNR": "IFNAR",
    "Type_II_IFNR": "IFNGR",
    "Type_III_IFNR": "IFNLR",
    "TGFbeta_receptor1": "TGFBR",
    "TGFbeta_receptor2": "TGFBR2_ACVR1",
    "PDGFR_complex": "PDGFR_alpha_beta",
    "FLT1_complex": "FLT1_KDR",
}

RECEPTORS = [
    "CCR1",
    "CCR2",
    "CCR3",
    "CCR4",
    "CCR5",
    "CCR6",
    "CCR7",
    "CCR8",
    "CCR9",
    "CCR10",
    "CXCR1",
    "CXCR2",
    "CXCR3",
    "CXCR4",
    "CXCR5",
    "CXCR6",
    "XCR1",
    "CX3CR1",
    "ACKR1",
    "ACKR2",
    "ACKR3",
    "ACKR4",
    "CSF1R",
    "CSF3R",
    "EPOR",
    "MPL",
    "KIT",
    "FLT3",
    "MET",
    "EGFR",
    "PDGFRA",
    "PDGFRB",
    "FLT1",
    "KDR",
    "FLT4",
    "IL13RA2",
    "TGFBR3",
    "TNFRSF1A",
    "TNFRSF1B",
    "TNFRSF4",
    "TNFRSF6B",
    "TNFRSF8",
    "TNFRSF9",
    "TNFRSF10A",
    "TNFRSF10B",
    "TNFRSF10C",
    "TNFRSF10D",
    "TNFRSF11A",
    "TNFRSF11B",
    "TNFRSF12A",
    "TNFRSF13B",
    "TNFRSF13C",
    "TNFRSF14",
    "TNFRSF17",
    "TNFRSF18",
    "TNFRSF25",
    "CD27",
    "CD40",
    "FAS",
    "LTBR",
]

SUBUNITS: dict[str, dict[str, Any]] = {
    "IL15R": {"chains": ["Q13261", "P14784", "P31785"], "source": reactome(8983307, _GAMMA)},
    "IL31R": {"chains": ["Q8NI17", "Q99650"], "source": abstract(18926762, _IL31)},
    "CD4": {"chains": ["P01730"], "source": reactome(449087, "CD4 is a receptor of IL-16 and seems to need no other")},
    "CD74": {"chains": ["P04233"], "source": reactome(5676133, _MIF)},
}

EXTRA_LIGANDS: dict[str, dict[str, dict[str, object]]] = {
    "IL31R": {"IL31": abstract(18926762, _IL31)},
    "CD4": {"IL16": reactome(449087, "CD4 is a receptor of IL-16; mice without CD4 suggest a second one")},
    "CD74": {"MIF": reactome(5676133, _MIF)},
    "CXCR2": {"MIF": reactome(5676133, _MIF)},
    "CXCR4": {"MIF": reactome(5676133, _MIF)},
    "ACKR3": {
        "CXCL12": {
            "id": "doi:10.1074/jbc.M111.335679",
            "locator": "title",
            "says": "CXCL12 is taken up and degraded through CXCR7, the former name of ACKR3",
            "via": "reference list of doi:10.1038/s41577-024-01025-5",
            "read": "cited_only",
            "tier": "S",
        }
    },
    "IL17RAC": {"IL17A": reactome(447246, _IL17)},
    "LIFR": {"CTF1": reactome(5696482, _CTF1)},
}

_IL1R2 = (
    "IL-1R2 is a decoy: without TIR region it cannot signal, and competes with IL-1R1, which does, for IL-1 and IL-1RAP"
)
_ACKR = "atypical chemokine receptors bind chemokines without the classical signalling response and can scavenge them"
_DCR = "DcR1 and DcR2 have truncated cytoplasmic domains and pass no signal of TRAIL on"

ROLES: dict[tuple[str, str], tuple[str, dict[str, object]]] = {
    ("IL1R", "IL1R1"): ("signalling", abstract(23195532, _IL1R2)),
    ("IL1R", "IL1RAP"): ("accessory", abstract(23195532, _IL1R2)),
    ("IL1R2", "IL1R2"): ("decoy", abstract(23195532, _IL1R2)),
    ("IL1R2", "IL1RAP"): ("accessory", abstract(23195532, _IL1R2)),
    ("IL13RA2", "IL13RA2"): (
        "decoy",
        abstract(
            17697639, "short cytoplasmic tail, thought to be a decoy; newer reports give it some signals of its own"
        ),
    ),
    ("IL15R", "IL15RA"): ("binding", reactome(8983307, _GAMMA)),
    ("ACKR1", "ACKR1"): ("decoy", abstract(25958743, _ACKR)),
    ("ACKR2", "ACKR2"): ("decoy", abstract(25958743, _ACKR)),
    ("ACKR3", "ACKR3"): ("decoy", abstract(25958743, _ACKR)),
    ("ACKR4", "ACKR4"): ("decoy", abstract(25958743, _ACKR)),
    ("TNFRSF6B", "TNFRSF6B"): ("decoy", abstract(28629361, "DcR3 is soluble and neutralises FasL, LIGHT and TL1A")),
    ("TNFRSF10C", "TNFRSF10C"): ("decoy", abstract(21295012, _DCR)),
    ("TNFRSF10D", "TNFRSF10D"): ("decoy", abstract(21295012, _DCR)),
    ("TNFRSF11B", "TNFRSF11B"): (
        "decoy",
        {
            "id": "url:lookfordiagnosis.com/mesh_info.php",
            "locator": "scope note of the MeSH term osteoprotegerin",
            "says": "a soluble decoy of RANK ligand, which keeps it from RANK",
            "read": "secondary",
            "tier": "S",
        },
    ),
}

# Cytokines without receptor here: a source that says so, or None where no table that was opened has one.
ORPHANS: dict[str, dict[str, object] | None] = {}
