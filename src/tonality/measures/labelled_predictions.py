"""A model's predictions on rows whose true labels are known: what most measures start from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tonality.prediction import decide


@dataclass(frozen=True)
class LabelledPredictions:
    """Probabilities beside the truth, of N rows and C classes.

    Attributes:
        labels: the true classes, (N,) indices of the model's labels.
        probabilities: (N, C).
        lengths: the texts' lengths in tokens, read or not, (N,).
        thresholds: (C,) those that the verdicts go by; empty for the likeliest class.
    """

    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    thresholds: tuple[float, ...] = field(default=(), kw_only=True)

    @property
    def read(self) -> npt.NDArray[np.bool_]:
        """(N,) False for texts without a token, which have the priors for probabilities."""
        return np.asarray(self.lengths > 0)

    @property
    def verdicts(self) -> npt.NDArray[np.int64]:
        """(N,) the class that the model decides for, also where it would abstain."""
        return decide(self.probabilities, self.thresholds)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(N,) whether that is the true one."""
        return np.asarray(self.verdicts == self.labels)

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """(N,) its probability."""
        rows = np.arange(len(self.labels))
        return np.asarray(self.probabilities[rows, self.verdicts], np.float64)
