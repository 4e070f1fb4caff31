"""Match the labels of a data file with those of a model."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tonality.errors import DataError
from tonality.label_spellings import (
    ASIDE,
    BETWEEN,
    FEELINGS,
    SHOWN,
    fold,
    likely_map,
    words_and_numbers,
)

# What numbers mean in common data sets. Numbers are read only if every scheme that holds all of
# them, and no class that the other side lacks, agrees on each of them. There is none of 1, 2 and 3:
# with stars 3 is no praise.
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
    labels: Sequence[str], names: Sequence[str], *, source: str | None = None
) -> Matched:
    """Find the model's class of every label, forgiving its spelling where it is unambiguous.

    Args:
        labels: the rows' labels as the data spells them, N.
        names: the model's labels in order.
        source: the file, for messages.

    Returns:
        The classes and the spellings that were read as another.

    Raises:
        DataError: the model does not know a label: which, and how to map it.
    """
    distinct = sorted(set(labels))
    meanings = _guess(distinct, names)
    unknown = [label for label in distinct if label not in meanings]
    if unknown:
        raise DataError(_how_to_map(unknown, names), path=source)
    index = {name: c for c, name in enumerate(names)}
    found = {label: index[name] for label, name in meanings.items()}
    classes = np.fromiter((found[label] for label in labels), np.int64, len(labels))
    return Matched(classes, {label: name for label, name in meanings.items() if label != name})


def same_by_another_name(labels: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Labels that are no names of the model's, but plainly mean one: label -> name."""
    return {label: name for label, name in _guess(labels, names).items() if label != name}


def _guess(labels: Sequence[str], names: Sequence[str]) -> dict[str, str]:
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
    named = {feeling: name for name, feeling in _feelings(names, whole).items()}
    possible = [scheme for scheme in _SCHEMES if set(scheme.values()) <= set(named)]
    return found | {
        label: named[feeling]
        for label, feeling in _feelings(rest, possible).items()
        if feeling in named
    }


def _feelings(labels: Sequence[str], possible: Collection[Mapping[str, str]]) -> dict[str, str]:
    """The feeling that a label stands for, as a word or in one of the possible schemes."""
    folded = {label: fold(label) for label in labels}
    found = {label: word for label, word in folded.items() if word in FEELINGS}
    numbers = {label: folded[label] for label in words_and_numbers(labels)[1]}
    if len(set(numbers.values())) < 2:  # one number alone says nothing of its scheme
        return found
    schemes = [scheme for scheme in possible if set(numbers.values()) <= set(scheme)]
    meant = [{label: scheme[number] for label, number in numbers.items()} for scheme in schemes]
    if meant and all(one == meant[0] for one in meant):
        found |= meant[0]
    return found


def _how_to_map(unknown: Sequence[str], names: Sequence[str]) -> str:
    shown = ", ".join(repr(label) for label in unknown[:5])
    more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
    which = "label" if len(unknown) == 1 else "labels"
    known = f"the model does not know the {which} {shown}{more}; it knows {', '.join(names)}. "
    likely = likely_map(unknown, names)
    # As one of the sides the others would ruin the figures.
    sided = [label for label in unknown if fold(label) not in BETWEEN + ASIDE]
    if not (sided or any(likely.values())):
        return f"{known}Leave the rows out with {_options(dict.fromkeys(unknown, ''))}"
    numbers = words_and_numbers(unknown)[1]
    if likely:
        example = f"{_options(likely)} if that is what they mean"
    else:  # a guess might turn the figures round
        example = _options(dict.fromkeys(numbers or sided[:1], "LABEL"))
    if len(numbers) > 1:  # the others, without one of them, may be read on another scale
        return f"{known}Say what each means, as in {example}; nothing after = leaves the rows out"
    # Not the one that the example leaves out already.
    out = next((label for label in sided if likely.get(label, "a side")), unknown[0])
    return (
        f"{known}Say what each means, as in {example}, "
        f"or leave its rows out with {_options({out: ''})}"
    )


def _options(meant: Mapping[str, str]) -> str:
    pairs = [f"{label}={name}" for label, name in meant.items()]
    return " ".join(f"--label-map {shlex.quote(pair)}" for pair in pairs[:SHOWN])
