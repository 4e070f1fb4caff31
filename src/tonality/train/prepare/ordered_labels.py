"""Ordered classes: labels that are numbers, a near one less wrong than a far one.

Diaz & Marathe 2019, "Soft Labels for Ordinal Regression": in place of 1 for the true class and 0
for the others, the target is a softmax over how far each class is from the true one. The network
keeps one logit a class, so a model trained this way runs like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tonality.errors import ConfigError
from tonality.number_labels import label_values

# What a distance of one step, the mean gap between neighbouring labels, takes from the log of a
# class's share in the target. docs/own-data.md has the measurements behind it.
SHARPNESS = 1.0


def numbers_of(labels: Sequence[str]) -> tuple[float, ...]:
    """The numbers that labels are.

    Raises:
        ConfigError: they are no numbers, so ``training.ordered`` has no order to go by.
    """
    values = label_values(labels)
    if values is None:
        raise ConfigError(
            "training.ordered needs labels that are different numbers, such as stars from 1 to 5; "
            f"these are {', '.join(labels[:5])}{', ...' if len(labels) > 5 else ''}: set it to "
            "false, or give numbers in the data or by a label map"
        )
    return values


def soft_targets(values: ArrayLike, sharpness: float = SHARPNESS) -> NDArray[np.float64]:
    """The target for a text of each class, a row a class: (C,) numbers in order -> (C, C).

    Distances are in the numbers themselves, so that uneven gaps count as what they are.

    Args:
        values: the classes' numbers, ascending.
        sharpness: what a distance of the mean gap takes from the log of a share.
    """
    numbers = np.asarray(values, np.float64)
    step = (numbers[-1] - numbers[0]) / (len(numbers) - 1)
    distance = np.abs(numbers[:, None] - numbers[None, :]) / step  # (C, C)
    shares = np.exp(-sharpness * distance)
    targets: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return targets
