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

    Where thresholds were chosen too, all three are of the likeliest label, before thresholds: what
    those gain is none of the offsets' merit.
    """

    values: tuple[float, ...]
    accuracy: float
    accuracy_without: float
    accuracy_cross_fitted: float | None

    @property
    def helps(self) -> bool | None:
        """Whether they serve rows that they were not fitted on; ``None`` where nothing tells."""
        crossed = self.accuracy_cross_fitted
        return None if crossed is None else crossed > self.accuracy_without

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Everything, the values by label, in types that ``json`` writes."""
        values = dict(zip(names, self.values, strict=True))
        return {**dataclasses.asdict(self), "values": values}


def measure_offsets(
    scaling: Scaling,
    before: LabelledPredictions,
    after: LabelledPredictions,
    halves: Floats | None,
) -> Offsets:
    """What offsets gain.

    Args:
        scaling: with the offsets; none where no row has a token.
        before, after: the predictions without and with them. Thresholds count before, unless they
            were chosen with the offsets.
        halves: (N, C), those with offsets of the other half.
    """
    if after.thresholds:
        before, after = (dataclasses.replace(each, thresholds=()) for each in (before, after))
    crossed = None
    if halves is not None:
        crossed = float((halves.argmax(axis=1) == before.labels).mean())
    values = scaling.offsets or (0.0,) * before.probabilities.shape[1]
    return Offsets(values, float(after.right.mean()), float(before.right.mean()), crossed)
