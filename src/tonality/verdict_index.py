"""The index of pandas that a list of verdicts has, by the Series that were judged."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

# Each index with its verdicts, in their order. Those of several Series are joined only when the
# index is asked for, so that verdicts are gathered quickly.
Indexed: TypeAlias = tuple[tuple[Any, Sequence[object]], ...]


def common_index(verdicts: Sequence[object], indexed: Indexed) -> Any:
    """The index of N verdicts: those of their Series, one after the other.

    Args:
        verdicts: what a list holds now.
        indexed: the indices that came into it, with the verdicts that each is of.

    Returns:
        None without an index, or where the list was sorted or has other verdicts too.
    """
    return index_of_slice(verdicts, len(verdicts), slice(None), joined(indexed))


def index_of_slice(found: Sequence[object], rows: int, places: slice, indexed: Indexed) -> Any:
    """The index of a slice of a list, in a time that its own length alone decides.

    Args:
        found: the verdicts of the slice.
        rows: how many verdicts the list has.
        places: the slice.
        indexed: the one index of the list, with the verdicts that it is of; or none.

    Returns:
        None without an index, or where other verdicts stood there when the Series was judged.
    """
    if not indexed:
        return None
    ((index, given),) = indexed
    if rows != len(given) or not all(map(operator.is_, found, given[places])):
        return None
    return index[places]


def joined(indexed: Indexed) -> Indexed:
    """Several indices as one, of all their verdicts."""
    if len(indexed) < 2:
        return indexed
    first, *others = [index for index, _ in indexed]
    return ((first.append(others), tuple(verdict for _, part in indexed for verdict in part)),)


def gathered(*lists: tuple[Sequence[object], Indexed]) -> Indexed:
    """The indices of lists that are put together; empty lists add no row to others.

    Args:
        lists: what each holds, with the indices that came into it.
    """
    return sum((indexed for _, indexed in [one for one in lists if one[0]] or lists), ())


def unpickled(saved: Any) -> Indexed:
    """What was pickled as indices; earlier versions had one with its verdicts, or None."""
    indexed: Indexed = saved or ()
    return indexed if not indexed or isinstance(indexed[0], tuple) else (saved,)


def warn_of_lost(indexed: Indexed) -> None:
    """Says, at the line that called ``to_frame``, that an index did not come with the verdicts.

    That of an empty Series cannot be lost.
    """
    if not any(part for _, part in indexed):
        return
    warnings.warn(
        "the list has other verdicts than those on its Series, or another order, so the rows of "
        "the frame are numbered from 0; do not put its columns beside the Series",
        UserWarning,
        stacklevel=3,
    )
