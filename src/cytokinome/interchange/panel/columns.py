"""What the columns of an export are, by the names that people and programs give them.

Besides plain words these are the names of Bio-Plex Manager (``Obs Conc``, ``Description``, ``Type``), of MSD Discovery
Workbench (``Assay``, ``Calc. Concentration``, ``Detection Limits: Calc. Low``) and of xPONENT (``Location``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cytokinome import units
from cytokinome.units import TIME, UnitError

# Role → the names of its columns, as `loosened` has them; of several columns of one role the name that stands first.
ROLES: dict[str, tuple[str, ...]] = {
    "sample": ("sample", "sampleid", "samplename", "specimen", "specimenid", "description"),
    "subject": (
        *("subject", "subjectid", "patient", "patientid", "donor", "donorid", "participant", "participantid"),
        *("volunteer", "individual", "person", "animal"),
    ),
    "time": ("time", "timepoint", "hours", "hour", "days", "day", "minutes", "weeks", "week"),
    "time-unit": ("timeunit", "timeunits"),
    "analyte": ("analyte", "assay", "cytokine", "chemokine", "biomarker", "marker", "target", "protein", "molecule"),
    "value": (
        *("calcconcentration", "obsconc", "concinrange", "calcconcmean", "value", "result", "concentration", "conc"),
        *("level", "measurement"),
    ),
    "unit": ("unit", "units", "concunit", "concentrationunit"),
    "lloq": ("lloq", "lowerlimitofquantification", "detectionlimitscalclow", "lod", "llod", "lowerlimit", "mdd"),
    "uloq": ("uloq", "upperlimitofquantification", "detectionlimitscalchigh", "upperlimit"),
    "flag": ("flag", "flags", "detectionrange"),
    "type": ("type", "sampletype", "welltype"),
    "matrix": ("matrix", "specimentype", "fluid"),
}
# Numbers about the measurement itself, which are no analytes.
ABOUT_WELLS = frozenset(
    {
        *("well", "wells", "location", "spot", "plate", "platename", "plateid", "replicate", "dilution"),
        *("dilutionfactor", "signal", "adjustedsignal", "mean", "adjsigmean", "stddeviation", "stddev", "cv", "fi"),
        *("fibkgd", "median", "netmfi", "mfi", "recovery", "recoverymean", "calcconcstddeviation", "calcconccv"),
        *("calcconcmean", "expconc", "obsexp100", "group", "ratio", "beadcount", "samplingerrors", "totalevents"),
        *("excluded", "outlier", "fitstatisticrsquared", "algorithmparametercalcbottom", "sd", "se", "n", "note"),
        *("notes", "comment", "comments", "source", "study", "concentration", "standardconcentration", "wellindex"),
    }
)
# Those of them that say which well it is: two readings that differ only there are replicates.
WELLS = frozenset({"well", "wells", "location", "spot", "plate", "platename", "plateid", "replicate", "wellindex"})
# Those that say something of the sample, as labels.
LABELS = frozenset({"group", "study", "note", "notes", "comment", "comments", "source"})

# Of these, those that in a long table say something of one reading alone.
OF_READINGS = frozenset({"note", "notes", "comment", "comments", "source"})
# How the names of columns about the standard curve begin, which differ between analytes.
OF_CURVES = ("algorithm", "fitstatistic", "detectionlimit", "curve")

_BRACKET = re.compile(r"^(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*$")
_BEHIND = re.compile(r"^(?P<name>.+?)[\s,;:_]+(?P<unit>[a-zA-Zµμ]{1,4}(?:/|_per_|_)(?:[muµμ]?[lL]))$")


@dataclass(frozen=True, slots=True)
class Head:
    """The name of a column, and the unit in it; `role` is empty where it is none of `ROLES`."""

    name: str
    unit: str = ""
    role: str = ""


def loosened(name: str) -> str:
    """Return a name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]+", "", name.casefold())


def role_of(name: str) -> str:
    """Return the role of a column name, empty where it has none.

    Examples
    --------
    >>> role_of("Calc. Concentration"), role_of("Subject ID"), role_of("IL-6")
    ('value', 'subject', '')
    """
    loose = loosened(name)
    return next((role for role, names in ROLES.items() if loose in names), "")


def is_unit(text: str) -> bool:
    """Whether a text in brackets means to be a unit: it is one, or looks like an amount per volume."""
    try:
        unit = units.parse_unit(text)
    except UnitError:
        return bool(re.fullmatch(r"[A-Za-zµμ]{1,6}\s*/\s*[A-Za-zµμ]{1,4}|MFI|AU|NPX", text.strip(), re.IGNORECASE))
    return bool(unit.text)


def read_head(text: str) -> Head:
    """Read the name of a column.

    Examples
    --------
    >>> read_head("IL-6 (pg/mL)"), read_head("time_h")
    (Head(name='IL-6', unit='pg/mL', role=''), Head(name='time', unit='h', role='time'))
    >>> read_head("IL-12 (p70)")
    Head(name='IL-12 (p70)', unit='', role='')
    """
    if (match := _BRACKET.match(text)) and match["name"] and is_unit(match["unit"]):
        return Head(match["name"], match["unit"].strip(), role_of(match["name"]))
    if match := _BEHIND.match(text):
        unit = match["unit"].replace("_per_", "/").replace("_", "/")
        if is_unit(unit):
            return Head(match["name"], unit, role_of(match["name"]))
    for word in ("time", "timepoint"):
        if (rest := loosened(text).removeprefix(word)) != loosened(text) and _is_time(rest):
            return Head("time", rest, "time")
    role = role_of(text)
    if role == "time" and _is_time(loosened(text)):  # `hours`, `day`
        return Head(text, loosened(text), role)
    return Head(text, "", role)


def _is_time(word: str) -> bool:
    try:
        return bool(word) and units.parse_unit(word).dimension == TIME
    except UnitError:
        return False
