"""Ratings as five tokens: ``<rating-1>`` for the worst to ``<rating-5>`` for the best.

``★☆☆☆☆``, ``1/5``, ``2/10``, ``1 star``, ``one-star``, ``1*``, ``1⭐`` and ``15 out of 100`` all
become ``<rating-1>``.
"""

from __future__ import annotations

import math
import re

from tonality.late_pattern import late_pattern
from tonality.text.rewriting import Rewrite, holds_any
from tonality.text.token_patterns import RATINGS

_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBERS = {word: number for number, word in enumerate(_WORDS)}
_WORD = "|".join(_WORDS)
_STAR_SCALES = ("4", "5", "10")
_SCALES = ("5", "five", "10", "ten", "****")
_FULL, _EMPTY = "★⭐🌟", "☆✩✰"

_GAP = r"\s{1,3}"  # two blanks, or a line that ends in the middle
_ECHO = rf"[ \t]{{0,3}}\((?:[0-9]{{1,2}}|{_WORD})\)"  # "1 (one) star"
# One star, for "2 ★★☆" is not a rating and then a star.
_SIGN = rf"[{_FULL}]\ufe0f?+(?![ ]?[{_FULL}{_EMPTY}])"
_STARRED = rf"(?:-|[ \t]{{0,3}})(?:stars?\b|{_SIGN})"
_STAR = rf"(?:{_ECHO})?{_STARRED}"
_STARS = rf"(?:{_ECHO})?(?:{_STARRED})?"
_AND_A_HALF = "[ ](?:and|&)[ ](?:a[ ]half|1/2)"
_OUT_OF = rf"{_GAP}out{_GAP}of{_GAP}"
_OF = rf"(?:\s{{0,3}}/\s{{0,3}}|{_OUT_OF})"
_BRACKET = rf"[ ](?P<bracket>\()(?<=[^\d)][ ]\()out{_GAP}of{_GAP}"  # "2 stars (out of 10)"
# "1 of 5 stars" that ends a clause is a rating. "1 of 5" and "1 of 5 stars aligned" count, and
# "1 of 5 star hotels" does. In "3 of 12 stars" nothing is a rating. "<br />" is blanks by now.
_CLAUSE_END = r"(?=[ \t]{0,3}(?:[^\w\s]|[\r\n]|[ ]{4}|\Z))"
_RATED = (
    rf"(?:(?={_GAP}(?:rating|review)\b)|(?<=s)(?:{_CLAUSE_END}|(?={_GAP}(?:rating|review)s\b)))"
)
_POSSIBLE = rf"(?:(?:a{_GAP})?possible{_GAP})?"
_EVEN = "(?:[.,]0{1,2})?"  # "4.0/5.0"
_OF_STARS = (
    rf"{_GAP}(?P<out>out{_GAP})?of{_GAP}{_POSSIBLE}(?P<stars>[0-9]{{1,2}}){_EVEN}{_STAR}"
    rf"(?(out)|{_RATED})"
)
# Behind it "(12)" counts reviews, and repeats the number only if a star follows.
# "9/10/2019" is a date, "7/10:30" a time, and "nine out of ten people" counts people.
_END = rf"{_EVEN}(?![.,:]?\d|[\w/%]|[ ](?:times?|people|of|users?|customers?|cases)\b)"
# "Rating:1/5", "superb...10/10", "bad—1/5" and "Rating-1/5" are ratings. "June.1/10", "9:30/10",
# "4-5/10", "top-10 stars", "-.5 stars" and "Awful.-10/10" are none, or others.
_START = (
    r"(?<![\w/$€£+].)(?<!\d[:,].)(?:(?<![.-].)|(?<=\D\.\..)"
    r"|(?<=(?:---|[^\W\d_]--).)"
    r"|(?<=(?i:rating)-.)|(?<=(?i:score)-.))"
)
# With a blank before the sign, what ends no clause may count: "3 ⭐ stickers". "1⭐ to 5⭐" and
# "4⭐ of 10" are no ratings.
_SIGNED = (
    rf"(?:-?{_SIGN}|[ ]{_SIGN}(?:{_CLAUSE_END}|(?={_GAP}(?:rating|review)s?\b)))"
    r"(?![ ]of[ ]\d|[ ]?[-–][ ]?\d|[ ]to[ ]\d)"
)
# The patterns begin with one character of a few, by which the engine skips what cannot match.
_FIGURES = late_pattern(
    rf"(?P<number>[0-9]{_START}[0-9]{{0,2}}(?:[.,][0-9]{{1,2}})?)(?P<half>[ -]1/2|{_AND_A_HALF})?"
    rf"(?i:{_STARS}(?:{_OF}|{_BRACKET})(?P<scale>100|10|5|ten|five){_END}(?:{_STAR})?(?(bracket)\))"
    rf"|{_STARS}{_OF_STARS}|(?P<counted>(?:{_ECHO})?[ \t]{{0,3}}stars?\b|(?P<signed>{_SIGNED}))"
    r"|-stars?\b|\*(?![\w*]))"
)
# Before "5 stars" in "1 of 5 stars aligned"; looked for in the last characters before it.
_COUNT = late_pattern(
    rf"\b(?:[0-9]{{1,3}}|half|{_WORD}){_STARS}{_GAP}(?:out{_GAP})?of{_GAP}{_POSSIBLE}\Z",
    re.IGNORECASE,
)
_COUNT_SPAN = 48
# Before "1/5" in "due on 1/5" and "Part 1/5": a date, or a place in a row.
_DATED = late_pattern(
    r"(?:\b(?:until|till|since|due|dated|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?!(?:rated?|it|landed|settled|score[ds]?|give|gave)\b)[a-z]+[ ]on)"
    r"|(?:\A|[^\w\s]\s?)(?:part|page|step|thread|episode|chapter|lesson))[ ]\Z",
    re.IGNORECASE,
)
# Before "5⭐" in "1⭐ to 5⭐", and before "1⭐" in "minus 1⭐ for shipping".
_BOUND = late_pattern(rf"(?:[{_FULL}]\ufe0f?(?:[ ]?[-–][ ]?|[ ]to[ ])|\bminus[ ])\Z", re.IGNORECASE)
_IN_WORDS = late_pattern(
    rf"\b(?P<number>{_WORD})(?P<half>{_AND_A_HALF})?"
    rf"(?:{_STARS}{_OUT_OF}(?P<scale>10|5|ten|five){_END}(?:{_STAR})?"
    rf"|{_STARS}{_OF_STARS}(?<=s)|-stars?\b|(?(half)[ ]stars?\b|(?!)))",
    re.IGNORECASE,
)
# "★ ☆ ☆" too, for stars that are elements of HTML stand apart.
_SIGNS = late_pattern(
    f"[{_FULL}]\ufe0f?(?:[ ]{{0,64}}[{_FULL}]\ufe0f?){{0,9}}"
    f"(?:[ ]{{0,64}}[{_EMPTY}]\ufe0f?){{0,10}}"
)
_ASTERISKS = late_pattern(
    rf"\*(?<![\w*].)\*{{0,9}}(?i:{_OF}(?P<scale>\*{{4,10}}|10|5|ten|five){_EVEN}(?![\w*]|[.,]\d))"
)
_ECHOED = late_pattern(
    rf"([0-9]{{1,3}}(?:[.,][0-9]{{1,2}})?|{_WORD})[ \t]{{0,3}}\(([0-9]+|{_WORD})\)", re.IGNORECASE
)
_ADDRESS = late_pattern(r"://|www\.|\w\.[a-z]{2,6}/", re.IGNORECASE)
_ADDRESS_SPAN = 500
_CLOSING = ")]\"'>"  # ends an address in brackets or quotes


