"""What the estimator is given: texts, labels, weights, device; refused as scikit-learn would."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from tonality.errors import DataError
from tonality.given_numbers import as_number
from tonality.given_texts import checked_texts, is_missing
from tonality.label_meanings import likely_map, words_and_numbers
from tonality.label_spellings import SHOWN, count, in_words, joins

Floats = NDArray[np.float64]

DEVICES = ("cpu", "gpu", "auto")

# What messages advise that is no help to an estimator, and what helps in a pipeline, for others.
_ADVICE = (
    (re.compile(r" \(label map .*?=\)| or by a label map"), ""),
    (
        re.compile(r"table\[(.+)\], or the table itself to tonality\.score_frame"),
        r"table[\1]; in a pipeline put a step before it that gives one column, such as "
        r"FunctionTransformer(operator.itemgetter(\1))",  # which can be pickled
    ),
)


def for_estimators(message: str) -> str:
    """A message of another part with what users of an estimator can do."""
    for others, own in _ADVICE:
        message = others.sub(own, message)
    return message


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
        message = f"X: {for_estimators(str(error))}"
        if message.endswith("give one column") and getattr(X, "shape", ())[1:] == (1,):
            message += (
                "; in a pipeline put a step before it that makes it one, such as "
                "FunctionTransformer(np.ravel)"
            )
        raise ValueError(message) from None


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
    """Labels of pandas without a gap as numpy has them, where scikit-learn would make floats.

    Those are of types such as ``Int64``, ``boolean`` and ``int64[pyarrow]``, also as categories,
    as which plain ``bool`` is one, too, and in a frame of one column, which stays one.
    """
    column = y.iloc[:, 0] if hasattr(y, "iloc") and np.shape(y)[1:] == (1,) else y
    of_categories = getattr(getattr(column, "dtype", None), "categories", None)
    dtype = getattr(column if of_categories is None else of_categories, "dtype", None)
    kind = getattr(dtype, "numpy_dtype", None if of_categories is None else dtype)
    if not isinstance(kind, np.dtype) or kind.kind not in "biu" or column.isna().any():
        return y
    if of_categories is not None:
        column = column.astype(dtype)
    return np.asarray(column, kind).reshape(np.shape(y))


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
            stacklevel=4,  # the line that called fit
        )


def _check_one_kind(given: Sequence[Any]) -> None:
    """Refuses words beside numbers that must mean them, as all training does; says what to do.

    Args:
        given: the labels as they were given, for what to do names them in their own type.

    Raises:
        ValueError: there are both.
    """
    texts = [str(label) for label in given]
    words, numbers = words_and_numbers(sorted(set(texts)))
    if numbers:
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
            f"fitting, as in [{meant}.get(label, label) for label in y]{more}; rename one that is "
            f"a class of its own, as to 'class {numbers[0]}', or leave its rows out"
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


def check_class_weight(given: object) -> dict[Any, float] | None:
    """The weights of classes by label; None where none are given, or in a word.

    Args:
        given: a mapping or a pandas Series; a word, which the recipe checks; None.

    Raises:
        ValueError: it is something else, or a weight is no number, not finite, or below 0.
    """
    if given is None or isinstance(given, str):
        return None
    if not (hasattr(given, "keys") and hasattr(given, "items")):
        raise ValueError(
            "class_weight: expected 'balanced', a dictionary from label to weight or None, got "
            f"{given!r}"
        )
    weights = {label: as_number(weight) for label, weight in given.items()}
    for label, weight in given.items():
        if not 0 <= weights[label] < np.inf:
            raise ValueError(
                f"class_weight: expected a finite number of 0 or more for {label!r}, got {weight!r}"
            )
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
