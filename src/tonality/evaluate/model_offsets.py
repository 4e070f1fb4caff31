"""Offsets of the labels in a model: put into its last layer, and taken out as its record says."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from tonality.artifact.model_folder import Artifact
from tonality.measures.scaling import Scaling
from tonality.plain_json import mapping_at

_BIAS = "output.bias"
_FIGURES = ("accuracy", "accuracy_without")  # of the record


def with_offsets(artifact: Artifact, scaling: Scaling) -> Artifact:
    """The model with a scaling's temperature, its offsets in the bias of the last layer."""
    model = dataclasses.replace(artifact, temperature=scaling.temperature)
    if not scaling.offsets:
        return model
    bias = artifact.tensors[_BIAS]
    moved = bias.astype(np.float64) + np.array(scaling.offsets) * scaling.temperature
    return dataclasses.replace(model, tensors={**artifact.tensors, _BIAS: moved.astype(bias.dtype)})


def without_offsets(artifact: Artifact) -> Artifact:
    """The model as it was before the offsets that it records, but for rounding."""
    taken = tuple(-each for each in offsets_of(artifact))
    return with_offsets(artifact, Scaling(artifact.temperature, taken))


def offsets_of(artifact: Artifact) -> tuple[float, ...]:
    """The offsets (C,) that a model records, as of its temperature; empty for none."""
    record = mapping_at(artifact.metrics, "calibration")
    found = mapping_at(record, "offsets")
    values = mapping_at(found, "values")
    if set(values) != set(artifact.labels):
        return ()
    if not isinstance(mapping_at(found, "fitted_on").get("n"), int):
        return ()
    crossed = found.get("accuracy_cross_fitted")
    needed = [record.get("temperature"), *(found.get(key) for key in _FIGURES), *values.values()]
    if not all(map(_is_number, needed if crossed is None else [*needed, crossed])):
        return ()
    return tuple(float(values[label]) for label in artifact.labels)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
