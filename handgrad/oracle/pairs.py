"""A derivative beside its own forward function: the student's function decides what it should be.

The forward function is differentiated numerically, so this is also how a derivative is checked that the catalogue does
not know.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from handgrad.oracle import claiming, conventions, naming
from handgrad.oracle.beside import FINAL, NEARLY, Compared, Own, held_against
from handgrad.oracle.candidates import Backend
from handgrad.oracle.claiming import Claim
from handgrad.oracle.codes import CODES
from handgrad.oracle.comparison import counterexample
from handgrad.oracle.conventions import Stated
from handgrad.oracle.factors import SAMPLES, Factor, constant_ratio, identified
from handgrad.oracle.pairing import ORDERS, Pair, Setting, guesses, named_letters, of_formula, paired
from handgrad.oracle.process import TimedOutError, WorkerError
from handgrad.oracle.report import ACCEPTED, Diagnosis, Result, diagnosed

Real = np.ndarray[Any, Any]
NOTHING = Factor(Fraction(1))
_SUFFIXES = ("", "_forward", "_loss", "_function", "_func", "_fn")
_UNLESS_STATED = re.compile(r"^right .*: if that is meant, state conventions\([^)]*\); ")


def forward_of(info: Mapping[str, Any], found: Sequence[Mapping[str, Any]], of: str | None) -> Mapping[str, Any] | None:
    """The function of the file that a derivative belongs to, by option or by name."""
    names = {other["name"].lower(): other for other in found if other is not info}
    if of is not None:
        return names.get(of.lower())
    owner, _, method = info["name"].rpartition(".")
    if owner:
        return names.get(f"{owner}.forward".lower()) if method == "backward" else None
    stem = claiming.stem_of(info["name"])
    possible = [f"{stem[0]}{suffix}" for suffix in _SUFFIXES] if stem else []
    return next((names[name] for name in possible if name in names), None)


def judged_by_forward(
    result: Result,
    info: Mapping[str, Any],
    forward: Mapping[str, Any],
    backend: Backend,
    seed: int,
    stated: Stated = MappingProxyType({}),
) -> Result:
    """The verdict once the student's own forward function has been heard, which decides."""
    started, claims = time.perf_counter(), _claims(result, info)
    try:
        pair = paired(info, forward)
        related = pair and _related(pair, claims, backend, seed)
        if related and related.same and related.claim is claims[0] and result.verdict == "right":
            result.notes.append(_of_file(forward["name"]))
            return result
        # A wrong derivative of the notes' own function keeps the counterexamples that it has.
        shown = not (related and related.same) or result.verdict in ACCEPTED
        own = pair and held_against(pair, guesses(pair, claims), backend, seed, stated.get("argument"), shown=shown)
        if own is None or own.verdict == "unusable":
            return _without(result, own, forward["name"])
    except TimedOutError as error:
        return _failed(result, "timeout", "HG105", f"{info['name']} {error}")
    except WorkerError as error:
        return _failed(result, "unusable", "HG104", f"{info['name']} {error}")
    before = result.seconds
    alone = result.claim is None
    result = _alone(result, own, forward["name"]) if alone else _together(result, own, forward["name"], related, stated)
    result.seconds = before + time.perf_counter() - started
    return result


def loss_of(
    info: Mapping[str, Any], forward: Mapping[str, Any], claims: Sequence[Claim], backend: Backend, seed: int
) -> dict[str, Any]:
    """The convention by which the student's own forward function is the notes' loss, if it is one to state."""
    try:
        pair = paired(info, forward)
        related = pair and _related(pair, claims, backend, seed)
    except WorkerError:
        return {}
    if not related or related.summed:
        return {}
    possible = (held for held in conventions.conventions_of(related.claim) if held.key == "loss")
    return next(({held.key: held.value} for held in possible if held.factor == related.factor), {})


def _claims(result: Result, info: Mapping[str, Any]) -> list[Claim]:
    """What the derivative may be of the catalogue: what it was judged as, then what its name says."""
    known = [claiming.parse(result.claim)] if result.claim else []
    named = claiming.from_name(info["name"], info["parameters"]) if known else []
    return [*known, *(claim for claim in named if claim.formula is not known[0].formula)]


