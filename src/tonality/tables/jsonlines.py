"""JSON Lines (one object a line), and one array of objects."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tonality.errors import DataError
from tonality.tables.bad_rows import Fault
from tonality.tables.byte_lines import TextLines
from tonality.tables.delimited import MAX_ROW, too_long

OBJECTS = 1000  # objects looked at to learn the columns

_MARK = re.compile(r'["\[\]{},]')  # what shapes JSON, outside of strings
_STRING_MARK = re.compile(r'["\\]')
_SPACE = " \t\r\n"  # of JSON; str.strip() takes more


class JsonObject(NamedTuple):
    """One object.

    Attributes:
        number: its 1-based number.
        values: its members.
        line: the line that it stood in, without its end; None where it did not stand in one line.
    """

    number: int
    values: dict[str, Any]
    line: str | None


def objects(lines: TextLines) -> Iterator[JsonObject | Fault]:
    """The objects of lines or of one array, with a fault in place of what is none.

    Raises:
        DataError: an array is not closed, or something follows it.
    """
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("["):
        # What is none of JSON's spaces is an array's first line none the less, and told there.
        texts = array_items(itertools.chain([first.lstrip()], lines.pieces()))
        for number, text in enumerate(texts, start=1):
            yield _parsed(number, text, alone=not ("\n" in text or "\r" in text))
        return
    filled = (line for line in itertools.chain([first], lines) if line.strip())
    for number, line in enumerate(filled, start=1):
        yield _parsed(number, line, alone=True)


def array_items(pieces: Iterator[str]) -> Iterator[str]:
    """The items of one JSON array as they are written, in linear time and one at a time.

    Of an item of more than ``MAX_ROW`` characters these are given.

    Args:
        pieces: its text, in pieces of any length, from the opening bracket on.

    Raises:
        DataError: the array is not closed, or something follows it.
    """
    item, depth, some = _Item(), 0, False
    found = _marked(pieces)
    for text, mark in found:
        item.add(text)
        if depth == 1 and mark == ",":
            yield item.taken()
            some = True
        elif depth == 1 and mark and mark in "]}":
            if (last := item.taken()) or some:
                yield last
            if any(text.strip(_SPACE) or mark for text, mark in found):
                raise DataError("invalid JSON: something follows the array")
            return
        elif mark:
            item.add(mark if depth else "")
            depth += (mark in "[{") - (mark in "]}")
    raise DataError("invalid JSON: the array is not closed")


class _Item:
    """The text of one item, as far as ``MAX_ROW`` characters."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._left = MAX_ROW

    def add(self, text: str) -> None:
        if text and self._left:
            self._parts.append(text[: self._left])
            self._left -= len(self._parts[-1])

    def taken(self) -> str:
        text = "".join(self._parts)
        text = text.strip(_SPACE) if self._left else text  # one that is too long stays so
        self._parts.clear()
        self._left = MAX_ROW
        return text


def _marked(pieces: Iterator[str]) -> Iterator[tuple[str, str]]:
    """The text up to each bracket, brace or comma outside strings, and that; "" ends a piece."""
    in_string = escaped = False
    for piece in pieces:
        begin, at = 0, int(escaped)
        escaped = False
        while found := (_STRING_MARK if in_string else _MARK).search(piece, at):
            mark, at = found[0], found.end()
            if mark == '"':
                in_string = not in_string
            elif mark == "\\":
                escaped = at == len(piece)
                at += 1
            else:
                yield piece[begin : at - 1], mark
                begin = at
        yield piece[begin:], ""


def _parsed(number: int, text: str, *, alone: bool) -> JsonObject | Fault:
    if len(text) >= MAX_ROW:
        return Fault(number, too_long(), text)
    text = text.strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Fault(number, "invalid JSON", text)
    if not isinstance(value, dict):
        return Fault(number, f"expected a JSON object, found {type(value).__name__}", value)
    return JsonObject(number, value, text if alone else None)
