"""Settings for the whole suite, and the count of what it verified."""

from __future__ import annotations

import collections
from typing import Any

import hypothesis
import jax
import pytest

from tests.cases import VERIFIED, Verified
from tests.named import NAMED, Named

jax.config.update("jax_enable_x64", True)

# A first example compiles, which no deadline could tell from a slow formula.
hypothesis.settings.register_profile(
    "handgrad",
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
)
hypothesis.settings.load_profile("handgrad")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send a worker's counts to the process that prints them."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["verified"] = {name: list(found) for name, found in VERIFIED.items()}
        output["named"] = {run: [found.judged, found.right] for run, found in NAMED.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add a finished worker's counts."""
    for name, found in getattr(node, "workeroutput", {}).get("verified", {}).items():
        VERIFIED[name] = VERIFIED[name].joined(Verified(*found)) if name in VERIFIED else Verified(*found)
    for run, counts in getattr(node, "workeroutput", {}).get("named", {}).items():
        NAMED[run] = NAMED.get(run, Named()).joined(Named(*counts))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much was verified, how close the worst case came to its tolerance, and how many mistakes were named."""
    if not VERIFIED and not NAMED:
        return
    terminalreporter.section("handgrad", sep="=")
    for run, found in NAMED.items():
        share = f"{found.right} of {found.judged}, {found.right / found.judged:.1%}"
        terminalreporter.write_line(f"mistakes called by their right name ({run}): {share}")
    if not VERIFIED:
        return
    totals = collections.Counter(points=sum(found.points for found in VERIFIED.values()))
    name, worst = max(VERIFIED.items(), key=lambda item: item[1].worst)
    terminalreporter.write_line(
        f"{len(VERIFIED)} formulas verified against JAX at {totals['points']:,} input points "
        "(value, jacrev, jacfwd, grad, vjp, jvp)"
    )
    terminalreporter.write_line(
        f"worst error: {worst.worst:.2f} of what rounding allows, at {worst.error:.1e} ({name}, {worst.what})"
    )
