"""Every hand-written value, Jacobian, gradient, pullback and tangent equals JAX's."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from handgrad.catalogue import FORMULAS, Formula
from tests.cases import cases, compare_with_jax, distinct

EXAMPLES = {"float64": 14, "float32": 3}


@pytest.mark.parametrize("dtype", EXAMPLES)
@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_hand_derivatives_equal_jax(formula: Formula, dtype: str) -> None:
    @hypothesis.settings(max_examples=EXAMPLES[dtype])
    @hypothesis.given(st.data())
    def on_random_cases(data: st.DataObject) -> None:
        compare_with_jax(data.draw(cases(formula, dtype)))

    compare_with_jax(distinct(formula, dtype))
    on_random_cases()
