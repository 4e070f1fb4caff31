"""A text with its phrases marked, as a fragment of HTML.

Every character of a text is escaped. A sign is shown twice, by the colour of the label that a word
speaks for and by the kind of underline, and said in words to screen readers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import groupby

from tonality.explain.passages import Passage, Piece
from tonality.late_pattern import late_pattern
from tonality.palette import HUES, themed

# Shades of a token, from the weakest.
LEVELS = 4
LINE_BREAK = late_pattern(r"<\s*br\s*/?\s*>", re.IGNORECASE)

STYLE = (
    themed(".tonality-text", **HUES)
    + "\n"
    + "\n".join(
        f".tonality-text.{side}-{name} {{ --{side}: var(--{name}); }}"
        for side in ("for", "against")
        for name in HUES
    )
    + """
.tonality-text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.8;
  unicode-bidi: plaintext; }
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
"""
).strip()


def highlighted(pieces: Sequence[Piece], phrases: Sequence[Passage], hues: tuple[str, str]) -> str:
    """The text with its phrases marked; the page needs :data:`STYLE`.

    Args:
        pieces: the whole text, cut into pieces.
        phrases: the phrases that the pieces are in.
        hues: of what speaks for the label and against it, as :func:`~tonality.palette.side_hues`
            gives them.
    """
    most = max((abs(piece.weight) for piece in pieces), default=0.0)
    shown = "".join(
        _phrase(list(group), phrases[number], most)
        if number >= 0
        else "".join(_plain(piece) for piece in group)
        for number, group in groupby(pieces, key=lambda piece: piece.phrase)
    )
    return f'<div class="{classes(hues)}" dir="auto">{shown}</div>'


def classes(hues: tuple[str, str]) -> str:
    """The classes of an element whose marks are to have these colours."""
    return f"tonality-text for-{hues[0]} against-{hues[1]}"


def _phrase(pieces: Sequence[Piece], phrase: Passage, most: float) -> str:
    kind = "for" if phrase.weight > 0 else "against"
    words = "".join(
        f'<i class="s{level}">{_text(piece)}</i>'
        if (level := shade(piece.weight, most)) and (piece.weight > 0) == (phrase.weight > 0)
        else _text(piece)
        for piece in pieces
    )
    said = f'<span class="tonality-sr"> ({kind}, {signed(phrase.weight)}) </span>'
    return f'<mark class="{kind}" title="{signed(phrase.weight)}">{words}{said}</mark>'


def shade(weight: float, most: float) -> int:
    """The shade of a weight, 0 (none) to :data:`LEVELS`, where ``most`` is the strongest."""
    return min(LEVELS, round(LEVELS * abs(weight) / most + 0.35)) if most else 0


def _plain(piece: Piece) -> str:
    if piece.kind != "unread":
        return _text(piece)
    return f'<span class="unread" title="not read: the text is too long">{_text(piece)}</span>'


def _text(piece: Piece) -> str:
    shown = piece.text if piece.kind == "token" else LINE_BREAK.sub("\n", piece.text)
    return escape(shown)


def signed(weight: float) -> str:
    """A weight with its sign."""
    return f"{weight:+.2f}".replace("-", "−")
