"""What labels mean: words and numbers, and the feelings that unknown ones most likely stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tonality.errors import DataError
from tonality.label_spellings import SHOWN, as_options, feeling, fold, is_number

# Labels that are on no side: to count one as praise or blame would ruin the figures.
BETWEEN = ("neutral", "mixed", "passive", "passives")
# Labels that say no feeling at all, also as a model's own answer: rows to leave out.
ASIDE = ("uncertain", "unsure", "unclear", "unknown", "irrelevant")


def numbers_among(labels: Sequence[str]) -> list[str]:
    """The labels that are numbers."""
    return [label for label in labels if is_number(label)]


def words_and_numbers(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """The labels that are words and those that are numbers, where a number must mean a word.

    That is where a word is a feeling, or where there are two of either: one scale, written in two
    ways. A single other word may be a class of its own, such as *other*. Words for no feeling at
    all, such as *unclear*, are on no scale and do not count.

    Returns:
        Words and numbers; both empty where no number must mean a word.
    """
    numbers = numbers_among(labels)
    words = [
        label
        for label in labels
        if any(map(str.isalpha, label)) and not is_number(label) and fold(label) not in ASIDE
    ]
    two = len(words) > 1 and len(numbers) > 1
    return (words, numbers) if numbers and (two or any(map(feeling, words))) else ([], [])


def only_feelings(names: Sequence[str]) -> bool:
    """Whether labels are the three feelings alone, beside such as are on no side or say none.

    Beside *very negative* a low number may be that, so what numbers mean is then not told.
    """
    return all(feeling(name) or fold(name) in BETWEEN + ASIDE for name in names)


def taken_numbers(left: Sequence[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """The numbers that a label map took away and that tell of the scale of those it left.

    A number that became another number has its place now and tells nothing. One whose rows are left
    out tells of the scale only next to the others, as 3 does beside 1 and 2; a middle does not, nor
    does what stands for no label, such as 99, or -1 beside 0 and 1.

    Args:
        left: the labels after the map.
        mapped: label in the file -> label after the map; ``""`` for rows left out.

    Returns:
        Those of ``mapped``; none where no number is left.
    """
    numbers = numbers_among(list(mapped))
    named = [one for one in numbers if mapped[one] and not is_number(mapped[one])]
    rest = numbers_among(left)
    if not rest:
        return {}
    kept = [float(fold(one)) for one in (*rest, *named)]
    low, high = min(kept), max(kept)
    out = {one: float(fold(one)) for one in numbers if not mapped[one]}
    beside = [
        one
        for one, value in out.items()
        if 0 < max(low - value, value - high) <= 1 and (value >= 0 or low < 0)
    ]
    return {one: mapped[one] for one in (*named, *beside)}


def in_the_file(meant: Mapping[str, str], mapped: Mapping[str, str]) -> dict[str, str]:
    """What labels mean, by the names that a label map has to call them by.

    A label that another became goes by the other, in one spelling: rows that had it from the
    beginning are rare, and the next message names them.

    Args:
        meant: label after the map -> what it means.
        mapped: label in the file -> label after the map; ``""`` for rows left out.
    """
    before: dict[str, dict[str, str]] = {}
    for old, new in mapped.items():
        before.setdefault(new, {}).setdefault(fold(old), old)
    return {
        old: name
        for label, name in meant.items()
        for old in before.get(label, {label: label}).values()
    }


def check_one_kind(labels: Sequence[str], mapped: Mapping[str, str] | None = None) -> None:
    """Refuses words beside numbers, where a number must mean one of the words.

    Args:
        labels: the labels.
        mapped: what a label map made of others, as for :func:`likely_map`.

    Raises:
        DataError: there are both.
    """
    words, numbers = words_and_numbers(labels)
    if numbers:
        likely = likely_map(numbers, words, mapped) or dict.fromkeys(numbers, "LABEL")
        own, out = ({numbers[0]: name} for name in (f"class {numbers[0]}", ""))
        raise DataError(
            f"the labels are words and numbers: {', '.join(map(repr, words[:SHOWN]))} and "
            f"{', '.join(map(repr, numbers[:SHOWN]))}; say what each number means, as in "
            f"{as_options(in_the_file(likely, mapped or {}))}; rename one that is a class of its "
            f"own, as in {as_options(in_the_file(own, mapped or {}))}, "
            f"or leave its rows out with {as_options(in_the_file(out, mapped or {}))}"
        )


def likely_map(
    unknown: Sequence[str], names: Sequence[str], mapped: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What labels that a model does not know most likely mean: label -> name, or "" to leave out.

    Numbers are read as scores or stars, low ones as negative; empty where nothing is likely. From 1
    to 3 they may be stars or a scale of three, of which 3 is positive, so they are not read. Nor is
    anything read where a name is one more level of a side, such as *very negative*, nor a number
    where a name says something else, such as *sarcastic*.

    Args:
        unknown: the labels.
        names: the model's labels.
        mapped: what a label map made of other labels of the data, with which this agrees: label in
            the file -> label after the map; ``""`` for rows left out.
    """
    taken = taken_numbers(unknown, mapped or {})
    likely = _likely([*unknown, *taken], names)
    if any(name and fold(likely.get(label, "")) != fold(name) for label, name in taken.items()):
        return {}
    return {label: name for label, name in likely.items() if label not in taken}


