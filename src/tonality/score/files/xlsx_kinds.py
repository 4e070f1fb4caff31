"""Of which kind a column of texts is in Excel: numbers, dates or truth values, if without loss."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import NamedTuple, TypeGuard

from tonality.tables.open_file import SHEETS
from tonality.tables.sheet_to_csv import DIGITS, number

# Excel's limits.
FIRST_DAY = "1900-03-01"  # before it Excel counts a day that there was not
WHOLE: int = 10**DIGITS  # the largest number without a fraction
LEAST, MOST = 2.3e-308, 9.9e307  # of numbers other than 0

# How Excel shows the dates of a kind.
FORMATS = {
    "day": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm:ss",
    "milliseconds": "yyyy-mm-dd hh:mm:ss.000",
}
# Ways to write a number, of which each number has one text; others are formats such as 0.00. In
# the last one 5 and 5.00 are one number, as prices are.
_SHORTEST, _WITH_POINT, _PRICE = "5 or 0.5", "5.0 or 0.5", "5 or 5.00"
_PRICES = "0.00"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?(e[+-][0-9]+)?")
# What is under 1,000, or may stand for 2,037 as a German 2.037 does.
_THOUSANDS = re.compile(r"-?(?:0|[1-9][0-9]{0,2}(?:\.[0-9]{3})?)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]{1,9}))?")


class Source(NamedTuple):
    """What is known of the texts of a workbook by where they come from.

    Attributes:
        sheets: all come from spreadsheets: ``TRUE`` and ``FALSE`` are truth values.
        points: the point in ``2.037`` is surely a decimal one: in spreadsheets, and where commas
            part the cells, as who writes 2,037 as 2.037 parts them by semicolons.
    """

    sheets: bool = False
    points: bool = False

    @classmethod
    def of(cls, inputs: Iterable[tuple[str, str]]) -> Source:
        """That of inputs, each told by its format and its delimiter."""
        known = [(format in SHEETS, format == "csv" and mark == ",") for format, mark in inputs]
        return cls(all(sheet for sheet, _ in known), all(map(any, known)))


UNKNOWN = Source()


class ColumnKind:
    """What all texts of a column can be written as without loss.

    Args:
        source: where they come from.
    """

    def __init__(self, source: Source = UNKNOWN) -> None:
        self._sheets = source.sheets
        self._thousands = not source.points  # whether no text tells that 2.037 is not 2,037
        self._points = False
        self._ways: frozenset[str] | None = None  # in which all so far can be written

    def add(self, text: str) -> None:
        """Looks at a text."""
        self._thousands = self._thousands and _THOUSANDS.fullmatch(text) is not None
        self._points = self._points or "." in text
        if self._ways is None:
            self._ways = self._ways_of(text)
        elif self._ways:
            self._ways &= self._ways_of(text)

    @property
    def name(self) -> str:
        """``number``, ``truth``, one of ``FORMATS``, a number's format or else ``text``."""
        ways = self._ways or {"text"}
        if self._thousands and self._points:
            return "text"
        if ways & {_SHORTEST, _WITH_POINT}:
            return "number"
        if _PRICE in ways:
            return _PRICES
        return next((kind for kind in FORMATS if kind in ways), min(ways))

    def _ways_of(self, text: str) -> frozenset[str]:
        if self._sheets and text in ("TRUE", "FALSE"):
            return frozenset(["truth"])
        return _ways_of_number(text) or _ways_of_date(text)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number that Excel can hold; whole ones to the last digit."""
    if isinstance(value, int):
        return abs(value) <= WHOLE
    return isinstance(value, float) and (value == 0 or LEAST <= abs(value) <= MOST)


def moment(text: str) -> datetime.datetime:
    """The moment of an ISO date.

    Raises:
        ValueError: it is none.
    """
    return datetime.datetime.fromisoformat(text)


def _ways_of_number(text: str) -> frozenset[str]:
    """How a number is written; of a column of numbers all are written in one way.

    Otherwise two texts might become one number, as versions 1.1 and 1.10 do. Prices may have two
    decimals or none: 19.99, 5 and 12.50. With one decimal beside two they may be versions.
    """
    found = _NUMBER.fullmatch(text)
    if found is None or not is_number(value := float(text)):
        return frozenset()
    decimals = found[1] or ""
    digits = text.split("e")[0].replace("-", "").replace(".", "").strip("0")
    if len(digits) > DIGITS:  # a name, or a float, of which a workbook keeps 16 digits
        kept = bool(decimals) and repr(value) == text and float(f"{value:.16g}") == value
        return frozenset([_WITH_POINT] if kept else [])
    ways = [_SHORTEST] * (number(value) == text) + [_WITH_POINT] * (repr(value) == text)
    if not found[2] and len(decimals) <= DIGITS:
        ways.append(f"0.{'0' * len(decimals)}".rstrip("."))
        ways += [_PRICE] * (len(decimals) in (0, 2))
    return frozenset(ways)


def _ways_of_date(text: str) -> frozenset[str]:
    time = _TIME.fullmatch(text)
    if (time is None and not _DAY.fullmatch(text)) or text < FIRST_DAY:
        return frozenset()
    try:
        moment(text)
    except ValueError:
        return frozenset()
    if time is None:
        return frozenset(FORMATS)
    fraction = time[1] or ""
    if fraction[3:].strip("0"):  # a workbook keeps milliseconds
        return frozenset()
    return frozenset(["milliseconds"] if fraction.strip("0") else ["time", "milliseconds"])
