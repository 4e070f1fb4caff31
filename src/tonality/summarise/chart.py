"""A summary as one picture, in the house style of :mod:`tonality.drawing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tonality.drawing import (
    COLOURS,
    GRID,
    INK,
    MUTED,
    PAPER,
    drawing,
    percent,
    plain_axes,
    require_matplotlib,
    save_png,
)
from tonality.messages import shorten
from tonality.palette import label_colours
from tonality.prediction import UNCERTAIN
from tonality.summarise.groups import FEW, Group
from tonality.summarise.period_axis import PeriodAxis
from tonality.summarise.summary import Periods, Summary
from tonality.summarise.telling_phrases import Phrase

WIDTH = 9.0  # inches
SHOWN = 20  # groups
SIDES = 4  # labels whose phrases are drawn
APART = 24  # periods whose intervals are drawn as lines; those of more are a band
DOTS = 60  # periods that are drawn as dots
MARKED = 100  # periods that have room for marks
MARKS = {1: "+", 0: "", -1: "\N{MINUS SIGN}"}


def write_chart(summary: Summary, path: Path, title: str) -> None:
    """Draws shares, groups, periods and phrases, whichever the summary has, as PNG.

    Args:
        summary: what to draw.
        path: the picture.
        title: what stands over it.

    Raises:
        DependencyError: matplotlib is not installed.
    """
    matplotlib = require_matplotlib()
    sides = [label for label, found in summary.phrases.items() if found][:SIDES]
    panels: list[tuple[float, Any]] = [(0.75, None)]
    panels += [(0.9 + 0.27 * min(len(found), SHOWN), found) for found in summary.by.values()]
    panels += [(3.0, periods) for periods in summary.periods]
    most = max((len(summary.phrases[label]) for label in sides), default=0)
    panels += [(1.0 + 0.24 * most, sides)] if sides else []
    note = _note(summary)
    panels += [(0.2, note)] if note else []
    heights = [height for height, _ in panels]
    colours = label_colours([label for label in summary.labels if label != UNCERTAIN])
    colours[UNCERTAIN] = COLOURS[-1]
    with drawing():
        figure = matplotlib.figure.Figure(
            figsize=(WIDTH, sum(heights) + 0.5 + 0.15 * len(panels)), layout="constrained"
        )
        matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
        figure.get_layout_engine().set(h_pad=0.08, w_pad=0.1)
        parts = iter(figure.subfigures(len(panels), 1, height_ratios=heights, squeeze=False)[:, 0])
        _draw_shares(_axes(next(parts)), summary, colours)
        for column, groups in summary.by.items():
            _draw_groups(next(parts), column, groups, summary, colours)
        for periods in summary.periods:
            _draw_periods(next(parts), periods, summary, colours)
        if sides:
            _draw_phrases(next(parts), {label: summary.phrases[label] for label in sides}, colours)
        for part in parts:
            part.text(0.012, 0.5, note, va="center", fontsize=9, color=MUTED)
        save_png(figure, path, title)


def _axes(part: Any) -> Any:
    axes = part.subplots()
    plain_axes(axes)
    return axes


def _head(part: Any, text: str) -> None:
    part.suptitle(text, x=0.012, ha="left", fontsize=10.5, color=INK)


def _note(summary: Summary) -> str:
    """What marks and hollow dots mean, of those that are drawn."""
    groups = [group for found in summary.by.values() for group in found[:SHOWN]]
    over_time = [periods.groups for periods in summary.periods]
    marked = [groups, *(found for found in over_time if len(found) <= MARKED)]
    dotted = [groups, *(found for found in over_time if len(found) <= DOTS)]
    parts = []
    if any(group.differs for found in marked for group in found):
        parts.append(f"{MARKS[1]} / {MARKS[-1]}: surely above / below the others")
    if any(group.few for found in dotted for group in found):
        parts.append(f"hollow: under {FEW} rows")
    return "; ".join(parts)


def _draw_shares(axes: Any, summary: Summary, colours: Mapping[str, str]) -> None:
    """All rows as one bar, each label with its share."""
    begin, small = 0.0, []
    for label, rows in summary.labels.items():
        share = rows / summary.rows
        axes.barh(0, share, left=begin, color=colours[label], edgecolor=PAPER, linewidth=1.5)
        name = f"{shorten(label)} {share:.1%}"
        if share > 0.012 * len(name):
            axes.text(
                begin + share / 2, 0, name,
                ha="center", va="center", color=PAPER, fontweight="bold",
            )  # fmt: skip
        else:
            small.append(name)
        begin += share
    axes.text(1, -0.5, "; ".join(small), ha="right", va="top", fontsize=9, color=MUTED)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.75, 0.4)
    axes.axis("off")


def _draw_groups(
    part: Any, column: str, groups: Sequence[Group], summary: Summary, colours: Mapping[str, str]
) -> None:
    """A dot and its interval for each group, those of few rows hollow."""
    axes = _axes(part)
    shown = groups[:SHOWN]
    colour = colours[summary.label]
    axes.axvline(summary.share, color=MUTED, linewidth=1, linestyle=":")
    axes.text(
        summary.share, -0.75, f"all {summary.share:.1%}", ha="center", va="bottom", color=MUTED,
        fontsize=9,
    )  # fmt: skip
    for place, group in enumerate(shown):
        axes.hlines(place, *group.interval, color=colour, linewidth=2.2, alpha=0.45)
        axes.plot(
            group.share, place, "o", markersize=6.5, color=colour, markeredgewidth=1.5,
            markerfacecolor="white" if group.few else colour,
        )  # fmt: skip
        _mark(axes, group, (group.interval[1], place), (7, 0))
    names = [shorten(group.name, 32) for group in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(shown) - 0.5, -0.6)
    _fit(axes.set_xlim, shown, summary.share)
    low, high = axes.get_xlim()
    axes.xaxis.set_major_formatter(percent(0 if high - low > 0.05 else 1))
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.spines["left"].set_visible(False)
    counts = axes.secondary_yaxis("right")
    counts.set_yticks(range(len(shown)), [f"{group.rows:,}" for group in shown], color=MUTED)
    counts.tick_params(length=0)
    counts.spines["right"].set_visible(False)
    more = f", first {len(shown)} of {len(groups):,}" if len(groups) > len(shown) else ""
    _head(
        part,
        f"Share of {shorten(summary.label)} by {shorten(column)}{more}, with 95 % intervals and "
        "numbers of rows",
    )


def _mark(axes: Any, group: Group, place: tuple[float, float], away: tuple[float, float]) -> None:
    """The mark of a group that surely differs, so many points away from the end of its interval."""
    axes.annotate(
        MARKS[group.differs], place, xytext=away, textcoords="offset points", ha="center",
        va="center", color=INK, fontsize=11, fontweight="bold",
    )  # fmt: skip


def _draw_periods(
    part: Any, periods: Periods, summary: Summary, colours: Mapping[str, str]
) -> None:
    """The share over time with its interval, and how many rows there are below."""
    axes, below = part.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    groups = periods.groups
    axis = PeriodAxis(periods.every)
    spans = [axis.span(group.name) for group in groups]
    axes.axhline(summary.share, color=MUTED, linewidth=1, linestyle=":")
    axes.annotate(
        f"all {summary.share:.1%}", (1, summary.share), xycoords=("axes fraction", "data"),
        xytext=(4, 0), textcoords="offset points", va="center", color=MUTED, fontsize=9,
    )  # fmt: skip
    middles = [(begin + end) / 2 for begin, end in spans]
    _draw_line(axes, middles, groups, colours[summary.label])
    widths = [0.85 * (end - begin) for begin, end in spans]
    below.bar(middles, [g.rows for g in groups], width=widths, color=MUTED, alpha=0.45)
    below.set_ylabel("rows")
    _fit(axes.set_ylim, groups, summary.share)
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter(percent(0 if high - low > 0.05 else 1))
    below.set_xticks(*axis.ticks([g.name for g in groups], 70 // len(groups[0].name)))
    margin = 0.1 * widths[0] + 0.01 * (spans[-1][1] - spans[0][0])
    below.set_xlim(spans[0][0] - margin, spans[-1][1] + margin)
    for one in (axes, below):
        plain_axes(one)
    axes.grid(color=GRID, linewidth=0.8)
    _head(
        part,
        f"Share of {shorten(summary.label)} by {shorten(periods.title)}, with "
        "95 % intervals; numbers of rows below",
    )


def _draw_line(axes: Any, places: Sequence[float], groups: Sequence[Group], colour: str) -> None:
    """The shares of periods at their places, as a line, with dots where those are few."""
    low, high = zip(*(group.interval for group in groups), strict=True)
    if len(groups) > APART:
        axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
    else:
        axes.vlines(places, low, high, color=colour, linewidth=2.2, alpha=0.45)
    dots = "o" if len(groups) <= DOTS else None
    axes.plot(places, [g.share for g in groups], marker=dots, markersize=4.5, color=colour)
    few = [(place, g.share) for place, g in zip(places, groups, strict=True) if g.few]
    if few and dots:
        axes.plot(*zip(*few, strict=True), "o", markersize=4.5, color=colour, mfc="white")
    if len(groups) <= MARKED:
        for place, group in zip(places, groups, strict=True):
            _mark(axes, group, (place, group.interval[1]), (0, 6))


def _draw_phrases(
    part: Any, phrases: Mapping[str, Sequence[Phrase]], colours: Mapping[str, str]
) -> None:
    """The phrases of each label in a column, with bars of how sure they are."""
    grid = part.subplots(1, len(phrases), sharex=True, squeeze=False)[0]
    most = max(len(found) for found in phrases.values())
    for axes, (label, found) in zip(grid, phrases.items(), strict=True):
        # A gap between words and pairs.
        places = [place + 0.5 * (" " in phrase.text) for place, phrase in enumerate(found)]
        axes.barh(places, [p.z for p in found], color=colours[label], height=0.66)
        for place, phrase in zip(places, found, strict=True):
            axes.annotate(
                f"{phrase.inside:.1%} : {phrase.outside:.1%}", (phrase.z, place), xytext=(4, 0),
                textcoords="offset points", va="center", color=MUTED, fontsize=8,
            )  # fmt: skip
        axes.set_yticks(places, [shorten(p.text, 28) for p in found])
        axes.set_ylim(most + 0.1, -0.6)
        axes.set_xlim(0, 1.28 * max(p.z for found in phrases.values() for p in found))
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_title(label, fontsize=10, fontweight="bold", color=colours[label], loc="left")
    _head(
        part,
        "Most telling words and pairs, by standard deviations of their log-odds; share of the "
        "texts that have it : of the others",
    )


def _fit(set_limits: Any, groups: Sequence[Group], share: float) -> None:
    """Limits that hold all intervals, with a margin, within 0 and 1."""
    low = min([share, *(group.interval[0] for group in groups)])
    high = max([share, *(group.interval[1] for group in groups)])
    margin = max(0.06 * (high - low), 0.01)
    set_limits(max(low - margin, -0.01), min(high + margin, 1.01))
