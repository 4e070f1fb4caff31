"""How the dates of a column are written: the forms, out of a short list, that read all of them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

_DAYS = (
    *("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%m/%d/%y", "%d/%m/%y", "%d.%m.%y"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
FORMS = (*(day + time for time in _TIMES for day in _DAYS), "%a %b %d %H:%M:%S %z %Y")


def forms_of(texts: Iterable[str]) -> list[str]:
    """The forms that read all texts, several where days and months cannot be told apart."""
    found: Sequence[str] = FORMS
    for text in texts:
        found = [form for form in found if _left_over(text, form) == ""]
        if not found:
            break
    return list(found) if len(found) < len(FORMS) else []


def advice(texts: Sequence[str], form: str | None) -> str:
    """What to say of dates that cannot be read.

    Args:
        texts: what is in the column, first one of those that cannot be read.
        form: the form that was given, if one was.
    """
    if forms := [f"--date-format '{one}'" for one in forms_of(texts)]:
        told = f"{' or '.join(forms)} reads them"
        return f"{told}; choose by which is the month" if len(forms) > 1 else told
    if form is not None and texts and (left := _left_over(texts[0], form)):
        return f"{form!r} leaves {left!r} of {texts[0]!r} over; write that, too, in --date-format"
    return "say how they are written by --date-format, such as %d/%m/%Y, or choose another --every"


def _left_over(text: str, form: str) -> str | None:
    """What a form leaves of a text; None where it does not read its beginning."""
    try:
        datetime.datetime.strptime(text, form)
    except ValueError as error:
        _, remains, left = str(error).partition("unconverted data remains: ")
        return left if remains else None
    return ""
