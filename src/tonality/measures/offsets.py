"""What offsets of the labels gain, on rows that they were fitted on and on others.

:mod:`tonality.measures.scaling` fits them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.measures.scaling import Floats, Scaling


@dataclass(frozen=True)
class Offsets:
    """What was added to a model's logits, divided by the temperature, and what that gains.

    Attributes:
        values: (C,) of the labels.
        accuracy: on the rows that they were fitted on.
        accuracy_without: on the same rows without them.
        accuracy_cross_fitted: with offsets fitted on one half of the rows and measured on the
            other: the figure to believe; ``None`` where the rows cannot be halved.
    """

    values: tuple[float, ...]
    accuracy: float
    accuracy_without: float
    accuracy_cross_fitted: float | None

    @property
    def helps(self) -> bool:
        """Whether they serve rows that they were not fitted on, as far as that is known."""
        crossed = self.accuracy_cross_fitted
        return crossed is None or crossed > self.accuracy_without

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Everything, the values by label, in types that ``json`` writes."""
        values = dict(zip(names, self.values, strict=True))
        return {**dataclasses.asdict(self), "values": values}


def measure_offsets(
    scaling: Scaling,
    after: LabelledPredictions,
    before: LabelledPredictions,
    halves: Floats | None,
) -> Offsets:
    """What offsets gain, whatever the thresholds, beside the model as it was.

    Args:
        scaling: with the offsets.
        after, before: the predictions with them and as they were.
        halves: (N, C), those of offsets of the other half.
    """

    def accuracy(probabilities: Floats) -> float:
        return float((probabilities.argmax(axis=1) == before.labels).mean())

    return Offsets(
        scaling.offsets,
        accuracy(after.probabilities),
        accuracy(before.probabilities),
        None if halves is None else accuracy(halves),
    )
