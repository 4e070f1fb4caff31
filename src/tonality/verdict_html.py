"""Verdicts as a table in a notebook, whose ground may be light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from tonality.messages import NO_TEXT, sendable
from tonality.palette import NEGATIVE, NEUTRAL, POSITIVE, themed

ROWS = 20  # that are shown

_STYLE = f"""
{themed(".tonality-verdicts", positive=POSITIVE, neutral=NEUTRAL, negative=NEGATIVE)}
.tonality-verdicts {{ overflow-x: auto; }}
.tonality-verdicts td, .tonality-verdicts th {{ text-align: right; padding: .15rem .6rem; }}
.tonality-verdicts td:first-child, .tonality-verdicts th:first-child {{ text-align: left; }}
.tonality-verdicts b {{ font-weight: 600; padding: .05rem .4rem; border-radius: .25rem; }}
.tonality-verdicts .positive {{ background: rgb(var(--positive) / .25); }}
.tonality-verdicts .neutral {{ background: rgb(var(--neutral) / .25); }}
.tonality-verdicts .negative {{ background: rgb(var(--negative) / .25); }}
""".strip()


def verdict_table(
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
    valences: Sequence[float | None],
    left_out: int = 0,
) -> str:
    """An HTML fragment with one row a verdict; every name in it is escaped.

    Args:
        names: the columns' names; the first holds the labels.
        columns: their values.
        valences: what each label says, from -1 to 1, which gives it its colour; None for none.
        left_out: how many more verdicts there are.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        _row(label, values, valence)
        for (label, *values), valence in zip(zip(*columns, strict=True), valences, strict=True)
    )
    more = f"<p>and {left_out:,} more</p>" if left_out else ""
    return sendable(
        f'<div class="tonality-verdicts"><style>{_STYLE}</style><table><thead><tr>{head}</tr>'
        f"</thead><tbody>{rows}</tbody></table>{more}</div>"
    )


def _row(label: str | None, values: Sequence[Any], valence: float | None) -> str:
    shown = escape(NO_TEXT if label is None else label)
    colour = "" if valence is None else f' class="{_feeling(valence)}"'
    cells = "".join(f"<td>{_number(value)}</td>" for value in values)
    return f"<tr><td><b{colour}>{shown}</b></td>{cells}</tr>"


def _feeling(valence: float) -> str:
    if abs(valence) < 1 / 3:  # three of five stars
        return "neutral"
    return "positive" if valence > 0 else "negative"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}"
