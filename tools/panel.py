"""Write the panel that ships with the package: ``python tools/panel.py src/cytokinome/library/panels``.

The volunteers do not exist. They are those of the scenario human-endotoxemia-published, as a bead assay would have
measured them: each differs from the typical person by one factor per cytokine, each reading by the scatter of an
assay, and what is out of the range of the standards is flagged as Bio-Plex Manager does. The numbers below were chosen
to show every flag; they are those of no assay.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

import cytokinome
from cytokinome.experiments.measures import at

SEED = 7
SUBJECTS = 8  # of each arm
TIMES = (0, 1, 1.5, 2, 3, 4, 6, 8)  # h
PEOPLE, ASSAY = 0.4, 0.12  # coefficients of variation: between people, of an assay
LABELS = {"bolus": "LPS bolus", "infusion": "LPS infusion"}
# What the kit calls a cytokine, and the lowest and highest concentration that it measures [pg/mL].
ASSAYS = {
    "TNF": ("TNF-α", 2.4, 600.0),
    "IL6": ("IL-6", 1.3, 2500.0),
    "IL8": ("IL-8", 0.8, 3000.0),
    "IL10": ("IL-10", 3.2, 4000.0),
}
HEAD = f"""\
# Synthetic: no person was measured. Made by tools/panel.py with seed {SEED} from human-endotoxemia-published.
# A factor per person and cytokine (CV {PEOPLE:.0%}), a scatter per reading (CV {ASSAY:.0%}); limits are of no real kit.
"""


def panel_text() -> str:
    """Return the panel as it is shipped."""
    result = cytokinome.run("human-endotoxemia-published", patients=1)
    rng = np.random.default_rng(SEED)
    names = ",".join(f"{kit} (pg/mL)" for kit, _, _ in ASSAYS.values())
    lines = [f"Sample,Subject,Group,Time (h),Matrix,{names}"]
    for arm, label in LABELS.items():
        curves = {name: result.arms[arm].typical[:, result.arms[arm].index(name)] for name in ASSAYS}
        for person in range(1, SUBJECTS + 1):
            subject = f"{arm[0].upper()}{person:02d}"
            own = {name: _factor(rng, PEOPLE) for name in ASSAYS}
            for time in TIMES:
                cells = [
                    _cell(float(at(result.arms[arm].times, curves[n], time)) * own[n] * _factor(rng, ASSAY), n)
                    for n in ASSAYS
                ]
                lines.append(",".join([f"{subject}-{time:g}h", subject, label, f"{time:g}", "EDTA plasma", *cells]))
    return HEAD + "\n".join(lines) + "\n"


def _factor(rng: np.random.Generator, cv: float) -> float:
    return math.exp(math.sqrt(math.log(1 + cv**2)) * rng.standard_normal())


def _cell(value: float, name: str) -> str:
    """A concentration as the program writes it: out of range, extrapolated within a fifth of the limit, or a number."""
    _, low, high = ASSAYS[name]
    if value < 0.8 * low:
        return f"<{low:g}"
    if value > high:
        return f">{high:g}"
    text = f"{float(f'{value:.3g}'):g}"
    return f"*{text}" if value < low else text


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "endotoxemia-panel.csv").write_text(panel_text(), encoding="utf-8", newline="\n")
