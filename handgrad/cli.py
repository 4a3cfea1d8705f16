"""The command line: ``handgrad check``, ``list``, ``show`` and ``explain``."""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

import handgrad
from handgrad import catalogue, docstrings, layouts
from handgrad.catalogue import Domain, Formula
from handgrad.oracle.report import plain

USAGE_ERROR = 2


class UsageError(Exception):
    """Something the user can put right; its text is the whole message."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(argv)
    try:
        code = options.run(options)
        sys.stdout.flush()
    except UsageError as error:
        Console(stderr=True, highlight=False).print(Text(f"handgrad: {error}"), soft_wrap=True)
        return USAGE_ERROR
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("HANDGRAD_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        hint = "This is a fault of handgrad; please report it, with what HANDGRAD_TRACEBACK=1 prints."
        Console(stderr=True, highlight=False).print(Text(f"handgrad: {what}\n{hint}"), soft_wrap=True)
        return USAGE_ERROR
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\nTry '{self.prog} --help'.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="handgrad", description="Hand-derived gradients and Jacobians, verified against autodiff.")
    parser.add_argument("--version", action="version", version=f"handgrad {handgrad.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    _add_check(commands.add_parser("check", help="judge the derivatives in a file", description=_CHECK))

    listing = commands.add_parser("list", help="every formula: equations, shapes, what it has")
    listing.add_argument("pattern", nargs="?", help="an equation number such as 2.32, or part of a name")
    listing.set_defaults(run=_list)

    showing = commands.add_parser("show", help="one formula, its hand derivative and its numbers")
    showing.add_argument("name", help="a formula such as softmax, or one of its functions such as softmax_vjp")
    showing.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help='an argument, such as "l=[1, 2, 3]"; once for each: prints value and derivatives in numbers',
    )
    showing.add_argument(
        "--layout",
        choices=layouts.LAYOUTS,
        default="house",
        help="how to lay out the derivatives (house: axes of the value, then axes of the argument)",
    )
    showing.set_defaults(run=_show)

    explaining = commands.add_parser("explain", help="what a code such as HG203 means, with a worked example")
    explaining.add_argument(
        "name", nargs="?", help="a code; or a derivative such as softmax_vjp, for the mistakes that are known of it"
    )
    explaining.set_defaults(run=_explain)
    for command in (listing, showing, explaining):
        command.add_argument("--format", choices=("text", "json"), default="text", help="text (the default) or json")
    return parser


class _Console(Console):
    """A console that leaves a closed pipe to ``main``."""

    def on_broken_pipe(self) -> None:
        raise


_CHECK = """
Judge the derivatives in a Python file or notebook. What a function claims to be is read from its decorator
(@handgrad.claims) or its name, such as softmax_derivative, d_relu, mse_grad or linear_backward. Exit code: 0 all right,
1 something is wrong, 2 usage, 3 nothing could be settled.
"""


def _add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument("target", metavar="FILE[::FUNCTION]", help="the file, or one function in it")
    command.add_argument("--as", dest="claim", metavar="CLAIM", help="what FUNCTION is, such as softmax_jacobian")
    command.add_argument(
        "--call", metavar="EXPR", help='how to call it, in the letters of the claim: "backward(p_bar, cache=(l, p))"'
    )
    command.add_argument("--of", metavar="NAME", help="the forward function in the file whose derivative FUNCTION is")
    command.add_argument(
        "--strict", action="store_true", help="accept the notes' own conventions only, and stable code"
    )
    command.add_argument(
        "--convention",
        dest="conventions",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what the file keeps to, such as loss=sum or samples=columns; once for each (see handgrad.conventions)",
    )
    command.add_argument(
        "--reveal",
        choices=("none", "kind", "counterexample", "full"),
        default="full",
        help="how much to say of what is wrong: the verdict, the kind of mistake, where it fails, or all (the default)",
    )
    command.add_argument("--seed", type=int, default=0, help="of the random inputs; the same seed repeats a run")
    command.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS", help="for one answer (default 5)")
    command.add_argument(
        "--format",
        dest="formats",
        action="append",
        choices=("text", "json", "junit", "github"),
        help="of the report (default text); may be given several times",
    )
    command.add_argument(
        "--output-file",
        dest="files",
        action="append",
        default=[],
        metavar="PATH",
        help="where the report goes; the first file takes the first format, and so on; the rest is printed",
    )
    command.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from handgrad.oracle import checking, formats, stating

    target, _, function = options.target.partition("::")
    wanted = options.formats or ["text"]
    if len(options.files) > len(wanted):
        raise UsageError(f"{len(options.files)} times --output-file, {len(wanted)} times --format; each file takes one")
    if any(os.path.exists(file) and os.path.samefile(file, target) for file in options.files if os.path.exists(target)):
        raise UsageError(f"--output-file {target} is the file to be checked")
    try:
        report = checking.check_file(
            target,
            function or None,
            claim=options.claim,
            call=options.call,
            of=options.of,
            conventions=stating.parsed(options.conventions),
            seed=options.seed,
            strict=options.strict,
            seconds=options.timeout,
        ).revealed(options.reveal)
    except (checking.CheckError, stating.ConventionError) as error:
        raise UsageError(str(error)) from None
    for i, name in enumerate(wanted):
        if i < len(options.files):
            _write(options.files[i], formats.FORMATS[name](report))
        elif name == "text":
            formats.render(report, _console())
        else:
            print(formats.FORMATS[name](report))
    return report.exit_code


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
    except OSError as error:
        raise UsageError(f"--output-file {path}: {error.strerror}") from None


def _console() -> Console:
    """A console that wraps at a terminal's width and leaves lines whole in a pipe or file."""
    console = _Console(highlight=False)
    return console if console.is_terminal else _Console(highlight=False, width=10_000)


