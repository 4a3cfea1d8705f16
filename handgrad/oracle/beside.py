"""A derivative held against the numerical one of its forward function, on arguments that both take."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle.calling import Outcome
from handgrad.oracle.candidates import Backend
from handgrad.oracle.comparison import GROSS, Truth, differing
from handgrad.oracle.factors import Factor, constant_ratio, identified
from handgrad.oracle.forms import formed
from handgrad.oracle.numerical import Numerical, jacobian, pullback
from handgrad.oracle.pairing import Guess, Pair, Setting
from handgrad.oracle.report import ACCEPTED, Verdict, number

Real = np.ndarray[Any, Any]
Sizes = Mapping[str, int]
ENOUGH, MORE = 3, 2
"""Arguments on which a derivative is compared, and how many more settle by which factor a wrong one is off."""
NEARLY = 1e-4
"""A part of the largest entry that an epsilon in a logarithm, or under a root, does not exceed."""
FINAL = {"HG103", "HG106", "HG109"}
"""What is wrong whatever the shapes are: arguments overwritten, answers that change, no slope at a kink."""


@dataclasses.dataclass(frozen=True)
class Answered:
    """What the derivative gave for some arguments, and the forward function's value there."""

    sizes: Sizes
    letters: dict[str, Real]
    value: Real
    given: dict[str, Real]
    """The letters with a cotangent, if the derivative takes one."""
    arrays: tuple[Real, ...]


@dataclasses.dataclass(frozen=True)
class Compared:
    """A derivative and what it should be, on some arguments."""

    given: dict[str, Real]
    sizes: Sizes
    arrays: tuple[Real, ...]
    truths: tuple[Truth, ...]
    form: str

    @property
    def shaped(self) -> bool:
        """Whether all arrays have a shape in which the derivative may be written."""
        return all(array.shape == truth.value.shape for array, truth in zip(self.arrays, self.truths, strict=True))

    @property
    def fine(self) -> bool:
        """Whether all are equal."""
        return self.shaped and not any(
            differing(array, truth).any() for array, truth in zip(self.arrays, self.truths, strict=True)
        )

    @property
    def by_far(self) -> bool:
        """Whether an array is wrong by more than any loss of digits."""
        return self.shaped and any(
            bool((differing(array, truth) & (np.abs(array - truth.value) > GROSS * np.abs(truth.value).max())).any())
            for array, truth in zip(self.arrays, self.truths, strict=True)
            if truth.value.size
        )

    @property
    def nearly(self) -> bool:
        """Whether what is wrong is so little that an epsilon in the forward function may have made it."""
        return self.shaped and all(
            np.all(np.abs(array - truth.value) <= NEARLY * np.abs(truth.value).max(initial=0))
            for array, truth in zip(self.arrays, self.truths, strict=True)
        )

    @property
    def worst(self) -> tuple[Real, Truth]:
        """The first array that is wrong, and what it should be."""
        for array, truth in zip(self.arrays, self.truths, strict=True):
            if array.shape != truth.value.shape or differing(array, truth).any():
                return array, truth
        return self.arrays[0], self.truths[0]


@dataclasses.dataclass
class Own:
    """The verdict by the forward function alone."""

    pair: Pair
    positions: tuple[int, ...]
    verdict: Verdict
    code: str = "HG100"
    message: str = ""
    method: str = ""
    form: str = ""
    """How the derivative is written, where it is not in the shape of the argument."""
    in_output: bool = False
    factor: Factor | None = None
    """The derivative by the right one, where there is one such factor."""
    a_loss: bool = False
    """Whether the forward function gives a single number."""
    failing: Compared | None = None
    """Random arguments on which it is wrong."""
    smallest: Compared | None = None
    telling: Compared | None = None
    nearly: bool = False
    """Whether it is wrong by very little wherever it was compared."""
    notes: list[str] = dataclasses.field(default_factory=list)
    examples: int = 0

    @property
    def score(self) -> int:
        """How far it came: to numbers, and to the right shapes."""
        return (self.verdict == "wrong") + (self.verdict == "wrong" and self.code != "HG108")


def held_against(
    pair: Pair,
    guesses: Iterable[Guess],
    backend: Backend,
    seed: int,
    argument: str | None = None,
    *,
    shown: bool = True,
) -> Own | None:
    """The verdict for the first shapes for which the derivative is right, else for those that come closest.

    None where the forward function takes none of them. ``argument`` says whether it is stated to be written in the
    input or in the output; ``shown`` asks for the two counterexamples of a wrong one.
    """
    best, tier = None, 0
    left = iter(guesses)
    for guess in left:
        fits = best is not None and best.verdict == "wrong" and best.code != "HG108"
        ran = best is not None and best.verdict == "wrong"
        if (fits and guess.tier > tier) or (ran and guess.last):
            break
        for setting in guess.settings:
            own = _Trial(pair, setting, backend).judged(seed, argument, only_right=fits, shown=shown)
            if own is not None:
                break
        else:
            continue
        if own.verdict in ACCEPTED and own.a_loss and guess.vectors:
            own.notes += _of_rows(pair, next(left), backend, seed)
        if own.verdict in ACCEPTED or own.code in FINAL:
            return own
        if not fits and (best is None or own.score > best.score):
            best, tier = own, guess.tier
        if guess.decides and own.verdict == "wrong":
            break
    return best


