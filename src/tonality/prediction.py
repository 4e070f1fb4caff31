"""The verdict on a text, and how probabilities come to one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Self, SupportsIndex, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tonality.errors import DataError
from tonality.label_valences import label_valences
from tonality.verdict_frame import VALENCE as VALENCE
from tonality.verdict_frame import Kind, make_frame, verdict_kinds
from tonality.verdict_index import (
    Indexed,
    common_index,
    gathered,
    index_of_slice,
    joined,
    unpickled,
    warn_of_lost,
)

Other = TypeVar("Other")

UNCERTAIN = "uncertain"
# A text is unfamiliar where the model knows less than this share of its tokens, punctuation among
# them, and lacks at least so many: a name or two say nothing. Chosen by
# `python -m benchmarks.unfamiliar_texts`.
FAMILIAR_SHARE = 0.7
UNFAMILIAR_TOKENS = 3


@dataclass(frozen=True, slots=True)
class Prediction:
    """The verdict on one text.

    Attributes:
        label: the verdict, or ``uncertain`` where the score is under the model's abstain band.
            The verdict is the likeliest label, or, where the model has thresholds, the one whose
            probability is largest relative to its threshold. None where there is no text: no
            token to read is no opinion.
        score: the probability of the verdict, 0 to 1; 0 without a verdict. It says how sure the
            verdict is, not how good the feeling: for that see :attr:`valence`.
        probabilities: the probability of each label, in the model's order; without a text the
            classes' shares in the training data.
        tokens_read: how many tokens the network read.
        tokens_left_out: how many it did not, because the text was longer than the limit.
        tokens_known: how many of the tokens read the model knows. The others are blanks to it, or
            misspelt words that it reads as others.
    """

    label: str | None
    score: float
    probabilities: dict[str, float]
    tokens_read: int
    tokens_left_out: int
    tokens_known: int = 0

    def __hash__(self) -> int:
        return hash((self.label, self.score, self.tokens_read, self.tokens_left_out))

    @property
    def verdict(self) -> str | None:
        """The label, or what it would be if the model never answered ``uncertain``.

        Of an uncertain text it is the first label whose probability is the score.
        """
        shares = self.probabilities
        # A model may have a label of that name; earlier versions trained it.
        if self.label != UNCERTAIN or shares.get(UNCERTAIN) == self.score:
            return self.label
        return next(name for name, value in shares.items() if value == self.score)

    @property
    def unfamiliar(self) -> bool:
        """Whether the model knows too few of the text's words: another language, or misspelt.

        Its verdict then rests on what happens to be known, and says little.
        """
        unknown = self.tokens_read - self.tokens_known
        return (
            unknown >= UNFAMILIAR_TOKENS and self.tokens_known < FAMILIAR_SHARE * self.tokens_read
        )

    @property
    def valence(self) -> float | None:
        """The feeling as one number, from -1 (negative) to 1 (positive).

        It is the mean of the labels' values, each weighted with its probability: *negative* is
        -1, *neutral* 0, *positive* 1. So with the bundled models it is the probability of
        *positive* less that of *negative*. Labels that are numbers, such as stars, are spread
        evenly from -1 to 1 by their size. None without a text, and with other labels.
        """
        values = label_valences(tuple(self.probabilities))
        if self.label is None or values is None:
            return None
        shares = self.probabilities.values()
        return sum(value * share for value, share in zip(values, shares, strict=True))

    def to_dict(self, digits: int | None = None) -> dict[str, Any]:
        """The attributes by name; without ``digits``, ``Prediction(**found)`` is the inverse.

        Args:
            digits: the decimals that scores are rounded to; by default they are not. Near ones
                become equal, so the :attr:`verdict` of an uncertain text is lost.
        """
        shares = self.probabilities
        return {
            "label": self.label,
            "score": self.score if digits is None else round(self.score, digits),
            "probabilities": {
                label: share if digits is None else round(share, digits)
                for label, share in shares.items()
            },
            "tokens_read": self.tokens_read,
            "tokens_left_out": self.tokens_left_out,
            "tokens_known": self.tokens_known,
        }

    def to_json(self, digits: int | None = None) -> dict[str, Any]:
        """As :meth:`to_dict`, with ``unfamiliar``: a line of ``tonality predict --json``."""
        return {**self.to_dict(digits), "unfamiliar": self.unfamiliar}

    def _repr_html_(self) -> str:
        return Predictions([self])._repr_html_()


class Predictions(list[Prediction]):
    """The verdicts on several texts, in order: a list that can become a data frame.

    Args:
        predictions: the verdicts.
        labels: the model's labels, which say the columns of a frame also where there is no verdict.
        index: the index of the Series of pandas that was judged; None without one.
    """

    def __init__(
        self,
        predictions: Iterable[Prediction] = (),
        labels: Sequence[str] | None = None,
        index: Any = None,
    ) -> None:
        super().__init__(predictions)
        self._labels = tuple(labels or ())
        self._indexed: Indexed = () if index is None else ((index, tuple(self)),)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the first verdict; without one, the model's, or none."""
        return tuple(self[0].probabilities) if self else self._labels

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _indexed=unpickled(state.get("_indexed")))

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Prediction: ...

    @overload
    def __getitem__(self, index: slice, /) -> Predictions: ...

    def __getitem__(self, index: SupportsIndex | slice, /) -> Prediction | Predictions:
        if not isinstance(index, slice):
            return super().__getitem__(index)
        found = super().__getitem__(index)
        self._indexed = joined(self._indexed)
        rows = index_of_slice(found, len(self), index, self._indexed)
        part = Predictions(found, self.labels, rows)
        if rows is None:  # still not those of the Series alone, as `to_frame` has to know
            part._indexed = self._indexed
        return part

    @overload
    def __add__(self, other: list[Prediction], /) -> Predictions: ...

    @overload
    def __add__(self, other: list[Other], /) -> list[Prediction | Other]: ...

    def __add__(self, other: list[Any], /) -> list[Any]:
        return _joined(super().__add__(other), self, other)

    def __radd__(self, other: list[Prediction], /) -> Predictions:
        """So that ``sum(parts, [])`` can become a data frame, too.

        A type checker wants ``sum(parts, Predictions())``.
        """
        found: Any = _joined([*other, *self], other, self) if isinstance(other, list) else None
        return NotImplemented if found is None else found

    def extend(self, other: Iterable[Prediction], /) -> None:
        """Adds verdicts at the end; with those of a Series goes their index."""
        if isinstance(other, Predictions):
            self._labels = self.labels or other.labels
            self._indexed = gathered((self, self._indexed), (other, other._indexed))
        super().extend(other)

    def __iadd__(self, other: Iterable[Prediction], /) -> Self:  # type: ignore[misc, override]
        self.extend(other)
        return self

    def copy(self) -> Predictions:
        """The same verdicts in a list of their own."""
        return self[:]

    def to_frame(self, library: str | None = None) -> Any:
        """The verdicts as a data frame, one row a text.

        Its columns are those that ``tonality score`` adds to a table, then ``valence`` where the
        labels have one (:attr:`Prediction.valence`). Numbers have six decimals. Without a text all
        but the numbers of tokens are missing. In pandas the frame has the index of the Series that
        was judged, or of several whose verdicts ``+``, ``sum`` or ``extend`` put together: its
        columns go beside them row by row. A list that was sorted, or holds other verdicts too, has
        none: its rows are numbered from 0, and a warning says so.

        Args:
            library: ``pandas``, ``polars`` or ``pyarrow``; by default the first of them that the
                program has imported, or else that is installed.

        Raises:
            ConfigError: it is another library.
            DataError: the verdicts have different labels, as those of two models.
            DependencyError: none is installed.
        """
        index = common_index(self, self._indexed)
        if self and index is None and library in (None, "pandas"):
            warn_of_lost(self._indexed)
        return make_frame(*self._columns(), library, index)

    def _columns(self) -> tuple[dict[str, Kind], list[list[Any]]]:
        """The columns of a table: the names with their types, and the values."""
        labels = self.labels
        for row, prediction in enumerate(self, start=1):
            if prediction.probabilities.keys() != set(labels):
                expected, got = ", ".join(labels), ", ".join(prediction.probabilities)
                reason = f"expected the labels {expected}, as in row 1, got {got}"
                raise DataError(f"{reason}; make a frame of each model's verdicts", row=row)
        valence = label_valences(labels) is not None
        kinds = verdict_kinds(labels, valence=valence)
        rows = [verdict_values(_in_order(each, labels), valence=valence) for each in self]
        return kinds, [list(column) for column in zip(*rows, strict=True)] or [[] for _ in kinds]

    def _repr_html_(self) -> str:
        from tonality.verdict_html import ROWS, verdict_table

        shown = self[:ROWS]
        try:
            names, columns = shown._columns()
        except DataError:  # the models' columns have different names
            return f"<pre>{escape(repr(self))}</pre>"
        values = dict(zip(self.labels, label_valences(self.labels) or (), strict=False))
        feelings = [values.get(prediction.label or "") for prediction in shown]
        return verdict_table(list(names), columns, feelings, len(self) - len(shown))


