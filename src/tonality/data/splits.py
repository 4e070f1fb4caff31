"""Cutting a validation part from a table: seeded, stratified, nothing shared between the two.

Reviews of one movie share names and phrases, and datasets hold copies; a split by row puts both
on either side and flatters. Here rows tied by a group or by the same text move together, as one
component, and components are dealt so that sizes and class shares come out as asked. Where a common
text would tie whole groups and forbid that, it ties none, and its copies are measured on neither.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tonality.data.dealing import absent, deal
from tonality.errors import ConfigError, DataError
from tonality.messages import counted
from tonality.tables.dataset import Dataset, Table

logger = logging.getLogger(__name__)

Int64 = npt.NDArray[np.int64]


def split(
    table: Table,
    *,
    validation: float | int = 0.2,
    seed: int = 0,
    quiet: bool = False,
    strict: bool = False,
) -> tuple[Int64, Int64]:
    """Cuts a table in a training and a validation part.

    The same rows and seed give the same parts on any machine, in whatever order the rows stand.

    Args:
        table: the rows; those of one group, and those with the same text but for case and
            space, stay together. Labels, if there are any, keep their shares.
        validation: the share of the rows (0 to 1, exclusive) or their number.
        seed: another seed gives another cut.
        quiet: whether nothing is said where groups do not allow the size.
        strict: whether every row is in a part, whatever that makes of the size.

    Returns:
        Row indices of the training and of the validation part, both ascending. If not ``strict``,
        where texts that groups share forbid the size, only the groups stay together, and rows for
        validation whose text stands in training too are in neither part.

    Raises:
        ConfigError: a share or number that makes no sense.
        DataError: the rows cannot be cut so that each class is on both sides.
    """
    size = _validation_size(table, validation)
    found = _best_cut(table, size, seed, strict=strict)
    if not quiet:
        _warn_of_size(table, found, size)
    return found.train, found.validation


class _Cut(NamedTuple):
    """Row indices of both parts, and whether there are fewer components than rows."""

    train: Int64
    validation: Int64
    tied: bool

    def off(self, size: int) -> int:
        """How many rows validation has more or less than asked for."""
        return abs(len(self.validation) - size)

    def far(self, size: int) -> bool:
        """Whether that is worth a word."""
        return self.off(size) > max(0.1 * size, 1)


def _best_cut(table: Table, size: int, seed: int, *, strict: bool) -> _Cut:
    """The cut with copies together, or that with groups alone together where that loses less.

    A comment such as *Good service.* may stand once in each of a few groups and would tie all. A
    row left out is a loss like a row too many or too few.
    """
    found: list[_Cut] = []
    refused: list[DataError] = []
    for tie_groups in (True, False) if _grouped(table) and not strict else (True,):
        try:
            cut = _cut(table, components(table, tie_groups=tie_groups), size, seed)
            found.append(cut if tie_groups else _without_copies(table, cut))
        except DataError as error:
            refused.append(error)
        if found and not found[0].far(size):
            break
    if not found:
        raise refused[-1]
    return min(found, key=lambda cut: cut.off(size) - len(cut.train) - len(cut.validation))


def _cut(table: Table, of_row: Int64, size: int, seed: int) -> _Cut:
    """The cut that keeps components (N,) whole."""
    of_row = _in_seeded_order(table, of_row, seed)
    names, classes = _classes(table)
    counts = np.zeros((int(of_row.max()) + 1, len(names)), dtype=np.int64)  # (components, C)
    np.add.at(counts, (of_row, classes), 1)
    _check_possible(counts, names, table)
    chosen = deal(counts, size)
    if absent(counts[chosen].sum(axis=0)[None, :], counts.sum(axis=0))[0]:
        raise _class_on_one_side(table)
    held_out = chosen[of_row]
    return _Cut(np.flatnonzero(~held_out), np.flatnonzero(held_out), len(counts) < len(table))


def _without_copies(table: Table, cut: _Cut) -> _Cut:
    """The cut without the rows for validation whose text training, which needs it, has too."""
    learnt = {normalised(table.texts[row]) for row in cut.train} - {""}
    kept = [row for row in cut.validation if normalised(table.texts[row]) not in learnt]
    classes = _classes(table)[1]
    if set(classes[kept].tolist()) < set(classes[cut.validation].tolist()):
        raise _class_on_one_side(table)
    return cut._replace(validation=np.array(kept, dtype=np.int64))


def _class_on_one_side(table: Table) -> DataError:
    whole = "groups" if _grouped(table) else "copies of a text"
    reason = f"the {whole} cannot be cut so that every class is in training and validation"
    return DataError(f"{reason}; {_remedy(table)}", path=table.source or None)


def _warn_of_size(table: Table, cut: _Cut, size: int) -> None:
    """Says why, if the validation part is far from the size that was asked for."""
    if not cut.far(size):
        return
    reasons = ["copies of a text stay together"] if cut.tied else []
    classes = len(set(table.labels or ()))
    if classes > 1:
        reasons.append(f"each of the {classes} classes has a row in either part")
    why = ", and ".join(reasons)
    if _grouped(table):
        groups = counted(len(set(table.groups or ()) - {""}), "group")
        why = f"there are {groups}, and groups are not cut (by --group-column; '' for none)"
    have = len(cut.validation)
    if copies := len(table) - len(cut.train) - have:
        why += f"; {counted(copies, 'row')} would be copies of texts in training"
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


def components(table: Table, *, tie_groups: bool = True) -> Int64:
    """Numbers the components: rows tied by group or by text.

    Rows with a blank text or a ``""`` group are not tied by that.

    Args:
        table: the N rows.
        tie_groups: whether a text that stands in several groups ties these.

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

    texts = [normalised(text) for text in table.texts]
    if not tie_groups:
        texts = _without_ties(texts, table.groups or ())
    tie(texts)
    tie(table.groups or ())
    numbers: dict[int, int] = {}
    found = [numbers.setdefault(root(row), len(numbers)) for row in range(len(table))]
    return np.array(found, dtype=np.int64)


def _without_ties(texts: Sequence[str], groups: Sequence[str]) -> list[str]:
    """The texts with ``""`` for those that stand in several groups, of the rows in a group."""
    first: dict[str, str] = {}
    pairs = list(zip(texts, groups, strict=True))
    shared = {text for text, group in pairs if group and first.setdefault(text, group) != group}
    return ["" if group and text in shared else text for text, group in pairs]


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
