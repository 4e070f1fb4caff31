"""What the answers of a model say beyond its scores: trust, abstaining, parts, label errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from tonality.artifact.model_folder import Artifact
from tonality.data import Dataset, Table
from tonality.evaluate.model_offsets import offsets_of
from tonality.evaluate.select_rows import Part
from tonality.measures.abstaining import Band, band_at, coverage_curve, threshold_for_coverage
from tonality.measures.calibration import Calibration, assess, split_halves
from tonality.measures.label_errors import LabelErrors, find_label_errors
from tonality.measures.labelled_predictions import LabelledPredictions
from tonality.measures.slices import Slicing, slice_by
from tonality.plain_json import mapping_at

RATING = "rating"
_MOST_ANSWERED = 0.9  # the coverage that is quoted for a model without a band of its own


class FittedHere(NamedTuple):
    """What of a model was fitted on the rows that it is measured on, so that these flatter it."""

    temperature: bool = False
    offsets: bool = False
    thresholds: bool = False


@dataclass(frozen=True)
class Analysis:
    """What :func:`analyse` found.

    Attributes:
        calibration: whether the probabilities mean what they say.
        curve: accuracy by the share of the texts that is answered.
        nine_in_ten: what leaving the least sure tenth unanswered gives.
        band: what the model's own band gives; ``None`` if it always answers.
        slices: accuracy by rating, if there are any, and by the columns asked for.
        label_errors: rows whose label is probably wrong.
        fitted_here: what of the model was fitted on these rows.
    """

    calibration: Calibration
    curve: tuple[Band, ...]
    nine_in_ten: Band
    band: Band | None
    slices: tuple[Slicing, ...]
    label_errors: LabelErrors
    fitted_here: FittedHere

    def to_json(self) -> dict[str, Any]:
        """Everything, in types that ``json`` writes."""
        return {
            "calibration": asdict(self.calibration),
            "abstaining": {
                "curve": [asdict(band) for band in self.curve],
                "nine_in_ten": asdict(self.nine_in_ten),
                "model": None if self.band is None else asdict(self.band),
            },
            "slices": [asdict(slicing) for slicing in self.slices],
            "label_errors": self.label_errors.to_json(),
        }


def analyse(
    measured: LabelledPredictions,
    artifact: Artifact,
    table: Table,
    ids: Sequence[str],
    *,
    fitted_here: FittedHere,
) -> Analysis:
    """Looks closer at a model's answers.

    Args:
        measured: the predictions on the N rows.
        artifact: the model.
        table: the rows; its extra columns are sliced by.
        ids: their names.
        fitted_here: what of the model was fitted on these rows.
    """
    confidence, right = measured.confidence, measured.right
    columns: dict[str, Sequence[str | float]] = dict(table.extras)
    if table.ratings is not None:
        columns = {RATING: table.ratings, **columns}
    slicings = [slice_by(name, values, right) for name, values in columns.items()]
    return Analysis(
        calibration=assess(
            measured,
            artifact.temperature,
            half=split_halves(table) if fitted_here.temperature or fitted_here.offsets else None,
            offsets=offsets_of(artifact) if fitted_here.offsets else (),
        ),
        curve=coverage_curve(confidence, right),
        nine_in_ten=band_at(threshold_for_coverage(_MOST_ANSWERED, confidence), confidence, right),
        band=band_at(artifact.abstain, confidence, right) if artifact.abstain else None,
        slices=tuple(slicing for slicing in slicings if slicing is not None),
        label_errors=find_label_errors(
            measured.labels, measured.probabilities, artifact.labels, ids
        ),
        fitted_here=fitted_here,
    )


def fitted_on(artifact: Artifact, dataset: Dataset, part: Part) -> FittedHere:
    """What of a model was fitted on rows of this part of the dataset.

    Each has a record of its own: a later calibration may fit the temperature alone.

    Args:
        artifact: the model, whose metrics record what each was fitted on.
        dataset: the data.
        part: the part of it that is measured.
    """
    record = mapping_at(artifact.metrics, "calibration")

    def here(*keys: str) -> bool:
        # The record may be of anybody's making: values of any kind.
        source = mapping_at(record, *keys)
        digests = mapping_at(source, "sha256").values()
        same = [digest for digest in digests if digest in dataset.sha256.values()]
        return bool(same) and (source.get("part") in (part, Part.ALL) or part is Part.ALL)

    return FittedHere(
        temperature=here("data"),
        offsets=bool(offsets_of(artifact)) and here("offsets", "fitted_on"),
        thresholds=bool(artifact.thresholds) and here("thresholds", "chosen_on"),
    )
