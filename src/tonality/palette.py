"""The colours of feelings, which page, report, pictures and notebooks share.

Positive is blue, neutral grey, negative orange. The colour-blind tell them apart, and a sign or a
word always stands beside. What speaks for a label has that label's colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tonality.label_spellings import feeling


class Hue(NamedTuple):
    """The colour of a feeling.

    Attributes:
        light: on a light ground, as CSS has it inside ``rgb()``; it may be made fainter.
        dark: the same on a dark ground.
        line: for lines and bars of pictures.
    """

    light: str
    dark: str
    line: str


POSITIVE = Hue("30 110 220", "84 152 255", "#0072b2")
NEUTRAL = Hue("110 120 132", "150 160 172", "#6a7280")
NEGATIVE = Hue("228 108 0", "240 136 44", "#d55e00")
HUES = {"positive": POSITIVE, "neutral": NEUTRAL, "negative": NEGATIVE}

# What lines and bars are drawn in, one after the other: Okabe and Ito (2008) have most of them.
LINES = (POSITIVE.line, NEGATIVE.line, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b5b95")

# A notebook has a theme of its own, whatever the system's: Jupyter's, VS Code's and Colab's.
_LIGHT_NOTEBOOK = ("[data-jp-theme-light='true']", ".vscode-light", "html[theme='light']")
_DARK_NOTEBOOK = ("[data-jp-theme-light='false']", ".vscode-dark", "html[theme='dark']")


def themed(selector: str, **hues: Hue) -> str:
    """CSS that sets a variable for each hue: ``--NAME``, in the light and in the dark.

    Args:
        selector: the class of the elements that use them, such as ``.tonality-text``.
        hues: the hues by the variables' names.
    """
    light = " ".join(f"--{name}: {hue.light};" for name, hue in hues.items())
    dark = " ".join(f"--{name}: {hue.dark};" for name, hue in hues.items())
    in_light = ", ".join(f"{where} {selector}" for where in _LIGHT_NOTEBOOK)
    in_dark = ", ".join(f"{where} {selector}" for where in _DARK_NOTEBOOK)
    return (
        f"{selector} {{ {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ {selector} {{ {dark} }} }}\n"
        f"{in_light} {{ {light} }}\n{in_dark} {{ {dark} }}"
    )


def side_hues(labels: Sequence[str], label: str) -> tuple[str, str]:
    """The names in :data:`HUES` of what speaks for a label and of what speaks against it.

    Of two labels each has its own. Of more, all that speaks against one is neutral.

    Args:
        labels: all labels; two that are no feelings count as a negative and a positive one.
        label: the one to explain.
    """
    found = [feeling(each) for each in labels]
    if len(labels) == 2:
        first, second = found if None not in found else ("negative", "positive")
        own, other = (first, second) if label == labels[0] else (second, first)
        return str(own), str(other)
    return found[labels.index(label)] or "positive", "neutral"


def label_colours(labels: Sequence[str]) -> dict[str, str]:
    """The colour in which pictures draw each label, no two alike while there are some left.

    A feeling has its own, in whatever spelling. Of two other labels the first is orange and the
    second blue, as the two sides of a marked text are.
    """
    known = {label: HUES[found].line for label in labels if (found := feeling(label))}
    if not known and len(labels) == 2:
        return dict(zip(labels, (NEGATIVE.line, POSITIVE.line), strict=True))
    free = iter([colour for colour in LINES if colour not in known.values()] * len(labels))
    return {label: known.get(label) or next(free) for label in labels}
