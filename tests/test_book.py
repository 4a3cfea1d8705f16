"""The built book in a browser: formulas are typeset, nothing is fetched, links lead somewhere, a phone is wide enough.

``HANDGRAD_BOOK`` names a folder with the built pages; without it they are built here, or the tests skipped where that
cannot be. All run in one process.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from docs.equations import NOTES, TITLES, functions_by_equation
from handgrad.oracle.codes import CODES

ROOT = Path(__file__).parent.parent
NEEDED = ("playwright", "sphinx", "furo", "myst_parser", "latex2mathml", "ziamath", "matplotlib", "sklearn")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PHONE: Any = {"width": 360, "height": 740}


def missing() -> str:
    """What this computer lacks; empty if it has everything."""
    packages = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if packages:
        return f"{', '.join(packages)} not installed: python -m pip install '.[docs]'"
    return "" if any(map(shutil.which, BROWSERS)) else f"no browser found, looked for {', '.join(BROWSERS)}"


pytestmark = [
    pytest.mark.skipif(
        bool(missing()) and "HANDGRAD_BOOK" not in os.environ, reason=f"the book is not opened: {missing()}"
    ),
    pytest.mark.xdist_group("book"),
]


class Page(NamedTuple):
    """What a browser sees of a page at a phone's width, with everything unfolded."""

    name: str
    requests: list[str]
    errors: list[str]
    formulas: int
    flat: list[str]
    """Formulas without a size, and fractions whose parts are not above each other."""
    words: str
    """What a reader sees outside of code and formulas."""
    formula_text: str
    ids: set[str]
    links: list[str]
    overflow: int
    """How much wider than its box the page is, in pixels."""
    wide: list[str]
    """Elements that stick out of the page and do not scroll by themselves."""
    sections: dict[str, str]
    """The text of each section that has an anchor of an equation."""


SEEN = r"""
() => {
    document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
    const formulas = [...document.querySelectorAll("math")];
    const box = (element) => element.getBoundingClientRect();
    const flat = formulas.filter((math) => box(math).width < 2 || box(math).height < 2).map((math) => math.textContent);
    for (const fraction of document.querySelectorAll("mfrac")) {
        const [above, below] = fraction.children;
        if (box(above).bottom > box(below).top + 1) { flat.push(fraction.textContent); }
    }
    const article = document.querySelector("article");
    const scrolls = (element) => element !== null && element !== article
        && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    const wide = [...document.querySelectorAll("article *")]
        .filter((element) => box(element).right > innerWidth + 1 && !scrolls(element))
        .map((element) => `${element.tagName} ${element.textContent.slice(0, 60)}`);
    const copy = document.querySelector("article, [role=main]")?.cloneNode(true);
    copy?.querySelectorAll("math, pre, code, script").forEach((element) => element.remove());
    const anchors = [...document.querySelectorAll("[id^=eq-]")];
    return {
        formulas: formulas.length,
        flat,
        words: copy?.textContent ?? "",
        formula_text: formulas.map((math) => math.textContent).join(" "),
        ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
        links: [...document.querySelectorAll("a[href]")].map((link) => link.href),
        overflow: Math.max(...[...document.querySelectorAll("html, body, .content")].map(
            (element) => element.scrollWidth - element.clientWidth)),
        wide,
        sections: Object.fromEntries(anchors.map((anchor) => [anchor.id, anchor.closest("section").textContent])),
    };
}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book."""
    if "HANDGRAD_BOOK" in os.environ:
        folder = Path(os.environ["HANDGRAD_BOOK"]).resolve()
        assert (folder / "index.html").is_file(), f"HANDGRAD_BOOK: there is no book in {folder}"
        return folder
    folder = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "sphinx", "-a", "-q", "-W", "--keep-going", "docs", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    """A tab of a headless browser that may not reach anything but files."""
    from playwright import sync_api

    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_api.sync_playwright() as playwright:
        # Chromium's sandbox does not start for root or in a container, and nothing but our own pages is opened.
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running.new_context(viewport=PHONE, offline=True).new_page()
        running.close()


