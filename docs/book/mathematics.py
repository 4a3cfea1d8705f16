r"""Mathematics for the pages: LaTeX becomes MathML while the book is built, so that a page needs no script to show it.

MathML is what browsers typeset themselves. Nothing of MathJax or KaTeX has to be kept in the repository or fetched by a
reader, formulas can be selected and read aloud, and one that cannot be converted stops the build.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from latex2mathml import converter

__all__ = ["FUNCTIONS", "as_latex", "mathml", "plain_as_latex"]

_SYMBOLS = {
    "⊙": r"\odot ",
    "⊗": r"\otimes ",
    "±": r"\pm ",
    "≥": r"\geq ",
    "≠": r"\neq ",
    "≈": r"\approx ",
    "·": r"\cdot ",
    "…": r"\dots ",
    "Σ": r"\sum ",
}
_ACCENTS = {"\u0302": "hat", "\u0304": "bar"}
FUNCTIONS = "cos|ln|log|max|sin|tan|tanh"
_LETTER = r"(?:\\(?:hat|bar|dot)\{\w\}|\\operatorname\{\w+\}\(\w\)|[^\W\d_])"
_INDEX = r"(?:[_^]\{[^{}]*\}|[_^][^\W_])"
_QUOTIENT = re.compile(rf"∂({_LETTER}{_INDEX}*)?/∂({_LETTER}{_INDEX}*)")


def as_latex(formula: str, *, fractions: bool = True) -> str:
    r"""A docstring's formula, in which symbols may stand for themselves, as LaTeX.

    >>> as_latex(r"∂J/∂ŷ_{ji} = -Σ_i \bar ŷ_i")
    '\\frac{∂ J}{∂ \\hat{y}_{ji}} = -\\sum _i \\bar{\\hat{y}}_i'
    >>> as_latex(r"(∂z/∂x, 1) ⊙ x \ln x")
    '(∂z/∂x, 1) \\odot  x \\, \\ln\\, x'
    """
    latex = re.sub(r"\\(bar|dot)\{J0\}", r"\\\1{J}_0", formula)
    latex = re.sub(r"\bJ0_(\w)", r"J_{0\1}", latex)
    latex = re.sub(r"\bJ0", "J_0", latex)
    latex = "".join(unicodedata.normalize("NFD", letter) if letter in "ŷȳ" else letter for letter in latex)
    for accent, command in _ACCENTS.items():
        latex = re.sub(rf"(\w){accent}", rf"\\{command}{{\1}}", latex)
    latex = re.sub(r"\\(bar|dot) (\\hat\{\w\})", r"\\\1{\2}", latex)
    latex = re.sub(r"\\(bar|dot)\{(\w{2,})\}", r"\\\1{\\mathit{\2}}", latex)
    latex = re.sub(r"(?<![\\A-Za-z{])(label|losses)", r"\\mathit{\1}", latex)
    latex = re.sub(r"(?<![\\A-Za-z{])diag\b", r"\\operatorname{diag}", latex)
    latex = "".join(_SYMBOLS.get(character, character) for character in latex)
    latex = re.sub(rf"(?<![\\A-Za-z])(?=(?:{FUNCTIONS})(?![A-Za-z]))", r"\\", latex)
    latex = re.sub(rf"(?<=[\w}})] )(?=\\(?:{FUNCTIONS})(?![A-Za-z]))", r"\\, ", latex)
    latex = re.sub(rf"\\({FUNCTIONS})((?:\^\w)?) (?=[\w\\])", r"\\\1\2\\, ", latex)
    return _with_fractions(latex) if fractions else latex


def _with_fractions(latex: str) -> str:
    """Derivatives as fractions; between parentheses, which do not grow with them, they stay on the line."""
    found, depth, position = "", 0, 0
    while position < len(latex):
        quotient = None if depth else _QUOTIENT.match(latex, position)
        if quotient:
            found += rf"\frac{{∂ {quotient[1] or ''}}}{{∂ {quotient[2]}}}"
            position = quotient.end()
        else:
            depth += (latex[position] in "([") - (latex[position] in ")]")
            found += latex[position]
            position += 1
    return found


_WORDS = re.compile(rf"(?<![\\{{A-Za-z])(?!(?:diag|{FUNCTIONS})\b)[a-z]{{2,}}(?:[ -][a-z]{{2,}})*:?")


def plain_as_latex(line: str, *, fractions: bool = True) -> str:
    r"""A formula typed as plain text, as in the stories of the codes, as LaTeX.

    >>> plain_as_latex("∂J/∂b = Σ_samples z̄²,  if i = α")
    '\\frac{∂ J}{∂ b} = \\sum _{\\text{samples}} \\bar{z}^2,\\quad \\text{ if } i = α'
    """
    latex = line.strip().replace("²", "^2").replace("ᵀ", "^T")
    latex = re.sub(r" {2,}", r"\\quad ", latex)
    latex = re.sub(r"\^(-\d+)", r"^{\1}", latex)
    latex = re.sub(r"([_^])([a-z]{3,})", r"\1{\\text{\2}}", latex)
    latex = re.sub(r"_([^\W_]{2})(?!\w)", r"_{\1}", latex)
    latex = re.sub(r"\^(\(\w(?:[-+]\d)?\)T?)", r"^{\1}", latex)
    latex = _WORDS.sub(r"\\text{ \g<0> }", latex)
    return as_latex(latex, fractions=fractions)


_SPACING = (
    ("&#x0005E;", "&#x002C6;"),  # the accent: a hat as tall as a letter would touch it
    ("<mi>&#x000B1;</mi>", "<mo>&#x000B1;</mo>"),
    (r'<mo stretchy="false">&#x0007C;</mo>', '<mo stretchy="false" lspace="0" rspace="0">&#x0007C;</mo>'),
    ("<mo>&#x0002F;</mo>", '<mo lspace="0" rspace="0">&#x0002F;</mo>'),
    (r"<mo>(\w{2,})</mo>", r"<mi>\1</mi>"),  # diag, sign and the like
    (
        r"(<mo[^>]*>(?:&#x0003D;|,|&#x0002C;|&#x00028;|&#x0005B;)</mo>)<mo>&#x02212;</mo>",
        r'\1<mo form="prefix">&#x02212;</mo>',  # a sign, not a difference
    ),
)


@functools.cache
def mathml(latex: str, *, block: bool = False) -> str:
    """The MathML element of a formula, spaced as on paper."""
    try:
        element = converter.convert(latex, display="block" if block else "inline")
    except Exception as error:
        raise ValueError(f"this cannot be converted to MathML: {latex!r}") from error
    for pattern, replacement in _SPACING:
        element = re.sub(pattern, replacement, element)
    return element
