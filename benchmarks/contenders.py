"""What is compared, each as a user would set it up: raw strings in, labels out.

A contender is trained once (where it trains at all) into a folder, and loaded from that folder
by every process that measures it. Everything heavy is imported only when it is needed, so that
the process of one contender does not pay for another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Judge = Callable[[Sequence[str]], list[str]]

POSITIVE, NEGATIVE = "positive", "negative"


@dataclass(frozen=True)
class Contender:
    """One way to classify reviews.

    Attributes:
        name: what the tables call it.
        requirement: what ``pip install`` needs for it.
        load: from the folder that ``train`` filled, a function from texts to labels.
        train: learns from texts and labels, and writes to the folder.
        source: where the package lies that its own processes import; by default this one's.
    """

    name: str
    requirement: str
    load: Callable[[Path], Judge]
    train: Callable[[Sequence[str], Sequence[str], Path], None] | None = None
    source: Path | None = None


def contenders(
    model: str | None = None, threads: int = 2, baseline: Path | None = None
) -> dict[str, Contender]:
    """All of them by name; VADER's is ``"VADER"``.

    Args:
        model: the tonality model: a bundled one's name or a folder.
        threads: how many the first tonality entry uses.
        baseline: a checkout of an earlier build, which is measured with one thread and with these.
    """
    found = [
        Contender(f"tonality, {threads} threads", ".", lambda _: _tonality(model, threads)),
        Contender("tonality, 1 thread", ".", lambda _: _tonality(model, 1)),
        Contender("VADER", "vaderSentiment", _vader),
        Contender("TextBlob", "textblob", _textblob),
        Contender("TF-IDF + logistic regression", "scikit-learn", _load_tfidf, _train_tfidf),
        Contender("fastText", "fasttext-wheel", _load_fasttext, _train_fasttext),
        _onnx(model, int8=False),
        _onnx(model, int8=True),
    ]
    if baseline is not None:
        source = baseline / "src"
        found += [
            Contender(
                f"earlier build, {each} thread{'s' * (each > 1)}",
                str(baseline),
                lambda _, each=each: _tonality(model, each),  # type: ignore[misc]
                source=source,
            )
            for each in dict.fromkeys((threads, 1))
        ]
    return {contender.name: contender for contender in found}


def _tonality(model: str | None, threads: int) -> Judge:
    import tonality

    classifier = tonality.load(model)

    def judge(texts: Sequence[str]) -> list[str]:
        verdicts = classifier.predict_proba(texts, threads=threads).argmax(axis=1)
        return [classifier.labels[verdict] for verdict in verdicts]

    return judge


def _onnx(model: str | None, *, int8: bool) -> Contender:
    """The same network, computed by ONNX Runtime with one thread."""
    kind = "int8" if int8 else "float"

    def train(_: Sequence[str], __: Sequence[str], folder: Path) -> None:
        from benchmarks.onnx_network import export

        export(model, folder / f"{kind}.onnx", int8=int8)

    def load(folder: Path) -> Judge:
        from benchmarks.onnx_network import BATCH, OnnxClassifier

        classifier = OnnxClassifier(model, folder / f"{kind}.onnx", 1 if int8 else BATCH)

        def judge(texts: Sequence[str]) -> list[str]:
            return [classifier.labels[best] for best in classifier.logits(texts).argmax(axis=1)]

        return judge

    return Contender(f"ONNX Runtime, {kind}, 1 thread", "onnx onnxruntime", load, train)


def _vader(_: Path) -> Judge:
    """Hutto and Gilbert 2014; the sign of ``compound``, with no neutral band."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores = SentimentIntensityAnalyzer().polarity_scores
    return lambda texts: [_sign(scores(text)["compound"]) for text in texts]


def _textblob(_: Path) -> Judge:
    """The pattern lexicon, TextBlob's default; the sign of ``polarity``."""
    from textblob import TextBlob

    return lambda texts: [_sign(TextBlob(text).sentiment.polarity) for text in texts]


def _sign(score: float) -> str:
    return POSITIVE if score >= 0 else NEGATIVE


def _train_tfidf(texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        LogisticRegression(C=10, max_iter=1000),
    )
    joblib.dump(pipeline.fit(texts, labels), folder / "tfidf.joblib")


def _load_tfidf(folder: Path) -> Judge:
    import joblib

    pipeline = joblib.load(folder / "tfidf.joblib")
    return lambda texts: [str(label) for label in pipeline.predict(texts)]


def _train_fasttext(texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
    """Joulin et al. 2016, with their settings for sentiment: 10 dimensions, bigrams, 5 epochs."""
    from fasttext import train_supervised  # which the extra languages has not

    lines = folder / "fasttext.txt"
    rows = zip(labels, texts, strict=True)
    written = "".join(f"__label__{label} {_fasttext_line(text)}\n" for label, text in rows)
    lines.write_text(written, encoding="utf-8")
    # One thread, since more make the result differ from run to run.
    model = train_supervised(
        str(lines), dim=10, wordNgrams=2, epoch=5, lr=0.25, minCount=2, thread=1, verbose=0
    )
    model.save_model(str(folder / "fasttext.bin"))


def _load_fasttext(folder: Path) -> Judge:
    import fasttext

    fasttext.FastText.eprint = lambda _: None  # it warns of its own renamed classes
    model = fasttext.load_model(str(folder / "fasttext.bin"))

    def judge(texts: Sequence[str]) -> list[str]:
        found, _ = model.predict([_fasttext_line(text) for text in texts])
        return [labels[0].removeprefix("__label__") for labels in found]

    return judge


def _fasttext_line(text: str) -> str:
    """What fastText's own example script does: lower case, punctuation apart, one line."""
    apart = re.sub(r"([.\"'!?,()/:;])", r" \1 ", text.lower().replace("<br />", " "))
    return " ".join(apart.split())
