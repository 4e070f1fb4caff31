"""Cutting a validation part from a table: seeded, stratified, nothing shared between the two.

Reviews of one movie share names and phrases, and datasets hold copies; a split by row puts both
on either side and flatters. Here rows tied by a group or by the same text move together, as one
component, and components are dealt so that sizes and class shares come out as asked.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tonality.errors import ConfigError, DataError
from tonality.tables.dataset import Dataset, Table

logger = logging.getLogger(__name__)

Int64 = npt.NDArray[np.int64]

SWAPS = 256  # components looked at on each side when single moves no longer help
MAX_MOVES = 2000  # moves of the final adjustment; some tens are usual


def split(
    table: Table, *, validation: float | int = 0.2, seed: int = 0, quiet: bool = False
) -> tuple[Int64, Int64]:
    """Cuts a table in a training and a validation part.

    The same rows and seed give the same parts on any machine, in whatever order the rows stand.

    Args:
        table: the rows; those of one group, and those with the same text but for case and
            space, stay together. Labels, if there are any, keep their shares.
        validation: the share of the rows (0 to 1, exclusive) or their number.
        seed: another seed gives another cut.
        quiet: whether nothing is said where groups do not allow the size.

    Returns:
        Row indices of the training and of the validation part, both ascending.

    Raises:
        ConfigError: a share or number that makes no sense.
        DataError: the rows cannot be cut so that each class is on both sides.
    """
    size = _validation_size(table, validation)
    of_row = _in_seeded_order(table, components(table), seed)
    names, classes = _classes(table)
    counts = np.zeros((int(of_row.max()) + 1, len(names)), dtype=np.int64)  # (components, C)
    np.add.at(counts, (of_row, classes), 1)
    _check_possible(counts, names, table)
    target = _targets(counts.sum(axis=0), size, len(table))
    chosen = _deal(counts, target)
    _adjust(counts, target, chosen)
    have = counts[chosen].sum(axis=0)  # (C,)
    if _absent(have[None, :], counts.sum(axis=0))[0]:
        whole = "groups" if _grouped(table) else "copies of a text"
        reason = f"the {whole} cannot be cut so that every class is in training and validation"
        raise DataError(f"{reason}; {_remedy(table)}", path=table.source or None)
    if not quiet:
        _warn_of_size(table, counts, int(have.sum()), size)
    in_validation = chosen[of_row]
    return np.flatnonzero(~in_validation), np.flatnonzero(in_validation)


def _warn_of_size(table: Table, counts: Int64, have: int, size: int) -> None:
    """Says why, if the validation part is far from the size that was asked for."""
    if abs(have - size) <= max(0.1 * size, 1):
        return
    reasons = ["copies of a text stay together"] if len(counts) < len(table) else []
    if counts.shape[1] > 1:
        reasons.append(f"each of the {counts.shape[1]} classes has a row in either part")
    why = ", and ".join(reasons)
    if _grouped(table):
        groups = f"there are {len(counts)} groups, and groups are not cut"
        why = f"{groups} (by --group-column; '' for none)"
    _warn_once(f"{table.source}: validation has {have} rows instead of {size}: {why}")


@lru_cache(maxsize=256)
def _warn_once(message: str) -> None:
    """Commands cut the same data several times; the first time says it."""
    logger.warning("%s", message)


def _grouped(table: Table) -> bool:
    """Whether any row is in a group."""
    return any(table.groups or ())


def _remedy(table: Table) -> str:
    if _grouped(table):
        return "merge classes, add data, or name another group column ('' for none)"
    return "merge classes or add data"


def split_dataset(dataset: Dataset, *, validation: float | int, seed: int) -> tuple[Int64, Int64]:
    """Training and validation rows of a dataset's labelled table.

    Args:
        dataset: the data; a validation part that it comes with is taken as it is.
        validation: as for :func:`split`, which cuts where there is none; 0 cuts nothing, and
            leaves the data's own validation part to train on too.
        seed: likewise.

    Raises:
        ConfigError: as for :func:`split`.
        DataError: likewise.
    """
    if not validation:
        return np.arange(len(dataset.train)), np.zeros(0, dtype=np.int64)
    if not dataset.validation_rows:
        return split(dataset.train, validation=validation, seed=seed)
    rows = np.arange(len(dataset.train))
    first = len(rows) - dataset.validation_rows
    return rows[:first], rows[first:]


def normalised(text: str) -> str:
    """The text without case and extra space: what counts as a duplicate."""
    return " ".join(text.casefold().split())


def components(table: Table) -> Int64:
    """Numbers the components: rows tied by group or by text.

    Rows with a blank text or a ``""`` group are not tied by that.

    Returns:
        (N,) the component of each row.
    """
    parents = list(range(len(table)))

    def root(row: int) -> int:
        while parents[row] != row:
            parents[row] = parents[parents[row]]
            row = parents[row]
        return row

    def tie(keys: Sequence[str]) -> None:
        first: dict[str, int] = {}
        for row, key in enumerate(keys):
            if key:
                a, b = root(first.setdefault(key, row)), root(row)
                parents[max(a, b)] = min(a, b)

    tie([normalised(text) for text in table.texts])
    tie(table.groups or ())
    numbers: dict[int, int] = {}
    found = [numbers.setdefault(root(row), len(numbers)) for row in range(len(table))]
    return np.array(found, dtype=np.int64)


def _validation_size(table: Table, validation: float | int) -> int:
    rows = len(table)
    if isinstance(validation, bool) or not isinstance(validation, (int, float, np.integer)):
        raise ConfigError(f"validation: expected a share or a number of rows, not {validation!r}")
    if isinstance(validation, float):
        if not 0 < validation < 1:
            raise ConfigError(f"validation: a share lies between 0 and 1, not {validation}")
        size = round(rows * validation)
    else:
        if validation < 1:
            raise ConfigError(f"validation: expected at least 1 row, not {validation}")
        size = int(validation)
    if not 0 < size < rows:
        reason = f"cannot cut {size} validation rows from {rows} rows"
        raise DataError(f"{reason}; add data or ask for another share", path=table.source or None)
    return size


def _classes(table: Table) -> tuple[list[str], Int64]:
    if table.labels is None:
        return [""], np.zeros(len(table), dtype=np.int64)
    names = sorted(set(table.labels))
    ids = {name: i for i, name in enumerate(names)}
    return names, np.array([ids[label] for label in table.labels], dtype=np.int64)


def _check_possible(counts: Int64, names: Sequence[str], table: Table) -> None:
    path = table.source or None
    if len(counts) < 2:
        rows = "belong to one group or are" if _grouped(table) else "are"
        reason = f"all rows {rows} copies of one text, so no validation part can be cut"
        raise DataError(f"{reason}; {_remedy(table)}", path=path)
    for name, spread in zip(names, (counts > 0).sum(axis=0), strict=True):
        if spread < 2:
            or_group = ", its copies, or one group" if _grouped(table) else " or its copies"
            reason = f"all rows of class {name!r} are one row{or_group}"
            raise DataError(f"{reason}: it cannot be on both sides; {_remedy(table)}", path=path)


def _targets(totals: Int64, size: int, rows: int) -> Int64:
    """Rows of each class for validation: their share, at least 1, never all; sums to ``size``.

    Where rounding leaves a few rows over, they go by largest remainder. (C,) -> (C,)
    """
    exact = [int(total) * size for total in totals]  # in units of 1 / rows: exact integers
    target = np.array([max(1, e // rows) for e in exact], dtype=np.int64)
    target = np.minimum(target, totals - 1)
    order = sorted(range(len(exact)), key=lambda c: (-(exact[c] % rows), c))
    for c in order:
        if target.sum() < size and target[c] < totals[c] - 1:
            target[c] += 1
    return target


def _in_seeded_order(table: Table, of_row: Int64, seed: int) -> Int64:
    """Numbers the components anew in the seed's order: by hashes, not by a generator's state.

    A hash is the same on every platform and in every version of numpy and Python, and does not
    depend on where a row stands or what others there are. (N,) -> (N,)
    """
    # One text stands for a component, the least: hashing each row and taking the least hash
    # would bring large components first.
    texts: dict[int, str] = {}
    for component, text in zip(of_row.tolist(), table.texts, strict=True):
        texts[component] = min(text, texts.get(component, text))
    salt = f"{seed}\n".encode()
    keys = {
        component: hashlib.blake2b(salt + text.encode("utf-8", "surrogatepass")).digest()
        for component, text in texts.items()
    }
    order = sorted(keys, key=lambda component: (keys[component], component))
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.arange(len(order))
    return numbers[of_row]


def _deal(counts: Int64, target: Int64) -> npt.NDArray[np.bool_]:
    """Gives validation each component in turn that does not overfill any class."""
    chosen = np.zeros(len(counts), dtype=np.bool_)
    need = target.tolist()
    for component, rows in enumerate(counts.tolist()):
        if all(r <= n for r, n in zip(rows, need, strict=True)):
            chosen[component] = True
            need = [n - r for r, n in zip(rows, need, strict=True)]
            if not any(need):
                break
    return chosen


def _absent(have: Int64, totals: Int64) -> Int64:
    """How many classes validation lacks or holds all of. (K, C) -> (K,)"""
    return np.asarray(((have == 0) | (have == totals)).sum(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class _Cost:
    """Squared misses of class counts and size; a class absent on a side outweighs them all."""

    target: Int64  # (C,)
    totals: Int64  # (C,)

    def __call__(self, have: Int64) -> Int64:
        miss = have - self.target  # (K, C)
        cost = (miss**2).sum(axis=1) + miss.sum(axis=1) ** 2
        ceiling = 2 * int(self.totals.sum()) ** 2 + 1
        return np.asarray(cost + ceiling * _absent(have, self.totals), dtype=np.int64)


def _adjust(counts: Int64, target: Int64, chosen: npt.NDArray[np.bool_]) -> None:
    """Moves or swaps components, the best first, while that brings the parts nearer to target."""
    cost = _Cost(target, counts.sum(axis=0))
    have = counts[chosen].sum(axis=0)  # (C,)
    best = int(cost(have[None, :])[0])
    for _ in range(MAX_MOVES):
        if best == 0:
            return
        signs = np.where(chosen, -1, 1)[:, None]
        costs = cost(have + signs * counts)
        moved = [int(costs.argmin())]
        if costs[moved[0]] >= best:
            costs, moved = _best_swap(counts, have, chosen, cost)
        if costs.min() >= best:
            return
        best = int(costs.min())
        for component in moved:
            have = have + signs[component] * counts[component]
            chosen[component] = not chosen[component]


def _best_swap(
    counts: Int64, have: Int64, chosen: npt.NDArray[np.bool_], cost: _Cost
) -> tuple[Int64, list[int]]:
    # Neither is empty: filling an empty side would have been a single move worth making.
    inside, outside = np.flatnonzero(chosen)[:SWAPS], np.flatnonzero(~chosen)[:SWAPS]
    difference = counts[outside][None, :, :] - counts[inside][:, None, :]  # (in, out, C)
    costs = cost((have + difference).reshape(-1, counts.shape[1]))
    i, o = divmod(int(costs.argmin()), len(outside))
    return costs, [int(inside[i]), int(outside[o])]
