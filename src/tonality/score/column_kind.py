"""Whether a column holds dates, numbers or a few names, where texts were expected."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence

from tonality.late_pattern import late_pattern
from tonality.tables.spelled_names import listed

logger = logging.getLogger(__name__)

LEAST = 5  # texts from which a column can be told
SHARE = 0.9  # of the texts that must be dates or numbers
NAMED = 30  # texts from which names can be told
TIMES = 10  # how often each name comes, on average
WORDS = 3  # of a name, at most

_TIME = r"(?:(?:,? |T)\d{1,2}:\d\d.*)?"
_DAY = r"(?:[^\W\d_]{2,10}\.?,? )?"  # of the week
_MONTH = r"[^\W\d_]{3,9}\.?"
_DATE = late_pattern(
    rf"{_DAY}(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}){_TIME}"
    rf"|{_DAY}(?:\d{{1,2}}\.? )?{_MONTH} (?:\d{{1,2}},? )?\d{{4}}{_TIME}"
    # The year last, as of tweets and of C's ctime.
    rf"|{_DAY}{_MONTH} {{1,2}}\d{{1,2}} \d{{1,2}}:\d\d(?::\d\d)? (?:[-+\w:]{{1,6}} )?\d{{4}}"
)
_NUMBER = late_pattern(r"[-+]?\d[\d.,' ]*%?")


def unlike_texts(found: Iterable[str | None]) -> str:
    """What the first texts of a column are where they are none, such as ``dates``; else nothing."""
    texts = [text.strip() for text in found if text and not text.isspace()]
    if len(texts) < LEAST:
        return ""
    for pattern, kind in ((_DATE, "dates"), (_NUMBER, "numbers")):
        if _share(pattern, texts) >= SHARE:
            return f"holds {kind}, not texts"
    names = dict.fromkeys(texts)
    if len(texts) < NAMED or len(texts) < TIMES * len(names):
        return ""
    if max(len(name.split()) for name in names) > WORDS:
        return ""
    return f"holds few different values, such as {next(iter(names))[:30]!r}"


def warn_of_no_texts(
    source: str, column: str, found: Iterable[str | None], columns: Sequence[str]
) -> None:
    """Says of a table's column, by its first texts, if it holds none; and which columns there are.

    Args:
        source: how messages call the table.
        column: the column's name.
        found: its first texts.
        columns: the names of all columns.
    """
    if said := unlike_texts(found):
        advice = f"choose another --text-column. {listed(columns)}"
        logger.warning("%s: column %r %s; %s", source, column, said, advice)


def _share(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    return sum(pattern.fullmatch(text) is not None for text in texts) / len(texts)
