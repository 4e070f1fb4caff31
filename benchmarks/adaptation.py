"""How few labels a model needs in another domain: the learning curve of ``tonality adapt``.

``python -m benchmarks.adaptation --data DATA/domains`` takes every ``NAME.train.parquet`` of the
folder, holds out its validation part (a fifth, seed 0) and learns from 20, 50, 100, 500 and all of
the rest: by adapting a model, by training from nothing, and with TF-IDF and logistic regression;
beside the model as it is, which needs none. Nothing is chosen on the validation part: every run
has a fixed schedule and keeps its last step. Each result is kept as soon as it is there: run again,
with another model too, it goes on with those that are missing. Writes JSON and the table of
``docs/adaptation.md``.

A model that learnt from a domain's labels says nothing of a new domain. One that did not: make the
data of the others with ``benchmarks.general_data --imdb-labelled 0 --without NAME ...``, adapt
``imdb`` to it, and run this with ``--model`` that, ``--name others`` and ``--only NAME ...``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tonality
from benchmarks.machine import describe
from benchmarks.pages import put
from benchmarks.predict_speed import RESULTS, ROOT
from tonality.artifact.config_json import CONFIG
from tonality.data import Dataset, Table, read_table, split
from tonality.model_names import model_path
from tonality.train import train
from tonality.train.adapt import adapt
from tonality.train.settings.recipe import Recipe

ALL = 0  # labels
SIZES = (20, 50, 100, 500, ALL)
UNADAPTED, ADAPTED, NOTHING, TFIDF = "as it is", "adapted", "from nothing", "TF-IDF + LR"
# Learns from no validation part; the last step is kept.
FIXED = ("training.validation=0",)
# The bundled model's kind, small enough for some hundred texts; its words start at word2vec.
FROM_NOTHING = (*FIXED, "vocabulary.min_count=2", "vocabulary.ngram_min_count=3",
                "training.batch_size=32", "training.epochs=10", "training.average=0.98",
                "vectors.epochs=15", "optimiser.warmup_steps=10")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing; write JSON and table after each."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of *.train.parquet")
    parser.add_argument("--model", default="imdb", help="a bundled model's name or a model folder")
    parser.add_argument("--name", help="what the table calls the model; by default what --model is")
    parser.add_argument("--pretrain-epochs", type=int, default=0, help="as for tonality adapt")
    parser.add_argument("--set", action="append", default=[], help="a setting of recipe adapt")
    parser.add_argument("--only", action="append", help="this domain; repeat it")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="labels; 0 for all")
    parser.add_argument("--methods", nargs="+", default=[UNADAPTED, ADAPTED, NOTHING, TFIDF])
    parser.add_argument("--runs", type=Path, default=Path("runs/adaptation"))
    parser.add_argument("--output", type=Path, default=RESULTS / "adaptation.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "adaptation.md")
    options = parser.parse_args(arguments)
    kept: dict[str, Any] = {}
    if options.output.exists():
        kept = json.loads(options.output.read_text(encoding="utf-8"))
    kept["machine"] = describe()
    results, of = kept.setdefault("accuracy", {}), kept.setdefault("of", {})
    for domain, method, size, identity, measure in cells(options):
        held = results.setdefault(domain, {}).setdefault(method, {})
        named = of.setdefault(domain, {}).setdefault(method, {})
        if str(size) not in held or named.get(str(size)) != identity:
            named[str(size)] = identity
            held[str(size)] = round(measure(), 4)
            print(domain, method, size or "all", held[str(size)], file=sys.stderr, flush=True)
            options.output.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    shown = table(results)
    print(shown)
    if not options.only:
        put(shown, options.page, "benchmarks.adaptation")


Cell = tuple[str, str, int, str, Callable[[], float]]


def cells(options: argparse.Namespace) -> Iterator[Cell]:
    """What there is to measure: domain, method, labels, what else it depends on, and how."""
    recipe = Recipe.load("adapt").with_settings([*FIXED, *options.set])
    name = options.name or options.model
    nothing = Recipe.load("base").with_settings(FROM_NOTHING)
    run = options.runs / "run"
    weights = (model_path(options.model) / CONFIG).read_bytes()
    of_recipe = json.dumps([chosen(recipe), options.pretrain_epochs], sort_keys=True).encode()
    of_nothing = json.dumps(chosen(nothing), sort_keys=True).encode()

    def adapted(dataset: Dataset) -> Path:
        return adapt(
            dataset, recipe, run, model=options.model, pretrain_epochs=options.pretrain_epochs
        )

    def from_nothing(dataset: Dataset) -> Path:
        return train(dataset, nothing, run)

    for path in sorted(options.data.glob("*.train.parquet")):
        domain = path.name.removesuffix(".train.parquet")
        if options.only and domain not in options.only:
            continue
        learn, held_out, unlabelled = parts(path, domain)
        known = partial(identity, path.read_bytes())
        if UNADAPTED in options.methods:
            measure = partial(accuracy, options.model, held_out)
            yield domain, f"{name} {UNADAPTED}", ALL, known(weights), measure
        for size in options.sizes:
            dataset = Dataset(fewer(learn, size), None, unlabelled, domain, {})
            if ADAPTED in options.methods:
                learnt = partial(trained, adapted, dataset, held_out, run)
                yield domain, f"{name} {ADAPTED}", size, known(weights, of_recipe), learnt
            if NOTHING in options.methods:
                learnt = partial(trained, from_nothing, dataset, held_out, run)
                yield domain, NOTHING, size, known(of_nothing), learnt
            if TFIDF in options.methods:
                yield domain, TFIDF, size, known(), partial(tfidf, dataset.train, held_out)


def chosen(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """A recipe's settings but for defaults, so that a new one leaves the figures what they are."""
    defaults = Recipe().settings()
    return {
        section: {key: value for key, value in held.items() if value != defaults[section][key]}
        for section, held in recipe.settings().items()
    }


