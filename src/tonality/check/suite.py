"""The suite of behaviour tests: TOML files of templates -> cases, the same ones everywhere."""

from __future__ import annotations

import hashlib
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeGuard, get_args

from tonality.check.changes import CHANGES
from tonality.durable_files import read_regular
from tonality.errors import DataError

SUITE = Path(__file__).with_name("cases")

Expectation = Literal[
    "positive",
    "negative",
    "neutral",
    "not_positive",
    "not_negative",
    "doubtful",
    "same",
    "not_less",
    "not_more",
]
# Those that compare two texts.
PAIRED = ("same", "not_less", "not_more")
Verdict = Literal["positive", "negative", "neutral"]
_VERDICTS = frozenset(get_args(Verdict))

_KEYS = {
    "capability", "name", "expect", "texts", "changed", "change", "verdicts", "cases", "counts",
}  # fmt: skip
_SLOT = re.compile(r"\{([a-z_]+?)(\d?)\}")
_BRACES = re.compile(r"\{[^{}]*\}?|\}")  # also one without the other
_LIST = re.compile(r"[a-z_]+")
_ARTICLE = re.compile(r"\b[Aa] \Z")
# A vowel that is heard: an apple, an unimportant hour, but a user, a one-way ticket, a European.
_VOWEL = re.compile(
    r"(?!once|one\b|us[aeu]|uni(?![mn])|ut[ei]|eu)[aeiou]|hour|honest|honou?r|heir", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Case:
    """One text, or a text and its changed form.

    Attributes:
        text: the text.
        changed: what it is compared with.
        verdict: of a pair, the right verdict on ``text``, without which a pair passes for nothing.
    """

    text: str
    changed: str | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Cases that all try the same thing.

    Attributes:
        capability: what is tried, such as ``negation``.
        name: which side of it.
        expect: what must hold of each case.
        cases: the cases.
        counts: whether it enters the rates; otherwise it is shown alone.
        unchanged: how many cases were left out because their changed text was the same.
    """

    capability: str
    name: str
    expect: Expectation
    cases: tuple[Case, ...]
    counts: bool = True
    unchanged: int = 0


def read_suite(path: Path = SUITE) -> list[Behaviour]:
    """The tests of a TOML file, or of all those in a folder; ``cases/reviews.toml`` tells the form.

    Raises:
        DataError: a file cannot be read or holds something else.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise DataError("holds no TOML file", path=path)
    return [test for file in files for test in _read_file(file)]


def _read_file(path: Path) -> list[Behaviour]:
    try:
        content = tomllib.loads(read_regular(path).decode("utf-8"))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from None
    except ValueError as error:
        raise DataError(f"is no TOML: {error}", path=path) from None
    tests, words = content.get("test"), content.get("words", {})
    if not isinstance(tests, list) or not tests or not isinstance(words, dict):
        raise DataError("has no [[test]], or no table [words]", path=path)
    found = []
    for number, table in enumerate(tests, start=1):
        try:
            found.append(_test(table, words))
        except ValueError as error:
            raise DataError(f"test {number}: {error}", path=path) from None
    return found


def _test(table: Any, words: Mapping[str, Any]) -> Behaviour:
    """One test of a file; a ValueError says what is wrong with it."""
    _check_keys(table)
    texts, changed, change = table["texts"], table.get("changed"), table.get("change")
    verdicts = table.get("verdicts") or [None] * len(texts)
    _check_slots([*texts, *(changed or [])], words)
    try:
        drawn = _draw(texts, changed or texts, verdicts, words, table["cases"])
    except KeyError as error:
        raise ValueError(f"there is no list of words {error}") from None
    if not drawn:
        raise ValueError("its lists have too few words to fill a template")
    if changed is None and change is None:
        cases = [Case(case.text) for case in drawn]
    elif change is not None:
        cases = [Case(case.text, CHANGES[change](case.text), case.verdict) for case in drawn]
    else:
        cases = drawn
    told = tuple(case for case in cases if case.changed != case.text)  # else the pair tries nothing
    if not told:
        what = f"the change {change!r}" if change else "changed"
        raise ValueError(f"{what} leaves all its texts as they are, so there is nothing to compare")
    return Behaviour(
        table["capability"],
        table["name"],
        table["expect"],
        told,
        table.get("counts", True),
        len(cases) - len(told),
    )


def _check_slots(templates: Sequence[str], words: Mapping[str, Any]) -> None:
    """Whether every list of words can be named, and every slot filled."""
    if not all(_strings(each) for each in words.values()):
        raise ValueError("each of [words] must be a list of strings")
    for name in words:
        if not _LIST.fullmatch(name):
            raise ValueError(
                f"expected a list of words with a name of small letters and _, got {name!r}; "
                "rename it, and its slots"
            )
    for slot in (found[0] for template in templates for found in _BRACES.finditer(template)):
        if not _SLOT.fullmatch(slot):
            raise ValueError(
                f"expected a slot such as {{product}} or {{product2}}, got {slot}; "
                "write the name of one of [words], and at most one digit, between { and }"
            )


def _check_keys(table: Any) -> None:
    """Whether a test has what it needs, of the right types, and nothing else."""
    if not isinstance(table, dict) or set(table) - _KEYS:
        raise ValueError(f"takes {', '.join(sorted(_KEYS))}")
    for key in ("capability", "name", "expect"):
        if not isinstance(table.get(key), str):
            raise ValueError(f"{key} must be a string")
    expect, texts = table["expect"], table.get("texts")
    changed, change, verdicts = (table.get(key) for key in ("changed", "change", "verdicts"))
    if expect not in get_args(Expectation):
        raise ValueError(f"expect must be one of {', '.join(get_args(Expectation))}")
    if not _strings(texts) or not (changed is None or _strings(changed, len(texts))):
        raise ValueError("texts, and as many changed, must be lists of strings")
    if change is not None and change not in CHANGES:
        raise ValueError(f"change must be one of {', '.join(CHANGES)}")
    if (expect in PAIRED) != ((changed is None) != (change is None)):
        raise ValueError(f"{', '.join(PAIRED)} take either changed or change, the others neither")
    if verdicts is not None and not (
        expect in PAIRED and _strings(verdicts, len(texts)) and set(verdicts) <= _VERDICTS
    ):
        raise ValueError(
            f"verdicts takes one of {', '.join(sorted(_VERDICTS))} for each text of a pair"
        )
    if type(table.get("cases")) is not int or table["cases"] < 1:
        raise ValueError("cases must be a whole number from 1")
    if not isinstance(table.get("counts", True), bool):
        raise ValueError("counts must be true or false")


def _strings(value: Any, length: int | None = None) -> TypeGuard[list[str]]:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, str) for each in value)
        and length in (None, len(value))
    )


