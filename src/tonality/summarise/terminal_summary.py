"""A summary on a terminal: tables, examples below them, telling words."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tonality.messages import counted, one_line, shorten, unfamiliar
from tonality.prediction import UNCERTAIN
from tonality.summarise.groups import FEW, Group
from tonality.summarise.summary import Summary
from tonality.summarise.surest_texts import KEPT

SHOWN = 20  # groups in a table
MOST = 12  # groups with examples
LINES = 12  # of examples under a table of groups
PERIOD_LINES = 6  # and under one of periods
NAME = 40  # characters of a group's name in a table
SHORT_NAME = 20  # and beside an example
FEW_TEXTS = 1000  # that may be too few for a word to be sure


def show(summary: Summary, console: Console) -> None:
    """Prints a summary.

    Args:
        summary: what to print.
        console: where to.
    """
    _show_labels(summary, console)
    shown: list[Group] = []
    for column, groups in summary.by.items():
        shown += groups[:SHOWN]
        _show_groups(f"{summary.label} by {column}", groups, groups[:SHOWN], console)
        _show_spellings(groups, console)
        _show_examples(summary.label, groups[:MOST], LINES, console)
    for periods in summary.periods:
        last = periods.groups[-SHOWN:]
        shown += last
        _show_groups(f"{summary.label} by {periods.title}", periods.groups, last, console)
        if periods.undated:
            undated = counted(periods.undated, "row")
            console.print(f"{undated} without a date that can be read\n")
        _show_examples(summary.label, last[-MOST:], PERIOD_LINES, console)
    if not shown:
        whole = Group("", summary.rows, summary.labels, summary.share, (0, 1), 0, summary.examples)
        _show_examples(summary.label, [whole], LINES, console)
    _show_legend(shown, console)
    _show_silent(summary, console)
    _show_phrases(summary, console)


def _show_labels(summary: Summary, console: Console) -> None:
    table = _table(one_line(summary.title), ("rows", "share", "95 % interval"))
    for label, rows in summary.labels.items():
        low, high = summary.interval(label)
        share = f"{rows / summary.rows:.1%}"
        table.add_row(_shortened(label, NAME), f"{rows:,}", share, f"{low:.1%} to {high:.1%}")
    console.print(table)
    console.print(
        f"mean confidence {summary.mean_score:.3f}; {summary.truncated:,} texts truncated "
        f"({summary.truncated / summary.rows:.1%}); {summary.empty:,} empty"
    )
    if summary.unfamiliar:
        console.print(f"! {unfamiliar(summary.unfamiliar, summary.rows)}")
    if summary.unreadable:
        console.print(f"! {summary.unreadable:,} rows have no verdict that can be read")
    console.print()


def _show_groups(
    title: str, groups: Sequence[Group], shown: Sequence[Group], console: Console
) -> None:
    """A line a group; ``+`` and ``-`` mark those surely above or below all other rows."""
    table = _table(title, ("rows", "share", "", "95 % interval", ""))
    for group in shown:
        low, high = group.interval
        table.add_row(
            _shortened(group.name, NAME),
            f"{group.rows:,}",
            f"{group.share:.1%}",
            {1: "+", 0: "", -1: "-"}[group.differs],
            f"{low:.1%} to {high:.1%}",
            "few rows" if _has_few(group) else "",
        )
    console.print(table)
    if len(groups) > len(shown):
        left_out = len(groups) - len(shown)
        console.print(f"and {left_out:,} more; --json has all of them")
    console.print()


def _show_spellings(groups: Sequence[Group], console: Console) -> None:
    """A line for names that are one name in several cases: to people they are one value."""
    spellings: dict[str, list[str]] = {}
    for group in groups:
        spellings.setdefault(group.name.lower(), []).append(group.name)
    several = [names for names in spellings.values() if len(names) > 1]
    for names in several[:SHOWN]:
        told = " and ".join(repr(shorten(one_line(name), NAME)) for name in sorted(names))
        console.print(f"{told} differ in case only", markup=False)
    if several:
        console.print()


def _table(title: str, columns: Sequence[str]) -> Table:
    """A table with a column of names before the others; where room lacks, it alone shrinks."""
    table = Table(title=Text(title), title_justify="left", box=None)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    return table


def _has_few(group: Group) -> bool:
    """Whether a group is too small to tell; a mark says that it is not."""
    return group.few and not group.differs


def _show_examples(label: str, groups: Sequence[Group], lines: int, console: Console) -> None:
    """The surest texts of each group, a line each: as many as make so few lines, at least one."""
    found = [group for group in groups if group.examples]
    if not found:
        return
    each = max(1, min(KEPT, lines // len(found)))
    texts = "the least sure texts" if label == UNCERTAIN else f"texts most surely {label}"
    console.print(f"for example, {texts}", style="italic", markup=False)
    names = [_shortened(group.name, SHORT_NAME) for group in found]
    width = max(name.cell_len for name in names)
    for name, group in zip(names, found, strict=True):
        name.pad_right(width - name.cell_len + 2)
        for example in group.examples[:each]:
            line = Text.assemble(" ", name, one_line(example.text))
            console.print(line, no_wrap=True, overflow="ellipsis")
            name = Text(" " * name.cell_len)
    console.print()


def _show_legend(groups: Sequence[Group], console: Console) -> None:
    """What the marks of these groups mean."""
    parts = []
    if any(group.differs for group in groups):
        parts.append("+ / -: surely above / below the others")
    if any(map(_has_few, groups)):
        parts.append(f"few rows: under {FEW}, too few to tell")
    if parts:
        console.print(f"({'; '.join(parts)})\n")


def _show_silent(summary: Summary, console: Console) -> None:
    for column, names in summary.silent.items():
        for name, rows in list(names.items())[:SHOWN]:
            none = f"none of its {counted(rows, 'row')} holds a text that was scored"
            text = f"{column} {one_line(name)}: no verdict, as {none}"
            console.print(text, markup=False)


def _show_phrases(summary: Summary, console: Console) -> None:
    for label, phrases in summary.phrases.items():
        if phrases:
            console.print(f"most telling of {label}", style="bold", markup=False)
            texts = [phrase.text for phrase in phrases]
            for wanted in (1, 2):
                if line := ", ".join(text for text in texts if len(text.split()) == wanted):
                    console.print(f"  {line}", markup=False)
            console.print()
    if summary.sampled:
        console.print(f"({_source(summary)})", markup=False)


def _source(summary: Summary) -> str:
    """Which texts the phrases are from, or what to do where there are none."""
    sample = "" if summary.sampled == summary.rows else f"a sample of {summary.sampled:,} "
    source = f"{sample or 'the '}texts in {summary.text_column}"
    if any(summary.phrases.values()):
        return f"phrases from {source}"
    few = f"too few texts in {summary.text_column} to name telling words"
    said = few if summary.sampled < FEW_TEXTS else f"no word of {source} tells a label surely"
    read = "read the examples above, or " if summary.examples else "read "
    return f"{said}; {read}the reasons that tonality score --explain 2 adds"


def _shortened(name: str, width: int) -> Text:
    """A name of at most so many characters, which is cut off where its column is narrower."""
    return Text(shorten(one_line(name), width), no_wrap=True, overflow="ellipsis")
