"""Strengths and weaknesses in plain sentences, each drawn from numbers that bear it out.

A difference is called one only where the 95 % intervals do not overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tonality.evaluate.analysis import Analysis
from tonality.evaluate.result import Judged
from tonality.measures.metrics import Evaluation
from tonality.measures.scores import Interval, wilson
from tonality.measures.slices import Slicing
from tonality.messages import shorten


@dataclass(frozen=True)
class Insights:
    """Sentences on what a model does well and what it does not."""

    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]


_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LOST = {"head": "end", "tail": "beginning", "head+tail": "middle"}


@dataclass(frozen=True)
class _Recall:
    """How many of the texts of a class it finds."""

    recall: float
    interval: Interval
    label: str


class _Part(Protocol):
    """A part of the texts with the interval of a share."""

    @property
    def interval(self) -> Interval: ...


P = TypeVar("P", bound=_Part)


def insights(judged: Judged) -> Insights:
    """What can be said of a model from its evaluation and analysis."""
    found = judged.measured.evaluation
    good: list[str] = []
    bad: list[str] = []
    _accuracy(found, good, bad)
    _classes(found, good, bad)
    _trust(judged.analysis, good, bad)
    _abstaining(judged.analysis, good, bad)
    _lengths(found, good, bad)
    for slicing in judged.analysis.slices:
        bad.extend(_slices(slicing))
    _reading(judged, bad)
    _labels(judged, bad)
    return Insights(tuple(good), tuple(bad))


def _accuracy(found: Evaluation, good: list[str], bad: list[str]) -> None:
    low, high = found.accuracy_interval
    errors = round((1 - found.accuracy) * found.n)
    sentence = (
        f"It judges {found.accuracy:.1%} of the {found.n:,} texts rightly (95 % interval "
        f"{low:.1%} to {high:.1%}) and errs on {errors:,}."
    )
    most = max(sum(row) for row in found.confusion) / found.n
    if low > most:
        good.append(sentence)
    else:
        bad.append(
            f"{sentence} Always naming the most frequent class would be right on {most:.1%}."
        )


def _classes(found: Evaluation, good: list[str], bad: list[str]) -> None:
    recalls = [
        _Recall(row[c] / sum(row), wilson(row[c], sum(row)), name)
        for c, (name, row) in enumerate(zip(found.labels, found.confusion, strict=True))
        if sum(row)
    ]
    if len(recalls) < 2:
        return
    pair = _apart(recalls)
    if pair is not None:
        worst, best = pair
        bad.append(
            f"It is uneven: it finds {best.recall:.1%} of the {_name(best.label)} texts but only "
            f"{worst.recall:.1%} of the {_name(worst.label)} ones."
        )
    else:
        shares = sorted(each.recall for each in recalls)
        good.append(
            f"It is even-handed: it finds {shares[0]:.1%} to {shares[-1]:.1%} of each class, no "
            "more apart than chance would have it."
        )


def _trust(analysis: Analysis, good: list[str], bad: list[str]) -> None:
    calibration = analysis.calibration
    trust = calibration.cross_fitted or calibration.after
    filled = [b for b in calibration.after.bins if b.confidence is not None]
    surplus = sum(b.n * ((b.confidence or 0) - (b.accuracy or 0)) for b in filled)
    mean = surplus / sum(b.n for b in filled)
    said = (
        f"its confidence is off by {trust.error:.1%} on average (expected calibration error; "
        f"{calibration.chance:.1%} by chance alone)"
    )
    if trust.error <= max(0.01, 1.25 * calibration.chance):
        good.append(f"Its probabilities mean what they say: {said}.")
    elif abs(mean) > 0.5 * trust.error:
        which = "surer than it should be" if mean > 0 else "less sure than it could be"
        # Where it was fitted on these very rows, fitting it again changes nothing.
        mend = "; the command tonality calibrate can mend that"
        bad.append(f"It is {which}: {said}{'' if analysis.fitted_here.temperature else mend}.")
    else:
        bad.append(f"Its probabilities are rough: {said}.")


def _abstaining(analysis: Analysis, good: list[str], bad: list[str]) -> None:
    band = analysis.nine_in_ten
    if band.mistakes_removed is None or band.accuracy is None or band.coverage == 1:
        return
    sentence = (
        f"leaving the least sure {1 - band.coverage:.0%} unanswered would remove "
        f"{band.mistakes_removed:.0%} of the mistakes and make {band.accuracy:.1%} of the rest "
        "right"
    )
    # Abstaining at random removes as large a share of the mistakes as of the texts.
    if band.mistakes_removed > 2 * (1 - band.coverage):
        good.append(f"It knows when it does not know: {sentence}.")
    else:
        bad.append(f"Its doubts say little: {sentence}.")


def _lengths(found: Evaluation, good: list[str], bad: list[str]) -> None:
    pair = _apart(found.by_length)
    if pair is None:
        if len(found.by_length) > 1:
            good.append("Length makes no clear difference.")
        return
    worst, best = pair
    bad.append(
        f"Length matters: texts of {worst.shortest:,} to {worst.longest:,} tokens are judged "
        f"{worst.accuracy:.1%} right, those of {best.shortest:,} to {best.longest:,} "
        f"{best.accuracy:.1%}."
    )


def _slices(slicing: Slicing) -> Iterator[str]:
    pair = _apart(slicing.slices)
    if pair is not None:
        worst, best = pair
        yield (
            f"By {_name(slicing.column)}, {_name(worst.value)} does worst "
            f"({worst.accuracy:.1%} of {worst.n:,} texts right) and {_name(best.value)} best "
            f"({best.accuracy:.1%} of {best.n:,})."
        )


def _reading(judged: Judged, bad: list[str]) -> None:
    measured = judged.measured
    share = measured.shortened / len(measured.labels)
    if share >= 0.01:
        bad.append(
            f"It does not read all: {share:.0%} of the texts are longer than it takes, and lose "
            f"their {_LOST[judged.classifier.artifact.text.truncate]}."
        )


def _labels(judged: Judged, bad: list[str]) -> None:
    suspects = judged.analysis.label_errors.suspects
    right = judged.measured.right
    wrong = int((~right).sum())
    mistaken = sum(not right[suspect.index] for suspect in suspects)
    if wrong and mistaken / wrong >= 0.1:
        bad.append(
            f"Of its {wrong:,} mistakes {mistaken:,} are as confident as it usually is of the "
            "class it names: look there for wrong labels, for irony, and for what it does not "
            "understand."
        )


def _name(text: str) -> str:
    """A name from the data inside a sentence: short, and isolated, so that a right-to-left name or
    a control character in it (Unicode standard annex 9) does not turn the sentence around."""
    return f"\u2068{shorten(_BIDI.sub('', text), 40)}\u2069"


def _apart(parts: Sequence[P]) -> tuple[P, P] | None:
    """The worst and the best part, if their intervals do not overlap."""
    if len(parts) < 2:
        return None
    worst = min(parts, key=lambda part: part.interval[1])
    best = max(parts, key=lambda part: part.interval[0])
    return (worst, best) if worst.interval[1] < best.interval[0] else None