def _joined(found: list[Any], *parts: list[Any]) -> list[Any]:
    """The verdicts of two lists; a plain list where something else is among them."""
    if not all(isinstance(each, Prediction) for each in found):
        return found
    verdicts = [part for part in parts if isinstance(part, Predictions)]
    joined = Predictions(found, next(filter(None, (part.labels for part in verdicts)), ()))
    joined._indexed = gathered(*((part, part._indexed) for part in verdicts))
    return joined


def _in_order(prediction: Prediction, labels: tuple[str, ...]) -> Prediction:
    """The same verdict with its labels in this order: two models may have them in another."""
    if tuple(prediction.probabilities) == labels:
        return prediction
    shares = {label: prediction.probabilities[label] for label in labels}
    return replace(prediction, probabilities=shares)


def verdict_values(
    prediction: Prediction, *, valence: bool = False
) -> tuple[str | int | float | None, ...]:
    """A row of a table of verdicts, in the order of :func:`verdict_kinds`; None without a text."""
    counts: list[float | None]
    counts = [prediction.tokens_read, prediction.tokens_left_out, int(prediction.unfamiliar)]
    if valence:
        counts.append(None if (value := prediction.valence) is None else round(value, 6))
    if prediction.label is None:  # nor are the shares in the training data an opinion
        return (None, None, *[None] * len(prediction.probabilities), *counts)
    shares = [round(share, 6) for share in prediction.probabilities.values()]
    return (prediction.label, round(prediction.score, 6), *shares, *counts)


def decide(probabilities: NDArray[np.float64], thresholds: ArrayLike = ()) -> NDArray[np.int64]:
    """The verdicts (N,) that probabilities (N, C) come to.

    Args:
        probabilities: the probabilities.
        thresholds: (C,) what each class's probability is divided by before they are compared;
            empty for the likeliest class.
    """
    limits = np.asarray(thresholds, np.float64)
    with np.errstate(all="ignore"):
        relative = probabilities / limits if limits.size else probabilities
    verdicts: NDArray[np.int64] = relative.argmax(axis=1)
    return verdicts


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities (N, C) of logits (N, C)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
