"""Mixed precision on a CPU: the same lesson, and weights in float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from made_up_reviews import TINY, make_dataset

import tonality
from tonality.train import train
from tonality.train.loop import lightning_fit
from tonality.train.loop.each_step import bfloat16_pays

LEARNS = TINY.with_settings(["training.epochs=4", "optimiser.learning_rate=0.1"])


def test_a_run_in_bfloat16_learns_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding changes the weights a little, and no verdict that is sure."""
    data = make_dataset()
    whole = tonality.load(train(data, LEARNS, tmp_path / "whole"))
    monkeypatch.setattr(lightning_fit, "bfloat16_pays", lambda _: True)
    recipe = LEARNS.with_settings(["training.precision=bf16"])
    half = tonality.load(train(data, recipe, tmp_path / "half"))
    kept = torch.load(tmp_path / "half" / "checkpoint.pt", weights_only=False)["weights"]
    assert {weights.dtype for weights in kept.values()} == {torch.float32}
    texts = data.train.texts[:200]
    one, other = whole.predict_proba(texts), half.predict_proba(texts)
    assert abs(one - other).max() > 0
    sure = one.max(axis=1) > 0.9
    assert sure.any()
    assert np.array_equal(one[sure].argmax(axis=1), other[sure].argmax(axis=1))


def test_a_gpu_gains_and_an_old_library_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PyTorch that can't tell what the CPU has trains in float32."""
    assert bfloat16_pays("cuda")
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not bfloat16_pays("cpu")
