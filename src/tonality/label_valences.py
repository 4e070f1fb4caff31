"""What labels say of the feeling, as numbers."""

from __future__ import annotations

from functools import lru_cache

from tonality.label_spellings import feeling
from tonality.number_labels import label_values

_FEELING_VALUES = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}


@lru_cache(maxsize=64)
def label_valences(labels: tuple[str, ...]) -> tuple[float, ...] | None:
    """What each label says of the feeling, from -1 to 1; None where labels do not say it.

    Feelings are known in the spellings that training knows, such as ``Positive`` and ``pos``.
    """
    numbers = label_values(labels)
    if numbers is not None and len(numbers) > 1:
        low, high = min(numbers), max(numbers)
        return tuple(2 * (number - low) / (high - low) - 1 for number in numbers)
    feelings = [feeling(label) for label in labels]
    if not labels or None in feelings or len(set(feelings)) < len(feelings):
        return None
    return tuple(_FEELING_VALUES[each] for each in feelings if each is not None)
