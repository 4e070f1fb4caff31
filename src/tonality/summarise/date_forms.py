"""How the dates of a column are written: the forms, out of a short list, that read all of them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

_DAYS = (
    *("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%m/%d/%y", "%d/%m/%y", "%d.%m.%y"),
    *("%d %b %Y", "%d %B %Y", "%d %b %y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y"),
)
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
FORMS = (*(day + time for time in _TIMES for day in _DAYS), "%a %b %d %H:%M:%S %z %Y")


def forms_of(unread: Sequence[str], read: Sequence[str]) -> tuple[list[str], list[str]]:
    """The forms that read all dates, several where days and months cannot be told apart.

    Args:
        unread: texts that may be dates; those that no form reads, such as ``n/a``, are none.
        read: texts that surely are.

    Returns:
        The forms, and the dates among ``unread``.
    """
    # Form by form: strptime remembers only a few, and to learn one takes longer than to read by it.
    texts = [(text, _signs(text)) for text in (*unread, *read)]
    found = {form: _moments(texts, form) for form in FORMS}
    dates = [text for text, *moments in zip(unread, *found.values(), strict=False) if any(moments)]
    # Of forms that read the same, such as %b and %B in a column of May alone, the first will do.
    forms: dict[tuple[datetime.datetime | None, ...], str] = {}
    for form, moments in found.items():
        if dates and sum(map(bool, moments)) == len(dates) + len(read):
            forms.setdefault(moments, form)
    return list(forms.values()), dates


def advice(unread: Sequence[str], read: Sequence[str], form: str | None) -> str:
    """What to say of dates that cannot be read.

    Args:
        unread: what cannot be read.
        read: what can be.
        form: the form that was given, if one was.
    """
    forms, dates = forms_of(unread, read)
    if forms:
        them = "them" if len(dates) == len(unread) else f"those such as {dates[0]!r}"
        told = " or ".join(f"--date-format '{one}'" for one in forms) + f" reads {them}"
        return (
            f"{told}; choose the one whose %m stands where the month is" if len(forms) > 1 else told
        )
    for text in unread:
        if form is not None and (left := _left_over(text, form)):
            return f"{form!r} leaves {left!r} of {text!r} over; write that, too, in --date-format"
    return "say how they are written by --date-format, such as %d/%m/%Y, or choose another --every"


def _left_over(text: str, form: str) -> str | None:
    """What a form leaves of a text; None where it reads all or not even its beginning."""
    try:
        datetime.datetime.strptime(text, form)
    except ValueError as error:
        return str(error).partition("unconverted data remains: ")[2] or None
    return None


def _signs(text: str) -> str:
    """What stands between numbers and words: where a form has others, it does not read a text."""
    return re.sub(r"\s+", " ", re.sub(r"%?[\w+-]", "", text))


def _moments(texts: Sequence[tuple[str, str]], form: str) -> tuple[datetime.datetime | None, ...]:
    """The times that texts, each with its signs, say in a form; None where it does not read one."""
    wanted = _signs(form)
    return tuple(_moment(text, form) if signs == wanted else None for text, signs in texts)


def _moment(text: str, form: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text, form)
    except ValueError:
        return None
