"""Explanations on a terminal, with rich: colour and, since not all see it, brackets with signs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tonality.explain.explanation import Explanation
from tonality.explain.highlight import shade
from tonality.explain.passages import Passage
from tonality.messages import NO_TEXT, UNFAMILIAR, one_line, printable

# The colours of the labels, from the weakest shade to the strongest.
_SHADES = {
    "positive": ("", "blue", "blue", "bold blue", "bold white on blue"),
    "neutral": ("", "bright_black", "bright_black", "bold bright_black", "bold white on grey42"),
    "negative": (
        "",
        "dark_orange3",
        "dark_orange3",
        "bold dark_orange3",
        "bold black on dark_orange3",
    ),
}


def show(console: Console, explanation: Explanation, label: str | None = None) -> None:
    """Print the verdict, the text with its phrases marked, and the strongest phrases.

    Args:
        console: where to print.
        explanation: what to print.
        label: the label to explain, by default the verdict.

    Raises:
        ConfigError: the model has no such label.
    """
    prediction = explanation.prediction
    speaking = explanation.top(3, label)  # first, since it knows a wrong label
    if prediction.label is None:
        console.print(Text(NO_TEXT, style="bold"))
        console.print("no token was read, so there is no verdict")
        return
    console.print(Text(f"{prediction.label} {prediction.score:.1%}", style="bold"))
    console.print(marked(explanation, label))
    if prediction.tokens_left_out:
        console.print(f"({prediction.tokens_left_out} tokens not read: the text is too long)")
    if prediction.unfamiliar:
        console.print(f"({UNFAMILIAR})")
    console.print()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()  # the only one that gives way where the terminal is narrow
    for side, passages in zip(("for", "against"), speaking, strict=True):
        _add(table, f"{side} {label or explanation.label}", passages)
    sentences = explanation.sentences(label)
    if len(sentences) > 1:
        _add(table, "by sentence", sentences)
    console.print(table)


def marked(explanation: Explanation, label: str | None = None) -> Text:
    """The text with ``[+ ...]`` around what speaks for a label and ``[- ...]`` around the rest."""
    pieces = explanation.pieces(label)
    phrases = explanation.phrases(label)
    most = max((abs(piece.weight) for piece in pieces), default=0.0)
    speaking, against = (_SHADES[hue] for hue in explanation.hues(label))
    shown, inside = Text(), -1
    for piece in pieces:
        if piece.phrase != inside:
            if inside >= 0:
                shown.append("]")
            if piece.phrase >= 0:
                shown.append("[+" if phrases[piece.phrase].weight > 0 else "[-")
            inside = piece.phrase
        styles = speaking if piece.weight > 0 else against
        style = "dim" if piece.kind == "unread" else styles[shade(piece.weight, most)]
        shown.append(printable(piece.text), style=style if inside >= 0 or style == "dim" else "")
    if inside >= 0:
        shown.append("]")
    return shown


def _add(table: Table, side: str, passages: Sequence[Passage]) -> None:
    for number, passage in enumerate(passages):
        shown = Text(one_line(passage.text), no_wrap=True, overflow="ellipsis")
        table.add_row(Text("" if number else side), f"{passage.weight:+.2f}", shown)