def _failed(result: Result, verdict: Any, code: str, message: str) -> Result:
    result.verdict = verdict
    result.diagnosis.append(diagnosed(code, message))
    return result


def _without(result: Result, own: Own | None, name: str) -> Result:
    """The verdict where the forward function does not help."""
    if result.claim is None and own is not None:
        return _alone(result, own, name)
    if result.claim is None:
        result.notes.append(f"`{name}` gives no numbers to differentiate")
    return result


# The verdict by the forward function alone


def _alone(result: Result, own: Own, name: str) -> Result:
    pair, derivative = own.pair, own.pair.derivative
    result.call = str(derivative)
    result.examples += own.examples
    result.verdict = own.verdict
    result.assumed = f"the derivative of `{name}` by {', '.join(pair.letters[i] for i in own.positions)}"
    if own.method:
        result.notes.append(f"the truth is `{name}` itself, differentiated by {own.method}")
    said = [own.form] if own.form else []
    if own.in_output:
        letter = pair.letters[0]
        given = tuple(str(pair.forward) if each == letter else each for each in derivative.positional)
        result.call = str(dataclasses.replace(derivative, positional=given))
        said.insert(0, f"written in the output of your `{name}`, so pass that, not {letter}")
    if own.verdict in ACCEPTED:
        result.convention = "; ".join(said) or None
        result.verdict = "right-in-convention" if said else "right"
        result.notes += own.notes
        return result
    result.diagnosis.append(_diagnosis(own, name))
    if own.smallest is not None and own.telling is not None:
        result.smallest, result.telling = (_shown(found) for found in (own.smallest, own.telling))
    return result


def _shown(found: Compared) -> Any:
    yours, truth = found.worst
    return counterexample(found.given, yours, truth)


def _diagnosis(own: Own, name: str) -> Diagnosis:
    """What is wrong with it, by its forward function alone."""
    code, message = own.code, own.message
    if own.factor is not None:
        code = naming.code_of(own.factor)
        message = "its sign is flipped" if own.factor.sign_only else f"it is {own.factor} times the derivative"
        message = f"{message} of your `{name}`" if not own.factor.sign_only else message
    shape_or_numbers = code in ("HG100", "HG108") or code.startswith("HG2")
    return Diagnosis(code, CODES[code].title, message, CODES[code].help if shape_or_numbers else "")


# Beside the verdict by the notes' formula


def _together(result: Result, own: Own, name: str, related: _Related | None, stated: Stated) -> Result:
    which = related.words if related else f"another function than the notes' {_formula_of(result)}"
    which = f"your `{name}`, which is {which}"
    if own.verdict in ACCEPTED:
        if result.verdict in ACCEPTED:
            result.notes.append(_of_file(name))
        elif not (_contradicts(result, own, stated) or {each.code for each in result.diagnosis} & FINAL):
            result.verdict = "right-in-convention"
            result.convention = "; ".join(filter(None, [f"it matches {which}", own.form]))
            result.diagnosis, result.notes, result.smallest, result.telling = [], [], None, None
            if own.in_output:
                result.convention += f"; written in the output of your `{name}`, so pass that"
        return result
    if own.nearly and (result.verdict in ACCEPTED or _by_a_factor(result)):
        epsilon = f"but for less than {NEARLY:g} of it, as if that had an epsilon"
        if result.verdict in ACCEPTED:
            result.notes.append(f"{_of_file(name)}, {epsilon}")
        else:
            result.verdict, result.convention = "right-in-convention", f"it matches your `{name}`, {epsilon}"
            result.diagnosis, result.notes, result.smallest, result.telling = [], [], None, None
        return result
    if result.verdict in ACCEPTED:
        if own.code == "HG108":  # it may be meant for other shapes than the forward function
            return result
        judged = _alone(Result(result.function, None, "wrong"), own, name)
        judged.notes.insert(0, f"it is the notes' {result.claim}, but not the derivative of {which}")
        judged.assumed, judged.claim, judged.source = result.assumed, result.claim, result.source
        if related is not None:
            judged.claim = str(related.claim)
        return judged
    if own.factor is None:
        return result
    if related is not None and related.factor == NOTHING:
        result.diagnosis = [
            dataclasses.replace(found, help=_UNLESS_STATED.sub("", found.help)) for found in result.diagnosis
        ]
        times = "the opposite of" if own.factor.sign_only else f"{own.factor} times"
        result.notes.append(f"it is {times} the derivative of {which}")
        return result
    judged = _alone(Result(result.function, None, "wrong"), own, name)
    judged.notes.insert(0, which.replace(", which is", " is", 1))
    judged.assumed, judged.claim, judged.source = result.assumed, result.claim, result.source
    return judged


