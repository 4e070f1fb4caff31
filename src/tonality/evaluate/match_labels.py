"""Match the labels of a data file with those of a model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from tonality.errors import DataError
from tonality.label_meanings import (
    ASIDE,
    BETWEEN,
    in_the_file,
    likely_map,
    numbers_among,
    only_feelings,
    taken_numbers,
)
from tonality.label_spellings import FEELINGS, as_options, fold
from tonality.messages import and_more

# What numbers mean in common data sets. Numbers are read only if every scheme that holds all of
# them, and no class that the other side lacks, agrees on each of them, and on what a label map says
# of others. There is none of 1, 2 and 3: with stars 3 is no praise.
_SCHEMES: tuple[dict[str, str], ...] = (
    {"0": "negative", "1": "positive"},
    {"-1": "negative", "1": "positive"},
    {"1": "negative", "2": "positive"},  # Amazon and Yelp polarity
    {"0": "negative", "4": "positive"},  # Sentiment140
    {"0": "negative", "1": "neutral", "2": "positive"},
    {"-1": "negative", "0": "neutral", "1": "positive"},
)


@dataclass(frozen=True)
class Matched:
    """Which class of the model each row has.

    Attributes:
        classes: (N,) indices into the model's labels.
        aliases: the spellings that were read as another: label in the data -> label of the model.
    """

    classes: npt.NDArray[np.int64]
    aliases: dict[str, str]


def match_labels(
    labels: Sequence[str],
    names: Sequence[str],
    *,
    mapped: Mapping[str, str] | None = None,
    source: str | None = None,
) -> Matched:
    """Find the model's class of every label, forgiving its spelling where it is unambiguous.

    Args:
        labels: the rows' labels as the data spells them, N.
        names: the model's labels in order.
        mapped: what a label map made of other labels of the data (``Table.mapped``).
        source: the file, for messages.

    Returns:
        The classes and the spellings that were read as another.

    Raises:
        DataError: the model does not know a label: which, and how to map it.
    """
    distinct = sorted(set(labels))
    meanings = _guess(distinct, names, mapped or {})
    unknown = [label for label in distinct if label not in meanings]
    if unknown:
        raise DataError(_how_to_map(unknown, names, mapped or {}), path=source)
    index = {name: c for c, name in enumerate(names)}
    found = {label: index[name] for label, name in meanings.items()}
    classes = np.fromiter((found[label] for label in labels), np.int64, len(labels))
    return Matched(classes, {label: name for label, name in meanings.items() if label != name})


def same_by_another_name(
    labels: Sequence[str], names: Sequence[str], mapped: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Labels that are no names of the model's, but plainly mean one: label -> name.

    Args:
        labels: the labels.
        names: the model's.
        mapped: what a label map made of others: label before it -> after it, ``""`` for left out.
    """
    guessed = _guess(labels, names, mapped or {})
    return {label: name for label, name in guessed.items() if label != name}


def _guess(
    labels: Sequence[str], names: Sequence[str], mapped: Mapping[str, str]
) -> dict[str, str]:
    """What each label most plainly means; the ones with no plain meaning are missing."""
    found = {label: label for label in labels if label in names}
    folded = {fold(name): name for name in names}
    if len(folded) == len(names):
        found |= {
            label: folded[fold(label)]
            for label in labels
            if label not in found and fold(label) in folded
        }
    rest = [label for label in labels if label not in found]
    # A model has every number of its scheme; a data file may lack the rare ones.
    whole = [scheme for scheme in _SCHEMES if set(scheme) == {fold(name) for name in names}]
    feelings = _feelings(names, whole)
    named = {feeling: name for name, feeling in feelings.items()}
    # What is left out needs no class.
    out = {fold(label) for label, name in mapped.items() if not name}
    possible = [
        scheme
        for scheme in _SCHEMES
        if {feeling for number, feeling in scheme.items() if number not in out} <= set(named)
        and only_feelings([name for name in names if name not in feelings])
    ]
    taken = {
        fold(label): feelings.get(name, fold(name))
        for label, name in taken_numbers(rest, mapped).items()
    }
    return found | {
        label: named[feeling]
        for label, feeling in _feelings(rest, possible, taken).items()
        if feeling in named
    }


def _feelings(
    labels: Sequence[str],
    possible: Collection[Mapping[str, str]],
    taken: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """The feeling that a label stands for, as a word or in one of the possible schemes.

    Args:
        labels: the labels.
        possible: the schemes that numbers may be of.
        taken: numbers of the data that are no labels any more, with the feeling they became; "" for
            those left out.
    """
    folded = {label: fold(label) for label in labels}
    found = {label: word for label, word in folded.items() if word in FEELINGS}
    numbers = {label: folded[label] for label in numbers_among(labels)}
    known = {number: feeling for number, feeling in taken.items() if feeling}
    kept = {*numbers.values(), *known}
    if len(kept) < 2:  # one number alone says nothing of its scheme
        return found
    schemes = [
        scheme for scheme in possible if kept <= set(scheme) and known.items() <= scheme.items()
    ]
    meant = [{label: scheme[number] for label, number in numbers.items()} for scheme in schemes]
    holds_all = any(set(taken) <= set(scheme) for scheme in schemes)
    if holds_all and all(one == meant[0] for one in meant):
        found |= meant[0]
    return found


def _how_to_map(unknown: Sequence[str], names: Sequence[str], mapped: Mapping[str, str]) -> str:
    def options(meant: Mapping[str, str]) -> str:
        return as_options(in_the_file(meant, mapped))

    shown = ", ".join(repr(label) for label in unknown[:5])
    more = and_more(len(unknown) - 5)
    which = "label" if len(unknown) == 1 else "labels"
    known = f"the model does not know the {which} {shown}{more}; it knows {', '.join(names)}. "
    likely = likely_map(unknown, names, mapped)
    # As one of the sides the others would ruin the figures.
    sided = [label for label in unknown if fold(label) not in BETWEEN + ASIDE]
    if not (sided or any(likely.values())):
        return f"{known}Leave the rows out with {options(dict.fromkeys(unknown, ''))}"
    numbers = numbers_among(unknown)
    if likely:
        example = f"{options(likely)} if that is what they mean"
    else:  # a guess might turn the figures round
        example = options(dict.fromkeys(numbers or sided[:1], "LABEL"))
    if len(numbers) > 1:  # without one of them the others are mostly no plainer
        return f"{known}Say what each means, as in {example}; nothing after = leaves the rows out"
    # Not the one that the example leaves out already.
    out = next((label for label in sided if likely.get(label, "a side")), unknown[0])
    return (
        f"{known}Say what each means, as in {example}, "
        f"or leave its rows out with {options({out: ''})}"
    )
