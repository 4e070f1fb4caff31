"""Mends probabilities: one temperature, and an offset for each label if asked for.

Networks tend to be surer than they should be. Dividing the logits by one number, the temperature,
mends most of that and leaves every verdict as it was (Guo et al. 2017, "On Calibration of Modern
Neural Networks").

A model that learnt from other texts also expects other shares of the labels, and draws the lines
between them elsewhere. A number added to each label's logit mends that. A hundred labelled texts
are enough to find it (bias-corrected temperature scaling: Alexandari, Kundaje & Shrikumar 2020,
"Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation").
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tonality.errors import DataError
from tonality.measures.log_loss import TINY
from tonality.prediction import softmax

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Beyond these a temperature says that the rows are too few or too easy, not how sure to be.
LOWEST, HIGHEST = 0.05, 20.0
# How far from 0 an offset is expected, as a standard deviation: few rows then move it little.
SPREAD = 0.5

_STEPS = 100  # Newton's method needs about ten
_ENOUGH = 1e-12  # of the mean loss, to be gained by one more


class Scaling(NamedTuple):
    """What makes other probabilities of a model's logits.

    Attributes:
        temperature: what the logits are divided by.
        offsets: (C,) what is then added to them; empty for nothing.
    """

    temperature: float
    offsets: tuple[float, ...] = ()


def to_logits(probabilities: Floats, temperature: float) -> Floats:
    """The logits (N, C) behind probabilities, but for a constant a row, which changes nothing."""
    logits: Floats = np.log(np.maximum(probabilities, TINY)) * temperature
    return logits


def rescaled(probabilities: Floats, old: float, new: Scaling, read: Mask) -> Floats:
    """Probabilities (N, C) computed with one temperature as they would be with another scaling.

    Args:
        probabilities: (N, C), with temperature ``old``.
        old: that temperature.
        new: the scaling.
        read: (N,), False for texts without a token, which get the priors whatever the scaling.
    """
    logits = to_logits(probabilities, old) / new.temperature
    changed = softmax(logits + np.array(new.offsets) if new.offsets else logits)
    changed[~read] = probabilities[~read]
    return changed


def fit_temperature(logits: Floats, labels: Integers) -> float:
    """The temperature of the least log loss (Guo et al. 2017).

    The loss is convex in the inverse of the temperature, so a golden-section search finds the one
    minimum between ``LOWEST`` and ``HIGHEST``.

    Args:
        logits: (N, C), as with temperature 1.
        labels: true classes, (N,), of rows that the model was not trained on.

    Returns:
        The temperature, to six digits.

    Raises:
        DataError: there are no rows.
    """
    target = _targets(logits, labels)

    def loss(log_inverse: float) -> float:
        return _cross_entropy(math.exp(log_inverse) * logits, target)

    best = _golden_section(loss, -math.log(HIGHEST), -math.log(LOWEST))
    return float(f"{math.exp(-best):.6g}")


def fit_offsets(logits: Floats, labels: Integers) -> Scaling:
    """The temperature and the offsets of the least log loss, with a normal prior on the offsets.

    The loss is convex in the inverse of the temperature and the offsets together, so Newton's
    method finds its one minimum.

    Args:
        logits: (N, C), as with temperature 1.
        labels: true classes, (N,), of rows that the model was not trained on.

    Returns:
        Both, to six digits. The offsets sum to 0.

    Raises:
        DataError: there are no rows.
    """
    target = _targets(logits, labels)
    start = np.array([1 / fit_temperature(logits, labels), *[0.0] * logits.shape[1]])
    found = _least_loss(start, logits, target, np.ones(len(start)))
    if not 1 / HIGHEST <= found[0] <= 1 / LOWEST:
        # The loss falls towards the bound, so the least one within it has the bound's temperature.
        start[0] = np.clip(found[0], 1 / HIGHEST, 1 / LOWEST)
        found = _least_loss(start, logits, target, np.array([0.0, *[1.0] * logits.shape[1]]))
    offsets = found[1:] - found[1:].mean()
    return Scaling(float(f"{1 / found[0]:.6g}"), tuple(float(f"{each:.6g}") for each in offsets))


def fit_scaling(logits: Floats, labels: Integers, *, offsets: bool) -> Scaling:
    """The temperature that rows ask for, with offsets or without.

    Args:
        logits: (N, C), as with temperature 1.
        labels: true classes, (N,).
        offsets: whether to fit them.

    Raises:
        DataError: there are no rows.
    """
    return fit_offsets(logits, labels) if offsets else Scaling(fit_temperature(logits, labels))


def _least_loss(start: Floats, logits: Floats, target: Floats, free: Floats) -> Floats:
    """The inverse temperature and the offsets (1 + C,) of the least loss, by Newton's method.

    Args:
        start: where to begin.
        logits: (N, C), as with temperature 1.
        target: shares (N, C) to come near.
        free: (1 + C,), 0 for what stays as it is.
    """
    penalty = np.array([0.0, *[SPREAD**-2 / len(logits)] * logits.shape[1]])

    def loss(values: Floats) -> float:
        prior = float((penalty * values**2).sum() / 2)
        return _cross_entropy(values[0] * logits + values[1:], target) + prior

    found, now = start, loss(start)
    for _ in range(_STEPS):
        step, size = _newton_step(found, logits, target, penalty, free), 1.0
        while (then := loss(found - size * step)) > now and size > _ENOUGH:
            size /= 2
        if then >= now - _ENOUGH:
            break
        found, now = found - size * step, then
    return found


def _newton_step(
    values: Floats, logits: Floats, target: Floats, penalty: Floats, free: Floats
) -> Floats:
    """What a step of Newton's method takes off the inverse temperature and the offsets (1 + C,)."""
    n = len(logits)
    shares = softmax(values[0] * logits + values[1:])  # (N, C)
    centred = logits - (shares * logits).sum(axis=1, keepdims=True)
    slope = np.array([((shares - target) * logits).sum(), *(shares - target).sum(axis=0)]) / n
    curvature = np.empty((len(values), len(values)))
    curvature[0, 0] = (shares * centred**2).sum()
    curvature[0, 1:] = curvature[1:, 0] = (shares * centred).sum(axis=0)
    curvature[1:, 1:] = np.diag(shares.sum(axis=0)) - shares.T @ shares
    curvature = (curvature / n + np.diag(penalty)) * np.outer(free, free)
    curvature += np.diag(1 - free)
    curvature[0, 0] += 1e-9  # logits that are all alike leave the temperature open
    step: Floats = np.linalg.solve(curvature, free * (slope + penalty * values)).astype(np.float64)
    return step


def _targets(logits: Floats, labels: Integers) -> Floats:
    """The shares (N, C) to come near.

    As in Platt 1999, the truth counts a little less than 1, by 1 / (N + 2): a few rows without a
    mistake do not make the model certain of all.
    """
    if not len(labels):
        raise DataError("there is no labelled row to fit a temperature on")
    n, classes = logits.shape
    target = np.full((n, classes), 1 / (n + 2) / (classes - 1))
    target[np.arange(n), labels] = 1 - 1 / (n + 2)
    return target


def _cross_entropy(scaled: Floats, target: Floats) -> float:
    """The mean cross-entropy of logits (N, C) with target shares (N, C), in nats."""
    highest = scaled.max(axis=1)
    total = np.log(np.exp(scaled - highest[:, None]).sum(axis=1)) + highest  # (N,)
    return float((total - (scaled * target).sum(axis=1)).mean())


def _golden_section(
    function: Callable[[float], float], low: float, high: float, width: float = 1e-7
) -> float:
    """Where a function with one minimum between ``low`` and ``high`` has it (Kiefer 1953)."""
    ratio = (math.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > width:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = function(right)
    return (low + high) / 2