def _rating(number: float, scale: float) -> str:
    level = math.ceil(5 * number / scale - 1e-9)
    return f" {RATINGS[min(max(level, 1), 5) - 1]} "


def _number(written: str) -> float:
    return _NUMBERS[written] if written in _NUMBERS else float(written.replace(",", "."))


def _of_figures(found: re.Match[str]) -> str:
    number = _number(found["number"].lower()) + (0.5 if found["half"] else 0)
    if found["stars"] and found["stars"] not in _STAR_SCALES:
        return found[0]
    written = found["scale"] or found["stars"]
    if not written and number == 6:  # more than all five to some, middling to who thinks of ten
        return found[0]
    scale = _number(written.lower()) if written else 5 if number <= 5 else 10
    return _rating(number, scale) if number <= 1.2 * scale else found[0]  # 11/10: praise


def _is_in_address(found: re.Match[str]) -> bool:
    before = found.string[max(found.start() - _ADDRESS_SPAN, 0) : found.start()]
    if not before or before[-1].isspace() or before[-1] in _CLOSING:
        return False
    return _ADDRESS.search(before.split()[-1]) is not None


def _has_wrong_echo(found: re.Match[str]) -> bool:
    """Whether two numbers differ that should be one: "5 (2) stars"."""
    pairs = _ECHOED.findall(found[0].lower())
    return any(_number(number) != _number(echo) for number, echo in pairs)


