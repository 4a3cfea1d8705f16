"""Mistakes are called by their names, in whatever way they are written; what has no name is given none.

Each mistake is judged as the oracle's own data have it, and as a student wrote it in loops and scalars.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from handgrad.catalogue import FORMULAS
from handgrad.oracle import networks
from handgrad.oracle.checking import check
from handgrad.oracle.claiming import Claim, parse
from handgrad.oracle.mistakes import named_versions, wrong_versions
from handgrad.oracle.report import Result
from tests import handed_in
from tests.named import NAMED, Named
from tests.second_ways import OF_A_BATCH, SECOND_WAYS

Real = np.ndarray[Any, Any]
QUICK = 6
"""One of so many mistakes is judged in the quick run."""
_PARTS = {"derivative": ("jacobian", "gradient"), "diagonal": ("derivative",), "vjp": ("vjp",)}

CLAIMS = [Claim(formula, part) for formula in FORMULAS.values() for part in formula.companions if part != "jvp"]
NETWORKS = [
    parse(f"{name}({', '.join(f'{option}={value!r}' for option, value in options.items())})")
    for name in networks.CLAIMS
    for options in networks.variants(name, 2, None, None)
]


def judged(function: Callable[[Mapping[str, Real]], Any], claim: Claim, **options: Any) -> Result:
    """The verdict on a function of the claim's letters."""
    names = list(claim.letters)

    def candidate(letters: Mapping[str, Real]) -> Any:
        with np.errstate(all="ignore"):
            return function(letters)

    def call(f: Callable[..., Any], **letters: Any) -> Any:
        if isinstance(claim.formula, networks.Network):
            letters.update({f"{name}[{m}]": a for name in ("W", "b") for m, a in enumerate(letters[name])})
        return f({name: letters[name] for name in names})

    return check(candidate, str(claim), call=call, **options).results[0]


def ways(claim: Claim) -> Iterator[tuple[str, str, Callable[[Mapping[str, Real]], Any]]]:
    """Each mistake of a claim that the oracle must see: its code, its name, and each way in which it is written."""
    seen = {name for name, _ in wrong_versions(claim, batched=claim.sums)}
    if claim.bar and claim.formula.elementwise:  # a cotangent times each wrong derivative
        seen |= {name for name, _ in wrong_versions(Claim(claim.formula, "derivative"), batched=False)}
    for code, name, version in named_versions(claim):
        if name not in seen:
            continue
        yield code, name, version
        for part in ("diagonal", "derivative", "vjp"):
            key = (claim.formula.name, part, name)
            if key in SECOND_WAYS and claim.part in _PARTS[part] and (claim.sums or key not in OF_A_BATCH):
                yield code, f"{name}, in loops", as_a_student(SECOND_WAYS[key], claim, batch=key in OF_A_BATCH)


def as_a_student(function: Callable[..., Any], claim: Claim, *, batch: bool) -> Callable[[Mapping[str, Real]], Any]:
    """A function for one sample, which does not run on a batch, or for a batch, which does not run on one sample."""
    name = next(name for name, axes in claim.formula.axes.items() if name not in claim.formula.shared)
    axes = claim.formula.axes[name]
    core = 1 if axes == ("*shape",) else len(axes) - 1

    def one(letters: Mapping[str, Real]) -> Any:
        if (letters[name].ndim > core) != batch:
            raise ValueError("meant for a batch" if batch else "meant for one sample")
        return function(**letters)

    return one


def named(claim: Claim, *, of: int = 1) -> Named:
    """How many of a claim's mistakes get their names, and which do not; every ``of``-th of them."""
    found = Named()
    start = zlib.crc32(str(claim).encode())
    for i, (code, name, function) in enumerate(ways(claim)):
        if (start + i) % of == 0:
            result = judged(function, claim)
            codes = [diagnosis.code for diagnosis in result.diagnosis]
            right = result.verdict == "wrong" and code in codes
            said = () if right else (f"{claim}, {name}: {code}, not {result.verdict} {codes}",)
            found = found.joined(Named(1, int(right), said))
    return found


@pytest.mark.parametrize("claim", [*CLAIMS, *NETWORKS[::5]], ids=str)
def test_mistakes_have_their_names_quick(claim: Claim) -> None:
    found = named(claim, of=QUICK)
    NAMED["a sample"] = NAMED.get("a sample", Named()).joined(found)
    assert not found.missed


@pytest.mark.slow
@pytest.mark.parametrize("claim", [*CLAIMS, *NETWORKS[::3]], ids=str)
def test_mistakes_have_their_names(claim: Claim) -> None:
    found = named(claim)
    NAMED["all"] = NAMED.get("all", Named()).joined(found)
    assert not found.missed


@pytest.mark.parametrize(
    ("code", "named", "call"),
    [
        ("def tanh_backward(grad_output, output): return grad_output * (1 - output)", "HG254", "(a_bar, a)"),
        ("def tanh_prime(a): return 1 - a", "HG254", "(a)"),
        ("def sigmoid_prime(s): return s * (1 + s)", "HG201", "(a)"),
        ("def sigmoid_backward(grad_output, output): return grad_output * output * (1 - output) ** 4", "HG100", "a)"),
        ("def tanh_prime(z): return 1 - np.tanh(z)", "HG254", "(z)"),
        ("def tanh_backward(g, z): return g * (1 - np.tanh(z))", "HG254", "(a_bar, z)"),
    ],
)
def test_slips_in_what_is_written_in_the_output(code: str, named: str, call: str) -> None:
    result = handed_in.judged(code)
    assert [diagnosis.code for diagnosis in result.diagnosis] == [named]
    assert str(result.call).endswith(call)


