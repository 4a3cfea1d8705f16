"""The process in which a student's file runs: it loads the file, calls its functions, and never decides anything.

Run as ``python -m handgrad.oracle.worker PATH``, it answers requests on its standard input and output, which the file
itself does not get to see: what it prints is dropped. A message is a line of JSON and then its arrays as npy bytes, so
nothing is ever unpickled.
"""

from __future__ import annotations

import functools
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
    blobs = [_to_npy(np.asarray(array)) for array in arrays]
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
    return message["header"], [_from_npy(blob) for blob in blobs]


def _to_npy(array: np.ndarray[Any, Any]) -> bytes:
    return _npy_header(array.dtype, array.shape) + array.tobytes()


def _from_npy(blob: bytes) -> np.ndarray[Any, Any]:
    end = blob.index(b"\n") + 1
    dtype, shape = _described_by(blob[:end])
    return np.frombuffer(blob, dtype, offset=end).reshape(shape).copy()


# A check sends thousands of arrays of few shapes, and NumPy reads and writes a header in the time of some ten calls.


@functools.lru_cache(maxsize=256)
def _npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, described)
    return buffer.getvalue()


@functools.lru_cache(maxsize=256)
def _described_by(header: bytes) -> tuple[np.dtype[Any], tuple[int, ...]]:
    buffer = io.BytesIO(header)
    np.lib.format.read_magic(buffer)
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    if dtype.hasobject:
        raise ValueError("objects do not travel")
    return dtype, shape


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
