"""The names of common panels are molecules of the catalogue; what is none of them is not taken for one."""

from __future__ import annotations

import pytest

from cytokinome.interchange.panel.naming import find, is_analyte, is_of_animal, suggestion

# Of panels that are sold under these names: of MSD, V-PLEX and others; of Luminex, by Merck and by Bio-Rad.
MSD = """
IFN-γ|IL-1β|IL-2|IL-4|IL-6|IL-8|IL-10|IL-12p70|IL-13|TNF-α|GM-CSF|IL-1α|IL-5|IL-7|IL-15|IL-16|IL-17A|TNF-β|VEGF-A|
Eotaxin|MIP-1β|Eotaxin-3|TARC|IP-10|MIP-1α|IL-8 (HA)|MCP-1|MDC|MCP-4|IL-21|IL-22|IL-23|IL-27|IL-31|IL-9|MIP-3α|
IL-17A/F|IL-17B|IL-17C|IL-17D|IL-17F|IL-1RA|TSLP|PlGF|VEGF-C|VEGF-D|VEGFR-1/Flt-1|IL-17E/IL-25|IL-18|IL-2Rα|
IL-29/IFN-λ1|IL-33|I-TAC|MIF|SDF-1α|GRO-α|ENA-78|CTACK|Fractalkine|I-309|M-CSF|TPO|EPO|FLT3L|IFN-β|TRAIL|OPG|CRP
"""
LUMINEX = """
EGF|Eotaxin|TGF-a|G-CSF|Flt-3L|GM-CSF|Fractalkine|IFNa2|IFNg|IL-10|MCP-3|MDC|IL-12P70|PDGF-AA|PDGF-BB|sCD40L|
IL-1RA|IL-1a|IL-9|IL-1b|IL-3|IP-10|MCP-1|MIP-1a|MIP-1b|RANTES|TNFa|TNFb|VEGF|IL-18|M-CSF|MIG|IL-17E/IL-25|
Hu IL-1ra (25)|Hu IL-12(p70) (75)|Hu PDGF-bb (47)|Hu MCP-1(MCAF) (53)|Hu MIP-1a (55)|Hu SDF-1a|Hu IL-2Ra|Hu SCF
"""
# On the same panels, without a record.
UNKNOWN = "IL-12/IL-23p40|bFGF|Tie-2|SAA|ICAM-1|VCAM-1|YKL-40|FGF-2|GRO|IL-12P40|PDGF-AB/BB|Hu FGF basic (44)|b-NGF"
SAME = {
    "IL-8": "CXCL8",
    "MCP-1": "CCL2",
    "TNF-α": "TNF",
    "TNFalpha": "TNF",
    "IL-12p70": "IL12",
    "sIL-2Rα": "soluble_IL2RA",
    "IP-10": "CXCL10",
    "CCL2/JE/MCP-1": "CCL2",
    "CXCL8/IL-8": "CXCL8",
    "IL-6 (Human)": "IL6",
    "Human IL-6": "IL6",
    "TNF RI": "soluble_TNFR1",
    "sTNF-RII": "soluble_TNFR2",
    "OPG": "circulating_OPG",
    "IL-17A/F": "IL17AF",
}


@pytest.mark.parametrize("names", [MSD, LUMINEX], ids=["MSD", "Luminex"])
def test_names_of_panels(names: str):
    """Each is found."""
    known = names.replace("\n", "").split("|")
    assert len(known) > 40
    assert [name for name in known if not find(name).is_known] == []


def test_names_without_a_record():
    """They are not taken for others, whose names are near."""
    assert [name for name in UNKNOWN.split("|") if find(name).is_known] == []


@pytest.mark.parametrize(("name", "id"), SAME.items())
def test_what_names_mean(name: str, id: str):
    """A synonym leads to its record, also with species, bead region and the names of several vendors."""
    assert find(name).id == id


@pytest.mark.parametrize("name", ["IL-12(p40)", "IL-12/IL-23p40", "IL-12p40", "GRO", "IFN-alpha", "PDGF-AB/BB"])
def test_a_part_is_not_the_whole(name: str):
    """A subunit, a family and a mixture are not one of their molecules."""
    assert not find(name).is_known


@pytest.mark.parametrize("name", ["Age", "Sex", "BMI", "MET", "KIT", "Group", "Weight", "Dose"])
def test_labels_are_no_analytes(name: str):
    """Columns of a wide table that say something of people are not taken for molecules."""
    assert not is_analyte(name)


def test_receptors_of_several_chains_are_named_as_such():
    """The record is that of cells; nothing says what blood holds."""
    assert find("IL-33R").is_soluble_form
    assert not find("TNF-R1").is_soluble_form


@pytest.mark.parametrize(
    ("name", "is_animal"), [("Mouse IL-6", True), ("Ms IL-6 (20)", True), ("IL-6", False), ("MIG", False)]
)
def test_assays_of_animals(name: str, is_animal: bool):
    """Their levels are not those of people."""
    assert is_of_animal(name) is is_animal


def test_suggestions():
    """A slip leads to a near name, nonsense to none."""
    assert "IL-6" in suggestion("IL-66")
    assert suggestion("qqqqqq") == ""
