"""How a table is to be read where its bytes do not tell it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tonality.errors import ConfigError

logger = logging.getLogger(__name__)

# How quotes are meant in CSV and TSV: as in CSV, where one in a text is doubled; escaped by a
# backslash; or as characters like any other.
QUOTINGS = ("double", "backslash", "none")
NAMED_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "\\t": "\t"}

# What a cell of Excel or LibreOffice shows where its formula failed, also in German, French,
# Spanish, Italian and Portuguese. In a spreadsheet itself such a cell is empty.
_FORMULA_ERRORS = """
    #NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #SPILL! #CALC! #BLOCKED! #FIELD! #GETTING_DATA
    #NV #WERT! #BEZUG! #ZAHL! #VALEUR! #NOM? #NOMBRE! #N/D #VALOR! #NOME? #NÚM! #VALORE! #RIF!
    #¡VALOR! #¡REF! #¡NUM! #¡DIV/0! #¿NOMBRE?
"""
# A whole cell of one of these is a missing one: pandas' defaults but for "None", which people
# answer where they are asked what was bad; MySQL's \N, and what database tools show.
NULLS = frozenset(
    {"\\N", "NULL", "null", "NaN", "nan", "-NaN", "-nan", "NA", "#NA", "#N/A", "#N/A N/A", "<NA>"}
    | {"N/A", "n/a", "N/a", "N.A.", "n.a.", "n.A."}
    | {"1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "NaT"}
    | {"(null)", "[null]", "<null>", "(NULL)", "[NULL]", "<NULL>"}
    | set(_FORMULA_ERRORS.split())
)
# As labels these are missing too: a class of that name would be one of rows without a label.
NO_LABELS = NULLS | {"None", "none", "NONE", "Null", "Nan", "NAN", "nil", "Nil"}
ALL = "all"


@dataclass(frozen=True)
class ReadOptions:
    """How a table is to be read where its bytes do not tell it.

    Attributes:
        delimiter: what stands between the fields of CSV and TSV; None to find out.
        header_row: the line of CSV, TSV or a sheet that names the columns, counted from 1; 0 where
            there is none, and the columns are then ``column_1`` and so on; None for the first line
            that holds something.
        nulls: texts that count as missing, as a whole and to the letter.
        no_labels: labels that count as missing.
        sheet: the sheet of a spreadsheet, by its name in any case or its number from 1; None for
            the first that is visible and not empty.
        named_nulls: further texts that count as missing, as a whole and in any case; casefolded.
        quoting: one of ``QUOTINGS``, where that is known; None to find out.
        kept: those markers of nothing that were named as texts.
        met: which of ``kept`` and ``named_nulls`` a cell that was read is so far.
        sheet_row: of a sheet as CSV, which of its rows that begins with, from 1; else None.
    """

    delimiter: str | None = None
    header_row: int | None = None
    nulls: frozenset[str] = NULLS
    no_labels: frozenset[str] = NO_LABELS
    sheet: str | None = None
    named_nulls: frozenset[str] = frozenset()
    quoting: str | None = None
    sheet_row: int | None = None
    kept: frozenset[str] = frozenset()
    met: set[str] = field(default_factory=set, compare=False, repr=False)

    def is_null(self, cell: str) -> bool:
        """Whether a cell counts as missing."""
        return self._is_among(cell.strip(), self.nulls)

    def is_no_label(self, cell: str) -> bool:
        """Whether a cell is no label."""
        return self._is_among(cell.strip(), self.no_labels)

    def _is_among(self, cell: str, markers: frozenset[str]) -> bool:
        if cell in self.kept:
            self.met.add(cell)
        if self.named_nulls and (folded := cell.casefold()) in self.named_nulls:
            self.met.add(folded)
            return True
        return cell in markers

    def warn_of_unmet(self, name: Path | str) -> None:
        """Says, once all is read, which of the texts that were named no cell was.

        Args:
            name: how messages call the table.
        """
        for option, texts in (("--null", self.named_nulls), ("--keep-null", self.kept)):
            for text in sorted(texts - self.met):
                logger.warning(
                    "%s: no text or label is %s %r; is it spelled so?", name, option, text
                )

    def described(self) -> list[Any]:
        """What decides which rows a table has, as JSON has it."""
        nulls = sorted(self.nulls), sorted(self.named_nulls)  # apart: only the latter have any case
        return [self.delimiter, self.header_row, self.sheet, *nulls]

    @classmethod
    def of(
        cls,
        *,
        delimiter: str | None = None,
        no_header: bool = False,
        header_row: int | None = None,
        null: Sequence[str] = (),
        keep_null: Sequence[str] = (),
        sheet: str | None = None,
    ) -> ReadOptions:
        """The options as they are written on a command line.

        Args:
            delimiter: one character, or ``comma``, ``semicolon``, ``tab`` or ``pipe``.
            no_header: whether the first line is a row already.
            header_row: see the attribute, from 1.
            null: cells that count as missing in any case, besides ``NULLS``.
            keep_null: those of ``NULLS`` that are texts; ``all`` for all.
            sheet: see the attribute.

        Raises:
            ConfigError: they contradict one another, or one is impossible.
        """
        if delimiter is not None:
            delimiter = NAMED_DELIMITERS.get(delimiter.casefold(), delimiter)
            if len(delimiter) != 1 or delimiter in '"\r\n' or "\ud800" <= delimiter <= "\udfff":
                names = "comma, semicolon, tab or pipe"
                raise ConfigError(f"delimiter {delimiter!r}: expected one character, or {names}")
        if no_header and header_row is not None:
            raise ConfigError("--no-header and --header-row contradict each other; give one")
        if header_row is not None and header_row < 1:
            raise ConfigError(f"header row {header_row}: expected 1 or more; or give --no-header")
        kept = NO_LABELS if ALL in keep_null else frozenset(keep_null)
        named = frozenset(text.strip().casefold() for text in null)
        if strange := sorted(kept - NO_LABELS):
            known = ", ".join(sorted(NO_LABELS))
            raise ConfigError(f"--keep-null {strange[0]!r}: expected {ALL} or one of {known}")
        row = 0 if no_header else header_row
        options = cls(delimiter, row, NULLS - kept, NO_LABELS - kept, sheet, named)
        return options if ALL in keep_null else replace(options, kept=kept)
