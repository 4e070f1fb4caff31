"""The model card: the ``README.md`` of a model folder, with Hugging Face front matter.

After Mitchell et al., 2019, "Model Cards for Model Reporting": intended use, data, results and
limits, in words that the person who takes the model up can check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tonality.network.config import NetworkConfig

_LIMITS = (
    "It reads the words, not the world: irony, quotations and comparisons mislead it.",
    "It knows the language and the kind of text it was trained on; on others, measure it first.",
    "Its probabilities are shares of what it was trained on, not facts about the writer. Do not "
    "decide about people by it alone.",
)


@dataclass(frozen=True)
class Card:
    """What a model card says.

    Attributes:
        name: the model's name.
        labels: the class names.
        network: the shapes of the network.
        data: what it was trained on: name -> a sentence on source, size and licence.
        evaluations: what was measured on: name -> the object that ``tonality evaluate --json``
            prints; ``n``, ``accuracy``, ``accuracy_interval`` and ``per_class`` are used.
        held_out: whether those are validation parts: the rows that chose the checkpoint, and that
            the temperature was fitted on.
        calibration: what was found when the temperature was fitted: the artifact's metric of that
            name.
        training: facts on the training: name -> value, such as recipe, seed and time.
        licence: the SPDX identifier of the weights' licence, in lower case; ``other`` if none.
        languages: ISO 639 codes.
        hub_datasets: identifiers of the data on the Hugging Face Hub.
        limits: further sentences on what it cannot do.
    """

    name: str
    labels: Sequence[str]
    network: NetworkConfig
    data: Mapping[str, str]
    evaluations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    held_out: bool = False
    calibration: Mapping[str, Any] | None = None
    training: Mapping[str, str | int | float] = field(default_factory=dict)
    licence: str = "other"
    languages: Sequence[str] = ("en",)
    hub_datasets: Sequence[str] = ()
    limits: Sequence[str] = ()

    def render(self) -> str:
        """The Markdown text."""
        parts = [
            self._front_matter(),
            f"# {self.name}",
            f"An LSTM network that labels a text as {_either(self.labels)}, made with tonality.",
            "## Use",
            _USE.format(labels=_either(self.labels)),
            "## Data",
            _bullets([f"**{name}**: {about}" for name, about in self.data.items()]),
            "## Results",
            *(self._results() or ["Not measured."]),
            "## Network and training",
            _bullets([self._shape(), *(f"{key}: {value}" for key, value in self.training.items())]),
            "## Limits",
            _bullets([*_LIMITS, *self.limits]),
        ]
        text = "\n\n".join(parts) + "\n"
        return text if self.calibration is None else with_calibration(text, self.calibration)

    def _front_matter(self) -> str:
        # JSON is YAML too, and quotes whatever a name may hold.
        values: dict[str, Any] = {
            "license": self.licence,
            "language": list(self.languages),
            "library_name": "tonality",
            "pipeline_tag": "text-classification",
            "tags": ["sentiment-analysis", "lstm", "safetensors"],
            "datasets": list(self.hub_datasets),
            "metrics": ["accuracy", "f1"],
            "model-index": self._model_index(),
        }
        lines = [f"{key}: {_json(value)}" for key, value in values.items() if value]
        return "\n".join(["---", *lines, "---"])

    def _model_index(self) -> list[dict[str, Any]]:
        results = [
            {
                "task": {"type": "text-classification"},
                "dataset": {"name": name, "type": name},
                "metrics": [{"type": "accuracy", "value": evaluation["accuracy"]}],
            }
            for name, evaluation in self.evaluations.items()
        ]
        return [{"name": self.name, "results": results}] if results else []

    def _results(self) -> list[str]:
        parts = []
        for name, evaluation in self.evaluations.items():
            sentence = f"{name}: accuracy {evaluation['accuracy']:.2%}"
            if "accuracy_interval" in evaluation:
                low, high = evaluation["accuracy_interval"]
                sentence += f" (95 % interval {low:.2%} to {high:.2%})"
            parts.append(f"{sentence} on {evaluation['n']:,} texts.")
            rows = [
                " | ".join([f"| {_cell(label)}", *_scores(scores)]) + " |"
                for label, scores in evaluation["per_class"].items()
            ]
            parts.append("\n".join([_TABLE, *rows]))
        if parts and self.held_out:
            parts.append(_HELD_OUT)
        return parts

    def _shape(self) -> str:
        shape = self.network
        layers = "1 LSTM layer" if shape.layers == 1 else f"{shape.layers} LSTM layers"
        tables = f"{shape.vocabulary_size:,} words"
        if shape.ngram_rows:
            tables += f" and {shape.ngram_rows - 1:,} n-grams"
        return (
            f"embeddings of {tables} in {shape.embedding_size} dimensions; "
            f"{layers} of {len(shape.directions)} x {shape.hidden_size} units; "
            f"{shape.pooling} pooling"
        )


_CALIBRATION = "## Calibration"

_USE = """\
For telling, in bulk or one at a time, whether a text reads as {labels}: reviews like those it was
trained on, above all.

