"""How Sphinx makes the site: MyST pages, the theme furo, nothing from the network."""

from cytokinome import __version__

project = "cytokinome"
author = "The cytokinome authors"
copyright = "The cytokinome authors; data CC BY 4.0"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_block", "attrs_inline"]
myst_heading_anchors = 3
smartquotes = False

html_theme = "furo"
html_title = "cytokinome"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
