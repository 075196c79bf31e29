"""The page of all codes: what each means, a record that has the fault, what the check says of it, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.diagnostics import CODES
from cytokinome.report.pages.faults import FAULTS, diagnosis
from cytokinome.report.pages.text import plain, section, table

if TYPE_CHECKING:
    from cytokinome.catalogue.registry import Catalogue
    from cytokinome.report.pages.faults import Fault

_HEAD = """\
# Codes

Whatever a check finds has a code that stays the same from version to version, a place, and a line of help. Errors stop;
warnings do not. `cytokinome catalogue check` shows all findings in the records at once, and with `--json` as data.
The examples below were checked when this page was made: what stands under them is what the check said."""


def codes_page(known: Catalogue) -> str:
    """Return the page of all codes of the table, those of the catalogue with an example."""
    lines = [*_HEAD.splitlines(), "", "## Codes of the catalogue", ""]
    for code in (code for code in CODES if code in FAULTS):
        lines += section(f"`{code}`", _explained(code, FAULTS[code], known), 3)
    others = [(f"`{code}`", plain(meaning)) for code, meaning in CODES.items() if code not in FAULTS]
    return "\n".join([*lines, *section("Codes of models, experiments and runs", table(("Code", "Meaning"), others))])


def _explained(code: str, fault: Fault, known: Catalogue) -> list[str]:
    meaning = CODES[code]
    shown = ["```yaml", *fault.shown.strip("\n").splitlines(), "```"] if fault.shown else [plain(fault.words)]
    rendered = diagnosis(code, fault, known)
    return [
        f"{plain(meaning[0].upper() + meaning[1:])}.",
        "",
        *shown,
        "",
        "```text",
        *rendered.splitlines(),
        "```",
        "",
        f"**What to do:** {plain(fault.remedy)}",
        "",
    ]
