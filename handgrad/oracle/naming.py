"""Which mistake explains wrong numbers: one is named only if it reproduces them on inputs of fresh sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.catalogue import FORMULAS, Formula, equations_of
from handgrad.oracle import conventions
from handgrad.oracle.candidates import Candidate
from handgrad.oracle.claiming import Claim
from handgrad.oracle.codes import CODES
from handgrad.oracle.comparison import LAYOUTS, Truth, differing, in_layout, names_of, sized
from handgrad.oracle.conventions import Convention
from handgrad.oracle.factors import Factor, constant_ratio, identified, sizes_of
from handgrad.oracle.mistakes import named_versions
from handgrad.oracle.networks import Network
from handgrad.oracle.report import Diagnosis

Real = np.ndarray[Any, Any]
Version = Callable[[Mapping[str, Real]], tuple[Real, ...]]
MOST = 2
"""Names that may be given to one mistake, where several fit."""
NEARLY = 1e-6
SIGN, SCALE, TOO_MANY, TOO_FEW, MISCOUNTED = "HG201", "HG202", "HG207", "HG208", "HG209"
ITSELF, INPUT, LOSS_ITSELF, OTHER_LOSS, OTHER = "HG210", "HG211", "HG212", "HG232", "HG233"


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a function gave on some inputs, and what would have been right."""

    letters: dict[str, Real]
    arrays: tuple[Real, ...]
    truths: list[Truth]


@dataclasses.dataclass(frozen=True)
class Explanation:
    """A wrong version of the claim under its code and name, and what it gives on each of the inputs."""

    code: str
    name: str
    version: Version
    given: tuple[tuple[Real, ...] | None, ...]
    """None where it does not run, as a wrong version need not on every shape."""

    @classmethod
    def on(cls, evidence: Sequence[Evidence], code: str, name: str, version: Version) -> Explanation:
        """The explanation with its results."""
        return cls(code, name, version, tuple(_given(version, each.letters) for each in evidence))

    def component(self, number: int, i: int, count: int) -> Real | None:
        """What stands for the i-th of so many derivatives on one of the inputs."""
        given = self.given[number]
        if given is None or len(given) not in (1, count):
            return None
        return given[i] if len(given) == count else given[0]


def _given(version: Version, letters: Mapping[str, Real]) -> tuple[Real, ...] | None:
    try:
        with np.errstate(all="ignore"):
            return version(letters)
    except Exception:
        return None


def named(candidate: Candidate, evidence: Sequence[Evidence]) -> list[Diagnosis]:
    """The mistakes that reproduce a candidate's numbers, one entry or two for each of its arrays that is wrong."""
    if not evidence:
        return []
    known = [Explanation.on(evidence, *each) for each in _versions(candidate.claim)]
    whole = _whole(candidate, evidence, known)
    if whole:
        return whole
    # One mistake that explains all arrays goes before two that explain one each.
    known.sort(key=lambda explanation: _unexplained(candidate, evidence, explanation))
    found: list[Diagnosis] = []
    names = names_of(candidate.claim)
    for position, (i, _) in enumerate(candidate.match.pairs):
        rights = [_right(candidate, each, position) for each in evidence]
        if None not in rights and not all(rights):
            found += _of_one(candidate, evidence, known, position, i, names[i] if len(names) > 1 else "")
    found = _together(found)
    convention = next(
        (c for c in conventions.conventions_of(candidate.claim) if _excuses(candidate, evidence, c)), None
    )
    if convention is None:
        return found
    meant = f'right {convention.sentence}: if that is meant, state conventions({convention.key}="{convention.value}")'
    return [dataclasses.replace(diagnosis, help=f"{meant}; {diagnosis.help}") for diagnosis in found]


def _excuses(candidate: Candidate, evidence: Sequence[Evidence], convention: Convention) -> bool:
    """Whether all arrays would be right under one more convention."""
    under = dataclasses.replace(candidate, held=(*candidate.held, convention))
    for each in evidence:
        truths = under.truths(each.letters)
        for array, (i, layout) in zip(each.arrays, candidate.match.pairs, strict=False):
            laid_out = in_layout(candidate.claim, truths[i], layout)
            if laid_out is None or not _equal(array, laid_out):
                return False
    return True


