"""Explanations as HTML: one page that needs nothing else, or fragments for another page.

Every character of a text is escaped, and the page forbids itself scripts and requests. A sign is
shown twice, by the colour of the label that a word speaks for and by the kind of underline, and
said in words to screen readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from tonality.explain.explanation import Explanation
from tonality.explain.highlight import LINE_BREAK, STYLE, classes, highlighted, signed
from tonality.explain.passages import Passage
from tonality.messages import NO_TEXT, UNFAMILIAR

COLOURS = {"positive": "blue", "neutral": "grey", "negative": "orange"}

_PAGE_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; margin-bottom: .2rem; } h3 { font-size: 1rem; }
article { border-top: 1px solid gray; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .2rem .6rem .2rem 0; vertical-align: top;
  border-bottom: 1px solid rgb(128 128 128 / .3); overflow-wrap: anywhere;
  unicode-bidi: plaintext; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap;
  width: 5rem; }
.note { opacity: .8; } .note.tonality-text { white-space: normal; }
""".strip()


def page(
    explanations: Sequence[Explanation],
    *,
    label: str | None = None,
    title: str = "Why this verdict",
) -> str:
    """A whole HTML page; it needs no other file and no network.

    Args:
        explanations: all of one model; without any the page says nothing.
        label: the label to explain; by default each text's own verdict.
        title: the page's heading.
    """
    articles = "\n".join(_article(explanation, label) for explanation in explanations)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>
{_PAGE_STYLE}
{STYLE}
</style>
</head>
<body>
<h1>{escape(title)}</h1>
{_key(explanations[0], label) if explanations else ""}
{articles}
</body>
</html>
"""


def _key(first: Explanation, label: str | None) -> str:
    """How to read the marks, by the labels of an explanation."""
    colours = ", ".join(
        f"{COLOURS[hue]} for {escape(each)}"
        for each in first.labels
        for hue in first.hues(each)[:1]
    )
    return f"""<p class="note {classes(first.hues(label))}">Words with a <mark class="for">\
<i class="s3">solid line</i></mark> speak for the label and have its colour: {colours}. Words with
<mark class="against"><i class="s3">dots</i></mark> speak against it. The deeper the colour, the
more a word weighs. A weight of 2 counts twice as much as 1.</p>"""


def highlight(explanation: Explanation, label: str | None = None) -> str:
    """The text with its phrases marked, as an HTML fragment; the page needs :data:`STYLE`.

    Args:
        explanation: what to show.
        label: the label to explain, by default the verdict.

    Raises:
        ConfigError: the model has no such label.
    """
    hues = explanation.hues(label)
    return highlighted(explanation.pieces(label), explanation.phrases(label), hues)


def _article(explanation: Explanation, label: str | None) -> str:
    prediction, target = explanation.prediction, label or explanation.label
    read = f"{prediction.tokens_read} tokens read"
    if prediction.tokens_left_out:
        read += f", {prediction.tokens_left_out} left out"
    if prediction.unfamiliar:
        read += f"; {UNFAMILIAR}"
    odds = ", ".join(f"{escape(k)} {v:.1%}" for k, v in prediction.probabilities.items())
    marked = f"Marked: what speaks for or against <strong>{escape(target)}</strong>."
    title = f"{escape(prediction.label or NO_TEXT)}, {prediction.score:.1%}"
    if prediction.label is None:
        title = NO_TEXT
        marked = (
            "Nothing was read, so there is no verdict; these are the shares in the training data."
        )
    return f"""<article>
<h2>{title}</h2>
<p class="note">{odds}; {read}. {marked}</p>
{highlight(explanation, label)}
{_tables(explanation, label)}
</article>"""


def _tables(explanation: Explanation, label: str | None) -> str:
    parts = []
    for name, passages in zip(("for", "against"), explanation.top(5, label), strict=True):
        parts.append(_table(f"Strongest phrases {name}", "phrase", passages))
    sentences = explanation.sentences(label)
    if len(sentences) > 1:
        parts.append(_table("Sentence by sentence", "sentence", sentences))
    return "\n".join(part for part in parts if part)


def _table(title: str, column: str, passages: Sequence[Passage]) -> str:
    if not passages:
        return ""
    rows = "\n".join(_rows(passages))
    return f"""<h3>{title}</h3>
<table>
<thead><tr><th scope="col">{column}</th><th scope="col" class="number">weight</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _rows(passages: Sequence[Passage]) -> Iterator[str]:
    for passage in passages:
        words = escape(" ".join(LINE_BREAK.sub(" ", passage.text).split()))
        yield (
            f'<tr><td dir="auto">{words}</td><td class="number">{signed(passage.weight)}</td></tr>'
        )
