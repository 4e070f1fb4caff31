"""What is computed for a batch of texts: each text's result as the JSON that goes out."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import to_json

from tonality.classifier import Classifier
from tonality.prediction import Prediction


def predictions(
    classifier: Classifier, texts: Sequence[str | None]
) -> tuple[list[Prediction], int]:
    """The verdicts, and the number of tokens read."""
    found = classifier.predict(texts)
    return found, sum(prediction.tokens_read for prediction in found)


def verdicts(classifier: Classifier, texts: Sequence[str | None]) -> tuple[list[bytes], int]:
    """The verdicts as JSON, each as a line of ``tonality predict --json``; and the tokens read."""
    found, tokens = predictions(classifier, texts)
    results = (prediction.to_json(digits=6) for prediction in found)
    return [to_json(result, inf_nan_mode="null") for result in results], tokens


def explanations(classifier: Classifier, texts: Sequence[str | None]) -> tuple[list[bytes], int]:
    """The explanations as JSON, each as a line of ``tonality explain --json``; and the tokens."""
    found = classifier.explain(texts)
    return (
        [to_json(explanation.to_json(), inf_nan_mode="null") for explanation in found],
        sum(explanation.prediction.tokens_read for explanation in found),
    )


def document(model: str, results: list[bytes]) -> bytes:
    """The body of an answer: the model's name and the results."""
    return b'{"model":%b,"results":[%b]}' % (to_json(model), b",".join(results))
