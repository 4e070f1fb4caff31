"""Short texts of whole collections that nobody learnt from: ``general`` beside its peers.

``python -m benchmarks.short_texts --data DIR --model NAME=FOLDER ...`` reads ``left_out.jsonl`` and
``train.jsonl`` of ``benchmarks.short_data --without ...``. It measures macro F1 of each collection
that is left out, for

- VADER and TextBlob, whose scores within 0.05 of 0 are neutral (the thresholds of VADER's authors),
- a linear model (TF-IDF of words and pairs, logistic regression) of the same training texts,
- each model named: a folder of tonality, a bundled model, or a Hugging Face folder or a table of
  answers of ``benchmarks.transformer``.

Beside it stand the mean over the collections and the expected calibration error. Collections that
are neutral throughout have no macro F1, but the share called neutral. What was measured before of
models that aren't named again is kept. Writes JSON and a table of ``docs/general.md``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tonality
from benchmarks.general_data import Row
from benchmarks.json_lines import read_rows
from benchmarks.machine import describe
from benchmarks.pages import put
from benchmarks.predict_speed import RESULTS, ROOT
from tonality.measures.calibration import measure_trust

LABELS = ("negative", "neutral", "positive")
NEAR_ZERO = 0.05
Probabilities = NDArray[np.float64]
Judge = Callable[[Sequence[str]], Probabilities]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write JSON and table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of left_out.jsonl")
    parser.add_argument("--model", nargs="*", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--baselines", action="store_true", help="word lists and linear model too")
    parser.add_argument("--output", type=Path, default=RESULTS / "short_texts.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "general.md")
    options = parser.parse_args(arguments)
    rows = list(read_rows(options.data / "left_out.jsonl"))
    judges: dict[str, Callable[[], Judge]] = {}
    if options.baselines:
        judges |= {"VADER": vader, "TextBlob": textblob, "linear": lambda: linear(options.data)}
    for named in options.model:
        name, _, folder = named.partition("=")
        judges[name] = lambda folder=folder: model(folder)  # type: ignore[misc]
    kept = json.loads(options.output.read_text()) if options.output.exists() else {"models": {}}
    for name, made in judges.items():
        kept["models"][name] = measure(made(), rows)
        print(name, kept["models"][name], flush=True)
    kept |= {"machine": describe()}
    options.output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    put(table(kept["models"], counts(rows)), options.page, "benchmarks.short_texts")


def vader() -> Judge:
    """VADER's verdicts."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return scored(lambda text: analyser.polarity_scores(text)["compound"])


def textblob() -> Judge:
    """TextBlob's verdicts."""
    from textblob import TextBlob

    return scored(lambda text: TextBlob(text).sentiment.polarity)


def scored(score: Callable[[str], float]) -> Judge:
    """Verdicts by a score from -1 to 1, as probabilities of 0 and 1 (N, 3)."""

    def judge(texts: Sequence[str]) -> Probabilities:
        scores = np.array([score(text) for text in texts])
        found: Probabilities = np.eye(len(LABELS))[np.digitize(scores, (-NEAR_ZERO, NEAR_ZERO))]
        return found

    return judge


def linear(data: Path) -> Judge:
    """A linear model of the training texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rows = list(read_rows(data / "train.jsonl"))
    pipeline = make_pipeline(
        TfidfVectorizer(
            ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=r"(?u)\w+|[^\w\s]"
        ),
        LogisticRegression(C=4.0, max_iter=200, tol=1e-3, class_weight="balanced"),
    )
    pipeline.fit([row["text"] for row in rows], [row["label"] for row in rows])
    assert tuple(pipeline.classes_) == LABELS
    judge: Judge = pipeline.predict_proba
    return judge


def model(source: str) -> Judge:
    """A model of tonality, a Hugging Face folder or a table of answers."""
    if Path(source).is_file():
        from tonality.train.teachers.answers_table import answers_table

        teacher = answers_table(Path(source))
        places = [teacher.outputs.index(label) for label in LABELS]
        answers = teacher.load("cpu")
        return lambda texts: answers(texts)[:, places]
    if (Path(source) / "tokenizer.json").exists():
        from benchmarks.transformer import probabilities

        return lambda texts: probabilities(Path(source), texts)
    classifier = tonality.load(source)
    order = [classifier.labels.index(label) for label in LABELS]
    return lambda texts: classifier.predict_proba(texts)[:, order]


def measure(judge: Judge, rows: Sequence[Row]) -> dict[str, Any]:
    """The figures of one model."""
    begun = time.perf_counter()
    found = judge([row["text"] for row in rows])
    seconds = time.perf_counter() - begun
    domains = np.array([row["domain"] for row in rows])
    truth = np.array([LABELS.index(row["label"]) for row in rows])
    each = {
        name: collection(found[domains == name], truth[domains == name])
        for name in dict.fromkeys(domains.tolist())
    }
    scores = [figures["macro F1"] for figures in each.values() if "macro F1" in figures]
    errors = [figures["ECE"] for figures in each.values() if "macro F1" in figures]
    return {
        "mean macro F1": round(float(np.mean(scores)), 4),
        "mean ECE": round(float(np.mean(errors)), 4),
        "worst ECE": max(errors),
        "texts a second": round(len(rows) / seconds),
        "collections": each,
    }


def collection(found: Probabilities, truth: NDArray[np.int64]) -> dict[str, float]:
    """Macro F1 and expected calibration error of a collection; of a neutral one, the share."""
    said = found.argmax(axis=1)
    if (truth == 1).all():
        return {"called neutral": round(float((said == 1).mean()), 4)}
    scores = []
    for label in range(len(LABELS)):
        right = int(((said == label) & (truth == label)).sum())
        scores.append(2 * right / max(1, int((said == label).sum() + (truth == label).sum())))
    error = measure_trust(truth, found).error
    return {"macro F1": round(float(np.mean(scores)), 4), "ECE": round(float(error), 4)}


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Texts of each collection."""
    domains = [row["domain"] for row in rows]
    return {name: domains.count(name) for name in dict.fromkeys(domains)}


def table(models: dict[str, Any], texts: dict[str, int]) -> str:
    """The figures in Markdown."""
    lines = ["| collection | texts | " + " | ".join(models) + " |"]
    lines.append("|---|---:|" + "---:|" * len(models))
    for name, number in texts.items():
        cells = []
        for figures in models.values():
            one = figures["collections"][name]
            neutral = one.get("called neutral")
            cells.append(f"{one['macro F1']:.3f}" if neutral is None else f"{100 * neutral:.0f} %")
        lines.append(f"| {name} | {number:,} | " + " | ".join(cells) + " |")
    for name in ("mean macro F1", "mean ECE"):
        cells = [f"{figures[name]:.3f}" for figures in models.values()]
        lines.append(f"| **{name}** | | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