def _likely(unknown: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """What :func:`likely_map` says where there is no map."""
    by_feeling = {feeling(name): name for name in names}
    if not {"negative", "positive"} <= by_feeling.keys():
        return {}
    if numbers_among(unknown):
        if not only_feelings(names):
            return {}
    elif any(_side(fold(name)) for name in names if not feeling(name)):
        return {}
    values, words = {}, True
    between = [label for label in unknown if fold(label) in BETWEEN]
    for label in unknown:
        if label in between or fold(label) in ASIDE:
            continue
        text = fold(label)
        if is_number(label):
            values[label], words = float(text), False
        elif side := _side(text):
            values[label] = side
        else:
            return {}
    numbers = sorted(set(values.values()))
    # One number says nothing of its scale.
    if not words and (len(numbers) < 2 or (numbers[0] >= 1 and numbers[-1] == 3)):
        return {}
    low, high = (-1.0, 1.0) if words else _scale(numbers)
    middle, neutral = (low + high) / 2, by_feeling.get("neutral", "")
    # Of five stars or more those next to the middle count to a side; 3 of 5 does not.
    sides = {
        label: neutral
        if value == middle or (high - low >= 9 and abs(value - middle) < 1)
        else by_feeling["positive" if value > middle else "negative"]
        for label, value in values.items()
    }
    others = {label: "" if fold(label) in ASIDE else neutral for label in unknown}
    return others | sides


# Other words for the two sides; their numbers only say which side.
_LIKELY = {
    "bad": -1.0, "unhappy": -1.0, "sad": -1.0, "no": -1.0, "false": -1.0, "dislike": -1.0,
    "hate": -1.0, "detractor": -1.0, "detractors": -1.0, "dissatisfied": -1.0, "rotten": -1.0,
    "n": -1.0, "f": -1.0, "-": -1.0, "\U0001f44e": -1.0,
    "good": 1.0, "happy": 1.0, "yes": 1.0, "true": 1.0, "like": 1.0,
    "love": 1.0, "promoter": 1.0, "promoters": 1.0, "satisfied": 1.0, "fresh": 1.0,
    "y": 1.0, "t": 1.0, "p": 1.0, "+": 1.0, "\U0001f44d": 1.0,
}  # fmt: skip


def _side(text: str) -> float:
    """The side that a word is on, such as *very negative*; 0 where it does not tell."""
    negative, positive = "neg" in text, "pos" in text
    denied = text.startswith(("no", "oppos"))  # not positive, non-negative, opposed
    if negative != positive and not denied:
        return -1.0 if negative else 1.0
    return _LIKELY.get(text[:1] if text[:1] > "\uffff" else text, 0.0)


def _scale(numbers: Sequence[float]) -> tuple[float, float]:
    """The ends of the scale that numbers are from: data may lack some of it."""
    low, high = numbers[0], numbers[-1]
    if low < 0:
        return -max(-low, high), max(-low, high)
    if low >= 1 and 2 < high <= 5:
        return 1.0, 5.0
    if low >= 1 and 5 < high <= 10:
        return 1.0, 10.0
    return low, high