def _of_rows(pair: Pair, rows: Guess, backend: Backend, seed: int) -> Iterator[str]:
    """What is said of a loss whose derivative is right for vectors, but not for rows of them."""
    found = (
        _Trial(pair, setting, backend).judged(seed, None, only_right=False, shown=False) for setting in rows.settings
    )
    own = next((own for own in found if own is not None), None)
    if own is not None and own.factor is not None:
        yield f"of arrays with a row for each sample it is {own.factor} times the derivative"


class _Trial:
    """A pair with what its arguments are taken for."""

    def __init__(self, pair: Pair, setting: Setting, backend: Backend) -> None:
        self.pair, self.setting, self.backend = pair, setting, backend
        self.method, self.examples = "", 0

    def judged(self, seed: int, argument: str | None, *, only_right: bool, shown: bool = True) -> Own | None:
        """The verdict on several random arguments; None where the forward function takes none of them.

        Where ``only_right`` is asked for, the first wrong array ends it.
        """
        answers = self._answers(seed)
        answered: list[Answered] = []
        for answer in itertools.islice(answers, ENOUGH):
            if isinstance(answer, Own):
                return answer
            answered.append(answer)
        if not answered:
            return None
        own = self._compared(answered, itertools.islice(answers, MORE), argument, only_right)
        if own is not None and own.verdict in ACCEPTED:
            own = self._confirmed(own, answers, argument, only_right)
        if own is not None and own.failing is not None and shown:
            own.smallest = self._shown(own, self.setting.small()) or own.failing
            own.telling = self._shown(own, self.setting.telling()) or own.smallest
        if own is not None and own.verdict == "right" and self.setting.beyond is not None:
            return _Trial(self.pair, self.setting.beyond, self.backend).far(own, seed)
        return own

    def _confirmed(self, own: Own, answers: Iterator[Answered | Own], argument: str | None, only_right: bool) -> Own:
        """What is right on the first arguments, unless it is wrong on further ones."""
        further: list[Answered] = []
        for answer in answers:
            if isinstance(answer, Own):
                return answer
            further.append(answer)
        second = self._compared(further, iter(()), argument, only_right) if further else None
        return own if second is None or second.verdict in ACCEPTED else second

    def far(self, own: Own, seed: int) -> Own:
        """What is right near 0, unless it is wrong by far elsewhere; a right formula may have lost its digits there."""
        for answer in self._answers(seed):
            if not isinstance(answer, Answered):
                continue
            held = self._held(answer.given, answer.sizes, answer.arrays, own.positions)
            if held is not None and held.form == own.form and held.by_far:
                message = "it is right between -2 and 2, and wrong farther away"
                shown = self._shown(own, self.setting.scattered(), by_far=True) or held
                return dataclasses.replace(
                    own, verdict="wrong", message=message, failing=held, smallest=shown, telling=held
                )
        return own

    def _answers(self, seed: int) -> Iterator[Answered | Own]:
        """What the derivative gives, setting by setting, or the verdict where it gives nothing to compare."""
        for i, (sizes, letters, value) in enumerate(self._known(np.random.default_rng(seed))):
            given = self._given(letters, value, np.random.default_rng((seed, i)))
            outcome = self._called(given)
            if outcome.error is not None:
                yield self._ended("unusable", "HG102", f"{self.pair.derivative} {outcome.complaint}")
            elif outcome.breach:
                yield self._ended("wrong", *outcome.breach)
            else:
                yield Answered(sizes, letters, value, given, outcome.arrays)

    def _ended(self, verdict: Verdict, code: str, message: str) -> Own:
        return Own(self.pair, self.setting.by[:1], verdict, code, message, examples=self.examples)

    def _known(self, generator: np.random.Generator) -> Iterator[tuple[Sizes, dict[str, Real], Real]]:
        """Arguments at which the forward function is finite, and its value; none if it is not so at the first."""
        for i, (sizes, letters) in enumerate(self.setting.drawn(generator)):
            value = self._value(letters)
            if value is not None:
                yield sizes, letters, value
            elif i == 0:
                return

    def _value(self, letters: Mapping[str, Real]) -> Real | None:
        outcome = self.backend.call(self.pair.forward, letters)
        if outcome.error is not None or not outcome.repeatable:
            return None
        return outcome.arrays[0] if np.isfinite(outcome.arrays[0].astype(float)).all() else None

    def _called(self, given: Mapping[str, Real]) -> Outcome:
        self.examples += 1
        return self.backend.call(self.pair.derivative, given)

    def _given(self, letters: dict[str, Real], value: Real, generator: np.random.Generator) -> dict[str, Real]:
        """The arguments with a cotangent, if the derivative takes one."""
        if self.pair.bar is None:
            return letters
        return {**letters, self.pair.bar: np.asarray(generator.uniform(-2, 2, value.shape))}

    # The truth

    def _truth(self, given: Mapping[str, Real], position: int) -> Numerical | None:
        """The derivative of the forward function by one argument, numerically."""
        args = [given[letter] for letter in self.pair.letters]
        if args[position].dtype.kind != "f":
            return None

        def function(*moved: Real) -> Real:
            outcome = self.backend.call(
                self.pair.forward, dict(zip(self.pair.letters, map(np.asarray, moved), strict=True))
            )
            if outcome.error is not None:
                raise ValueError(outcome.error)
            return outcome.arrays[0]

        try:
            bar = given.get(self.pair.bar) if self.pair.bar else None
            found = jacobian(function, args, position) if bar is None else pullback(function, args, position, bar)
        except (TypeError, ValueError):
            return None
        self.method = self.method or found.method
        return found

    def _held(
        self, given: Mapping[str, Real], sizes: Sizes, arrays: tuple[Real, ...], by: tuple[int, ...]
    ) -> Compared | None:
        """The arrays beside the derivatives by these arguments, if there is one for each."""
        if len(arrays) != len(by):
            return None
        truths, forms = [], []
        for array, position in zip(arrays, by, strict=True):
            found = self._truth(given, position)
            if found is None:
                return None
            axes = found.value.ndim - given[self.pair.letters[position]].ndim
            form, truth = formed(array, found, axes, self.pair.letters[position])
            truths.append(truth)
            forms.append(form)
        said = [
            f"{f'by {self.pair.letters[p]} ' if len(by) > 1 else ''}{form}"
            for p, form in zip(by, forms, strict=True)
            if form
        ]
        return Compared(dict(given), sizes, arrays, tuple(truths), "; ".join(said))

    # The comparison

    def _compared(
        self, answered: Sequence[Answered], more: Iterator[Answered | Own], argument: str | None, only_right: bool
    ) -> Own | None:
        found = next(self._by(answered, only_right), None)
        if found is None or not any(np.isfinite(truth.size).any() for each in found[1] for truth in each.truths):
            return None
        by, compared = found
        own = Own(self.pair, by, "right", method=self.method, form=compared[0].form, examples=self.examples)
        own.a_loss = answered[0].value.ndim == 0
        right = all(each.fine for each in compared)
        in_input = right and argument != "output"
        in_output = not in_input and self.pair.may_be_in_output and self._in_output(answered)
        if in_input or (right and in_output):
            if len(self.pair.letters) == 1 and self.pair.bar is None:
                self._at_kink(own)
            return own
        if in_output and argument != "input":
            own.verdict, own.in_output = "right-in-convention", True
            return own
        own.verdict, own.nearly = "wrong", all(each.nearly for each in compared)
        if only_right:
            return own
        if right:
            own.code, own.message = "HG225", "it is written in the input; stated is the output"
            return own
        own.code = "HG100" if all(each.shaped for each in compared) else "HG108"
        if own.code == "HG108":
            array, truth = next(each for each in compared if not each.shaped).worst
            own.message = f"the derivative has shape {array.shape}, correct is {truth.value.shape}"
        else:
            held = (self._held(a.given, a.sizes, a.arrays, by) for a in more if isinstance(a, Answered))
            own.factor = self._factor([*compared, *filter(None, held)])
            own.code, own.message = self._named(answered)
        own.failing = next(each for each in compared if not each.fine)
        return own

    def _by(self, answered: Sequence[Answered], only_right: bool) -> Iterator[tuple[tuple[int, ...], list[Compared]]]:
        """Which arguments the arrays are the derivatives by: as many as there are arrays, the likeliest first."""
        letters, arrays = answered[0].letters, answered[0].arrays
        names, count = self.pair.letters, len(arrays)
        if count == 1:
            first, *others = self.setting.by
            shape = letters[names[first]].shape
            fitting = [i for i in others if letters[names[i]].shape == arrays[0].shape != shape]
            possible = [(i,) for i in (first, *fitting)]
        else:
            possible = [*itertools.combinations(range(len(names)), count)]
        best: tuple[tuple[int, ...], list[Compared]] | None = None
        for by in possible:
            compared = []
            for each in answered:
                held = self._held(each.given, each.sizes, each.arrays, by)
                if held is None:
                    break
                compared.append(held)
                if not held.fine and (only_right or best is not None):
                    break
            if not compared:
                continue
            if len(compared) == len(answered) and all(each.fine for each in compared):
                yield by, compared
                return
            best = best or (by, compared)
        if best is not None:
            yield best

    def _in_output(self, answered: Sequence[Answered]) -> bool:
        """Whether the derivative is right if it is given the value in the place of the argument: a(1 - a)."""
        (letter,) = self.pair.letters
        for each in answered:
            outcome = self._called({**each.given, letter: each.value})
            if outcome.error is not None or each.value.shape != each.letters[letter].shape:
                return False
            held = self._held(each.given, each.sizes, outcome.arrays, (0,))
            if held is None or not held.fine:
                return False
        return True

    def _factor(self, compared: Sequence[Compared]) -> Factor | None:
        """The one factor by which every array is off, if there is one."""
        ratios, sizes = [], []
        for each in compared:
            if not any(array.any() or truth.value.any() for array, truth in zip(each.arrays, each.truths, strict=True)):
                continue  # nothing to tell it by
            found = [constant_ratio(a, t.value) for a, t in zip(each.arrays, each.truths, strict=True)]
            known = [ratio for ratio in found if ratio is not None]
            if len(known) < len(found) or not np.allclose(known, known[0], rtol=1e-9):
                return None
            ratios.append(known[0])
            sizes.append(each.sizes)
        return identified(ratios, sizes)

    def _named(self, answered: Sequence[Answered]) -> tuple[str, str]:
        """A mistake that can be made with any function, if it gives these numbers."""
        name, letter = self.pair.forward.function, self.pair.letters[self.setting.by[0]]
        known: dict[tuple[str, str], Callable[[Answered], Real]] = {
            ("HG210", f"yours is `{name}` itself"): lambda each: each.value,
            ("HG211", f"yours is {letter}, unchanged"): lambda each: each.letters[letter],
        }
        for (code, message), expected in known.items():
            if all(len(each.arrays) == 1 and _same(each.arrays[0], expected(each)) for each in answered):
                return code, message
        if self.pair.bar and self._without_upstream(answered[0]):
            return "HG221", f"yours does not depend on {self.pair.bar}"
        return "HG100", ""

    def _without_upstream(self, at: Answered) -> bool:
        assert self.pair.bar is not None
        outcome = self._called({**at.given, self.pair.bar: at.given[self.pair.bar] + 1})
        return outcome.error is None and all(map(np.array_equal, outcome.arrays, at.arrays))

    def _shown(self, own: Own, drawn: Iterator[dict[str, Real]], *, by_far: bool = False) -> Compared | None:
        """The first of these arguments on which it fails, in the same way."""
        for letters in drawn:
            value = self._value(letters)
            if value is None:
                continue
            given = dict(letters)
            if self.pair.bar is not None:
                given[self.pair.bar] = np.resize([2.0, -1.0, 3.0], value.shape)
            outcome = self._called(given)
            if outcome.error is not None:
                continue
            held = self._held(given, {}, outcome.arrays, own.positions)
            wrong = held is not None and (held.by_far if by_far else not held.fine)
            if held is not None and wrong and held.shaped == (own.code != "HG108"):
                return held
        return None

    def _at_kink(self, own: Own) -> None:
        """Whether at 0 it takes one of the slopes there, if it has one argument; else it is wrong."""
        (letter,) = self.pair.letters
        sizes, letters = next(self.setting.drawn(np.random.default_rng(0)))
        if letters[letter].ndim != 1 or letters[letter].dtype.kind != "f":
            return
        at = letters[letter].copy()
        at[0] = 0.0
        found, outcome = self._truth({letter: at}, 0), self._called({letter: at})
        if found is None or outcome.error is not None or not found.kinked.any():
            return
        held = self._held({letter: at}, sizes, outcome.arrays, own.positions)
        if held is None or not held.shaped:
            return
        name, low, high = self.pair.forward.function, found.low[found.kinked][0], found.high[found.kinked][0]
        slopes = f"{number(low)} to {number(high)}"
        if not held.fine:
            own.verdict, own.code = "wrong", "HG109"
            own.message = f"at the kink {letter} = 0 `{name}` has the slopes {slopes}"
            own.smallest = own.telling = held
        elif held.arrays[0].ndim == 1:
            taken = number(held.arrays[0][0])
            own.notes.append(f"at the kink {letter} = 0 it takes {taken}, of the slopes {slopes}")


def _same(array: Real, other: Real) -> bool:
    return array.shape == other.shape and np.allclose(array.astype(float), other, rtol=1e-9, atol=0)
