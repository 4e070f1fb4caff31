"""Dealing components of rows to training and validation: sizes and class shares as asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]

SWAPS = 256  # components looked at on each side when single moves no longer help
MAX_MOVES = 2000  # moves of the final adjustment; some tens are usual


def deal(counts: Int64, size: int) -> npt.NDArray[np.bool_]:
    """Chooses the components of the validation part.

    Args:
        counts: (components, C), how many rows of each class a component has; the first come first.
        size: how many rows validation shall have, about.

    Returns:
        (components,) which are for validation. A class may be absent on a side (:func:`absent`).
    """
    totals = counts.sum(axis=0)
    target = _targets(totals, size, int(totals.sum()))
    chosen = _deal(counts, target)
    _adjust(counts, target, chosen)
    return chosen


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


def absent(have: Int64, totals: Int64) -> Int64:
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
        return np.asarray(cost + ceiling * absent(have, self.totals), dtype=np.int64)


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