def _draw(
    texts: Sequence[str],
    others: Sequence[str],
    verdicts: Sequence[Verdict | None],
    words: Mapping[str, Any],
    count: int,
) -> list[Case]:
    """``count`` fillings, of each template in turn, by hash: a draw that every machine repeats."""
    queues = []
    for text, other, verdict in zip(texts, others, verdicts, strict=True):
        pairs = sorted(_fillings(text, other, words), key=lambda pair: _hash("\n".join(pair)))
        queues.append([Case(*pair, verdict) for pair in pairs[:count]])
    turns = itertools.zip_longest(*queues)
    return [case for turn in turns for case in turn if case is not None][:count]


def _fillings(text: str, other: str, words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = _SLOT.finditer(f"{text} {other}")
    slots = list(dict.fromkeys((match[1], match[2]) for match in found))
    names = [name for name, _ in slots]
    first, second = _pieces(text, slots), _pieces(other, slots)
    for values in itertools.product(*(words[name] for name in names)):
        if len(set(zip(names, values, strict=True))) == len(names):  # {name} and {name2} differ
            filled = _fill(first, values)
            yield filled, filled if first == second else _fill(second, values)


def _pieces(template: str, slots: Sequence[tuple[str, str]]) -> list[str | int]:
    """A template in pieces: what stands in it, and the places of its slots among ``slots``."""
    pieces: list[str | int] = []
    end = 0
    for match in _SLOT.finditer(template):
        pieces += [template[end : match.start()], slots.index((match[1], match[2]))]
        end = match.end()
    return [*pieces, template[end:]]


def _fill(pieces: Sequence[str | int], values: Sequence[str]) -> str:
    filled = ""
    for piece in pieces:
        filled = filled + piece if isinstance(piece, str) else with_word(filled, values[piece])
    return filled


def with_word(filled: str, word: str) -> str:
    """A text and a word; "a" directly before the word becomes "an" where a vowel is heard."""
    # The quick look first: a suite asks a million times.
    if filled.endswith(("a ", "A ")) and _ARTICLE.search(filled) and _VOWEL.match(word):
        filled = f"{filled[:-1]}n "
    return filled + word


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
