"""The colours of feelings, which page, report, pictures and notebooks share.

Positive is blue, neutral grey, negative orange. The colour-blind tell them apart, and a sign or a
word always stands beside. What speaks for a verdict is blue, what speaks against it orange.
"""

from __future__ import annotations

from typing import NamedTuple


class Hue(NamedTuple):
    """A colour on a light and on a dark ground, as CSS has it inside ``rgb()``."""

    light: str
    dark: str


POSITIVE = Hue("30 110 220", "84 152 255")
NEUTRAL = Hue("110 120 132", "150 160 172")
NEGATIVE = Hue("228 108 0", "240 136 44")

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
