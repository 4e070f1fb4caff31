"""``report.html``: the whole evaluation on one page that needs no other file and no network.

Jinja2 fills the template with autoescape on; only drawings and highlighted reviews, which escape
what they quote themselves, are put in as they are. The page has no script and forbids itself any.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonality._version import __version__
from tonality.errors import DependencyError
from tonality.evaluate.report.example_texts import Examples, explain_rows, sample, shortened, surest
from tonality.evaluate.report.insights import insights
from tonality.evaluate.report.pictures import Picture
from tonality.evaluate.result import EvaluationResult, Judged
from tonality.evaluate.telling_words import Push
from tonality.explain.explanation import Explanation
from tonality.explain.highlight import STYLE
from tonality.explain.html import highlight
from tonality.measures.metrics import Evaluation, LengthBucket, excerpt
from tonality.measures.slices import Slice, Slicing
from tonality.messages import shorten

TEMPLATES = Path(__file__).with_name("templates")

_DISAGREEMENTS = 5  # reviews shown that one model alone judges rightly, each way
_SUSPECTS = 20
_LONGEST = (6000, 2000, 500, 100)  # characters of a review; IMDB's longest hundredth is longer
_HEAVIEST = 40_000  # characters of markup that one review may take
# What HTML forbids or UTF-8 cannot hold: control characters, lone surrogates, non-characters.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Review:
    """One review as the page shows it; ``text`` is safe markup."""

    id: str
    truth: str
    verdict: str
    confidence: float
    text: Any


@dataclass(frozen=True)
class AccuracyTable:
    """Accuracies of the parts of the texts as bars on one scale, from ``low`` to 100 %."""

    title: str
    note: str
    rows: Sequence[LengthBucket | Slice]
    low: float


def require_jinja2() -> Any:
    """Loads ``jinja2``; a command calls it first, to fail before any long work.

    Raises:
        DependencyError: Jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise DependencyError("writing a report", extra="analyse") from error
    return jinja2


def to_explain(result: EvaluationResult) -> int:
    """How many texts :func:`render` explains, about: for a bar of progress."""
    return len(sample(len(result.chosen.table)))


def render(
    result: EvaluationResult,
    pictures: Sequence[Picture],
    *,
    progress: Callable[[int], None] | None = None,
) -> str:
    """The page.

    Args:
        result: what was found.
        pictures: the drawings.
        progress: called with the number of texts explained so far, now and then.

    Raises:
        DependencyError: Jinja2 is not installed.
    """
    template, groups = _template(), _groups(result)
    examples = explain_rows(
        result.first.classifier,
        result.chosen.table.texts,
        [row for group in groups.values() for row in group],
        progress=progress,
    )
    words = examples.words.strongest()
    whole: str = template.render(
        **_measured(result),
        pictures={picture.name: picture for picture in pictures},
        words=words,
        words_read=examples.words.read,
        strongest=_strongest(words),
        reviews={
            name: [_review(result, examples, row) for row in group]
            for name, group in groups.items()
        },
        target=_target(result.first),
        version=__version__,
        highlight_style=require_jinja2().utils.markupsafe.Markup(STYLE),
    )
    return _UNFIT.sub("\ufffd", whole)


def _measured(result: EvaluationResult) -> dict[str, Any]:
    """What the template shows of the result itself, by the names it has there."""
    first = result.first
    return {
        "result": result,
        "first": first,
        "second": result.second,
        "comparison": result.comparison,
        "evaluation": first.evaluation,
        "analysis": first.analysis,
        "artifact": first.classifier.artifact,
        "facts": result.facts,
        "insights": insights(first),
        "parts": _parts(first.evaluation, first.analysis.slices),
        "suspects": _suspects(result),
    }


def _template() -> Any:
    jinja2 = require_jinja2()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": _percent,
        "signed": _signed,
        "count": "{:,}".format,
        "brief": _brief,
    }
    return environment.get_template("report.html")


def _parts(evaluation: Evaluation, slicings: Sequence[Slicing]) -> list[AccuracyTable]:
    """Tables by length and by each column, where there is more than one part."""
    found: list[tuple[str, str, Sequence[LengthBucket | Slice]]] = [
        ("By length", "In tokens, read or not.", evaluation.by_length),
        *((f"By {each.column}", each.note, each.parts) for each in slicings),
    ]
    # A scale from the next full tenth below the lowest bound shows differences, and says so.
    return [
        AccuracyTable(
            title, note, rows, min(math.floor(min(r.interval[0] for r in rows) * 10) / 10, 0.9)
        )
        for title, note, rows in found
        if len(rows) > 1
    ]


def _groups(result: EvaluationResult) -> dict[str, list[int]]:
    """The rows of the reviews that are shown."""
    right = result.first.measured.right
    groups = {
        "right": surest(result.first.measured, right),
        "wrong": surest(result.first.measured, ~right),
    }
    if result.second is not None:
        other = result.second.measured.right
        groups["only_first"] = surest(result.first.measured, right & ~other, _DISAGREEMENTS)
        groups["only_second"] = surest(result.second.measured, other & ~right, _DISAGREEMENTS)
    return groups


def _target(judged: Judged) -> str | None:
    """The label that words are shown to speak for or against; ``None``: each review's verdict."""
    labels = judged.classifier.labels
    return labels[1] if len(labels) == 2 else None


def _review(result: EvaluationResult, examples: Examples, row: int) -> Review:
    measured, labels = result.first.measured, result.first.classifier.labels
    return Review(
        id=f"{result.chosen.named} {result.chosen.ids[row]}",
        truth=labels[measured.labels[row]],
        verdict=labels[measured.verdicts[row]],
        confidence=float(measured.confidence[row]),
        text=_marked(examples.explanations[row], _target(result.first)),
    )


def _marked(explanation: Explanation, target: str | None) -> Any:
    """The review with its words highlighted, as markup; shorter where it would be too heavy."""
    markupsafe = require_jinja2().utils.markupsafe
    for longest in _LONGEST:
        markup = highlight(shortened(explanation, longest), target)
        if len(markup) <= _HEAVIEST:
            break
    return markupsafe.Markup(markup)


def _suspects(result: EvaluationResult) -> list[dict[str, Any]]:
    texts = result.chosen.table.texts
    return [
        {
            "suspect": suspect,
            "id": f"{result.chosen.named} {suspect.id}",
            "text": excerpt(texts[suspect.index]),
        }
        for suspect in result.first.analysis.label_errors.suspects[:_SUSPECTS]
    ]


def _strongest(words: dict[str, tuple[Push, ...]]) -> float:
    return max((push.mean for pushes in words.values() for push in pushes), default=1.0)


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}%}"


def _signed(value: float, digits: int = 2) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _brief(text: str, most: int = 80) -> str:
    return shorten(text, most)
