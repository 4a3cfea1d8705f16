"""The codes and their texts: each is complete, its example shows what it says, and each mistake has one."""

from __future__ import annotations

import doctest
import itertools
import re
from typing import Any

import numpy as np
import pytest

from handgrad import catalogue
from handgrad.catalogue import FORMULAS
from handgrad.oracle import claiming, codes, inputs
from handgrad.oracle.claiming import Claim
from handgrad.oracle.codes import CODES, Code, algebra, arrays, chain, contract, losses, probabilities, returned, scale
from handgrad.oracle.comparison import truths_of
from handgrad.oracle.mistakes import MISTAKES, USUAL, wrong_versions

FILES = (contract, scale, probabilities, returned, chain, losses, arrays, algebra)
CLAIMABLE = ("derivative", "diagonal", "vjp")
DRAWS = 4
SAME = {("softmax_vjp", "upstream forgotten", "zeros")}
"""A sum of probabilities does not change, so that the pullback of ones is 0."""

each_code = pytest.mark.parametrize("code", CODES.values(), ids=list(CODES))
each_claim = pytest.mark.parametrize(
    "claim",
    [Claim(formula, part) for formula in FORMULAS.values() for part in formula.companions if part != "jvp"],
    ids=str,
)


def test_no_code_is_given_twice() -> None:
    given = [code.code for file in FILES for code in file.CODES]
    assert sorted(given) == sorted(set(given)) == list(CODES)
    assert all(re.fullmatch(r"HG[12]\d\d", code) for code in given)


@each_code
def test_every_code_has_all_its_texts(code: Code) -> None:
    clauses = (code.title, code.seen, code.help, code.idea)
    assert all(text and text == text.strip() and not text.endswith(".") for text in clauses)
    assert all("\n" not in text and ". " not in text for text in (code.title, code.seen, code.help))
    assert len(code.title) <= 50, "it must fit into a table"
    assert len(code.story.split("\n\n")) >= 2
    assert len(code.idea) <= 120


@each_code
def test_stories_cite_equations_that_are_in_the_notes(code: Code) -> None:
    found = [function for formula in FORMULAS.values() for function in (formula.value, *formula.companions.values())]
    known = {n for function in found for n in catalogue.equations_of(function)}
    known |= {n for equations in catalogue.tools().values() for n in equations}
    groups = re.findall(r"\((\d\.\d{1,2}(?:, \d\.\d{1,2})*)\)", f"{code.story} {code.idea}")
    cited = {number for group in groups for number in group.split(", ")}
    assert cited <= known
    assert cited or code.code.startswith("HG1")


@each_code
def test_examples_show_what_is_wrong(code: Code) -> None:
    example = doctest.DocTestParser().get_doctest(code.example, {}, code.code, None, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(example, clear_globs=False)
    assert runner.failures == 0
    assert differ(example.globs["wrong"], example.globs["right"])
    if code.code.startswith("HG2"):
        assert "from handgrad import" in code.example, "the right one is a verified function's"


def differ(wrong: Any, right: Any) -> bool:
    numbers = all(np.asarray(found).dtype.kind == "f" for found in (wrong, right))
    if not numbers or np.shape(wrong) != np.shape(right):
        return wrong is not right and not np.array_equal(wrong, right)
    return not np.allclose(wrong, right, rtol=1e-3)


def test_find() -> None:
    assert codes.find("hg203") is CODES["HG203"]
    with pytest.raises(KeyError, match="no code is called 'HG2003'; did you mean HG203"):
        codes.find("HG2003")
    with pytest.raises(KeyError, match="no code is called 'E0308'; `handgrad explain` lists them all"):
        codes.find("E0308")


# The mistakes under them


def test_every_mistake_that_can_be_claimed_has_a_code() -> None:
    assert [str(m) for m in MISTAKES if m.part in CLAIMABLE and m.code not in CODES] == []
    assert [str(m) for m in MISTAKES if m.part not in CLAIMABLE and m.code] == []


def test_what_disagrees_in_numbers_has_a_name() -> None:
    seen = [m for m in MISTAKES if m.part in CLAIMABLE and m.raises is AssertionError and m.dtype == "float64"]
    nameless = {str(m) for m in seen if not m.code.startswith("HG2")}
    assert nameless == {"sigmoid, diagonal: float32 for float64", "relu, diagonal: truth values"}


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("HG2")])
def test_every_name_has_its_mistakes(code: str) -> None:
    assert [m for m in MISTAKES if m.code == code]


def test_element_wise_functions_have_the_usual_mistakes() -> None:
    for formula in FORMULAS.values():
        diagonal = {m.code for m in MISTAKES if m.formula == formula.name and m.part == "diagonal"}
        vjp = {m.code for m in MISTAKES if m.formula == formula.name and m.part == "vjp"}
        if formula.elementwise and formula.module in ("activations", "elementary"):
            assert formula.name in ("identity", "exp") or "HG210" in diagonal, f"{formula.name} itself"
            assert formula.name == "unit_step" or "HG221" in vjp, f"{formula.name} without the upstream"
            assert formula.name == "identity" or "HG224" in vjp, f"{formula.name} without its derivative"
        if {"y", "label"} & formula.axes.keys() and formula.module in ("losses", "probabilities"):
            own = {m.code for m in MISTAKES if m.formula == formula.name and m.part in ("diagonal", "derivative")}
            assert "HG212" in own, f"{formula.name} itself"


@each_claim
def test_no_two_names_have_the_same_numbers(claim: Claim) -> None:
    """Else the wrong one of them might be given."""
    batched = claim.part == "vjp"
    generator = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        letters = inputs.letters_of(claim.formula)
        samples, *sizes = map(int, generator.permutation(np.arange(3, 4 + len(letters))))
        shape = inputs.Shape(tuple(zip(letters, sizes, strict=True)), (samples,) if batched else ())
        draws.append(inputs.draw(claim, shape, generator))
    found: dict[str, list[tuple[Any, ...]]] = {"correct": [tuple(t.value for t in truths_of(claim, d)) for d in draws]}
    for name, version in wrong_versions(claim, batched=batched):
        with np.errstate(all="ignore"):
            found[name] = [version({key: array.copy() for key, array in letters.items()}) for letters in draws]
    same = {
        (str(claim), *sorted(pair))
        for pair in itertools.combinations(found, 2)
        if all(equal(*both) for both in zip(found[pair[0]], found[pair[1]], strict=True))
    }
    assert same <= SAME


def equal(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    return len(first) == len(second) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-10, atol=1e-13, equal_nan=True)
        for a, b in zip(first, second, strict=True)
    )


def test_usual_mistakes_are_those_of_every_formula() -> None:
    assert {m.formula for m in USUAL} == {*FORMULAS} - {"unit_step"}


def test_what_only_a_batch_shows_of_a_network_shows_of_a_mean_in_one_sample() -> None:
    mean, network = claiming.parse("mean_squared_error_gradient"), claiming.parse("mlp_gradients")
    for claim, batched, shown in ((mean, False, True), (network, False, False), (network, True, True)):
        assert ("1/N forgotten" in dict(wrong_versions(claim, batched=batched))) == shown
