"""The suite of behaviour tests: a TOML file of templates -> cases, the same ones everywhere."""

from __future__ import annotations

import hashlib
import html
import itertools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from tonality.errors import DataError

SUITE = Path(__file__).with_name("suite.toml")

Expectation = Literal[
    "positive",
    "negative",
    "neutral",
    "not_positive",
    "not_negative",
    "same",
    "not_less",
    "not_more",
]
# Those that compare two texts.
PAIRED = ("same", "not_less", "not_more")

_KEYS = {"capability", "name", "expect", "texts", "changed", "change", "cases"}
_SLOT = re.compile(r"\{([a-z_]+?)(\d?)\}")


@dataclass(frozen=True, slots=True)
class Case:
    """One text, or a text and its changed form."""

    text: str
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Cases that all try the same thing.

    Attributes:
        capability: what is tried, such as ``negation``.
        name: which side of it.
        expect: what must hold of each case.
        cases: the cases.
    """

    capability: str
    name: str
    expect: Expectation
    cases: tuple[Case, ...]


def read_suite(path: Path = SUITE) -> list[Behaviour]:
    """The tests of a TOML file; the packaged one says what it may hold.

    Raises:
        DataError: the file cannot be read or holds something else.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from None
    except ValueError as error:
        raise DataError(f"is no TOML: {error}", path=path) from None
    tests, words = content.get("test"), content.get("words", {})
    if not isinstance(tests, list) or not tests or not isinstance(words, dict):
        raise DataError("has no [[test]], or no table [words]", path=path)
    return [_test(number, table, words, path) for number, table in enumerate(tests, start=1)]


def _test(number: int, table: Any, words: Mapping[str, Any], path: Path) -> Behaviour:
    def wrong(reason: str) -> DataError:
        return DataError(f"test {number}: {reason}", path=path)

    if not isinstance(table, dict) or set(table) - _KEYS:
        raise wrong(f"takes {', '.join(sorted(_KEYS))}")
    for key in ("capability", "name", "expect"):
        if not isinstance(table.get(key), str):
            raise wrong(f"{key} must be a string")
    expect, texts = table["expect"], table.get("texts", [])
    changed, change = table.get("changed"), table.get("change")
    if expect not in get_args(Expectation):
        raise wrong(f"expect must be one of {', '.join(get_args(Expectation))}")
    if not _strings(texts) or not (changed is None or _strings(changed, len(texts))):
        raise wrong("texts, and as many changed, must be lists of strings")
    if change is not None and change not in CHANGES:
        raise wrong(f"change must be one of {', '.join(CHANGES)}")
    if (expect in PAIRED) != ((changed is None) != (change is None)):
        raise wrong(f"{', '.join(PAIRED)} take either changed or change, the others neither")
    count = table.get("cases")
    if type(count) is not int or count < 1:
        raise wrong("cases must be a whole number from 1")
    if not all(_strings(each) for each in words.values()):
        raise wrong("each of [words] must be a list of strings")
    try:
        drawn = _draw(texts, changed or texts, words, count)
    except KeyError as error:
        raise wrong(f"there is no list of words {error}") from None
    if not drawn:
        raise wrong("its lists have too few words to fill a template")
    if change is not None:
        cases = [Case(text, CHANGES[change](text)) for text, _ in drawn]
    else:
        cases = [Case(text, other if changed else None) for text, other in drawn]
    return Behaviour(table["capability"], table["name"], expect, tuple(cases))


def _strings(value: Any, length: int | None = None) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, str) for each in value)
        and length in (None, len(value))
    )


def _draw(
    texts: Sequence[str], others: Sequence[str], words: Mapping[str, Any], count: int
) -> list[tuple[str, str]]:
    """``count`` fillings, of each template in turn, by hash: a draw that every machine repeats."""
    queues = [
        sorted(_fillings(text, other, words), key=lambda pair: _hash("\n".join(pair)))
        for text, other in zip(texts, others, strict=True)
    ]
    turns = itertools.zip_longest(*queues)
    return [pair for turn in turns for pair in turn if pair is not None][:count]


def _fillings(text: str, other: str, words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = _SLOT.finditer(f"{text} {other}")
    slots = list(dict.fromkeys((match[1], match[2]) for match in found))
    for values in itertools.product(*(words[name] for name, _ in slots)):
        filling = dict(zip(slots, values, strict=True))
        chosen = [(name, value) for (name, _), value in filling.items()]
        if len(set(chosen)) == len(chosen):  # {name} and {name2} differ
            yield _fill(text, filling), _fill(other, filling)


def _fill(template: str, filling: Mapping[tuple[str, str], str]) -> str:
    filled = _SLOT.sub(lambda match: filling[match[1], match[2]], template)
    return re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", filled)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def typo(text: str) -> str:
    """The text with two neighbouring inner letters of one longer word swapped."""
    spots = [
        at
        for word in re.finditer(r"[A-Za-z]{5,}", text)
        for at in range(word.start() + 1, word.end() - 2)
        if text[at] != text[at + 1]
    ]
    if not spots:
        return text
    at = spots[int.from_bytes(_hash(text)[:4], "big") % len(spots)]
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"


def _unpunctuated(text: str) -> str:
    return re.sub(r"[^\w\s']", "", text)


def _html(text: str) -> str:
    return f"<p>{html.escape(text)}</p><br /><br />"


CHANGES: dict[str, Callable[[str], str]] = {
    "typo": typo,
    "capitals": str.upper,
    "unpunctuated": _unpunctuated,
    "html": _html,
}