@pytest.mark.parametrize(
    ("returned", "code", "right"),
    [
        ("grad @ W, grad.T @ x, grad.mean(0)", "HG244", "x_bar, W_bar are right"),
        ("grad @ W, grad.T @ x / len(x), grad.sum(0)", "HG244", "x_bar, b_bar are right"),
        ("grad @ W, 2 * grad.T @ x, grad.sum(0)", "HG202", "x_bar, b_bar are right"),
        ("grad @ W, x.T @ grad, grad.sum(0)", "HG241", "W_bar, b_bar are right"),
    ],
)
def test_weights_with_a_row_for_each_output_are_not_blamed(returned: str, code: str, right: str) -> None:
    """They run with the notes' (n, k) only where n = k, and there x_bar would be wrong too."""
    result = handed_in.judged(f"def dense_backward(grad, x, W, b): return {returned}")
    assert [diagnosis.code for diagnosis in result.diagnosis] == [code]
    assert right in result.notes


# No false names

IRRATIONAL = st.sampled_from([0.37, 1.73, -0.61, 2.9])
TERMS: tuple[Callable[[Real], Real], ...] = (np.sin, np.cos, np.tanh, np.cbrt, lambda z: z**2, lambda z: 1 / (2 + z**2))


@st.composite
def formulas(draw: st.DrawFn) -> Callable[[Real], Real]:
    """A sum of some functions with factors that no formula has."""
    parts = draw(st.lists(st.tuples(IRRATIONAL, IRRATIONAL, st.sampled_from(TERMS)), min_size=1, max_size=3))
    return lambda z: sum((a * term(b * z) for a, b, term in parts), np.zeros(z.shape)) + 0.11


@pytest.mark.parametrize("name", ["sigmoid_derivative", "tanh_derivative", "exp_derivative", "sin_derivative"])
@hypothesis.given(formulas())
@hypothesis.settings(max_examples=10)
def test_random_formulas_have_no_names(name: str, function: Callable[[Real], Real]) -> None:
    result = judged(lambda letters: function(letters["z"]), parse(name))
    assert (result.verdict, [diagnosis.code for diagnosis in result.diagnosis]) == ("wrong", ["HG100"])


@pytest.mark.parametrize(
    "name", ["softmax_jacobian", "dense_vjp", "mean_squared_error_gradient", "neuron_vjp", "dot_vjp"]
)
@hypothesis.given(function=formulas(), seed=st.integers(0, 100))
@hypothesis.settings(max_examples=8)
def test_random_changes_of_the_right_one_have_no_names(name: str, function: Callable[[Real], Real], seed: int) -> None:
    claim = parse(name)
    weights = np.random.default_rng(seed).uniform(0.3, 0.8, 16)

    def changed(letters: Mapping[str, Real]) -> tuple[Real, ...]:
        args = [letters[letter] for letter in claim.formula.axes]
        right = claim.truth(*args)[1](letters[claim.bar]) if claim.bar else claim.truth(*args)
        arrays = right if isinstance(right, tuple) else (right,)
        return tuple(array + function(array) * np.resize(weights, array.shape) for array in arrays)

    result = judged(changed, claim)
    assert (result.verdict, {diagnosis.code for diagnosis in result.diagnosis}) == ("wrong", {"HG100"})


def test_a_decimal_is_no_name_for_a_factor() -> None:
    result = judged(lambda letters: 0.37 * np.cos(letters["z"]), parse("sin_derivative"))
    assert [diagnosis.code for diagnosis in result.diagnosis] == ["HG100"]
    assert result.telling is not None
    assert "yours is 0.37 times the correct one in every entry" in result.telling.observations


# Factors, and two mistakes at once


@pytest.mark.parametrize(
    ("factor", "code", "said"),
    [
        (lambda N: 1 / 2, "HG202", "it is 1/2 times the correct one"),
        (lambda N: -2, "HG202", "it is -2 times the correct one"),
        (lambda N: N, "HG207", "it is N times the correct one"),
        (lambda N: N / 2, "HG207", "it is N/2 times the correct one"),
        (lambda N: 1 / N, "HG208", "it is 1/N times the correct one"),
        (lambda N: -1, "HG201", "its sign is flipped"),
    ],
)
def test_factors_are_expressions_of_the_shapes(factor: Callable[[int], float], code: str, said: str) -> None:
    def gradient(y: Real, y_hat: Real) -> Real:
        return factor(len(y)) * 2 * (y_hat - y) / len(y)

    (result,) = check(gradient, "mean_squared_error_gradient").results
    assert [diagnosis.code for diagnosis in result.diagnosis] == [code]
    assert result.diagnosis[0].message.startswith(said)


def test_a_factor_is_told_where_some_derivatives_are_all_0() -> None:
    """A ReLU's are, of negative numbers."""
    for factor in (2, 1 / 2, -2):
        (result,) = check(lambda z, factor=factor: factor * (z >= 0), "relu_derivative").results
        assert [diagnosis.code for diagnosis in result.diagnosis] == ["HG202"]


def test_two_mistakes_at_once_are_both_named() -> None:
    def backward(z_bar: Real, x: Real, W: Real, b: Real) -> tuple[Real, ...]:
        return z_bar @ W.T, -x.T @ z_bar, z_bar.mean(axis=0)

    (result,) = check(backward, "dense_vjp").results
    assert [(d.code, d.message.partition(":")[0]) for d in result.diagnosis] == [("HG201", "W_bar"), ("HG244", "b_bar")]
    assert result.notes == ["x_bar is right"]


def test_a_factor_beside_a_mistake() -> None:
    def jacobian(l: Real) -> Real:
        p = np.exp(l) / np.exp(l).sum()
        return -np.diag(p * (1 - p))

    (result,) = check(jacobian, "softmax_jacobian").results
    assert [diagnosis.code for diagnosis in result.diagnosis] == ["HG203", "HG201"]