def _together(found: Sequence[Diagnosis]) -> list[Diagnosis]:
    """What is said of several arrays in the same words is said once, of all of them."""
    merged: dict[tuple[str, str, str], Diagnosis] = {}
    for diagnosis in found:
        label, colon, said = diagnosis.message.partition(": ")
        key = (diagnosis.code, said if colon else diagnosis.message, diagnosis.help)
        if colon and key in merged:
            first = merged[key].message.partition(": ")[0]
            diagnosis = dataclasses.replace(diagnosis, message=f"{first}, {label}: {said}")
        merged[key] = diagnosis
    return [*merged.values()]


def _unexplained(candidate: Candidate, evidence: Sequence[Evidence], explanation: Explanation) -> int:
    """How many of the arrays an explanation does not give."""
    count = 0
    for position, (i, _) in enumerate(candidate.match.pairs):
        for number, each in enumerate(evidence):
            wrong = explanation.component(number, i, len(each.truths))
            turned = None if wrong is None else candidate.turned(_bare(wrong, each.truths[i])).value
            given = position < len(each.arrays) and turned is not None
            laid_out = _layouts(candidate.claim, turned) if turned is not None else ()
            count += not (given and any(_nearly(each.arrays[position], laid) for laid in laid_out))
    return count


def cleared(candidate: Candidate, evidence: Sequence[Evidence]) -> list[str]:
    """Of several arrays those that are right, where others are wrong."""
    names = names_of(candidate.claim)
    right = [
        names[i]
        for position, (i, _) in enumerate(candidate.match.pairs)
        if evidence and all(_right(candidate, each, position) for each in evidence)
    ]
    return [f"{', '.join(right)} {'is' if len(right) == 1 else 'are'} right"] if right else []


def _right(candidate: Candidate, each: Evidence, position: int) -> bool | None:
    """Whether an array is right; None where there is no such array."""
    if position >= len(each.arrays):
        return None
    i, layout = candidate.match.pairs[position]
    laid_out = in_layout(candidate.claim, each.truths[i], layout)
    return laid_out is not None and _equal(each.arrays[position], laid_out)


def _equal(array: Real, truth: Truth) -> bool:
    return array.shape == truth.value.shape and not differing(array, truth).any()


# Mistakes in a single array


def _of_one(
    candidate: Candidate, evidence: Sequence[Evidence], known: Sequence[Explanation], position: int, i: int, label: str
) -> list[Diagnosis]:
    arrays = [each.arrays[position] for each in evidence]
    claim, sizes = candidate.claim, [sizes_of(candidate.claim.formula, each.letters) for each in evidence]
    fitting = _fitting(candidate, evidence, arrays, known, i)
    factor = _scale(claim, arrays, [each.truths[i].value for each in evidence], sizes)
    if factor:
        return [_scaled(candidate, factor, label, *fitting[:1])]
    if fitting:
        return [_diagnosis(claim, e.code, e.name, label) for e in fitting]
    for explanation in known:  # two mistakes at once
        wrong = [explanation.component(number, i, len(each.truths)) for number, each in enumerate(evidence)]
        values = [
            candidate.turned(_bare(array, each.truths[i])).value
            for array, each in zip(wrong, evidence, strict=True)
            if array is not None
        ]
        factor = _scale(claim, arrays, values, sizes) if len(values) == len(wrong) else None
        if factor:
            first = _diagnosis(claim, explanation.code, explanation.name, label)
            return [first, _scaled(candidate, factor, label)]
    return []


def _bare(array: Real, truth: Truth) -> Truth:
    """An array in the place of a truth."""
    return Truth(truth.letter, array, np.zeros(array.shape))


