"""Probable label errors, by confident learning.

Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". The
authors' package, cleanlab, finds the same rows in the same order: a case is kept in
``tests/measures/test_label_errors.py``. These few lines are here because it brings pandas along,
84 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Suspect:
    """A row whose label is probably wrong.

    Attributes:
        index: the row.
        id: its name.
        given: the label it has.
        suggested: the label it probably should have.
        margin: the probability of the given label less that of the suggested, -1 to 0.
    """

    index: int
    id: str
    given: str
    suggested: str
    margin: float


@dataclass(frozen=True)
class LabelErrors:
    """What confident learning finds.

    Attributes:
        n: rows looked at.
        suspects: rows whose label is probably wrong, the most probable first.
    """

    n: int
    suspects: tuple[Suspect, ...]

    @property
    def share(self) -> float:
        """The share of the rows that is suspect."""
        return len(self.suspects) / self.n

    def to_json(self, most: int = 100) -> dict[str, Any]:
        """The count, the share and the first rows."""
        return {
            "found": len(self.suspects),
            "share": self.share,
            "rows": [asdict(suspect) for suspect in self.suspects[:most]],
        }


def suggestions(labels: Integers, probabilities: Floats) -> Integers:
    """The class (N,) that each row confidently belongs to; its own label where there is no other.

    A row confidently belongs to a class if its probability is at least the mean one of the rows
    that carry the class as their label; of several such classes it is the likeliest.

    Args:
        labels: given labels, (N,).
        probabilities: (N, C), from a model that was not trained on these rows.
    """
    classes = probabilities.shape[1]
    thresholds = np.array(
        [
            probabilities[labels == c, c].mean() if (labels == c).any() else np.inf
            for c in range(classes)
        ]
    )
    # The tolerance keeps a class whose rows all have one probability above its own mean.
    confident = np.where(probabilities >= thresholds - 1e-12, probabilities, -1.0)  # (N, C)
    best = confident.argmax(axis=1)
    return np.where(confident.max(axis=1) >= 0, best, labels)


def find_label_errors(
    labels: Integers, probabilities: Floats, names: Sequence[str], ids: Sequence[str]
) -> LabelErrors:
    """The rows off the diagonal of the confident joint, the most probable errors first.

    Args:
        labels: given labels, (N,).
        probabilities: (N, C), from a model that was not trained on these rows.
        names: the C classes.
        ids: the rows' names, N.
    """
    best = suggestions(labels, probabilities)
    rows = np.flatnonzero(best != labels)
    margins = probabilities[rows, labels[rows]] - probabilities[rows, best[rows]]
    order = np.argsort(margins, kind="stable")
    return LabelErrors(
        len(labels),
        tuple(
            Suspect(row, ids[row], names[labels[row]], names[best[row]], margin)
            for row, margin in zip(rows[order].tolist(), margins[order].tolist(), strict=True)
        ),
    )
