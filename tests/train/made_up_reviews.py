"""Made-up reviews that a tiny network learns, in no time."""

from __future__ import annotations

import random

from tonality.data import Dataset, Table
from tonality.train.prepare.preflight import check_run
from tonality.train.prepare.prepare import Prepared, prepare
from tonality.train.records.reporter import Reporter
from tonality.train.settings.recipe import Recipe
from tonality.train.start.start import Start

FEELINGS = {
    "positive": ["great", "lovely", "brilliant", "moving", "superb"],
    "negative": ["awful", "dull", "boring", "terrible", "weak"],
    "neutral": ["average", "fair", "passable", "ordinary", "usual"],
}
FILLER = [
    *("the", "film", "a", "plot", "actor", "scene", "it", "was"),
    *("and", "story", "music", "of", "in", "with", "end"),
]

# A few hundred weights, a few batches an epoch.
TINY = Recipe.from_dict(
    {
        "name": "tiny",
        "vocabulary": {"min_count": 1, "ngrams": 20, "ngram_min_count": 2},
        "network": {"embedding_size": 8, "hidden_size": 6},
        "dropout": {"embedding": 0.1, "word": 0.1, "ngram": 0.3, "pooled": 0.1},
        "optimiser": {"learning_rate": 0.03},
        "training": {"batch_size": 16, "epochs": 2, "average": 0.9},
    }
)


def make_table(rows: int = 200, *, classes: int = 2, seed: int = 0, labelled: bool = True) -> Table:
    """Reviews of 4 to 30 words; the feeling is in one to three of them."""
    rng = random.Random(seed)
    names = list(FEELINGS)[:classes]
    texts, labels = [], []
    for row in range(rows):
        label = names[row % classes]
        words = rng.choices(FILLER, k=rng.randint(4, 27))
        for word in rng.choices(FEELINGS[label], k=rng.randint(1, 3)):
            words.insert(rng.randrange(len(words)), word)
        texts.append(" ".join([*words, f"film{row % 40}"]))
        labels.append(label)
    groups = [f"film{row % 40}" for row in range(rows)]
    ids = [f"review-{row}" for row in range(rows)]
    return Table(texts, labels if labelled else None, groups, ids, source="made up")


def prepared(dataset: Dataset, recipe: Recipe, start: Start | None = None) -> Prepared:
    """A dataset as a run has it before its first step."""
    return prepare(check_run("train", recipe, dataset, start), Reporter())


def make_dataset(rows: int = 200, *, classes: int = 2, unlabelled: int = 0) -> Dataset:
    """A dataset of made-up reviews."""
    return Dataset(
        train=make_table(rows, classes=classes),
        test=None,
        unlabelled=make_table(unlabelled, seed=1, labelled=False) if unlabelled else None,
        name="made-up",
        sha256={"train.csv": "0" * 64},
    )