def _fitting(
    candidate: Candidate, evidence: Sequence[Evidence], arrays: Sequence[Real], known: Sequence[Explanation], i: int
) -> list[Explanation]:
    """The explanations that give these arrays on all inputs; of each code the first."""
    fitting: dict[str, Explanation] = {}
    for explanation in known:
        if (
            explanation.code not in fitting
            and not _right_here(candidate, evidence, explanation, i)
            and all(
                _reproduces(candidate, explanation, number, array, each, i)
                for number, (array, each) in enumerate(zip(arrays, evidence, strict=True))
            )
        ):
            fitting[explanation.code] = explanation
            if len(fitting) == MOST:
                break
    return [*fitting.values()]


def _right_here(candidate: Candidate, evidence: Sequence[Evidence], explanation: Explanation, i: int) -> bool:
    """Whether an explanation is right in the i-th derivative, wherever it is wrong."""
    for number, each in enumerate(evidence):
        component = explanation.component(number, i, len(each.truths))
        if component is not None:
            turned = candidate.turned(_bare(component, each.truths[i])).value
            if not _equal(turned, each.truths[i]):
                return False
    return True


def _reproduces(
    candidate: Candidate, explanation: Explanation, number: int, array: Real, each: Evidence, i: int
) -> bool:
    """Whether an explanation gives an array, in whatever layout."""
    component = explanation.component(number, i, len(each.truths))
    if component is None:
        return False
    turned = candidate.turned(_bare(component, each.truths[i])).value
    if not any(_nearly(array, laid) for laid in _layouts(candidate.claim, turned)):
        return False
    truths = sized(
        candidate.claim, each.letters, lambda letters: [a.astype(float) for a in explanation.version(letters)]
    )
    truth = truths[i] if len(truths) == len(each.truths) else truths[0]
    truth = candidate.turned(dataclasses.replace(truth, letter=each.truths[i].letter))
    laid_out = (in_layout(candidate.claim, truth, layout) for layout, _ in LAYOUTS)
    return any(laid is not None and _same(array, laid) for laid in laid_out)


def _same(array: Real, truth: Truth) -> bool:
    """Whether an array is a wrong one, which may have nan and infinities of its own."""
    if array.shape != truth.value.shape:
        return False
    finite = np.isfinite(truth.value)
    return not differing(array, truth)[finite].any() and np.array_equal(
        array[~finite], truth.value[~finite], equal_nan=True
    )


def _layouts(claim: Claim, array: Real) -> Iterator[Real]:
    return (laid for _, write in LAYOUTS if (laid := write(claim, array)) is not None)


def _nearly(array: Real, other: Real) -> bool:
    if array.shape != other.shape:
        return False
    finite = np.isfinite(array) & np.isfinite(other)
    if not np.array_equal(array[~finite].astype(float), other[~finite].astype(float), equal_nan=True):
        return False
    array, other = array[finite], other[finite]
    return bool((np.abs(array - other) <= NEARLY * (np.abs(other) + np.abs(array).max(initial=0))).all())


# Factors


def _scale(
    claim: Claim, arrays: Sequence[Real], correct: Sequence[Real], sizes: Sequence[Mapping[str, int]]
) -> Factor | None:
    """The factor between arrays and others as an expression of the shapes; None where there is none, or it is 1.

    Where both are 0 in every entry there is nothing to tell it by, as for a ReLU whose few inputs are all negative.
    """
    telling = [n for n, (array, other) in enumerate(zip(arrays, correct, strict=True)) if array.any() or other.any()]
    if 2 * len(telling) <= len(arrays):
        return None
    for _, write in LAYOUTS:
        laid_out = [write(claim, correct[n]) for n in telling]
        ratios = [
            None if other is None else constant_ratio(arrays[n], other)
            for n, other in zip(telling, laid_out, strict=True)
        ]
        found = [ratio for ratio in ratios if ratio is not None]
        if len(found) == len(ratios):
            return identified(found, [sizes[n] for n in telling])
    return None


def _scaled(candidate: Candidate, factor: Factor, label: str, explanation: Explanation | None = None) -> Diagnosis:
    """What a factor says: by its sign, its number or its sizes."""
    code = explanation.code if explanation else code_of(factor)
    times = "its sign is flipped" if factor.sign_only else f"it is {factor} times the correct one"
    named_so = f" ({explanation.name})" if explanation and not factor.sign_only else ""
    return Diagnosis(code, CODES[code].title, f"{_subject(label)}{times}{named_so}", _help(candidate.claim, code))