def _of_number(found: re.Match[str]) -> str:
    return found[0] if _is_in_address(found) or _has_wrong_echo(found) else _of_figures(found)


def _unless_counted(found: re.Match[str]) -> str:
    before = found.string[max(found.start() - _COUNT_SPAN, 0) : found.start()]
    is_other = (
        (found["counted"] and _COUNT.search(before))
        or (found["signed"] and _BOUND.search(before))
        or (found[0][-1].isdigit() and "/" in found[0] and _DATED.search(before))
    )
    return found[0] if is_other else _of_number(found)


def _of_signs(found: re.Match[str]) -> str:
    full, empty = (sum(map(found[0].count, signs)) for signs in (_FULL, _EMPTY))
    # A star alone is an ornament, and five of ten are few.
    return _rating(full, max(5, full + empty)) if full + empty > 1 else found[0]


def _of_asterisks(found: re.Match[str]) -> str:
    scale, full = found["scale"].lower(), re.match(r"\**", found[0])[0]  # type: ignore[index]
    of = len(scale) if scale.startswith("*") else _number(scale)
    return _rating(len(full), of) if len(full) <= of else found[0]


_SLASH = holds_any("/5", "/10", "/ ", "/\n", "/\t", "/\r")
_WORD_STARS = holds_any("half star", "1/2 star", *(f"{word}-star" for word in _WORDS))


def may_rate(text: str) -> bool:
    """A quick test that most texts without a rating pass."""
    if "*" in text or (not text.isascii() and _SIGNS.search(text)):
        return True
    if "/" in text and _SLASH(text):
        return True
    return _holds_out_of(text) or _holds_starred(text)


def _holds_out_of(text: str) -> bool:
    """Whether some "out of" stands before what a rating may be out of."""
    at = text.find("out")
    while at >= 0:
        of, _, scale = text[at + 3 : at + 16].lstrip().partition("of")
        if not of and scale.lstrip().startswith(_SCALES):
            return True
        at = text.find("out", at + 3)
    return False


def _holds_starred(text: str) -> bool:
    """Whether a digit, a hyphen, "half" or a closing parenthesis stands before some "star"."""
    at = text.find("star")
    while at >= 0:
        before = text[max(at - 4, 0) : at].rstrip(" \t")
        if before.endswith(("-", ")", "alf")) or before[-1:].isdigit():
            return True
        at = text.find("star", at + 4)
    return False


def _may_rate_in_words(text: str) -> bool:
    if "star" in text and _WORD_STARS(text):
        return True
    return _holds_out_of(text) or ("of" in text and _holds_starred(text))


def _always(_: str) -> bool:
    return True


READ_RATINGS = (
    Rewrite(_IN_WORDS, _of_number, _may_rate_in_words),  # first: "one out of 5 stars"
    Rewrite(_FIGURES, _unless_counted, _always),
    Rewrite(_SIGNS, _of_signs, holds_any(*_FULL)),
    Rewrite(_ASTERISKS, _of_asterisks, holds_any("*")),
)
