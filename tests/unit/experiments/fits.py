"""Small scenarios to fit: one molecule that is lost, as files in a folder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cytokinome import fitting

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cytokinome.experiments.fit.load import Posed

MODEL = """cytokinome: 1
model: decay
title: One molecule that is lost
compartments:
  well: {kind: culture, volume: 1 mL}
molecules:
  X: {in: well, initial: X0, molar-mass: 10 kDa, degrades: {rate: k, source: "assumed: test"}}
parameters:
  X0: {value: 5 ng/mL, as: X, uncertain: {fold: 100}, source: "assumed: test"}
  k: {value: 0.2 /h, uncertain: {fold: 100}, source: "assumed: test"}
"""
EXPERIMENT = """experiment: decay
model: decay
time: 0 to 12 h, every 1 h
arms: {control: {}}
measure: {X: ng/mL}
compare: {data: data.csv, source: "assumed: test"}
"""
FIT = """fit: decay
experiments: [decay]
parameters: [X0, k]
error: {sd: 0.1}
"""
HEAD = "arm,time_h,analyte,value,unit"
TIMES = range(13)


def decay(x0: float = 10.0, k: float = 0.3, *, noise: Iterable[float] = (), head: str = HEAD) -> str:
    """The table of a decay from `x0` [ng/mL] with the rate `k` [1/h], times the exponential of `noise`."""
    values = [x0 * math.exp(-k * t) for t in TIMES]
    for i, deviation in enumerate(noise):
        values[i] *= math.exp(deviation)
    return table(((t, v) for t, v in zip(TIMES, values, strict=True)), head=head)


def table(rows: Iterable[tuple[object, ...]], *, head: str = HEAD) -> str:
    """A table of X in the arm control: time, value (as number or as text), and what further columns hold."""
    lines = [head]
    for time, value, *rest in rows:
        written = value if isinstance(value, str) else f"{value:.17g}"
        lines.append(",".join(["control", str(time), "X", written, "ng/mL", *map(str, rest)]))
    return "\n".join(lines) + "\n"


def write(folder: Path, *, data: str, model: str = MODEL, experiment: str = EXPERIMENT, fit: str = FIT) -> Path:
    """Write the files of a scenario into a folder and return it."""
    texts = {"model.yaml": model, "experiment.yaml": experiment, "fit.yaml": fit, "data.csv": data}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def posed(folder: Path, **texts: str) -> Posed:
    """The fit of a scenario."""
    return fitting.load_fit(write(folder, **texts))
