"""How Sphinx makes the site: MyST pages, the theme furo, nothing from the network."""

from cytokinome import __version__

project = "cytokinome"
author = "The cytokinome authors"
copyright = "The cytokinome authors; data CC BY 4.0"
version = release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
smartquotes = False
# Orphan pages have no place in a menu; the examples of records show forms that the YAML lexer does not know.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = "cytokinome"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