```python
import tonality

tonality.load("PATH/TO/THIS/FOLDER").predict("I would watch it again tomorrow.")
```"""

_HELD_OUT = """\
These figures flatter a little: the weights are the best of several evaluations on these same
rows, and the temperature was fitted on them. A test part that training never saw says more."""

_TABLE = """\
| label | precision | recall | F1 |
|---|---|---|---|"""


def with_calibration(card: str, calibration: Mapping[str, Any]) -> str:
    """A card's text with its last section on what ``tonality calibrate`` or training found.

    Args:
        card: the text, with or without such a section.
        calibration: the artifact's metric of that name.
    """
    found, band = calibration, calibration["abstain"]
    sentences = [
        f"The logits are divided by a temperature of {found['temperature']:.3g}, fitted on "
        f"{found['n']:,} texts ({found['data']['name']}, {found['data']['part']}). There the "
        f"expected calibration error (15 bins) is {found['error_after']:.2%}; before, it "
        f"was {found['error_before']:.2%}; perfect confidences would show "
        f"{found['error_by_chance']:.2%} on so many texts."
    ]
    if found["error_cross_fitted"] is not None:
        sentences.append(
            "With temperatures fitted on one half and measured on the other it is "
            f"{found['error_cross_fitted']:.2%}."
        )
    if found.get("offsets") is not None:
        limited = found.get("thresholds") is not None
        sentences.append(_about_offsets(found["offsets"], limited=limited))
    if found.get("thresholds") is not None:
        sentences.append(_about_thresholds(found["thresholds"], {**found["data"], "n": found["n"]}))
    if band is not None:
        sentences.append(_about_abstaining(band))
    before = card.partition(f"\n{_CALIBRATION}\n")[0].rstrip()
    return f"{before}\n\n{_CALIBRATION}\n\n{' '.join(sentences)}\n"


def _about_offsets(found: Mapping[str, Any], *, limited: bool) -> str:
    values = ", ".join(f"{label} {value:+.3f}" for label, value in found["values"].items())
    place = found["fitted_on"]
    how = " by their likeliest label, before thresholds" if limited else ""
    sentence = (
        f"Offsets are part of the last layer ({values}), fitted on {place['n']:,} texts "
        f"({place.get('name')}, {place.get('part')}); the results above are of the model without "
        f"them. Of those texts {found['accuracy']:.2%} are right{how}, without offsets "
        f"{found['accuracy_without']:.2%}"
    )
    crossed = found["accuracy_cross_fitted"]
    if crossed is None:
        return f"{sentence}."
    return f"{sentence}, and {crossed:.2%} with all fitted on one half and measured on the other."


def _about_abstaining(band: Mapping[str, Any]) -> str:
    sentence = (
        f"Under a confidence of {band['threshold']:.4f} the verdict is *uncertain*: "
        f"{band['coverage']:.1%} of those texts get an answer"
    )
    if band["accuracy"] is not None:
        sentence += f", and {band['accuracy']:.2%} of the answers are right"
    crossed = band.get("cross_fitted")
    if crossed is None or crossed["accuracy"] is None:
        return f"{sentence}."
    return (
        f"{sentence}; with all of this chosen on one half and measured on the other, "
        f"{crossed['coverage']:.1%} and {crossed['accuracy']:.2%}."
    )


def _about_thresholds(found: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    limits = ", ".join(f"{label} {value:.3f}" for label, value in found["values"].items())
    place = found.get("chosen_on", here)  # a record that does not say chose them on its own texts
    if place is not None and all(here.get(key) == value for key, value in place.items()):
        chosen = "chosen on those texts for the macro F1:"
    else:
        on = "" if place is None else f" on {place['n']:,} texts ({place['name']}, {place['part']})"
        chosen = f"chosen earlier{on}; where the temperature was fitted, the macro F1 is"
    sentence = (
        "The verdict is the class whose probability is largest relative to its threshold "
        f"({limits}), {chosen} {found['macro_f1']:.4f}, without thresholds "
        f"{found['macro_f1_even']:.4f}"
    )
    if found["macro_f1_cross_fitted"] is None:
        return f"{sentence}."
    return (
        f"{sentence}, and {found['macro_f1_cross_fitted']:.4f} with thresholds chosen on one half "
        "and measured on the other."
    )


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _either(labels: Sequence[str]) -> str:
    return f"{', '.join(labels[:-1])} or {labels[-1]}"


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _scores(scores: Mapping[str, float | None]) -> list[str]:
    values = (scores[name] for name in ("precision", "recall", "f1"))
    return ["-" if value is None else f"{value:.4f}" for value in values]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
