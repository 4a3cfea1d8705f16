"""A batch spread over devices: the hand-written gradients are what they are on one device."""

from __future__ import annotations

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import jax
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import handgrad.jax
from examples import sharded
from tests import networks
from tests.networks import Network

ROOT = pathlib.Path(__file__).parent.parent
QUICKLY = "--xla_backend_optimization_level=0"  # XLA would optimise for longer than all the rest takes
EIGHT = {**os.environ, "XLA_FLAGS": f"{QUICKLY} {sharded.FLAG}=8", "JAX_PLATFORMS": "cpu"}
FEW = ("--points", "256", "--batch", "64", "--hidden", "8", "--epochs", "2", "--devices", "1")
EPOCH = re.compile(r"epoch +(\d+)  loss (\S+) +difference from one device (\S+)")

NETWORKS = [
    Network((3, 4, 2), ("sigmoid", "softmax"), "mean_categorical_cross_entropy", batch=16, seed=1),
    Network((2, 3, 5, 4), ("relu", "tanh", "identity"), "sum_squared_error", batch=24, seed=4, dtype="float32"),
]


# In a process of its own, since JAX counts its devices when it starts


def spread(x: Any) -> Any:
    """The rows of an array on eight devices, the same number on each."""
    rows = NamedSharding(Mesh(np.array(jax.devices()), ("rows",)), PartitionSpec("rows"))
    array = jax.device_put(x, rows)
    assert [shard.data.shape[0] for shard in array.addressable_shards] == [len(x) // 8] * 8
    return array


def check_networks() -> None:
    """The gradients of mlp_gradients, within rounding of JAX's and of those on one device."""
    for network in NETWORKS:
        W, b, x, y = network.arrays()
        hand = jax.jit(functools.partial(networks.hand_gradients, network.activations, network.loss))
        truth, bounds = networks.autodiff(networks.jax_gradients(network.activations, network.loss), W, b, x, y)
        found = hand(W, b, spread(x), spread(y))
        assert len(found["a"].sharding.device_set) == 8
        networks.compare(found, truth, bounds)
        networks.compare(found, jax.tree.map(np.asarray, hand(W, b, x, y)), bounds)


def check_bridge() -> None:
    """The functions of handgrad.jax, which JAX differentiates."""
    W, b, x, y = NETWORKS[0].arrays()

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        hidden = handgrad.jax.sigmoid(handgrad.jax.dense(x, W[0], b[0]))
        return handgrad.jax.softmax_cross_entropy(y, handgrad.jax.dense(hidden, *parameters)).mean()

    gradient = jax.jit(jax.grad(loss))
    on_one, on_eight = gradient((W[1], b[1]), x, y), gradient((W[1], b[1]), spread(x), spread(y))
    for array, other in zip(on_eight, on_one, strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-13, atol=1e-15)


def on_eight_devices() -> None:
    """What the test below runs."""
    jax.config.update("jax_enable_x64", True)
    assert jax.device_count() == 8
    check_networks()
    check_bridge()


def test_gradients_of_a_spread_batch_equal_those_on_one_device() -> None:
    code = "from tests import test_sharded; test_sharded.on_eight_devices()"
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, cwd=ROOT, env=EIGHT, timeout=300, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr


# The example


def test_the_script_learns_on_eight_devices(tmp_path: pathlib.Path) -> None:
    # As installed, the package brings nothing else of the checkout.
    shutil.copytree(ROOT / "handgrad", tmp_path / "installed" / "handgrad")
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    finished = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "sharded.py"), "--epochs", "4", "--hidden", "16", "--batch", "256"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path / "installed"), "JAX_PLATFORMS": "cpu"},
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    first, *lines, right, verdict = finished.stdout.splitlines()
    assert first == "8192 points, a 2-16-3 network, batches of 256: 32 on each of 8 devices (cpu)"
    epochs = EPOCH.findall("\n".join(lines))
    assert [epoch[0] for epoch in epochs] == ["1", "2", "3", "4"]
    assert float(epochs[-1][1]) < float(epochs[0][1])
    assert 0 < max(float(epoch[2]) for epoch in epochs) < 1e-12  # sums in another order do not agree to the last digit
    assert re.fullmatch(r"[\d.]+% of 1024 other points right", right)
    assert re.fullmatch(r"largest difference, relative to the gradient's largest entry, .*: within 1e-12", verdict)


@pytest.fixture
def _flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example sets them for good."""
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))


@pytest.mark.usefixtures("_flags")
def test_the_seed_decides_everything(capsys: pytest.CaptureFixture[str]) -> None:
    printed = [(sharded.main([*FEW, "--seed", seed]), capsys.readouterr().out) for seed in ("1", "1", "2")]
    assert printed[0] == printed[1] != printed[2]
    assert printed[0][0] == 0


def test_a_difference_is_relative_and_a_nan_is_one() -> None:
    right = sharded.Parameters([np.array([[1e-9, 2e-9]])], [np.array([0.0])])
    wrong = sharded.Parameters([np.array([[1e-9, 2.002e-9]])], [np.array([0.0])])
    nan = sharded.Parameters([np.array([[1e-9, 2e-9]])], [np.array([np.nan])])
    assert sharded.largest_difference(right, right) == 0
    assert sharded.largest_difference(wrong, right) == pytest.approx(1e-3)
    assert np.isnan(sharded.largest_difference(nan, right))


@pytest.mark.usefixtures("_flags")
@pytest.mark.parametrize("difference", [1e-3, np.nan])
def test_a_difference_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], difference: float
) -> None:
    monkeypatch.setattr(sharded, "largest_difference", lambda spread, whole: difference)
    assert sharded.main(FEW) == 1
    assert "NOT within" in capsys.readouterr().out


@pytest.mark.usefixtures("_flags")
def test_a_rate_too_high_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert sharded.main([*FEW, "--rate", "1e200"]) == 1
    assert "a smaller --rate" in capsys.readouterr().err


@pytest.mark.usefixtures("_flags")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--devices", "1000000"], "--devices 1000000: there are "),
        (["--devices", "0"], "'0' is not a whole number above 0"),
        (["--batch", "512", "--points", "100"], "--batch 512: there are 100 points"),
        (["--rate", "nan"], "'nan' is not a number above 0"),
        (["--seed", "-1"], "'-1' is not a whole number from 0"),
        (["--dtype", "float16"], "invalid choice: 'float16'"),
    ],
)
def test_what_cannot_be_met_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        sharded.main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_a_batch_that_devices_cannot_share_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sharded, "_devices", lambda parser, options: [None] * 3)
    with pytest.raises(SystemExit):
        sharded.main(["--batch", "512"])
    assert "--batch 512: 3 devices must share it equally" in capsys.readouterr().err


@pytest.mark.usefixtures("_flags")
def test_without_jax_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(SystemExit):
        sharded.main([])
    assert "not installed: python -m pip install '.[jax]'" in capsys.readouterr().err
