"""Labels drawn from the very probabilities of a model, which are then as right as can be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tonality.prediction import softmax

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def calibrated(n: int, classes: int, seed: int = 0) -> tuple[Integers, Floats]:
    """Truths (N,) drawn from the very probabilities of logits (N, C)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, classes))
    return drawn(softmax(logits), rng), logits


def drawn(chances: Floats, rng: np.random.Generator) -> Integers:
    """A class (N,) of each row of probabilities (N, C)."""
    found = (rng.random((len(chances), 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    classes: Integers = np.minimum(found, chances.shape[1] - 1)
    return classes