def _print_table(console: Console, table: Table) -> None:
    with console.capture() as capture:
        console.print(table)
    console.file.writelines(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


# list


def _list(options: argparse.Namespace) -> int:
    rows = [_described(formula) for formula in catalogue.FORMULAS.values()]
    tools = [
        {
            "name": function.__name__,
            "title": docstrings.read(function).summary.rstrip("."),
            "equations": list(equations),
        }
        for function, equations in catalogue.tools().items()
    ]
    if options.pattern is not None:
        rows = [row for row in rows if options.pattern in row["equations"] or options.pattern in row["name"]]
        tools = [tool for tool in tools if options.pattern in tool["equations"] or options.pattern in tool["name"]]
        if not rows and not tools:
            raise UsageError(f"nothing matches {options.pattern!r}; `handgrad list` shows every formula")
    if options.format == "json":
        _print_json({"formulas": rows, "tools": tools})
        return 0
    console = _console()
    if rows:
        table = Table("formula", "notes", "shapes", "derivatives by", "has", box=None, pad_edge=False)
        for row in rows:
            shown = [
                row["name"],
                ", ".join(row["equations"]),
                row["shapes"],
                ", ".join(row["by"]),
                " ".join(row["has"]),
            ]
            table.add_row(*map(Text, shown))
        _print_table(console, table)
    if tools:
        table = Table("networks, update rules, layouts", "notes", "", box=None, pad_edge=False)
        for tool in tools:
            table.add_row(*map(Text, (tool["name"], ", ".join(tool["equations"]), tool["title"])))
        if rows:
            console.print()
        _print_table(console, table)
    return 0


def _described(formula: Formula) -> dict[str, Any]:
    return {
        "name": formula.name,
        "title": formula.title,
        "module": f"handgrad.{formula.module}",
        "equations": list(formula.equations),
        "shapes": docstrings.read(formula.value).labelled["Shapes"].partition(",  ")[0],
        "by": list(formula.by),
        "has": list(formula.companions),
        "domains": {name: _domain_text(domain) for name, domain in formula.domains.items()},
        "kinks": {str(point): kink.text for point, kink in formula.kinks.items()},
        "choices": {name: list(names) for name, names in formula.choices.items()},
    }


def _domain_text(domain: Domain | tuple[Domain, ...]) -> str:
    if isinstance(domain, Domain):
        return domain.text
    return "; ".join(f"entry {i}: {part.text}" for i, part in enumerate(domain, start=1))


# show


def _show(options: argparse.Namespace) -> int:
    formula = _named(options.name)
    numbers = _numbers(formula, options.at, options.layout) if options.at else {}
    functions = [formula.value, *formula.companions.values()]
    if options.format == "json":
        described = _described(formula)
        described["functions"] = [
            {
                "name": function.__name__,
                "summary": (parts := docstrings.read(function)).summary,
                "formula": parts.formula,
                "remarks": list(parts.remarks),
                "shapes": parts.labelled["Shapes"],
                "convention": parts.labelled.get("Convention"),
                "source": parts.labelled["Source"],
            }
            for function in functions
        ]
        if numbers:
            described["at"] = {name: plain(value) for name, value in numbers.items()}
            described["layout"] = options.layout
        _print_json(described)
        return 0
    console = _console()
    for line in _description(formula):
        console.print(line, soft_wrap=not console.is_terminal)
    if numbers:
        console.print()
        for name, value in numbers.items():
            console.print(
                Text(f"{name} ", style="bold"), Text(_lined_up(value, len(name) + 3)), sep="= ", soft_wrap=True
            )
    return 0


def _named(name: str) -> Formula:
    stem, _, suffix = name.rpartition("_")
    if name not in catalogue.FORMULAS and suffix in catalogue.COMPANIONS and stem in catalogue.FORMULAS:
        name = stem
    try:
        return catalogue.find(name)
    except KeyError as error:
        raise UsageError(error.args[0]) from None


def _description(formula: Formula) -> Iterable[Text]:
    parts = docstrings.read(formula.value)
    yield Text.assemble((formula.name, "bold cyan"), f"  {parts.summary}")
    yield Text(f"  {docstrings.plain(parts.formula)}", style="green")
    for remark in parts.remarks:
        yield Text(f"  {remark}")
    yield Text()
    facts = {
        "shapes": parts.labelled["Shapes"],
        "domain": "; ".join(f"{name}: {_domain_text(domain)}" for name, domain in formula.domains.items()),
        "by": ", ".join(formula.by),
        "kinks": "; ".join(f"at {point:g}: {kink.text}" for point, kink in formula.kinks.items()),
        "choices": "; ".join(f"{name}: {', '.join(names)}" for name, names in formula.choices.items()),
        "convention": parts.labelled.get("Convention", ""),
        "source": f"notes ({', '.join(formula.equations)})",
    }
    for label, text in facts.items():
        if text:
            yield Text.assemble((f"  {label:<11}", "dim"), text)
    for function in formula.companions.values():
        parts = docstrings.read(function)
        yield Text()
        yield Text.assemble((function.__name__, "bold"), f"  {parts.summary}")
        yield Text(f"  {docstrings.plain(parts.formula)}", style="green")
        for text in [*parts.remarks, parts.labelled.get("Convention")]:
            if text:
                yield Text(f"  {text}")


# explain


def _explain(options: argparse.Namespace) -> int:
    from handgrad import explaining
    from handgrad.oracle.codes import Code

    try:
        found = None if options.name is None else explaining.find(options.name)
    except KeyError as error:
        raise UsageError(error.args[0]) from None
    if options.format == "json":
        _print_json(explaining.codes_to_json() if found is None else explaining.to_json(found))
        return 0
    console = _console()
    if isinstance(found, Code):
        for line in explaining.story(found, console.width):
            console.print(line, soft_wrap=True)
    else:
        _print_table(console, explaining.table_of_codes() if found is None else explaining.table_of(found))
    return 0


# Numbers


def _numbers(formula: Formula, given: Sequence[str], layout: str) -> dict[str, np.ndarray[Any, Any]]:
    """The value and the derivatives at the given arguments, in the layout asked for."""
    arguments, keywords = _arguments(formula, given)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # inf and nan are shown as results
            value = formula.value(*arguments.values(), **keywords)
            diagonal = (
                formula.companions["derivative"](*arguments.values(), **keywords) if formula.elementwise else None
            )
            derivatives = formula.derivative(*arguments.values(), **keywords)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None
    found = {formula.name: np.asarray(value)}
    if diagonal is not None:
        found[formula.companions["derivative"].__name__] = np.asarray(diagonal)
    derivatives = derivatives if isinstance(derivatives, tuple) else (derivatives,)
    named = dict(zip(formula.by, map(np.asarray, derivatives), strict=True))
    cores = {name: derivative.ndim - np.ndim(value) for name, derivative in named.items()}
    kinds = {name: _kind(formula, np.ndim(value), cores[name]) for name in named}
    fitting = {name for name, kind in kinds.items() if kind in layouts.LAYOUTS[layout] or layout == "house"}
    if not fitting:
        known = sorted({kind for kind in kinds.values() if kind})
        possible = [name for name, fits in layouts.LAYOUTS.items() if any(kind in fits for kind in known)] or ["house"]
        what = (
            f"the derivative of {formula.name} is a {known[0]}" if known else f"{formula.name} has scalars on one side"
        )
        raise UsageError(f"--layout {layout} does not fit: {what}; choose from {', '.join(possible)}")
    for name, derivative in named.items():
        label = f"{formula.derivative.__name__}{f' by {name}' if len(named) > 1 else ''}"
        kind = kinds[name]
        if name in fitting and kind is not None:
            derivative = layouts.in_layout(derivative, layout, kind)
        elif name not in fitting:
            label += " (house layout)"
        found[label] = np.asarray(derivative)
    return found


def _kind(formula: Formula, value_axes: int, argument_axes: int) -> str | None:
    """What sort of derivative it is, in the words of ``layouts.KINDS``; None if none of them fits."""
    if formula.elementwise:
        return "element-wise Jacobian" if value_axes else None
    output = len([axis for axis in formula.result_axes if not axis.startswith("*")])
    by = {1: "vector", 2: "matrix"}.get(argument_axes)
    head = {0: "gradient", 1: "Jacobian"}.get(output)
    return f"{head} by a {by}" if by and head else None


def _arguments(formula: Formula, given: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        known = [*formula.axes, *formula.choices]
        if not equals or name not in known:
            raise UsageError(f"--at {text!r}: want NAME=VALUE, where NAME is one of {', '.join(known)}")
        if name in values:
            raise UsageError(f"--at {text!r}: {name} is given twice")
        try:
            values[name] = value.strip() if name in formula.choices else ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise UsageError(f"--at {text!r}: {value.strip()!r} is neither a number nor a list of numbers") from None
    missing = [name for name in formula.axes if name not in values]
    if missing:
        shapes = docstrings.read(formula.value).labelled["Shapes"]
        raise UsageError(f"{formula.name} wants --at for {', '.join(missing)} as well; shapes: {shapes}")
    arguments = {name: values[name] for name in formula.axes}
    return arguments, {name: value for name, value in values.items() if name in formula.choices}


def _lined_up(value: np.ndarray[Any, Any], indent: int) -> str:
    return np.array2string(value, precision=8, separator=", ", prefix=" " * indent, max_line_width=100)
