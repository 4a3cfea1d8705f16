"""How Sphinx builds the book: python -m sphinx -W --keep-going docs build/book."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))  # the book is of this checkout, whatever is installed

from handgrad import __version__, derivations, errata  # noqa: E402 - only from there
from handgrad.catalogue import FORMULAS  # noqa: E402
from handgrad.oracle.codes import CODES  # noqa: E402

project = "handgrad"
author = "the authors of handgrad"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.viewcode", "docs.book"]
exclude_patterns = ["_data"]
nitpicky = True  # a link to nothing is a warning, and -W makes that an error
smartquotes = False  # "--as" is an option, not a dash
add_module_names = False
python_use_unqualified_type_names = True
pygments_style = "friendly"
pygments_dark_style = "monokai"

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {
    "formulas": str(len(FORMULAS)),
    "derivations": str(derivations.counts()["derivations"]),
    "lines": str(derivations.counts()["lines"]),
    "errata": str(errata.counts()["errata"]),
    "proven": str(errata.counts()["proven"]),
    "codes": str(len(CODES)),
}

# Furo reads well on a phone, prints well, and asks nothing of any host.
html_theme = "furo"
html_use_index = False  # the search finds more
html_title = "handgrad"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_copy_source = False
html_domain_indices = False
html_show_copyright = False
html_show_sourcelink = False
html_show_search_summary = False  # it would be fetched, which pages opened from a disk must not do
html_theme_options = {"navigation_with_keys": True}
