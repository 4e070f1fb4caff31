"""Finding the verdicts in a scored table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tonality.errors import DataError
from tonality.prediction import UNCERTAIN, VALENCE
from tonality.score.output_columns import EXPLAINED, LANGUAGE
from tonality.tables.read_options import NO_LABELS
from tonality.tables.spelled_names import listed
from tonality.verdict_frame import verdict_kinds

_LAST = "tokens_left_out"


class Verdict(NamedTuple):
    """What a scored row says."""

    label: str
    score: float
    truncated: bool
    unfamiliar: bool = False


@dataclass(frozen=True)
class VerdictColumns:
    """The columns that scoring added.

    Attributes:
        prefix: what their names begin with.
        labels: the model's labels, in order.
        language: the column of languages; None where scoring added none.
    """

    prefix: str
    labels: tuple[str, ...]
    language: str | None = None

    @classmethod
    def find(cls, columns: Sequence[str], path: str, fullest: Sequence[str] = ()) -> VerdictColumns:
        """Those of a table; where it was scored several times, the last.

        Args:
            columns: the table's.
            path: how messages call the table.
            fullest: of JSON Lines, the columns of the object that was scored most often. Its order
                counts where it has verdicts: a later row may bring an earlier verdict, whose
                columns then stand last among the table's.

        Raises:
            DataError: it has no such columns.
        """
        found = [*cls._families(fullest)] or [*cls._families(columns)]
        found = found or [*cls._families(fullest or columns, in_order=False)]
        if not found:
            raise DataError(
                f"has no columns of verdicts; tonality score writes such tables. {listed(columns)}",
                path=path,
            )
        return found[-1]

    @classmethod
    def _families(
        cls, columns: Sequence[str], *, in_order: bool = True
    ) -> Iterator[VerdictColumns]:
        """Each whole set of the columns that scoring adds, in order.

        Args:
            columns: the table's.
            in_order: whether they stand as scoring writes them; other tools may sort them.
        """
        for place, name in enumerate(columns):
            prefix = name.removesuffix(_LAST)
            wanted = [prefix + end for end in ("label", "score", "tokens_read")]
            if prefix != name and set(wanted) <= set(columns):
                ends = columns.index(wanted[1]) + 1, columns.index(wanted[2])
                between = columns[slice(*ends)] if in_order else columns
                start = f"{prefix}p_"
                labels = tuple(n.removeprefix(start) for n in between if n.startswith(start))
                if len(labels) > 1:
                    language = prefix + LANGUAGE
                    added = language in columns[place:]  # one before is the table's own
                    yield cls(prefix, labels, language if added else None)

    def tokens(self, cells: Mapping[str, Any]) -> int:
        """How many tokens a row's text had; 0 where that cannot be read."""
        try:
            return sum(_whole(cells[self.prefix + name]) for name in ("tokens_read", _LAST))
        except (KeyError, ValueError):
            return 0

    def added(self, name: str) -> bool:
        """Whether scoring added a column of this name."""
        ends = (*verdict_kinds(self.labels), VALENCE, *EXPLAINED)
        return name == self.language or name in {self.prefix + end for end in ends}

    def read(self, cells: Mapping[str, Any]) -> Verdict | str | None:
        """A row's verdict, or why it has none.

        None where there was no text to judge, or where all is missing: a join leaves rows so for
        which it found no scored one.
        """
        names = ("label", "score", "tokens_read", _LAST)
        found = {name: cells.get(self.prefix + name) for name in names}
        label = found["label"]
        if all(map(_is_missing, found.values())) or _is_nought(found["tokens_read"]):
            return None
        if label != UNCERTAIN and label not in self.labels:
            return f"{label!r} is no label of the model"
        name = "score"
        try:
            score = float(found[name])  # type: ignore[arg-type]
            name = _LAST
            truncated = _whole(found[name]) > 0
        except (TypeError, ValueError):
            kind = (
                "a number from 0 to 1 with a point, such as 0.94" if name == "score" else "a count"
            )
            return f"expected {kind} in column {self.prefix + name!r}, got {found[name]!r}"
        unfamiliar = str(cells.get(f"{self.prefix}unfamiliar"))  # earlier versions had none
        return Verdict(str(label), score, truncated, unfamiliar in ("1", "1.0"))


def _is_missing(value: Any) -> bool:
    """Whether a cell is empty, or what programs write for such a one: ``NA``, NaN and the like."""
    if isinstance(value, str):
        return not value.strip() or value.strip() in NO_LABELS
    return value is None or value != value  # NaN


def _whole(value: Any) -> int:
    """A whole number, which a join may have written as ``10.0``.

    Raises:
        ValueError: it is none.
    """
    try:
        number = float(value)
    except TypeError as error:
        raise ValueError(value) from error
    if not number.is_integer():
        raise ValueError(value)
    return int(number)


def _is_nought(tokens: Any) -> bool:
    try:
        return _whole(tokens) == 0
    except ValueError:
        return False