def _by_a_factor(result: Result) -> bool:
    """Whether nothing but a factor is wrong by the notes' formula."""
    codes = {each.code for each in result.diagnosis}
    return bool(codes) and codes <= {naming.SCALE, naming.TOO_FEW, naming.TOO_MANY}


def _of_file(name: str) -> str:
    return f"it is the derivative of the `{name}` in this file too"


def _contradicts(result: Result, own: Own, stated: Stated) -> bool:
    """Whether something else than the loss is stated, which the forward function cannot decide."""
    return bool((stated.keys() - {"loss"}) & conventions.kinds_of(claiming.parse(str(result.claim))))


def _formula_of(result: Result) -> str:
    return claiming.parse(str(result.claim)).formula.name


@dataclasses.dataclass(frozen=True)
class _Related:
    """How a student's forward function goes with a formula of the notes."""

    claim: Claim
    factor: Factor
    """By which it is the notes', or the sum of the notes' over samples or entries."""
    summed: str = ""
    """Over what, where it is one number for many of the notes'."""

    @property
    def same(self) -> bool:
        """Whether it is the notes' own."""
        return self.factor == NOTHING and not self.summed

    @property
    def words(self) -> str:
        """What the function is."""
        own = f"the notes' {self.claim.formula.name}"
        powers = dict(self.factor.powers)
        mean = powers.pop(SAMPLES if self.summed == "samples" else "n", 0) == -1
        if not self.summed or (self.summed == "samples" and not mean):
            return own if self.factor == NOTHING else f"{self.factor} times {own}"
        rest = Factor(self.factor.number, tuple(powers.items()))
        what = f"the {'mean' if mean else 'sum'} of {own} over the {self.summed}"
        return what if rest == NOTHING else f"{rest} times {what}"


def _related(pair: Pair, claims: Sequence[Claim], backend: Backend, seed: int) -> _Related | None:
    """The formula that the forward function is, else the first of which it is a multiple."""
    known = [
        found
        for claim in claims
        for setting in of_formula(pair, claim)
        if (found := _times_the_notes(pair, claim, setting, backend, seed)) is not None
    ]
    return next((found for found in known if found.same), known[0] if known else None)


def _times_the_notes(pair: Pair, claim: Claim, setting: Setting, backend: Backend, seed: int) -> _Related | None:
    names = named_letters(pair, claim)
    assert names is not None
    generator = np.random.default_rng(seed)
    ratios, sizes, summed = [], [], ""
    for numbers in (ORDERS[0], *ORDERS[2:]):
        size = dict(zip(setting.sizes, numbers, strict=False))
        letters = setting.random(size, generator)
        outcome = backend.call(pair.forward, letters)
        with np.errstate(all="ignore"):
            notes = np.asarray(claim.value(*[letters[names[name]] for name in claim.formula.axes]))
        if outcome.error is not None:
            return None
        if outcome.arrays[0].ndim == 0 and notes.ndim == 1:
            summed, notes = ("entries" if claim.formula.elementwise else "samples"), notes.sum()
        ratio = constant_ratio(outcome.arrays[0], np.asarray(notes))
        if ratio is None:
            return None
        ratios.append(ratio)
        sizes.append(size)
    factor = NOTHING if np.allclose(ratios, 1, rtol=1e-9) else identified(ratios, sizes)
    return None if factor is None else _Related(claim, factor, summed)