def code_of(factor: Factor) -> str:
    """The code of a factor: of its sign, of a number, of sizes above the fraction bar, below, or both."""
    above = {power > 0 for _, power in factor.powers}
    if not above:
        return SIGN if factor.sign_only else SCALE
    return MISCOUNTED if len(above) > 1 else TOO_MANY if True in above else TOO_FEW


# Mistakes in all arrays at once


def _whole(candidate: Candidate, evidence: Sequence[Evidence], known: Sequence[Explanation]) -> list[Diagnosis]:
    """A mistake that gives another number of arrays than the claim has, or all of them in one."""
    count = len(candidate.claim.formula.by)
    if count == 1 or any(len(each.arrays) != 1 for each in evidence):
        return []
    for explanation in known:
        pairs = zip(explanation.given, evidence, strict=True)
        if all(_is_all_of(candidate.claim, given, each.arrays[0]) for given, each in pairs):
            return [_diagnosis(candidate.claim, explanation.code, explanation.name, "")]
    return []


def _is_all_of(claim: Claim, given: tuple[Real, ...] | None, array: Real) -> bool:
    """Whether the one array that was given is the one array of an explanation."""
    return given is not None and len(given) == 1 and any(_nearly(array, laid) for laid in _layouts(claim, given[0]))


# What is known


def _versions(claim: Claim) -> Iterator[tuple[str, str, Version]]:
    """The formula's own mistakes first, then what can be mistaken for any derivative."""
    yield from named_versions(claim)
    if isinstance(claim.formula, Network):
        return
    loss = set(claim.formula.axes) & {"y", "label"}
    itself = _of_value(claim, lambda args: claim.value(*args))
    yield (LOSS_ITSELF if loss else ITSELF, f"{claim.formula.name} itself", itself)
    if len(claim.formula.axes) == 1:
        yield (INPUT, "its argument as it came", _of_value(claim, lambda args: args[0].copy()))
    for other in FORMULAS.values():
        if other is not claim.formula and _alike(claim.formula, other) and claim.part in other.companions:
            code = OTHER_LOSS if loss else OTHER
            yield (code, f"the derivative of {other.name}", _derivative_of(claim, other))


def _of_value(claim: Claim, function: Callable[[list[Real]], Any]) -> Version:
    """A function of the arguments in the place of the derivative; in a backward pass times the upstream gradient."""

    def version(letters: Mapping[str, Real]) -> tuple[Real, ...]:
        found = np.asarray(function([letters[name] for name in claim.formula.axes]))
        return (letters[claim.bar] * found if claim.bar else found,)

    return version


def _alike(formula: Formula, other: Formula) -> bool:
    return not other.choices and list(formula.axes.values()) == list(other.axes.values()) and formula.by == other.by


def _derivative_of(claim: Claim, other: Formula) -> Version:
    def version(letters: Mapping[str, Real]) -> tuple[Real, ...]:
        args = [letters[name] for name in claim.formula.axes]
        found = other.companions[claim.part](*args)
        if claim.bar:
            found = found[1](letters[claim.bar])
        return tuple(map(np.asarray, found if isinstance(found, tuple) else (found,)))

    return version


# Words


def _subject(label: str) -> str:
    return f"{label}: " if label else ""


def _diagnosis(claim: Claim, code: str, name: str, label: str) -> Diagnosis:
    return Diagnosis(code, CODES[code].title, f"{_subject(label)}{CODES[code].seen} ({name})", _help(claim, code))


def _help(claim: Claim, code: str) -> str:
    """What to do, with the equations of what is claimed where the code's own words name none."""
    advice = CODES[code].help
    own = "" if isinstance(claim.formula, Network) else ", ".join(equations_of(claim.formula.companions[claim.part]))
    source = own or ", ".join(claim.formula.equations)
    return advice if "notes (" in advice else f"{advice}; notes ({source})"
