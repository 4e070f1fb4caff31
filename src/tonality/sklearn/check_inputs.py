"""What the estimator is given: texts, labels, weights, device; refused as scikit-learn would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from tonality.given_texts import is_missing
from tonality.label_spellings import SHOWN, likely_map, words_and_numbers

Floats = NDArray[np.float64]

DEVICES = ("cpu", "gpu", "auto")


def check_texts(X: Iterable[str | None]) -> list[str | None]:
    """The texts as a list.

    Raises:
        ValueError: it is one string, or something in it is no text.
    """
    if isinstance(X, str):
        raise ValueError("X is one string; put the one text in a list")
    if getattr(X, "ndim", 1) != 1:
        raise ValueError(
            f"X has {X.ndim} dimensions; texts come in one, such as a list or a column"  # type: ignore[attr-defined]
        )
    if isinstance(X, Mapping):
        raise ValueError(f"X is a {type(X).__name__}, which gives its keys; give the texts")
    texts: list[str | None] = []
    for row, text in enumerate(X):
        if text is not None and not isinstance(text, str) and not is_missing(text):
            raise ValueError(
                f"X[{row}] is a {type(text).__name__} and no text; replace missing texts by '' "
                "or None"
            )
        texts.append(text if isinstance(text, str) else None)
    return texts


def check_labels(y: ArrayLike) -> NDArray[Any]:
    """The labels as an array (N,).

    Raises:
        ValueError: they are none, or no classes.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels: NDArray[Any] = column_or_1d(y, warn=True)
    if labels.dtype == object and (gaps := [n for n, one in enumerate(labels) if is_missing(one)]):
        raise ValueError(
            f"y[{gaps[0]}] is missing, and so {'is' if len(gaps) == 1 else 'are'} {len(gaps)} of "
            f"{len(labels)} labels; leave out rows without a label. Input contains NaN"
        )
    assert_all_finite(labels)
    check_classification_targets(labels)
    _check_one_kind(labels)
    return labels


def _check_one_kind(labels: NDArray[Any]) -> None:
    """Refuses feelings in words beside numbers, as all training does, and says what to do here.

    Raises:
        ValueError: there are both.
    """
    words, numbers = words_and_numbers(sorted({str(label) for label in labels.tolist()}))
    if words and numbers:
        likely = likely_map(numbers, words) or dict.fromkeys(numbers, words[0])
        meant = dict(list(likely.items())[:SHOWN])
        raise ValueError(
            f"y has words and numbers: {', '.join(map(repr, words[:SHOWN]))} and "
            f"{', '.join(map(repr, numbers[:SHOWN]))}; say what each number means before fitting, "
            f"as in [{meant}.get(label, label) for label in y], or leave its rows out"
        )


def check_weights(given: ArrayLike | None, count: int) -> Floats | None:
    """The texts' weights (N,).

    Raises:
        ValueError: another shape, or not finite, or below 0, or all 0.
    """
    if given is None:
        return None
    weights = np.asarray(given, np.float64)
    if weights.ndim == 0:
        weights = np.full(count, weights)
    if weights.shape != (count,):
        raise ValueError(
            f"Sample weights must be 1D array or scalar, one a text: {weights.shape} are given "
            f"for {count} texts"
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("sample weights must be finite and 0 or more")
    if not weights.any():
        raise ValueError("every sample weight is zero, so no text counts")
    return weights


def check_device(device: str) -> None:
    """Checks that there is such a device.

    Raises:
        ValueError: it is none of :data:`DEVICES`, or a GPU and none is there.
    """
    if device not in DEVICES:
        raise ValueError(f"device is {device!r}; it takes one of {', '.join(map(repr, DEVICES))}")
    if device == "gpu":
        from lightning.pytorch.accelerators import CUDAAccelerator, MPSAccelerator

        if not (CUDAAccelerator.is_available() or MPSAccelerator.is_available()):
            raise ValueError(
                "device is 'gpu', and torch finds none here; 'auto' takes a GPU where there is one "
                "and the CPU elsewhere"
            )
