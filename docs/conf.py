"""How Sphinx makes the reading copy: the executed course, the recipes, and the reference from the docstrings."""

import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # mathml

project = "Backpropagation, built by hand"
author = "The bpcore authors"
version = release = version_of("bpcore")
html_title = project
html_theme = "furo"
html_show_copyright = False
html_show_sourcelink = False
html_static_path = ["static"]
html_css_files = ["book.css"]
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "mathml"]
exclude_patterns = ["_build"]
nb_execution_mode = "off"  # course.py has executed the notebooks, with what a reader needs left in
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 3
nb_mime_priority_overrides = [("html", "application/vnd.bpcore.report+json", None)]
suppress_warnings = [
    "mystnb.unknown_mime_type",  # data for programs has a twin that is shown
]

default_role = "code"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
python_use_unqualified_type_names = True


def _plain(app, what, name, obj, options, lines):
    """Docstrings are plain text: a star is a product, a bar an absolute value, an indented line stays indented."""
    text = "\n".join(lines)
    pieces = re.split(r"(``.+?``|`.+?`)", text, flags=re.DOTALL)  # code stays as it is
    for i in range(0, len(pieces), 2):
        pieces[i] = re.sub(r"([*|\\])", r"\\\1", pieces[i])
        pieces[i] = re.sub(r"(?<=\w)_(?=\W|$)", r"\\_", pieces[i])
    paragraphs = re.split(r"\n\s*\n", "".join(pieces))
    for i, paragraph in enumerate(paragraphs):
        if re.search(r"^ ", paragraph, flags=re.MULTILINE):
            paragraphs[i] = "\n".join(f"| {line}" for line in paragraph.splitlines())
    lines[:] = [*"\n\n".join(paragraphs).splitlines(), ""]


def setup(app):
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _plain)
