"""Canvases for figures: PNG files, and SVG that takes the colours of the page it stands in.

The colours are Okabe and Ito's, which colour-blind readers tell apart. In SVG each becomes a CSS
variable, so that one drawing serves a light page, a dark one and paper.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from tonality.errors import DependencyError
from tonality.palette import LINES, NEUTRAL

COLOURS = LINES  # what lines and points are drawn in, one after the other
DASHES = ("-", "--", "-.", ":")
INK, MUTED, GRID, PAPER = "#1d2126", NEUTRAL.line, "#e2e5ea", "#fffffe"

_DPI = 150
_VARIABLES = {
    **{colour: f"--c{number}" for number, colour in enumerate(COLOURS, start=1)},
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    PAPER: "--paper",
}
_SETTINGS: Any = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "font.size": 10,
    "grid.color": GRID,
    "legend.fontsize": 9,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "tonality",
    "text.color": INK,
    "text.parse_math": False,  # a class may be called $x^
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


def require_matplotlib() -> Any:
    """Loads ``matplotlib``; a command calls it first, to fail before any long work.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.figure
    except ImportError as error:
        raise DependencyError("drawing figures", extra="analyse") from error
    return matplotlib


@contextmanager
def drawing() -> Iterator[None]:
    """Everything that is drawn or saved inside has the house style.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    matplotlib = require_matplotlib()
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # The name of a class may be in any script.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def canvas(width: float, height: float, rows: tuple[float, ...] = (1,)) -> tuple[Any, Any]:
    """A figure of ``width`` x ``height`` inches and its axes, one a row, on the Agg canvas.

    ``pyplot`` is left alone: it would pick a window system and keep every figure alive.

    Args:
        width, height: in inches.
        rows: the relative heights of the rows; with one, the axes come alone.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    matplotlib = require_matplotlib()
    figure = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
    matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
    grid = figure.subplots(
        len(rows), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": rows}
    )[:, 0]
    for axes in grid:
        plain_axes(axes)
    return figure, grid[0] if len(rows) == 1 else list(grid)


def plain_axes(axes: Any) -> None:
    """Leaves out the frame at the top and the right, and puts the grid behind what is drawn."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)


def percent(decimals: int | None = 0) -> Any:
    """A formatter of shares as percentages."""
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=decimals)


def save_png(figure: Any, path: Path, title: str) -> None:
    """Writes a figure under a title, on white."""
    figure.suptitle(title, fontsize=12)
    figure.savefig(path, dpi=_DPI, facecolor="white")


def to_svg(figure: Any, name: str, alternative: str) -> str:
    """A figure as an ``svg`` element for an HTML page that sets the colours' variables.

    Args:
        figure: what was drawn.
        name: a word of its own in the page, for the ids inside.
        alternative: what the picture shows, in words.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|"url\(#|: ?url\(#|xlink:href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r' transform="rotate\(-?0 [^)]*\)"| font-family: [^;"]*;', "", text)
    text = re.sub(r"\s+", " ", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(f": {colour}", f": var({variable}, {colour})")
    box = re.search(r'viewBox="[^"]*"', text)
    assert box is not None  # matplotlib always writes one
    head = f'<svg class="figure" role="img" aria-label="{escape(alternative)}" {box[0]}'
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{head} {names}{text[text.index('>') :]}".strip()
