"""One call of a student's function: how to make it, and what came back as plain arrays.

This is the only code of the oracle that runs beside the student's, in the worker or, for ``handgrad.check``, in the
user's own process. It reports; it does not judge.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import traceback
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle.claiming import CLAIM_ATTRIBUTE
from handgrad.oracle.libraries import Conversion, conversions

Real = np.ndarray[Any, Any]
MOST_LINES = 50
"""Of a derivation; one that goes on for ever is cut off."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """How to call a function with the letters of its claim.

    An argument is a letter, or a tuple or dictionary of arguments. Letters such as W[0] and W[1] are also the list W.
    """

    function: str
    positional: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    expression: str | None = None
    """Evaluated in the file's own names and the letters, in place of a call."""
    decorated: bool = False
    """Whether to call by the function that the decorator was given."""
    loop: bool = False
    """Whether to call it once per element, with numbers."""
    pullback: str | None = None
    """The letter to give to the pullback that the function returns beside its value."""
    lines: bool = False
    """Whether it is a generator, whose lines are wanted one by one."""
    manner: str = ""
    """What is unlike the notes in how it is called, if anything: ``output`` or ``order``."""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """From plain data, in which tuples have become lists."""
        return cls(**{**data, "positional": _tuples(data["positional"]), "keywords": _tuples(data["keywords"])})

    @property
    def open(self) -> bool:
        """Whether nobody said how to call it."""
        return self.expression is None and not self.decorated

    def __str__(self) -> str:
        """The call as it would be written."""
        if self.expression is not None:
            return self.expression
        if self.decorated:
            return f"{self.function}, called as its decorator says"
        given = [*map(_written, self.positional), *(f"{name}={_written(arg)}" for name, arg in self.keywords.items())]
        call = f"{self.function}({', '.join(given)})"
        if self.pullback:
            call += f"[1]({self.pullback})"
        return f"{call}, element by element" if self.loop else call


def _tuples(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _tuples(value) for name, value in data.items()}
    return tuple(_tuples(item) for item in data) if isinstance(data, list | tuple) else data


def _written(argument: Any) -> str:
    if isinstance(argument, str):
        return argument
    if isinstance(argument, Mapping):
        return f"{{{', '.join(f'{name!r}: {_written(value)}' for name, value in argument.items())}}}"
    inside = ", ".join(map(_written, argument))
    return f"({inside},)" if len(argument) == 1 else f"({inside})"


