"""How ``Prediction.valence`` follows the stars that writers gave, on texts held out of training.

``python -m benchmarks.valence --data DATA`` takes validation parts of ``benchmarks.short_data``:
IMDB's reviews (1 to 10 stars, without 5 and 6), the short reviews that have stars (1 to 5), and
the sentences of SST, which people graded from 0 to 4. It gives Spearman's rank correlation between
stars and valence with a 95 % interval (bootstrap over the texts), the same for VADER's compound
score, and the mean valence of each number of stars. Writes JSON and a table of
``docs/general.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import tonality
from benchmarks.general_data import GRADES
from benchmarks.machine import describe
from benchmarks.pages import put
from benchmarks.predict_speed import RESULTS, ROOT, learnt_from
from benchmarks.short_data import divided, read_short
from tonality.data import read_table, split

Floats = NDArray[np.float64]
Score = Callable[[Sequence[str]], Floats]
DRAWS = 1000


class Rated(NamedTuple):
    """Texts with stars.

    Attributes:
        name: how the table calls them.
        texts: N of them.
        stars: theirs (N,).
    """

    name: str
    texts: list[str]
    stars: Floats


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; write JSON and table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of imdb, short, sst")
    parser.add_argument("--model", default="general", help="a bundled model's name or a folder")
    parser.add_argument("--output", type=Path, default=RESULTS / "valence.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "general.md")
    options = parser.parse_args(arguments)
    scores = {"valence": valence(options.model), "VADER": compound()}
    found = {}
    for rated in (films(options.data), reviews(options.data), sentences(options.data)):
        found[rated.name] = {
            "texts": len(rated.texts),
            "learnt from": learnt_from(options.model, rated.texts),
            **{name: measure(score(rated.texts), rated.stars) for name, score in scores.items()},
        }
        print(rated.name, found[rated.name], flush=True)
    kept = {"machine": describe(), "collections": found}
    options.output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    put("\n".join(table(found)), options.page, "benchmarks.valence")


def films(data: Path) -> Rated:
    """IMDB's reviews of films that no model of the package learnt from but ``imdb``."""
    whole = read_table(data / "imdb" / "train.parquet", extra_columns=("rating",))
    _, rows = split(whole)
    stars = [float(whole.extras["rating"][row]) for row in rows.tolist()]
    return Rated("film reviews (IMDB)", [whole.texts[row] for row in rows], np.array(stars))


def reviews(data: Path) -> Rated:
    """The short reviews that have stars: shops, hotels, apps."""
    stars = read_table(data / "short" / "train.parquet", extra_columns=("stars",)).extras["stars"]
    held_out = [row for rows in read_short(data).values() for row in divided(rows)[0]]
    rated = [(row["text"], stars[int(row["id"].removeprefix("short-"))]) for row in held_out]
    rated = [(text, given) for text, given in rated if given]
    given = np.array([float(given) for _, given in rated])
    return Rated("short reviews of 6 collections", [text for text, _ in rated], given)


def sentences(data: Path) -> Rated:
    """SST's sentences with their five grades, divided as ``general`` had them."""
    path = data / "sst" / "train.parquet"
    _, rows = split(read_table(path, label_map=GRADES))
    graded = read_table(path)
    assert graded.labels is not None
    grades = [float(graded.labels[row]) for row in rows.tolist()]
    return Rated("sentences on films (SST)", [graded.texts[row] for row in rows], np.array(grades))


def valence(model: str) -> Score:
    """The valence of a model; 0 where there is no verdict."""
    classifier = tonality.load(model)
    return lambda texts: np.array([found.valence or 0.0 for found in classifier.predict(texts)])


def compound() -> Score:
    """VADER's score."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return lambda texts: np.array([analyser.polarity_scores(text)["compound"] for text in texts])


def measure(scores: Floats, stars: Floats) -> dict[str, Any]:
    """The rank correlation (N,) with (N,), its interval, and the mean score of each star."""
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        rows = rng.integers(len(stars), size=len(stars))
        drawn.append(spearmanr(scores[rows], stars[rows]).statistic)
    return {
        "rank correlation": round(float(spearmanr(scores, stars).statistic), 4),
        "interval": [round(float(end), 4) for end in np.quantile(drawn, (0.025, 0.975))],
        "means": {
            f"{star:g}": round(float(scores[stars == star].mean()), 3) for star in np.unique(stars)
        },
    }


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The table of the page."""
    yield "| texts held out | rank correlation (95 %) | VADER's | mean valence by stars |"
    yield "|---|---:|---:|---|"
    for name, figures in found.items():
        own, low, high = _correlation(figures["valence"])
        means = figures["valence"]["means"].items()
        shown = ", ".join(f"{star}: {mean:+.2f}" for star, mean in means)
        vader, *_ = _correlation(figures["VADER"])
        yield f"| {figures['texts']:,} {name} | {own} ({low} to {high}) | {vader} | {shown} |"


def _correlation(figures: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{x:.2f}" for x in (figures["rank correlation"], *figures["interval"]))


if __name__ == "__main__":
    main()
