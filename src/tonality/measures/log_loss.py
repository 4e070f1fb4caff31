"""The log loss of probabilities, one for every report."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TINY = 1e-300  # a probability that is 0 in double precision has a logarithm all the same


def log_losses(labels: npt.NDArray[np.int64], probabilities: Floats) -> Floats:
    """The negative log probability of each truth (N,), in nats.

    Args:
        labels: true classes, (N,).
        probabilities: (N, C).
    """
    of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    losses: Floats = 0.0 - np.log(np.maximum(of_truth, TINY))  # never -0.0
    return losses


def log_loss(labels: npt.NDArray[np.int64], probabilities: Floats) -> float:
    """The mean of :func:`log_losses`."""
    return float(log_losses(labels, probabilities).mean())