@dataclasses.dataclass
class Outcome:
    """What a call gave: arrays, or the error that stands for them."""

    arrays: tuple[Real, ...] = ()
    names: list[str] | None = None
    """What the function called the arrays, where it returned a dictionary."""
    error: str | None = None
    line: int | None = None
    """Of the student's file, where the error was raised."""
    overwritten: list[str] = dataclasses.field(default_factory=list)
    """Letters whose arrays were changed in place."""
    repeatable: bool = True
    """Whether a second call with equal arguments gave equal results."""
    yielded: list[dict[str, Any]] | None = None
    """Of each line of a derivation its label, its line in the file, and how many of the arrays are its own, or the
    error in their place; which letters had been overwritten by then, and whether the line is repeatable."""

    @property
    def complaint(self) -> str:
        """The error and where it was raised, as a predicate of the call."""
        return f"{self.error} in line {self.line}" if self.line else str(self.error)

    @property
    def breach(self) -> tuple[str, str] | None:
        """What it broke of the contract that every call has to keep, as a code and in words, if anything."""
        if self.overwritten:
            return "HG103", f"it overwrites its argument {' and '.join(self.overwritten)}; compute into a copy"
        return None if self.repeatable else ("HG106", "the same arguments give another answer the second time")

    def to_json(self) -> dict[str, Any]:
        """All but the arrays, as plain data."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "arrays"}


class _NotNumbersError(Exception):
    pass


def call(
    namespace: Mapping[str, Any], plan: Plan, letters: Mapping[str, Real], *, interruptible: bool = False
) -> Outcome:
    """Call a function twice with copies of the letters; an interrupt ends the caller too if it is ``interruptible``."""
    if plan.lines:
        return _line_by_line(namespace, plan, letters, interruptible)
    outcome = Outcome(error="is not called")
    for convert in conversions(namespace.get(plan.function), namespace):
        outcome, unfit = _called(namespace, plan, letters, convert, interruptible)
        if not unfit:
            break
    return outcome


def _called(
    namespace: Mapping[str, Any], plan: Plan, letters: Mapping[str, Real], convert: Conversion, interruptible: bool
) -> tuple[Outcome, bool]:
    """A call with arrays of one library, and whether it raised what arrays of another class raise."""
    given = {name: array.copy() for name, array in letters.items()}
    # A complex step hands in complex numbers, and only then may they come back.
    kinds = "fiubc" if any(array.dtype.kind == "c" for array in given.values()) else "fiub"
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            returned = _result(namespace, plan, _converted(given, convert))
            entries = [*_entries(returned, kinds)]
            again = {name: array.copy() for name, array in letters.items()}
            second = _arrays(_result(namespace, plan, _converted(again, convert)), kinds)
    except BaseException as error:  # a student's SystemExit or KeyboardInterrupt too
        if interruptible and isinstance(error, KeyboardInterrupt):
            raise
        outcome = Outcome(error=_described(error), line=_line(error, namespace.get("__file__")))
        return outcome, isinstance(error, AttributeError | TypeError)
    first = tuple(array for _, array in entries)
    names = [name for name, _ in entries] if any(name for name, _ in entries) else None
    return Outcome(first, names, overwritten=_overwritten(given, letters), repeatable=_same(first, second)), False


def _converted(letters: Mapping[str, Real], convert: Conversion) -> dict[str, Any]:
    return {name: convert(array) for name, array in letters.items()}


def _overwritten(given: Mapping[str, Real], letters: Mapping[str, Real]) -> list[str]:
    return [name for name, array in given.items() if not np.array_equal(array, letters[name], equal_nan=True)]


def _same(first: Sequence[Real], second: Sequence[Real]) -> bool:
    return len(first) == len(second) and all(
        a.shape == b.shape and np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=False)
    )


def _line_by_line(
    namespace: Mapping[str, Any], plan: Plan, letters: Mapping[str, Real], interruptible: bool
) -> Outcome:
    """Run a generator twice to its end, or to where it raises; what it yielded before then counts."""
    outcome, first = _yielded(namespace, plan, letters, interruptible)
    _, second = _yielded(namespace, plan, letters, interruptible)
    assert outcome.yielded is not None
    shorter: Iterator[tuple[Real, ...]] = itertools.chain(second, itertools.repeat(()))
    for entry, arrays, again in zip(outcome.yielded, first, shorter, strict=False):
        entry["repeatable"] = _same(arrays, again)
    outcome.arrays = tuple(itertools.chain.from_iterable(first))
    return outcome


def _yielded(
    namespace: Mapping[str, Any], plan: Plan, letters: Mapping[str, Real], interruptible: bool
) -> tuple[Outcome, list[tuple[Real, ...]]]:
    """What one run says of its lines, and the arrays of each."""
    given = {name: array.copy() for name, array in letters.items()}
    outcome, found = Outcome(yielded=[]), []
    assert outcome.yielded is not None
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            generator = _result(namespace, plan, given)
            if not isinstance(generator, types.GeneratorType):
                raise _NotNumbersError("yields nothing; each line of a derivation is a yield")
            for value in itertools.islice(generator, MOST_LINES):
                frame: Any = generator.gi_frame
                label, value = _labelled(value)
                arrays, error = (), None
                try:
                    arrays = _arrays(value, "fiub")
                except _NotNumbersError as complaint:
                    error = str(complaint).partition(";")[0].replace("returns", "yields", 1)
                found.append(arrays)
                entry = {"label": label, "line": frame.f_lineno, "count": len(arrays), "error": error}
                outcome.yielded.append({**entry, "overwritten": _overwritten(given, letters)})
    except BaseException as error:
        if interruptible and isinstance(error, KeyboardInterrupt):
            raise
        outcome.error, outcome.line = _described(error), _line(error, namespace.get("__file__"))
    return outcome, found


def _labelled(value: Any) -> tuple[str | None, Any]:
    """A line's label, if it has one, and its value; of several derivatives there may be several values."""
    if isinstance(value, tuple) and len(value) > 1 and isinstance(value[0], str):
        return value[0], value[1] if len(value) == 2 else value[1:]
    return None, value


