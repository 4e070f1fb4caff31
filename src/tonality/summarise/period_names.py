"""Dates as they are written, and the names of their periods."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tonality.errors import ConfigError
from tonality.summarise.groups import whole

EVERY = ("day", "week", "month", "quarter", "year")

_DATE = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?|(\d\d)(\d\d)?)(?!\d)")
_YEAR = re.compile(r"([12]\d{3})(?:\.0*)?")
_WRITTEN = datetime.datetime(2023, 11, 30, tzinfo=datetime.UTC)  # no first day of any period
# Days since 1970, of the years 1997 to 2052; those of spreadsheets begin with 3 or more.
_DAYS = re.compile(r"([12]\d{4})(?:\.0*)?")
# With hours, minutes or seconds. As milliseconds 12 digits would be of 1976, as seconds 10 of 2033.
_WITH_HOURS = re.compile(
    r"(20[0-5]\d|19[6-9]\d(?=\d{8}))(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"(?:[01]\d|2[0-3])(?:[0-5]\d){0,2}(?:\.0*)?"
)
_EPOCH = re.compile(r"-?(\d{9,10}|\d{12,13})(?:\.\d*)?")


def period_name(every: str, form: str | None = None) -> Callable[[Any], str | None]:
    """A function that tells the period of a date, None for what is no date.

    Dates are read as ISO 8601 writes them (``2024-03-31``, with a time or without, ``20240331``,
    also with slashes, and ``202403311230``), or as days (1997 to 2052), seconds or milliseconds
    since 1970. ``2024-03`` has a month but tells no week, and ``2024`` only tells the year. A
    period is the one of the date as written, whatever the time zone.

    Args:
        every: one of ``EVERY``. A week is called by its Monday, a quarter such as ``2024-Q1``.
        form: how dates are written, as for ``datetime.strptime``, such as ``%d/%m/%Y``.

    Raises:
        ConfigError: an unknown period, or one that dates of this form do not tell; or no form.
    """
    if every not in EVERY:
        raise ConfigError(f"period {every!r}: expected one of {', '.join(EVERY)}")
    if form is not None:
        _check_form(form, every)

    @lru_cache(maxsize=2**16)
    def named(text: str) -> str | None:
        try:
            if form is None:
                date = _date(text, every)
            else:
                date = datetime.datetime.strptime(text, form).date()
        except (ValueError, OverflowError, OSError):
            return None
        return None if date is None else _period(date, every)

    def name(value: Any) -> str | None:
        return None if value is None else named(str(whole(value)).strip())

    return name


def _check_form(form: str, every: str) -> None:
    """Sees to it that a date written in a form is read back as one of the same period.

    Raises:
        ConfigError: it is not.
    """
    try:
        written = _WRITTEN.strftime(form)
        read = datetime.datetime.strptime(written, form).date()
    except ValueError as error:
        reason = "expected one such as %d/%m/%Y"
        raise ConfigError(f"dates of the form {form!r} cannot be read: {error}; {reason}") from None
    for period in ("year", every):
        if _period(read, period) != _period(_WRITTEN.date(), period):
            part = {"week": "day", "quarter": "month"}.get(period, period)
            raise ConfigError(
                f"dates of the form {form!r} tell no {every}: {_WRITTEN.date()} is {written!r} in "
                f"it, which is read as {read}; give a form with the {part}"
                + (", or choose another --every" if period != "year" else "")
            )


def _period(date: datetime.date, every: str) -> str:
    if every == "week":
        date -= datetime.timedelta(days=date.weekday())
    if every == "quarter":
        return f"{date.year:04}-Q{(date.month + 2) // 3}"
    return date.isoformat()[: {"month": 7, "year": 4}.get(every, 10)]


def _date(text: str, every: str) -> datetime.date | None:
    """The date of a text, of a month or year its first day; None where it tells no such period."""
    if found := _WITH_HOURS.fullmatch(text):
        return datetime.date(int(found[1]), int(found[2]), int(found[3]))
    if found := _EPOCH.fullmatch(text):
        seconds = float(text) / (1000 if len(found[1]) > 10 else 1)
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date()
    if found := _DAYS.fullmatch(text):
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=int(found[1]))
    if every == "year" and (found := _YEAR.fullmatch(text)):
        return datetime.date(int(found[1]), 1, 1)
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day = int(found[1]), found[3] or found[5], found[4] or found[6]
    without_a_day = every in ("day", "week") and not day
    return None if without_a_day else datetime.date(year, int(month), int(day or 1))
