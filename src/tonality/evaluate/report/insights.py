"""Strengths and weaknesses in plain sentences, each drawn from numbers that bear it out.

A difference is called one only where the 95 % intervals do not overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tonality.evaluate.analysis import Analysis
from tonality.evaluate.result import Judged
from tonality.measures.metrics import Evaluation, LengthBucket
from tonality.measures.scores import wilson
from tonality.measures.slices import Slice, Slicing
from tonality.messages import shorten


@dataclass(frozen=True)
class Insights:
    """Sentences on what a model does well and what it does not."""

    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]


_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LOST = {"head": "end", "tail": "beginning", "head+tail": "middle"}


P = TypeVar("P", Slice, LengthBucket)  # a part of the texts


def insights(judged: Judged) -> Insights:
    """What can be said of a model from its evaluation and analysis."""
    found, analysis = judged.evaluation, judged.analysis
    said = [
        *_accuracy(found),
        *_classes(found),
        *_trust(analysis),
        *_abstaining(analysis),
        *_lengths(found),
        *(each for slicing in analysis.slices for each in _slices(slicing)),
        *_reading(judged),
        *_labels(judged),
    ]
    return Insights(
        tuple(sentence for good, sentence in said if good),
        tuple(sentence for good, sentence in said if not good),
    )


# Each of these yields sentences, and whether they say something good.
Said = Iterator[tuple[bool, str]]


def _accuracy(found: Evaluation) -> Said:
    low, high = found.accuracy_interval
    errors = round((1 - found.accuracy) * found.n)
    most = max(sum(row) for row in found.confusion) / found.n
    told = (
        f"It judges {found.accuracy:.1%} of the {found.n:,} texts rightly (95 % interval "
        f"{low:.1%} to {high:.1%}) and errs on {errors:,}."
    )
    if low > most:
        yield True, told
    else:
        yield False, f"{told} Always naming the most frequent class would be right on {most:.1%}."


def _classes(found: Evaluation) -> Said:
    recalls = [
        Slice(name, sum(row), row[c] / sum(row), wilson(row[c], sum(row)))
        for c, (name, row) in enumerate(zip(found.labels, found.confusion, strict=True))
        if sum(row)
    ]
    if pair := _apart(recalls):
        worst, best = pair
        yield (
            False,
            f"It is uneven: it finds {best.accuracy:.1%} of the {_name(best.value)} texts but only "
            f"{worst.accuracy:.1%} of the {_name(worst.value)} ones.",
        )
    elif len(recalls) > 1:
        shares = sorted(each.accuracy for each in recalls)
        yield (
            True,
            f"It is even-handed: it finds {shares[0]:.1%} to {shares[-1]:.1%} of each class, no "
            "more apart than chance would have it.",
        )


def _trust(analysis: Analysis) -> Said:
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
        yield True, f"Its probabilities mean what they say: {said}."
    elif abs(mean) > 0.5 * trust.error:
        which = "surer than it should be" if mean > 0 else "less sure than it could be"
        # Where it was fitted on these very rows, fitting it again changes nothing.
        mend = (
            ""
            if analysis.fitted_here.temperature
            else "; the command tonality calibrate can mend that"
        )
        yield False, f"It is {which}: {said}{mend}."
    else:
        yield False, f"Its probabilities are rough: {said}."


def _abstaining(analysis: Analysis) -> Said:
    band = analysis.nine_in_ten
    if band.mistakes_removed is None or band.accuracy is None or band.coverage == 1:
        return
    # Abstaining at random removes as large a share of the mistakes as of the texts.
    good = band.mistakes_removed > 2 * (1 - band.coverage)
    yield (
        good,
        ("It knows when it does not know: " if good else "Its doubts say little: ")
        + f"leaving the least sure {1 - band.coverage:.0%} unanswered would remove "
        f"{band.mistakes_removed:.0%} of the mistakes and make {band.accuracy:.1%} of the rest "
        "right.",
    )


def _lengths(found: Evaluation) -> Said:
    if pair := _apart(found.by_length):
        worst, best = pair
        yield (
            False,
            f"Length matters: texts of {worst.value} tokens are judged {worst.accuracy:.1%} right, "
            f"those of {best.value} {best.accuracy:.1%}.",
        )
    elif len(found.by_length) > 1:
        yield True, "Length makes no clear difference."


def _slices(slicing: Slicing) -> Said:
    if pair := _apart(slicing.slices):
        worst, best = pair
        yield (
            False,
            f"By {_name(slicing.column)}, {_name(worst.value)} does worst "
            f"({worst.accuracy:.1%} of {worst.n:,} texts right) and {_name(best.value)} best "
            f"({best.accuracy:.1%} of {best.n:,}).",
        )


def _reading(judged: Judged) -> Said:
    measured = judged.measured
    share = measured.shortened / len(measured.labels)
    if share >= 0.01:
        yield (
            False,
            f"It does not read all: {share:.0%} of the texts are longer than it takes, and lose "
            f"their {_LOST[judged.classifier.artifact.text.truncate]}.",
        )


def _labels(judged: Judged) -> Said:
    right = judged.measured.right
    wrong = int((~right).sum())
    mistaken = sum(not right[each.index] for each in judged.analysis.label_errors.suspects)
    if wrong and mistaken / wrong >= 0.1:
        yield (
            False,
            f"Of its {wrong:,} mistakes {mistaken:,} are as confident as it usually is of the "
            "class it names: look there for wrong labels, for irony, and for what it does not "
            "understand.",
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
