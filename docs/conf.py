"""How the documentation is built: `make docs`."""

from etude import __version__

project = "Etude"
author = "The Etude authors"
version = release = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Etude {__version__}"
