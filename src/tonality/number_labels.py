"""Labels that are numbers, such as stars: their order and their values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tonality.label_spellings import fold
from tonality.late_pattern import late_pattern

# Folded decimals; those of more digits may be infinity or one number that reads as another.
_NUMBER = late_pattern(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def in_order(labels: Iterable[str]) -> list[str]:
    """Labels as numbers if all of them are different numbers, alphabetically otherwise."""
    names = sorted(labels)
    values = label_values(names)
    if values is None:
        return names
    return [name for _, name in sorted(zip(values, names, strict=True))]


def number_of(text: str) -> float | None:
    """The number that a text is, as Python writes it or as a label such as ``1 star`` or ``4,5``.

    Returns:
        The number, which may be infinite or ``nan`` where the text says so; None for no number.
    """
    try:
        return float(text)
    except ValueError:
        plain = fold(text)
        return float(plain) if _NUMBER.fullmatch(plain) else None


def label_values(labels: Sequence[str]) -> tuple[float, ...] | None:
    """The numbers that labels are; None unless all are numbers, and different ones.

    They are read in all spellings of :func:`~tonality.label_spellings.fold`, as in ``1 star``.
    """
    plain = [fold(label) for label in labels]
    if not all(map(_NUMBER.fullmatch, plain)):
        return None
    values = tuple(map(float, plain))
    return values if len(set(values)) == len(values) else None
