"""Put the demo's model file into README.md and draw its figure: ``python tools/readme.py``."""

from __future__ import annotations

import re
from pathlib import Path

import cytokinome
from cytokinome import library

ROOT = Path(__file__).parent.parent


def with_model(readme: str, model: str) -> str:
    """Return the README with the text of the model in its YAML block."""
    return re.sub(r"```yaml\n.*?```", lambda _: f"```yaml\n{model}```", readme, count=1, flags=re.DOTALL)


def main() -> None:
    """Update both."""
    demo = library.find(library.DEMO)
    if demo is None:
        raise SystemExit(f"the library has no {library.DEMO}")
    path = ROOT / "README.md"
    text = with_model(path.read_text(encoding="utf-8"), demo.model.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    result = cytokinome.run(library.DEMO, workers=2)
    cytokinome.plot(result, path=ROOT / "docs" / "human-endotoxemia.png")


if __name__ == "__main__":
    main()
