"""Check a file, or one function in the user's own process."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import pathlib
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from handgrad.oracle import calling, claiming, lines, nodes, pairs, signatures, sources, stating
from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.candidates import Backend
from handgrad.oracle.claiming import CLAIM_ATTRIBUTE, Claim
from handgrad.oracle.judge import judge
from handgrad.oracle.process import TimedOutError, Worker, WorkerError
from handgrad.oracle.report import Report, Result, diagnosed

Real = np.ndarray[Any, Any]


class CheckError(ValueError):
    """A check that cannot be made as asked; the text says why."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What was asked of a check: a claim, how to call, whose derivative, conventions and the seed."""

    claim: Claim | None
    call: str | None
    of: str | None
    asked: Mapping[str, Any]
    """The conventions asked for, which go before those that the file states."""
    stated: Mapping[str, Any]
    seed: int


class _InProcess:
    """A backend that calls functions where they are."""

    def __init__(self, **namespace: Any) -> None:
        self._namespace = namespace

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        return calling.call(self._namespace, plan, letters, interruptible=True)


def check(
    function: Callable[..., Any],
    claim: str | None = None,
    *,
    call: Callable[..., Any] | None = None,
    conventions: Mapping[str, Any] | None = None,
    seed: int = 0,
    strict: bool = False,
) -> Report:
    """Judge a function as one of the catalogue's derivatives; it runs in this process.

    ``claim`` is a name such as "softmax_jacobian" or 'neuron_vjp(activation="relu")'; without one, the function's
    decorator or its name says it. ``call`` is a function of ``function`` and of the claim's letters by name, for
    unusual arguments. ``conventions`` are those of ``handgrad.conventions``, as a dictionary.

    Raises: CheckError where the claim is unknown or there is none, or a convention is unknown.

    >>> print(check(lambda z: np.tanh(z) ** 2, "tanh_derivative").results[0].verdict)
    wrong
    """
    started = time.perf_counter()
    name = getattr(function, "__name__", type(function).__name__)
    yields = claiming.yields_lines(function)
    stated = getattr(function, CLAIM_ATTRIBUTE, None)
    if call is not None:
        claimed = claim or (stated or {}).get("claim") or ""
        function = claiming.bound(function, {"claim": claimed, "call": call})
        stated = getattr(function, CLAIM_ATTRIBUTE)
    parameters = signatures.parameters(function)
    known, assumed = _claims(name, claim or (stated or {}).get("claim"), parameters)
    if not known:
        raise CheckError(f"check: {name} claims nothing that the catalogue knows; say what, such as 'softmax_jacobian'")
    decorated = bool(stated and stated["call"])
    ways = _ways({"name": name, "parameters": parameters, "called": decorated}, None)
    kept = {**({} if claim else claiming.reduction_in(name)), **_checked(conventions or {})}
    result = _verdict(name, known, ways, _InProcess(**{name: function}), seed, kept, lines_wanted=yields)
    result.assumed = assumed
    result.line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
    return Report([result], _file_of(function), seed, strict, seconds=time.perf_counter() - started)


def _file_of(function: Any) -> str | None:
    try:
        return inspect.getsourcefile(function)
    except TypeError:
        return None


def check_file(
    path: str | pathlib.Path,
    function: str | None = None,
    *,
    claim: str | None = None,
    call: str | None = None,
    of: str | None = None,
    conventions: Mapping[str, Any] | None = None,
    seed: int = 0,
    strict: bool = False,
    seconds: float = 5.0,
) -> Report:
    """Judge the functions of a file, or one of them, in a process of their own.

    ``claim`` and ``call``, an expression in the claim's letters, go with one function, and so does ``of``, the name of
    the forward function in the file whose derivative it is. ``conventions`` go before those that the file states.
    ``seconds`` is the time an answer may take.

    Raises: CheckError where the file or the function is not there, or the options do not go together.
    """
    started = time.perf_counter()
    path = pathlib.Path(path)
    if not path.is_file():
        raise CheckError(f"{path} is no file" if path.exists() else f"there is no file {path}")
    if function is None and (claim or call or of):
        option = "--as" if claim else "--call" if call else "--of"
        raise CheckError(f"{option} goes with one function: {path}::NAME")
    claimed = _parsed(claim) if claim else None
    kept = _checked(conventions or {})
    try:
        tree, _ = sources.parse(path)
    except (OSError, ValueError, KeyError, TypeError) as error:  # no text, or no notebook
        raise CheckError(f"{path} cannot be read as Python or a notebook: {error}") from None
    worker = Worker(path, seconds)
    report = Report([], str(path), seed, strict)
    try:
        found = _loaded(worker, report, tree)
        chosen = [info for info in found if _chosen(info["name"], function)]
        if not chosen and (function is not None or not found):
            raise CheckError(_nothing_to_check(path, function, [info["name"] for info in found]))
        for info in chosen:
            options = Options(claimed, call, of, kept, worker.conventions, seed)
            report.results.append(_judged(info, found, worker, report, options))
    finally:
        worker.stop()
    report.seconds = time.perf_counter() - started
    return report


