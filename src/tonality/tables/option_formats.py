"""Which formats the options of reading are for: one that changes nothing is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tonality.errors import ConfigError
from tonality.tables.open_file import SHEETS
from tonality.tables.read_options import ReadOptions

_DELIMITED = ("csv", "tsv")
# Of each option that is for some formats only: these, and what they are called.
OPTION_FORMATS: Mapping[str, tuple[Collection[str], str]] = {
    "sheet": (SHEETS, "spreadsheets"),
    "delimiter": (_DELIMITED, "CSV and TSV"),
    "quoting": (_DELIMITED, "CSV and TSV"),
    "header_row": ((*_DELIMITED, *SHEETS), "CSV, TSV and spreadsheets"),
}


def check_options(options: ReadOptions, formats: Collection[str]) -> None:
    """Checks that each option given says something of one table at least.

    Args:
        options: how the tables are to be read.
        formats: of the tables that are read together; an option need not suit all.

    Raises:
        ConfigError: one suits none: it would change nothing.
    """
    for name, (suiting, kinds) in OPTION_FORMATS.items():
        value = getattr(options, name)
        if value is not None and not set(formats) & set(suiting):
            option = "--no-header" if (name, value) == ("header_row", 0) else _option(name)
            got = ", ".join(sorted(set(formats)))
            raise ConfigError(f"{option} is for {kinds}, got {got}; leave {option} out")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
