"""Write the pages of the catalogue into a folder, beside those written by hand, for Sphinx to make a site of.

python tools/pages.py build/docs/source
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from cytokinome.catalogue import catalogue
from cytokinome.report.pages.site import site

DOCS = Path(__file__).resolve().parents[1] / "docs"


def write(folder: Path) -> int:
    """Replace the folder by all pages, and return how many there are."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = {**site(catalogue()), **{page.name: page.read_text(encoding="utf-8") for page in DOCS.glob("*.md")}}
    for path, text in pages.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return len(pages)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.stdout.write(f"{write(Path(sys.argv[1]))} pages in {sys.argv[1]}\n")
