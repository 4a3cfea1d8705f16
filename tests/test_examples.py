"""The examples, as somebody runs them who has just installed the package."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn, which is not installed")

from examples import digits

ROOT = pathlib.Path(__file__).parent.parent
FEW = ("--epochs", "2", "--batch", "719")  # 4 steps
EPOCH = re.compile(r"epoch +(\d+)  loss (\S+) +held out: loss (\S+) +accuracy ([\d.]+)%")


def epochs(printed: str) -> list[tuple[str, ...]]:
    """Number, both losses and accuracy of each line about an epoch."""
    return EPOCH.findall(printed)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        digits.main(arguments)
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def needs_matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib, which draws the picture, is not installed")


def test_the_script_learns_checks_and_draws(tmp_path: pathlib.Path) -> None:
    needs_matplotlib()
    path = tmp_path / "digits.png"
    # As installed, the package brings nothing else of the checkout.
    shutil.copytree(ROOT / "handgrad", tmp_path / "installed" / "handgrad")
    finished = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "digits.py"), *FEW, "--check", "--picture", str(path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    first, *lines, check, picture = finished.stdout.splitlines()
    assert first == "1438 digits to learn from, 359 held out, a 64-128-10 network"
    assert [line[0] for line in epochs("\n".join(lines))] == ["1", "2"]
    assert len(lines) == 2
    assert re.fullmatch(r"4 steps compared with jax.grad: largest difference .*, relative .*, within 1e-09", check)
    assert picture == f"picture: {path}"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_defaults_reach_96_percent(capsys: pytest.CaptureFixture[str]) -> None:
    assert digits.main([]) == 0
    found = epochs(capsys.readouterr().out)
    assert len(found) == 30
    assert float(found[-1][1]) < float(found[0][1])
    assert float(found[-1][3]) >= 96


def test_the_seed_decides_everything(capsys: pytest.CaptureFixture[str]) -> None:
    printed = [
        (digits.main([*FEW, "--dtype", "float32", "--seed", seed]), capsys.readouterr().out) for seed in ("1", "1", "2")
    ]
    assert printed[0] == printed[1] != printed[2]


def test_float32_stays_float32() -> None:
    generator = np.random.default_rng(0)
    training, _ = digits.digits(generator, "float32")
    network = digits.initial_network(generator, [3], "float32")
    assert {array.dtype for array in (training.x, training.y, *network.W, *network.b)} == {np.dtype("float32")}


def test_check_rejects_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    right = digits.mlp_gradients

    def wrong(*arguments: Any) -> Any:
        J, dW, db = right(*arguments)
        return J, dW, [1.0001 * db_m for db_m in db]

    monkeypatch.setattr(digits, "mlp_gradients", wrong)
    assert digits.main([*FEW, "--check"]) == 1
    assert "NOT within" in capsys.readouterr().out


def test_check_rejects_a_shape_that_broadcasting_would_mend() -> None:
    generator = np.random.default_rng(0)
    training, _ = digits.digits(generator, "float64")
    network = digits.initial_network(generator, [3], "float64")
    _, dW, db = digits.mlp_gradients(*network[:2], training.x, training.y, network.activations, digits.LOSS)
    check = digits.Check(network.activations, "float64")
    check.compare(network, training, [*dW, *db])
    assert check.passed
    check.compare(network, training, [*dW, db[0][None], db[1]])
    assert not check.passed


def test_a_step_at_a_kink_is_not_compared() -> None:
    check = digits.Check(["relu", "softmax"], "float64")
    y = np.eye(digits.CLASSES)[:1]
    batch = digits.Data(np.ones((1, 2)), y, np.zeros((1, 1, 1)))
    at_kink = digits.Network(
        [np.array([[1.0], [-1.0]]), np.ones((1, 10))], [np.zeros(1), np.zeros(10)], ["relu", "softmax"]
    )
    far_off = [*[np.full_like(W, 9) for W in at_kink.W], *[np.full_like(b, 9) for b in at_kink.b]]
    check.compare(at_kink, batch, far_off)
    assert (check.steps, check.kinks, check.passed) == (0, 1, False)  # nothing was compared
    off_kink = digits.Network(at_kink.W, [np.ones(1), np.zeros(10)], at_kink.activations)
    check.compare(off_kink, batch, far_off)
    assert (check.steps, check.kinks, check.passed) == (1, 1, False)


def test_a_rate_too_high_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert digits.main([*FEW, "--rate", "1e200"]) == 1
    printed = capsys.readouterr()
    assert "a smaller --rate" in printed.err
    assert "Warning" not in printed.err


def test_a_picture_replaces_a_file_only_by_force(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_matplotlib()
    monkeypatch.setattr(digits, "GRID", (1, 2))
    path = tmp_path / "digits.svg"
    path.write_text("mine", encoding="utf-8")
    assert "--force" in refusal(capsys, "--picture", str(path))
    assert path.read_text(encoding="utf-8") == "mine"
    assert digits.main([*FEW, "--picture", str(path), "--force"]) == 0
    assert "<svg" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--picture", "{folder}/none/digits.png"], "there is no folder {folder}/none"),
        (["--picture", "{folder}/digits.doc"], "it must end in .pdf, .png or .svg"),
        (["--epochs", "0"], "'0' is not a whole number above 0"),
        (["--batch", "-1"], "'-1' is not a whole number above 0"),
        (["--hidden", "many"], "'many' is not a whole number above 0"),
        (["--rate", "nan"], "'nan' is not a number above 0"),
        (["--seed", "0.5"], "'0.5' is not a whole number from 0"),
        (["--dtype", "float16"], "invalid choice: 'float16'"),
    ],
)
def test_what_cannot_be_met_is_refused(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    if "--picture" in arguments:
        needs_matplotlib()
    arguments = [argument.format(folder=tmp_path) for argument in arguments]
    assert message.format(folder=tmp_path) in refusal(capsys, *arguments)


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("sklearn.datasets", [], ".[examples]"),
        ("matplotlib.figure", ["--picture", "digits.png"], ".[examples]"),
        ("jax", ["--check"], ".[jax]"),
    ],
)
def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: str,
    arguments: list[str],
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert f"not installed: python -m pip install '{extra}'" in refusal(capsys, *arguments)


def test_check_needs_the_checkout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(digits, "CHECKOUT", tmp_path)
    assert f"{tmp_path} has no reference/backprop.py" in refusal(capsys, "--check")