@pytest.fixture(scope="module")
def pages(book: Path, tab: Any) -> list[Page]:
    """Every page, opened once; without the listings of whole modules."""
    paths = [path for path in sorted(book.rglob("*.html")) if not path.relative_to(book).parts[0].startswith("_")]
    requests: list[str] = []
    errors: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("requestfailed", lambda request: errors.append(f"not loaded: {request.url}"))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: errors.extend([message.text] * (message.type == "error")))
    found = []
    for path in paths:
        tab.goto(path.as_uri())
        seen = tab.evaluate(SEEN)
        name = path.relative_to(book).as_posix()
        found.append(Page(name, requests[:], errors[:], **{**seen, "ids": set(seen["ids"])}))
        requests.clear()
        errors.clear()
    return found


def test_no_request_leaves_the_machine(pages: list[Page]) -> None:
    assert len(pages) > len(NOTES) + len(CODES)
    outside = {request for page in pages for request in page.requests if not request.startswith(("file:", "data:"))}
    assert not outside
    assert not {page.name: page.errors for page in pages if page.errors}


def test_formulas_are_typeset(pages: list[Page]) -> None:
    formulas = {page.name: page.formulas for page in pages}
    assert all(formulas[f"notes/{note}.html"] > 50 for note in NOTES)
    assert not {page.name: page.flat for page in pages if page.flat}
    raw = re.compile(r"\\[A-Za-z]+|\$\$|[_^]\{|\\\(|:[a-z]+:`|`")
    assert not {page.name: raw.findall(page.words) for page in pages if raw.search(page.words)}
    assert not {page.name for page in pages if re.search(r"[\\&$]", page.formula_text)}


def test_links_and_anchors_resolve(pages: list[Page], book: Path) -> None:
    ids = {(book / page.name).as_uri(): page.ids for page in pages}
    broken = set()
    for page in pages:
        for link in page.links:
            address, anchor = urllib.parse.urldefrag(link)
            if address.startswith("file:"):
                path = Path(urllib.parse.unquote(urllib.parse.urlsplit(address).path))
                found = path.is_file() and (not anchor or address not in ids or anchor in ids[address])
                broken |= set() if found else {(page.name, link)}
    assert not broken


def test_nothing_sticks_out_at_the_width_of_a_phone(pages: list[Page]) -> None:
    assert not {page.name: page.overflow for page in pages if page.overflow > 0}
    assert not {page.name: page.wide for page in pages if page.wide}


def test_each_equation_has_a_place_that_names_its_functions(pages: list[Page]) -> None:
    sections = {(page.name, anchor): text for page in pages for anchor, text in page.sections.items()}
    functions = functions_by_equation()
    assert functions.keys() == TITLES.keys()
    for number, names in functions.items():
        text = sections[f"notes/{number.partition('.')[0]}.html", f"eq-{number.replace('.', '-')}"]
        assert f"({number})" in text
        assert not [name for name in names if not re.search(rf"\b{name}\b", text)], number


def first_found(tab: Any, book: Path, query: str) -> str:
    """Where the first result of a search leads."""
    tab.goto(f"{(book / 'search.html').as_uri()}?q={urllib.parse.quote(query)}")
    tab.wait_for_function("document.querySelector('#search-results ul.search')")
    tab.wait_for_function("document.querySelector('#search-results .search-summary').textContent")
    links = tab.locator("#search-results ul.search li a").evaluate_all("links => links.map((link) => link.href)")
    assert links, f"{query} is not found"
    return links[0].removeprefix(f"{book.as_uri()}/")


NUMBERS = [*list(TITLES)[::9], "2.3", "2.32", "3.2"]


@pytest.mark.parametrize("form", ["{}", "({})"])
def test_a_search_for_a_number_finds_the_equation(tab: Any, book: Path, form: str) -> None:
    found = {number: first_found(tab, book, form.format(number)) for number in NUMBERS}
    assert found == {number: f"notes/{number[0]}.html#eq-{number.replace('.', '-')}" for number in NUMBERS}


def test_a_search_finds_functions_and_codes(tab: Any, book: Path) -> None:
    assert first_found(tab, book, "softmax_vjp") == "reference/probabilities.html#handgrad.probabilities.softmax_vjp"
    assert first_found(tab, book, "HG203").startswith("codes/HG203.html")
