"""Offsets in a model and on its record."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from benchmarks.general_scaling import WARMER, scaled
from reading_model import make_artifact
from tonality.artifact.model_folder import Artifact
from tonality.classifier import load
from tonality.evaluate.model_offsets import offsets_of, with_offsets, without_offsets
from tonality.measures.scaling import Scaling

RECORD: dict[str, Any] = {
    "temperature": 1.5,
    "offsets": {
        "values": {"negative": 0.3, "positive": -0.3},
        "accuracy": 0.9,
        "accuracy_without": 0.8,
        "accuracy_cross_fitted": None,
        "fitted_on": {"name": "mine", "part": "all", "n": 100},
    },
}


def recorded(record: Any) -> Artifact:
    return dataclasses.replace(make_artifact(), metrics={"calibration": record})


def test_what_is_put_in_is_taken_out() -> None:
    before = recorded(RECORD)
    after = with_offsets(before, Scaling(1.5, offsets_of(before)))
    assert after.temperature == 1.5
    moved = after.tensors["output.bias"] - before.tensors["output.bias"]
    assert moved.tolist() == pytest.approx([0.45, -0.45], abs=1e-3)
    back = without_offsets(after).tensors["output.bias"]
    np.testing.assert_allclose(back, before.tensors["output.bias"], atol=2e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"values": {"negative": 0.3}},
        {"values": {"negative": 0.3, "positive": "much"}},
        {"values": {"negative": 0.3, "positive": float("inf")}},
        {"values": [0.3, -0.3]},
        {"fitted_on": None},
        {"accuracy": None},
        {"accuracy_cross_fitted": "high"},
    ],
)
def test_a_record_that_is_none_is_left_aside(change: dict[str, Any]) -> None:
    assert offsets_of(recorded({**RECORD, "offsets": {**RECORD["offsets"], **change}})) == ()
    assert offsets_of(recorded(None)) == offsets_of(make_artifact()) == ()
    assert offsets_of(recorded({**RECORD, "temperature": None})) == ()


def test_general_ships_with_its_scaling() -> None:
    model = load("general").artifact
    again = scaled(model)
    assert again.temperature == pytest.approx(model.temperature * WARMER, abs=1e-6)
    assert f"divided by a temperature of {model.temperature:.3g}" in " ".join(model.card.split())
