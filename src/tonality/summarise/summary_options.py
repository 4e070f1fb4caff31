"""What a summary looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tonality.tables.column_names import TextColumn, Wanted
from tonality.tables.read_options import ReadOptions


@dataclass(frozen=True)
class SummaryOptions:
    """What to look at.

    Attributes:
        by: columns whose values group the rows.
        time: columns of dates.
        every: ``day``, ``week``, ``month``, ``quarter`` or ``year``.
        date_format: how dates are written, if not as ISO 8601 has it.
        label: the label to look at, ``uncertain`` included; by default the model's first.
        text_column: the column of the texts; by default it is found by its usual names and by how
            many tokens were read. Without one there are no phrases.
        encoding: by default UTF-8, or UTF-16 with a byte-order mark, or Windows-1252 where the
            bytes look like it.
        read: how the tables are written.
        where: conditions such as ``branch=Harbour``, of rows to look at alone; those of one column
            are alternatives.
        languages: whether to group the rows by the language of their texts, too.
    """

    by: Sequence[str] = ()
    time: Sequence[str] = ()
    every: str = "month"
    date_format: str | None = None
    label: str | None = None
    text_column: TextColumn = None
    encoding: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    languages: bool = False
    where: Sequence[str] = ()

    @property
    def wanted(self) -> Wanted:
        """What is asked for of each table."""
        return Wanted.texts_only(
            self.text_column, encoding=self.encoding, options=self.read, texts=False
        )
