"""``tonality demo``: a model on the sample reviews that ship with the package, offline."""

from __future__ import annotations

import json
from time import perf_counter
from typing import TYPE_CHECKING

import click

from tonality.cli.common_options import model_option
from tonality.cli.plain_help import PlainCommand

if TYPE_CHECKING:
    from tonality.evaluate.seen_texts import SeenTexts

# Reviews whose verdicts are printed; the scores are over all of them.
SHOWN = 8


@click.command(cls=PlainCommand)
@model_option
def demo(model: str | None) -> None:
    """Classify the sample reviews that ship with the package, and say how well it went."""
    from rich.console import Console

    from tonality.classifier import load
    from tonality.evaluate.seen_texts import count_seen
    from tonality.evaluate.terminal_report import class_table, confusion_table
    from tonality.measures.scores import accuracy, class_scores, confusion_matrix
    from tonality.messages import NO_TEXT
    from tonality.model_names import BUNDLED, model_path

    lines = (BUNDLED / "samples" / "imdb.jsonl").read_text(encoding="utf-8").splitlines()
    reviews = [json.loads(line) for line in lines]
    texts = [review["text"] for review in reviews]
    classifier = load(model)
    start = perf_counter()
    predictions = classifier.predict(texts)
    seconds = perf_counter() - start

    console = Console()
    known = count_seen(texts, classifier.artifact.provenance)
    seen = _seen(known, bundled=model_path(model).parent == BUNDLED)
    console.print(f"{len(reviews)} reviews of the Large Movie Review Dataset{seen}\n")
    for review, prediction in list(zip(reviews, predictions, strict=True))[:SHOWN]:
        mark = "right" if prediction.label == review["label"] else "WRONG"
        excerpt = " ".join(review["text"].replace("<br />", " ").split())
        line = f"{mark}  {prediction.label or NO_TEXT:<8} {prediction.score:6.1%}  {excerpt}"
        console.print(line, markup=False, highlight=False, overflow="ellipsis", no_wrap=True)

    truths = [review["label"] for review in reviews]
    verdicts = [max(one.probabilities, key=one.probabilities.__getitem__) for one in predictions]
    names = [label for label in classifier.labels if label in {*truths, *verdicts}]
    index = {label: number for number, label in enumerate(names)}
    counts = confusion_matrix(
        [index[label] for label in truths], [index[label] for label in verdicts], len(names)
    )
    console.print(f"\naccuracy {float(accuracy(counts)):.1%}, in {seconds:.2f} s")
    console.print(class_table(class_scores(counts, names)))
    console.print(confusion_table(counts, names, console.encoding))


def _seen(known: SeenTexts | None, *, bundled: bool) -> str:
    """Whether the model learnt from the reviews; of one from elsewhere its record shows no more."""
    if known is not None and known.learnt:
        return ", which it was trained on"
    return ", never trained on" if bundled else ""
