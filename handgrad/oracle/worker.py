"""The process in which a student's file runs: it loads the file, calls its functions, and never decides anything.

Run as ``python -m handgrad.oracle.worker PATH``, it answers requests on its standard input and output, which the file
itself does not get to see: what it prints is dropped. A message is a line of JSON and then its arrays as npy bytes, so
nothing is ever unpickled.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import pathlib
import sys
from typing import Any, BinaryIO

import numpy as np

from handgrad.oracle import calling, sources

MEMORY_LIMIT = 4 * 2**30
CPU_LIMIT = 120


def write_message(stream: BinaryIO, header: dict[str, Any], arrays: list[np.ndarray[Any, Any]]) -> None:
    """Send a header and arrays."""
    blobs = []
    for array in arrays:
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=False)
        blobs.append(buffer.getvalue())
    line = json.dumps({"header": header, "sizes": [len(blob) for blob in blobs]})
    stream.write(b"".join([line.encode(), b"\n", *blobs]))
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], list[np.ndarray[Any, Any]]]:
    """Receive what ``write_message`` sent; EOFError where the other side has gone."""
    line = stream.readline()
    if not line:
        raise EOFError
    message = json.loads(line)
    blobs = [stream.read(size) for size in message["sizes"]]
    if any(len(blob) != size for blob, size in zip(blobs, message["sizes"], strict=True)):
        raise EOFError
    return message["header"], [np.lib.format.read_array(io.BytesIO(blob), allow_pickle=False) for blob in blobs]


def main(path: str) -> None:
    """Load the file, tell what it holds, then answer calls until the parent hangs up."""
    requests, answers = _private_streams()
    limited = _limit_resources()
    sys.dont_write_bytecode = True
    sys.path.append(str(pathlib.Path(path).resolve().parent))
    loaded = sources.load(pathlib.Path(path))
    if not limited:
        loaded.problems.append("this system sets no limit to the memory of the file's process")
    found = {"functions": loaded.functions, "problems": loaded.problems, "conventions": loaded.conventions}
    write_message(answers, found, [])
    while True:
        try:
            header, arrays = read_message(requests)
        except EOFError:
            return
        letters = dict(zip(header["letters"], arrays, strict=True))
        outcome = calling.call(loaded.namespace, calling.Plan.from_json(header["plan"]), letters)
        write_message(answers, outcome.to_json(), list(outcome.arrays))


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent, moved to where the student's code does not read or print."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return requests, answers


def _limit_resources() -> bool:
    """Limit memory and processor time; False where the system cannot."""
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:  # Windows has none; the parent's clock still holds
        return False
    for kind, limit in ((resource.RLIMIT_DATA, MEMORY_LIMIT), (resource.RLIMIT_CPU, CPU_LIMIT)):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    return True


if __name__ == "__main__":
    main(sys.argv[1])
