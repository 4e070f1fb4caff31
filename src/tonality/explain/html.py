"""Explanations as HTML: one page that needs nothing else, or fragments for another page.

Every character of a text is escaped, and the page forbids itself scripts and requests. A sign is
shown twice, by colour (blue and orange, which the colour-blind tell apart) and by the kind of
underline, and said in words to screen readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from tonality.explain.explanation import Explanation
from tonality.explain.passages import Passage, Piece
from tonality.messages import NO_TEXT

# Shades of a token, from the weakest.
LEVELS = 4
_LINE_BREAK = re.compile(r"<\s*br\s*/?\s*>", re.IGNORECASE)

STYLE = """
.tonality-text { --for: 30 110 220; --against: 225 105 0; white-space: pre-wrap;
  overflow-wrap: anywhere; line-height: 1.8; unicode-bidi: plaintext; }
@media (prefers-color-scheme: dark) {
  .tonality-text { --for: 90 160 255; --against: 255 150 50; } }
.tonality-text mark { color: inherit; background: none; text-underline-offset: .25em; }
.tonality-text mark.for { text-decoration: underline solid 2px rgb(var(--for)); }
.tonality-text mark.against { text-decoration: underline dotted 3px rgb(var(--against)); }
.tonality-text i { font-style: inherit; border-radius: .2em; }
.tonality-text .for i { background: rgb(var(--for) / var(--shade)); }
.tonality-text .against i { background: rgb(var(--against) / var(--shade)); }
.tonality-text .s1 { --shade: .08; } .tonality-text .s2 { --shade: .18; }
.tonality-text .s3 { --shade: .3; } .tonality-text .s4 { --shade: .45; }
.tonality-text .unread { opacity: .6; text-decoration: line-through; }
.tonality-sr { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
@media print { .tonality-text i { print-color-adjust: exact; } }
""".strip()

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
        explanations: one or more.
        label: the label to explain; by default each text's own verdict.
        title: the page's heading.
    """
    several = any(len(explanation.labels) > 2 for explanation in explanations)
    against = ", against the geometric mean of the other labels" if several else ""
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
<p class="note tonality-text">Words that speak <mark class="for"><i class="s3">for</i></mark> the
label have a blue ground and a solid line, words <mark class="against"><i class="s3">against</i>\
</mark> it an orange ground and dots; the deeper the colour, the more they weigh. Weights are in
log-odds before the temperature{against}: +0.7 doubles the odds, −0.7 halves them.</p>
{articles}
</body>
</html>
"""


def highlight(explanation: Explanation, label: str | None = None) -> str:
    """The text with its phrases marked, as an HTML fragment; the page needs :data:`STYLE`.

    Args:
        explanation: what to show.
        label: the label to explain, by default the verdict.

    Raises:
        ConfigError: the model has no such label.
    """
    pieces = explanation.pieces(label)
    phrases = explanation.phrases(label)
    most = max((abs(piece.weight) for piece in pieces), default=0.0)
    shown = "".join(
        _phrase(list(group), phrases[number], most)
        if number >= 0
        else "".join(_plain(piece) for piece in group)
        for number, group in groupby(pieces, key=lambda piece: piece.phrase)
    )
    return f'<div class="tonality-text" dir="auto">{shown}</div>'


def _phrase(pieces: Sequence[Piece], phrase: Passage, most: float) -> str:
    kind = "for" if phrase.weight > 0 else "against"
    words = "".join(
        f'<i class="s{level}">{_text(piece)}</i>'
        if (level := shade(piece.weight, most)) and (piece.weight > 0) == (phrase.weight > 0)
        else _text(piece)
        for piece in pieces
    )
    said = f'<span class="tonality-sr"> ({kind}, {_signed(phrase.weight)}) </span>'
    return f'<mark class="{kind}" title="{_signed(phrase.weight)}">{words}{said}</mark>'


def shade(weight: float, most: float) -> int:
    """The shade of a weight, 0 (none) to :data:`LEVELS`, where ``most`` is the strongest."""
    return min(LEVELS, round(LEVELS * abs(weight) / most + 0.35)) if most else 0


def _plain(piece: Piece) -> str:
    if piece.kind != "unread":
        return _text(piece)
    return f'<span class="unread" title="not read: the text is too long">{_text(piece)}</span>'


def _text(piece: Piece) -> str:
    shown = piece.text if piece.kind == "token" else _LINE_BREAK.sub("\n", piece.text)
    return escape(shown)


def _article(explanation: Explanation, label: str | None) -> str:
    prediction, target = explanation.prediction, label or explanation.label
    read = f"{prediction.tokens_read} tokens read"
    if prediction.tokens_left_out:
        read += f", {prediction.tokens_left_out} left out"
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
        words = escape(" ".join(_LINE_BREAK.sub(" ", passage.text).split()))
        yield (
            f'<tr><td dir="auto">{words}</td><td class="number">{_signed(passage.weight)}</td></tr>'
        )


def _signed(weight: float) -> str:
    return f"{weight:+.2f}".replace("-", "−")