def _result(namespace: Mapping[str, Any], plan: Plan, letters: Mapping[str, Real]) -> Any:
    if plan.expression is not None:
        return eval(plan.expression, {**namespace, **_with_lists(letters)})
    function = namespace[plan.function]
    if plan.decorated:
        how = getattr(function, CLAIM_ATTRIBUTE)["call"]
        parameters = inspect.signature(how).parameters.values()
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            known = _with_lists(letters)
            return how(function, **{p.name: known[p.name] for p in parameters if p.name in known})
        return how(function, **_with_lists(letters))
    if plan.loop:
        return _element_by_element(function, plan, letters)
    result = function(*_filled(plan.positional, letters), **_filled(plan.keywords, letters))
    if plan.pullback:
        if not (isinstance(result, tuple | list) and len(result) == 2 and callable(result[1])):
            raise _NotNumbersError("returns no pullback")
        result = result[1](letters[plan.pullback])
    return result


def _with_lists(letters: Mapping[str, Real]) -> dict[str, Any]:
    """The letters by which they go in Python: W[0] and W[1] are in the list W."""
    known: dict[str, Any] = {}
    for name, array in letters.items():
        common, bracket, _ = name.partition("[")
        if bracket:
            known.setdefault(common, []).append(array)
        else:
            known[name] = array
    return known


def _filled(argument: Any, letters: Mapping[str, Real]) -> Any:
    if isinstance(argument, str):
        if argument not in letters:
            return _with_lists(letters)[argument]
        # A 0-d array stands for a number, which is what somebody would pass by hand, but for PyTorch.
        array = letters[argument]
        return array.item() if array.ndim == 0 and isinstance(array, np.ndarray | np.generic) else array
    if isinstance(argument, Mapping):
        return {name: _filled(value, letters) for name, value in argument.items()}
    return tuple(_filled(value, letters) for value in argument)


def _element_by_element(function: Callable[..., Any], plan: Plan, letters: Mapping[str, Real]) -> Real:
    shape = next(iter(letters.values())).shape
    result = np.empty(shape)
    for index in itertools.product(*map(range, shape)):
        numbers = {name: array[index] for name, array in letters.items()}
        (entry,) = _arrays(function(*_filled(plan.positional, numbers), **_filled(plan.keywords, numbers)), "fiub")
        if entry.size != 1:
            raise _NotNumbersError(f"returns {entry.size} numbers for one")
        result[index] = entry.reshape(())
    return result


def _arrays(result: Any, kinds: str) -> tuple[Real, ...]:
    return tuple(array for _, array in _entries(result, kinds))


def _entries(result: Any, kinds: str, name: str = "") -> Iterator[tuple[str, Real]]:
    """A result as plain arrays, with their keys if they have any: of a tuple, a dictionary or a list of arrays each."""
    if isinstance(result, dict):
        for key, value in result.items():
            yield from _entries(value, kinds, f"{name}{key}") if _several(value) else [(str(key), _array(value, kinds))]
    elif isinstance(result, tuple) or _several(result):
        for i, part in enumerate(result):
            key = f"{name}[{i}]" if name else ""
            yield from _entries(part, kinds, key) if _several(part) else [(key, _array(part, kinds))]
    else:
        yield name, _array(result, kinds)


def _several(value: Any) -> bool:
    """Whether a result is more than one array; rows of plain numbers are one."""
    if isinstance(value, tuple | list):
        return any(_is_array(part) or _several(part) for part in value)
    return isinstance(value, dict)


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and value.shape != ()


def _array(value: Any, kinds: str) -> Real:
    """A plain array of numbers, whatever class it had; a subclass could answer comparisons as it likes."""
    if value is None:
        raise _NotNumbersError("returns None; is a return missing?")
    if isinstance(value, str | bytes):
        raise _NotNumbersError("returns a string")
    if callable(value):
        raise _NotNumbersError("returns a function")
    if hasattr(value, "detach"):  # PyTorch
        value = value.detach().cpu().numpy()
    try:
        array = np.array(value, copy=True, subok=False)
    except ValueError:
        raise _NotNumbersError("returns rows of different lengths") from None
    if array.dtype.kind not in kinds or array.dtype.itemsize > (16 if array.dtype.kind == "c" else 8):
        kind = {"O": "objects", "U": "strings", "S": "strings", "c": "complex numbers"}.get(array.dtype.kind)
        raise _NotNumbersError(f"returns {kind or f'entries of type {array.dtype}'}, not real numbers")
    return array


def _described(error: BaseException) -> str:
    if isinstance(error, _NotNumbersError):
        return str(error)
    if isinstance(error, MemoryError):
        return "runs out of memory"
    text = " ".join(str(error).split())
    return f"raises {type(error).__name__}{f': {text}' if text else ''}"


def _line(error: BaseException, path: str | None) -> int | None:
    frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return frames[-1] if frames else None
