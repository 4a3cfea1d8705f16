"""The Sphinx extension that makes the book: pages from the data, formulas as MathML, pictures, links between names.

Nothing that it writes is kept in the repository. The pages go beside those written by hand before Sphinx looks for its
sources, each only where it changes, so that the next build reads no more than it must.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from docs.book import measurements, mistakes, notes, reference
from docs.book.mathematics import mathml
from docs.equations import TITLES
from handgrad.oracle.codes import CODES

__all__ = ["setup"]

FOLDERS = ("codes", "notes", "reference")
FONT = "STIXTwoMath-Regular.ttf"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what the book needs."""
    app.connect("builder-inited", write)
    app.connect("doctree-read", trim)
    app.connect("build-finished", add_font)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.add_post_transform(NamesAsLinks)
    app.add_post_transform(Unbroken)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(app: Sphinx) -> None:
    """Write the generated pages and the pictures, those in a process of their own: Sphinx forks, JAX has threads."""
    source = Path(app.srcdir)
    written = set()
    for makers in (notes, mistakes, reference, measurements):
        for name, content in makers.pages():
            path = source / f"{name}.rst"
            path.parent.mkdir(exist_ok=True)
            written.add(path)
            if not path.is_file() or path.read_text(encoding="utf-8") != content:
                path.write_text(content, encoding="utf-8")
    for folder in FOLDERS:
        for path in (source / folder).glob("*.rst"):
            if path not in written:
                path.unlink()
    subprocess.run([sys.executable, "-m", "docs.book.pictures", source / "pictures"], check=True, cwd=source.parent)


def trim(app: Sphinx, document: nodes.document) -> None:
    """Take the last empty line off a listing, which doctest needs between an output and the end of the block."""
    for listing in document.findall(nodes.literal_block):
        listing.rawsource = listing.astext().rstrip()
        listing[:] = [nodes.Text(listing.rawsource)]


def add_font(app: Sphinx, exception: Exception | None) -> None:
    """Give the pages a font with tall brackets, which not every system has; it comes with ziamath, under the OFL."""
    if exception is None:
        with resources.as_file(resources.files("ziamath") / "fonts" / FONT) as path:
            shutil.copy(path, Path(app.outdir) / "_static" / FONT)


# Formulas


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own, which scrolls by itself where it is too wide."""
    translator.body.append(f'<div class="formula" tabindex="0">{mathml(node.astext(), block=True)}</div>\n')
    raise nodes.SkipNode


# Links

_IN_PARENTHESES = re.compile(r"(?<=\()\d\.\d+(?=\))")
_ALONE = re.compile(r"^\d\.\d+$")
"""On the page of all equation numbers; anywhere else a number is a number."""


class NamesAsLinks(SphinxPostTransform):
    """Public functions, codes and equation numbers lead to their places wherever a page names them."""

    default_priority = 5  # before references are resolved

    def run(self, **options: Any) -> None:
        """Wrap each name in a link."""
        for literal in list(self.document.findall(nodes.literal)):
            name = literal.astext().removeprefix("handgrad.").partition("(")[0]
            home = reference.home(name)
            if home and not _within(literal, *_LINKED):
                target = self._link(refdomain="py", reftype="obj", reftarget=f"{home}.{name}")
                literal.parent.replace(literal, target)
                target += literal
        for text in list(self.document.findall(nodes.Text)):
            if not _within(text, *_LINKED, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw):
                parts = self._parts(text.astext())
                if len(parts) > 1:
                    text.parent.replace(text, parts)

    def _parts(self, text: str) -> list[nodes.Node]:
        """A text with each number of an equation as a link, or with the code that it is."""
        if text in CODES:
            link = self._link(refdomain="std", reftype="doc", reftarget=f"/codes/{text}", refexplicit=True)
            link += nodes.inline(text, text)
            return [link, nodes.Text("")]
        parts: list[nodes.Node] = []
        position = 0
        pattern = _ALONE if self.env.docname == "equations" else _IN_PARENTHESES
        for number in pattern.finditer(text):
            if number[0] in TITLES:
                label = f"eq-{number[0].replace('.', '-')}"
                link = self._link(refdomain="std", reftype="ref", reftarget=label, refexplicit=True)
                link += nodes.inline(number[0], number[0])
                parts += [nodes.Text(text[position : number.start()]), link]
                position = number.end()
        return [*parts, nodes.Text(text[position:])]

    def _link(self, **target: Any) -> addnodes.pending_xref:
        return addnodes.pending_xref("", refdoc=self.env.docname, refwarn=True, **target)


class Unbroken(SphinxPostTransform):
    """A formula in a sentence stays on the line of the punctuation beside it."""

    default_priority = 900

    def run(self, **options: Any) -> None:
        """Put both into one span."""
        for formula in list(self.document.findall(nodes.math)):
            parent, at = formula.parent, formula.parent.index(formula)
            around = [parent[i] if 0 <= i < len(parent) else None for i in (at - 1, at + 1)]
            before, after = (node.astext() if isinstance(node, nodes.Text) else "" for node in around)
            text, opening = _split(r"[(\[]*$", before)
            rest, closing = _split(r"^[^\s\w(\[]+", after)
            if opening or closing:
                span = nodes.inline(
                    "", "", nodes.Text(opening), formula.deepcopy(), nodes.Text(closing), classes=["unbroken"]
                )
                parent[at] = span
                if opening:
                    parent[at - 1] = nodes.Text(text)
                if closing:
                    parent[at + 1] = nodes.Text(rest)


def _split(pattern: str, text: str) -> tuple[str, str]:
    """The text without what matches, and what matches."""
    found = re.search(pattern, text)
    return (
        (text.replace(found[0], "", 1) if found.start() == 0 else text[: found.start()], found[0])
        if found
        else (text, "")
    )


_LINKED = (nodes.reference, addnodes.pending_xref, nodes.title, addnodes.desc_signature)


def _within(node: Any, *kinds: type[nodes.Node]) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False
