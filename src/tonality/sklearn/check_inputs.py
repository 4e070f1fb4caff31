"""What the estimator is given: texts, labels, weights, device; refused as scikit-learn would."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from tonality.errors import DataError
from tonality.given_texts import checked_texts, is_missing
from tonality.label_meanings import likely_map, words_and_numbers
from tonality.label_spellings import SHOWN, count, in_words, joins

Floats = NDArray[np.float64]

DEVICES = ("cpu", "gpu", "auto")


def check_texts(X: Iterable[str | None]) -> list[str | None]:
    """The texts as a list, with None for missing ones.

    Raises:
        ValueError: it is one string, a table, or something in it is no text.
    """
    if isinstance(X, str):
        raise ValueError("X: expected a list of texts, got one text; put it in a list, as in [X]")
    try:
        return checked_texts(X)
    except DataError as error:
        raise ValueError(f"X: {error}") from None


def check_labels(y: ArrayLike) -> NDArray[Any]:
    """The labels as an array (N,).

    Raises:
        ValueError: they are none, or no classes.
    """
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels: NDArray[Any] = column_or_1d(_plain(y), warn=True)
    if labels.dtype.kind in "OUS":
        # Of a list numpy may have made text already: of numbers beside words, and of NaN.
        given = np.asarray(y, dtype=object).ravel().tolist()
        _check_no_gap(given)
        _check_one_kind(given)
    _check_one_type(labels)
    assert_all_finite(labels)
    check_classification_targets(labels)
    if labels.dtype.kind in "OUS":
        _warn_of_spellings(labels)
    return labels


def _check_no_gap(labels: Sequence[Any]) -> None:
    """Refuses labels that are missing.

    Raises:
        ValueError: one is.
    """
    if gaps := [place for place, label in enumerate(labels) if is_missing(label)]:
        raise ValueError(
            f"y[{gaps[0]}] is missing, and so {'is' if len(gaps) == 1 else 'are'} {len(gaps)} of "
            f"{len(labels)} labels; leave out rows without a label. Input contains NaN"
        )


def _plain(y: Any) -> Any:
    """Nullable labels of pandas without a gap as numpy has them; scikit-learn makes floats of them.

    Those are of types such as ``Int64``, ``boolean`` and ``int64[pyarrow]``, also as categories,
    and in a frame of one column, which stays one.
    """
    column = y.iloc[:, 0] if hasattr(y, "iloc") and np.shape(y)[1:] == (1,) else y
    of_categories = getattr(getattr(column, "dtype", None), "categories", None)
    dtype = getattr(column if of_categories is None else of_categories, "dtype", None)
    kind = getattr(dtype, "numpy_dtype", None)
    if kind is None or kind.kind not in "biu" or column.isna().any():
        return y
    if of_categories is not None:
        column = column.astype(dtype)
    return column.to_numpy(kind).reshape(np.shape(y))


def _warn_of_spellings(labels: NDArray[Any]) -> None:
    """Says of labels such as ``Positive`` and ``positive`` that each is a class of its own here."""
    counts = count(map(str, labels.tolist()))
    joined = joins(counts)
    if joined:
        warnings.warn(
            f"y has spellings of one label: {in_words(joined, counts)}. Each is a class of its "
            "own here; to join them, fit with "
            f"[{dict(list(joined.items())[:SHOWN])}.get(label, label) for label in y]",
            UserWarning,
            stacklevel=4,
        )


def _check_one_kind(given: Sequence[Any]) -> None:
    """Refuses feelings in words beside numbers, as all training does, and says what to do here.

    Args:
        given: the labels as they were given, for what to do names them in their own type.

    Raises:
        ValueError: there are both.
    """
    texts = [str(label) for label in given]
    words, numbers = words_and_numbers(sorted(set(texts)))
    if words and numbers:
        likely = likely_map(numbers, words) or dict.fromkeys(numbers, "LABEL")
        own = {
            (label.item() if isinstance(label, np.generic) else label): likely[text]
            for label, text in sorted(zip(given, texts, strict=True), key=lambda pair: pair[1])
            if text in likely
        }
        meant = dict(list(own.items())[:SHOWN])
        more = f" and {len(own) - SHOWN} more" if len(own) > SHOWN else ""
        raise ValueError(
            f"y has words and numbers: {', '.join(map(repr, words[:SHOWN]))} and "
            f"{', '.join(map(repr, list(own)[:SHOWN]))}; say what each number means before "
            f"fitting, as in [{meant}.get(label, label) for label in y]{more}, or leave its rows "
            "out"
        )


def _check_one_type(labels: NDArray[Any]) -> None:
    """Refuses text beside other objects: they have no order.

    Raises:
        ValueError: there are both.
    """
    types = {type(label) for label in labels.tolist()} if labels.dtype == object else set()
    if len({issubclass(one, str) for one in types}) > 1:  # kinds of text have an order together
        names = " and ".join(sorted(one.__name__ for one in types))
        raise ValueError(
            f"y: expected labels of one type, got {names}; make text of all, as in "
            "[str(label) for label in y]"
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
