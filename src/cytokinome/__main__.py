"""``python -m cytokinome``: the command line."""

from __future__ import annotations

from cytokinome.cli.main import main

if __name__ == "__main__":
    main()
