"""The parent's end of a worker: start it, ask it, and end it when its time is up."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import numpy as np

from handgrad.oracle.calling import Outcome, Plan
from handgrad.oracle.report import Result, diagnosed
from handgrad.oracle.worker import read_message, write_message

Real = np.ndarray[Any, Any]


class WorkerError(Exception):
    """The worker gave no answer; the text says what it did, as a predicate of the function that was called."""


class TimedOutError(WorkerError):
    """The worker was still running when its time was up."""


@dataclasses.dataclass
class Worker:
    """A process that holds one file; a new one replaces it after it died or was ended."""

    path: pathlib.Path
    seconds: float
    """How long one answer may take."""
    functions: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)
    conventions: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the file states."""
    _process: subprocess.Popen[bytes] | None = None
    _answers: queue.SimpleQueue[Any] = dataclasses.field(default_factory=queue.SimpleQueue)

    def start(self) -> None:
        """Start the process and let it load the file."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "handgrad.oracle.worker", str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        self._answers = queue.SimpleQueue()
        stream = cast(BinaryIO, self._process.stdout)
        threading.Thread(target=_listen, args=(stream, self._answers), daemon=True).start()
        try:
            header, _ = self._answer()
        except TimedOutError:
            raise TimedOutError(f"does not finish loading within {self.seconds:g} s") from None
        except WorkerError:
            raise WorkerError("ends the process while it is loaded") from None
        self.functions, self.problems = header["functions"], header["problems"]
        self.conventions = header["conventions"]

    def call(self, plan: Plan, letters: Mapping[str, Real]) -> Outcome:
        """One call; WorkerError where there is no answer."""
        if self._process is None:
            self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            request = {"plan": plan.to_json(), "letters": list(letters)}
            write_message(cast(BinaryIO, self._process.stdin), request, list(letters.values()))
        except OSError:
            self.stop()
            raise WorkerError("ends the process") from None
        header, arrays = self._answer()
        return Outcome(tuple(arrays), **header)

    def _answer(self) -> tuple[dict[str, Any], list[Real]]:
        """The next message; the clock is here, whatever the worker does."""
        process = self._process
        assert process is not None
        started = time.monotonic()
        try:
            found = self._answers.get(timeout=self.seconds)
        except queue.Empty:
            self.stop()
            raise TimedOutError(f"does not return within {self.seconds:g} s") from None
        if isinstance(found, Exception):
            code = process.poll() if process.poll() is not None else process.wait(5)
            self.stop()
            if code == -getattr(signal, "SIGXCPU", 0) or time.monotonic() - started >= self.seconds:
                raise TimedOutError("uses up its processor time")
            raise WorkerError("ends the process")
        return found

    def stop(self) -> None:
        """End the process and all that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


@contextlib.contextmanager
def settling(result: Result) -> Iterator[None]:
    """Time a verdict; where the worker gives no answer, that is the verdict."""
    started = time.perf_counter()
    try:
        yield
    except TimedOutError as error:
        result.verdict = "timeout"
        result.diagnosis.append(diagnosed("HG105", f"{result.function} {error}"))
    except WorkerError as error:
        result.verdict = "unusable"
        result.diagnosis.append(diagnosed("HG104", f"{result.function} {error}"))
    result.seconds = time.perf_counter() - started


def _listen(stream: BinaryIO, answers: queue.SimpleQueue[Any]) -> None:
    """Pass on what a worker writes, until it writes no more; that too is an answer."""
    while True:
        try:
            answers.put(read_message(stream))
        except (EOFError, OSError, ValueError) as error:
            answers.put(error)
            return
