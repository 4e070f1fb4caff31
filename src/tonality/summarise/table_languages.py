"""The language of each row of scored tables: the one that scoring told, or else told now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tonality.errors import DataError
from tonality.score.files.joined_inputs import Tables
from tonality.score.language_detector import LanguageDetector
from tonality.score.output_columns import LANGUAGE, PREFIX
from tonality.summarise.verdict_columns import VerdictColumns


class TableLanguages:
    """Adds to the cells of rows a column of languages.

    Args:
        columns: the columns of verdicts of each table.
        tables: the tables.
        text_column: where the texts are; empty where that is not known.

    Attributes:
        name: what the column is called; no table has another of this name.

    Raises:
        DataError: a table lacks the languages, and no column of texts is known.
        DependencyError: a table lacks the languages, and the extra ``languages`` is missing.
    """

    def __init__(self, columns: Sequence[VerdictColumns], tables: Tables, text_column: str) -> None:
        self._told = [each.language for each in columns]
        own = set(tables.columns) - set(self._told)
        self.name = LANGUAGE
        while self.name in own:
            self.name = PREFIX + self.name
        self._detector = LanguageDetector() if None in self._told else None
        if self._detector is not None and not text_column:
            raise DataError(
                "expected a column of texts, by which languages are told; name it with "
                "--text-column, or score the table with --languages"
            )

    def added(self, table: int, cells: Mapping[str, Any], text: Any) -> Mapping[str, Any]:
        """The cells of a row with its language; None where it has no text that is known."""
        told = self._told[table]
        if told is not None:
            language = cells.get(told)
        elif self._detector is not None and isinstance(text, str):
            language = self._detector.language(text)
        else:
            language = None
        return {**cells, self.name: language}