def identity(*parts: bytes) -> str:
    """What a figure is of: data, weights, settings. With another of these it is measured anew."""
    digests = [hashlib.sha256(part).digest() for part in parts]
    return hashlib.sha256(b"".join(digests)).hexdigest()[:16]


def parts(path: Path, domain: str) -> tuple[Table, Table, Table]:
    """The rows to learn from, those to measure on, and the texts without labels."""
    table = read_table(path)
    rows, held_out = split(table)
    unlabelled = read_table(path.with_name(f"{domain}.unlabel.parquet"), label_column="")
    # What is measured must not teach, without its label either.
    measured = {table.texts[row] for row in held_out}
    kept = [row for row, text in enumerate(unlabelled.texts) if text not in measured]
    return table.take(rows), table.take(held_out), unlabelled.take(kept)


def fewer(table: Table, size: int) -> Table:
    """As many rows of each class as of the others, ``size`` in all; all rows for ``ALL``."""
    if size == ALL:
        return table
    labels = np.array(table.labels)
    order = np.random.default_rng(0).permutation(len(labels))
    classes = sorted(set(labels.tolist()))
    chosen = [order[labels[order] == label][: size // len(classes)] for label in classes]
    return table.take(np.sort(np.concatenate(chosen)))


def trained(make: Callable[[Dataset], Path], dataset: Dataset, held_out: Table, run: Path) -> float:
    """The accuracy of what a run gives, whose folder is removed before and after."""
    shutil.rmtree(run, ignore_errors=True)
    found = accuracy(make(dataset), held_out)
    shutil.rmtree(run)
    return found


def accuracy(model: str | Path, table: Table) -> float:
    """The share of rows whose likelier label, of those of the table, is right."""
    classifier = tonality.load(model)
    labels = sorted(set(table.labels or ()))
    columns = [classifier.labels.index(label) for label in labels]  # neutral is no answer here
    verdicts = classifier.predict_proba(table.texts)[:, columns].argmax(axis=1)
    return float(np.mean(np.array(labels)[verdicts] == np.array(table.labels)))


def tfidf(learn: Table, held_out: Table) -> float:
    """One- and two-word terms, logistic regression, its strength chosen by cross-validation."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        LogisticRegressionCV(
            Cs=[1.0, 10.0, 100.0],
            cv=5,
            max_iter=1000,
            l1_ratios=(0.0,),
            scoring="accuracy",
            use_legacy_attributes=False,
        ),
    )
    pipeline.fit(learn.texts, learn.labels)
    return float(np.mean(pipeline.predict(held_out.texts) == np.array(held_out.labels)))


def table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """The averages over the domains, then every domain, as Markdown."""
    found_at = {
        (method, int(size))
        for found in results.values()
        for method, sizes in found.items()
        for size in sizes
    }
    present = sorted(found_at, key=_place)
    lines = [
        "| domain | " + " | ".join(_title(*column) for column in present) + " |",
        "|---|" + "---:|" * len(present),
    ]
    rows = {
        domain: [found.get(method, {}).get(str(size)) for method, size in present]
        for domain, found in sorted(results.items())
    }
    whole = [row for row in rows.values() if None not in row]
    average = [float(np.mean(column)) for column in zip(*whole, strict=True)]
    if average:
        lines.append(_line(f"**mean of {len(whole)}**", average))
    lines += [_line(domain, row) for domain, row in rows.items()]
    return "\n".join(lines)


def _place(column: tuple[str, int]) -> tuple[bool, int, bool, str]:
    """Models as they are first; then by labels, the peers behind."""
    method, size = column
    asis = method.endswith(UNADAPTED)
    return not asis, size or sys.maxsize, not method.endswith(ADAPTED), method


def _title(method: str, size: int) -> str:
    return method if method.endswith(UNADAPTED) else f"{size or 'all'}: {method}"


def _line(name: str, row: Sequence[float | None]) -> str:
    cells = ["" if value is None else f"{value:.1%}" for value in row]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