def _chosen(name: str, asked: str | None) -> bool:
    """Whether a function is asked for; the forward pass of a class only by its name."""
    owner, _, method = name.rpartition(".")
    return asked == name or (asked in (None, owner or name) and not (owner and method == "forward"))


def _loaded(worker: Worker, report: Report, tree: ast.Module) -> list[dict[str, Any]]:
    """What the file defines; where it cannot be loaded, what its text says it would define."""
    try:
        worker.start()
    except WorkerError as error:
        report.problems.append(f"the file {error}")
        verdict = "timeout" if isinstance(error, TimedOutError) else "unusable"
        names = [(node.name, node.lineno) for node in tree.body if isinstance(node, ast.FunctionDef)]
        return [{"name": name, "line": line, "failed": (verdict, str(error))} for name, line in names]
    report.problems += worker.problems
    return worker.functions


def _nothing_to_check(path: pathlib.Path, function: str | None, names: Sequence[str]) -> str:
    if function is None:
        return f"{path} defines no function"
    close = difflib.get_close_matches(function, names, n=3)
    has = f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(names) or 'none'}"
    return f"{path} defines no function {function}; {has}"


def _judged(
    info: dict[str, Any],
    found: Sequence[dict[str, Any]],
    worker: Worker,
    report: Report,
    options: Options,
) -> Result:
    name = info["name"]
    if "failed" in info:
        verdict, message = info["failed"]
        code = "HG105" if verdict == "timeout" else "HG104"
        diagnosis = [diagnosed(code, f"the file {message}, so {name} was not called")]
        return Result(name, None, verdict, info["line"], diagnosis=diagnosis)
    stated = str(options.claim) if options.claim else info["claim"]
    known, assumed = _claims(name, stated, info["parameters"])
    forward = pairs.forward_of(info, found, options.of)
    only_its_loss = info["lines"] and options.of is None  # a derivation is not held against a forward function
    if options.of is not None and forward is None:
        raise CheckError(f"{report.path} defines no function {options.of}")
    if not known and (forward is None or only_its_loss):
        return Result(name, None, "not checked", info["line"])
    result = Result(name, None, "inconclusive")
    if known:
        kept = {**claiming.reduction_in(name), **options.stated, **options.asked}
        if forward is not None and only_its_loss:
            kept |= pairs.loss_of(info, forward, known, worker, options.seed)
        ways = _ways(info, options.call)
        result = _verdict(name, known, ways, worker, options.seed, kept, lines_wanted=info["lines"])
        result.assumed = assumed
    if forward is not None and not only_its_loss:
        result = pairs.judged_by_forward(result, info, forward, worker, options.seed)
    result.line = info["line"]
    given = [("--as", options.claim and str(options.claim)), ("--call", options.call), ("--of", options.of)]
    given += [("--convention", f"{key}={value}") for key, value in options.asked.items()]
    result.options = "".join(f" {option} {shlex.quote(value)}" for option, value in given if value)
    return result


def _verdict(
    name: str,
    claims: Sequence[Claim],
    ways: Callable[[Claim], Iterator[Plan]],
    backend: Backend,
    seed: int,
    stated: Mapping[str, Any],
    *,
    lines_wanted: bool,
) -> Result:
    """The verdict line by line on a derivation, node by node on a network's intermediates, else on what is returned."""
    if lines_wanted:
        return lines.judge(name, claims, ways, backend, seed=seed, stated=stated)
    by_node = nodes.judge(name, claims, ways, backend, seed=seed, stated=stated)
    return by_node or judge(name, claims, ways, backend, seed=seed, stated=stated)


def _claims(name: str, stated: str | None, parameters: Sequence[Mapping[str, Any]]) -> tuple[list[Claim], str | None]:
    """The claims a function makes, the likeliest first, and how they were read if nobody stated them."""
    known = [_parsed(stated)] if stated else claiming.from_name(name, parameters)
    others = f", which could be {' or '.join(map(str, known))}" if len(known) > 1 else ""
    assumed = None if stated or not known else f"from its name{others}"
    variants = [each for claim in known for each in claiming.alternatives(claim, parameters, stated=bool(stated))]
    return [*variants, *(sibling for claim in known for sibling in claiming.siblings(claim))], assumed


def _checked(stated: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return stating.checked(stated)
    except ValueError as error:
        raise CheckError(error.args[0]) from None


def _parsed(claim: str) -> Claim:
    try:
        return claiming.parse(claim)
    except (KeyError, ValueError) as error:
        raise CheckError(error.args[0]) from None


def _ways(info: Mapping[str, Any], expression: str | None) -> Callable[[Claim], Iterator[Plan]]:
    """How a function may be called for a claim: as it was said, else as its parameters suggest."""
    name = info["name"]
    if expression is not None:
        return lambda claim: iter([Plan(name, expression=expression)])
    if info["called"]:
        return lambda claim: iter([Plan(name, decorated=True)])
    return lambda claim: signatures.plans(name, info["parameters"], claim)


__all__ = ["Backend", "CheckError", "check", "check_file"]
