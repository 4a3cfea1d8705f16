"""The speed benchmark runs, compares what it times, and prints and writes what it says; no time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import peers, speed
from handgrad.catalogue import FORMULAS

pytest.importorskip("autograd", reason="HIPS autograd is not installed")


def test_a_quick_run_prints_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "QUICK_SIZES", (10, 100_000, 200_000))
    monkeypatch.setattr(speed, "QUICK_SECONDS", {True: 0.01, False: 0.01})
    monkeypatch.setattr(speed, "MEMORY_SIZE", 10_000)
    file = tmp_path / "speed.json"
    speed.main(["relu", "mlp_gradients", "memory", "--quick", "--json", str(file)])
    data = json.loads(file.read_text(encoding="utf-8"))

    rows = {(row["label"], row["elements"], row["way"]): row for row in data["rows"]}
    ways = {way for _, _, way in rows}
    assert ways >= {"handgrad", "handgrad in jit", "jax", "jax of NumPy", "autograd"}
    assert len(rows) == len(ways) * (3 + 2)  # two networks have so few parameters
    assert all(row["microseconds"] > 0 and row["ratio"] > 0 and row["rounds"] >= speed.ROUNDS for row in rows.values())
    assert all(row["ratio"] == 1 for (_, _, way), row in rows.items() if way in ("handgrad", "handgrad in jit"))
    assert [row["label"] for row in data["growth"]] == ["relu"]
    assert {row["label"] for row in data["memory"]} == {"relu"}
    assert all(row["peak"] >= row["argument"] for row in data["memory"])
    assert {mark["what"] for mark in data["summary"]} >= {"in jax.jit, by JAX's own", "NumPy to 10^4, by HIPS autograd"}

    printed = capsys.readouterr().out
    for part in (*data["header"], *data["reasons"], "mlp_gradients", "Summary", "Peak memory"):
        assert part in printed


def test_an_inline_run_is_of_jax_alone(tmp_path: Path) -> None:
    file = tmp_path / "speed.json"
    command = [sys.executable, "-m", "benchmarks.speed", "relu", "memory", "--quick", "--inline", "--json", str(file)]
    subprocess.run(command, cwd=Path(__file__).parent.parent, check=True, capture_output=True)
    data = json.loads(file.read_text(encoding="utf-8"))
    assert {row["way"] for row in data["rows"]} == {"handgrad in jit", "jax"}
    assert not data["memory"]
    assert any("in the thread that calls" in line for line in data["header"])


def test_a_mark_is_met_up_to_its_number() -> None:
    def met(ratios: list[float]) -> bool:
        rows = [speed.Row("relu", "relu", "float64", 10, "torch", 5, 1.0, ratio, 1.0, 9.0) for ratio in ratios]
        by_median, by_fastest = speed.marks(rows, [], [])
        assert by_median.worst_row == by_fastest.worst_row == "relu, 10, float64"
        assert not by_fastest.met
        return by_median.met

    assert met([0.1, 0.7, 1.5])
    assert not met([0.1, 0.71, 1.5])
    assert not met([0.1, 0.7, 1.51])


def test_growth_is_the_exponent_of_a_power() -> None:
    times = {10: 1e9, **{n: 3.0 * n**1.25 for n in (10**5, 10**6, 10**7)}}
    rows = [speed.Row("relu", "relu", "float64", n, peers.HAND, 5, time, 1.0, 1.0, 1.0) for n, time in times.items()]
    (growth,) = speed.growths(rows)
    assert growth.exponent == pytest.approx(1.25)


def test_rows_above_the_mark_have_a_reason() -> None:
    ratios = {10: 1.0, 100: 1.25}
    rows = [speed.Row("tanh", "tanh", "float64", n, "jax", 5, 1.0, ratio, 1.0, 1.0) for n, ratio in ratios.items()]
    (reason,) = speed.reasons(rows)
    assert reason == f"tanh: 1 of 2, at most 1.25 at 100: {speed.REASONS['tanh']}"
    assert set(speed.REASONS) <= set(FORMULAS)


def test_ways_that_disagree_are_not_timed() -> None:
    (subject,) = peers.subjects(["sigmoid"], [10], ["float64"])
    steps = peers.steps(subject, ["handgrad", "jax"])

    def wrong() -> Any:
        value, z_bar = steps["jax"]()
        return value, -np.asarray(z_bar[0])

    with pytest.raises(AssertionError, match="sigmoid, jax"):
        peers.compare(subject, {**steps, "jax": wrong})


def test_what_is_not_measured_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        speed.main(["sofmax"])
    assert "'sofmax' is not one of softmax," in capsys.readouterr().err


def test_verdicts_leave_out_a_checker_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = {"runs": ["-c", ""], "does not": ["-c", "raise SystemExit(1)"]}
    monkeypatch.setattr(speed, "CHECKERS", commands)
    (verdict,) = speed.verdicts(rounds=1)
    assert verdict.name == "runs"
    assert verdict.seconds > 0
