"""Texts from the command line, a file or a pipe."""

from __future__ import annotations

import logging
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality.cli.plain_help import PlainCommand
from tonality.cli.progress import say
from tonality.errors import DataError
from tonality.messages import STANDARD_INPUT

if TYPE_CHECKING:
    from tonality.tables.utf8_stream import ByteStream

logger = logging.getLogger(__name__)

# Lines of a file classified together: a long pipe answers as it goes, in constant memory.
LINES = 2048


class TextsCommand(PlainCommand):
    """A command whose arguments are texts, which may begin with a dash as options do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As in click, with a hint where what looks like an option may be a text."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.possibilities and " " not in error.option_name:  # an option, misspelt
                raise
            example = f"tonality {ctx.info_name} -- '-5 stars bad'"
            hint = f"A text that begins with - goes after --: {example}"
            raise click.UsageError(f"{error.format_message()} {hint}", error.ctx) from None


def chunks(
    texts: Sequence[str], file: str | None, size: int = LINES, encoding: str | None = None
) -> Iterator[list[str]]:
    """The texts given as arguments, then those of a file, ``size`` at most at a time.

    Args:
        texts: the arguments.
        file: a file with one text a line; ``-``, and None without arguments or with ``-`` alone, is
            standard input.
        size: most lines of a file at a time.
        encoding: of the file; by default UTF-8, or UTF-16 with a byte-order mark, or Windows-1252
            where the bytes look like it, which is said.

    Raises:
        BadParameter: there are no texts and standard input is a terminal, or all of them are names
            of files.
        ConfigError: an unknown encoding.
        DataError: the file cannot be read, or is a table.
    """
    from tonality.tables.encoding import checked_encoding

    checked_encoding(encoding)
    if not texts and file is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise click.BadParameter("give a text in quotes, or --file FILE, or pipe texts in")
        file = "-"
    if file is None and list(texts) == ["-"]:
        texts, file = (), "-"
    _refuse_names(texts)
    given: Iterator[list[str]] = iter([list(texts)] if texts else [])
    return given if file is None else chain(given, _chunks(_lines(file, encoding), size, file))


def _refuse_names(texts: Sequence[str]) -> None:
    """Refuses the names of files in the place of texts: nobody means them.

    Raises:
        BadParameter: all of the texts are such names.
    """
    if not texts or not all("." in text and os.path.isfile(text) for text in texts):  # noqa: PTH113
        return
    name, command = texts[0], click.get_current_context().command_path
    remedy = f"read one text a line with: {command} --file {shlex.quote(name)}"
    if _is_table(name):
        remedy = f"score its rows with: {score_command(name)}"
    raise click.BadParameter(f"{name} is a file; {remedy}")


def _lines(file: str, encoding: str | None) -> Iterator[str]:
    """The lines of a file or of standard input, without their ends.

    Bytes that are no text in the encoding stay readable as replacement characters, which is said.
    """
    from tonality.tables.byte_lines import TextLines
    from tonality.tables.row_stream import is_undecoded

    with ExitStack() as stack:
        try:
            source = _source(file, stack)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", path=file) from None
        name = STANDARD_INPUT if file == "-" else file
        damaged = False
        lines = TextLines(source, name, encoding, newline="\n")
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\r\n")
            if number == 1:
                _check_no_table(text, file)
            if is_undecoded(text):
                text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                if not damaged:
                    logger.warning(
                        "%s: line %s holds bytes that are no %s; each is read as \ufffd. Name the "
                        "encoding with --encoding", name, f"{number:,}", encoding or "UTF-8",
                    )  # fmt: skip
                damaged = True
            yield text


def _source(file: str, stack: ExitStack) -> ByteStream:
    """The bytes of a file that is no table."""
    from tonality.tables.open_file import OTHER_SHEETS

    if file == "-":
        if sys.stdin is None:
            raise DataError("is closed", path=STANDARD_INPUT)
        return sys.stdin.buffer
    path = Path(file)
    if path.is_file() and _is_table(file):
        raise DataError(_use_score(file), path=file)
    if path.is_file() and path.suffix.casefold() in OTHER_SHEETS:
        reason = "is a spreadsheet; save it as .xlsx, then: tonality score FILE.xlsx -o scored.xlsx"
        raise DataError(reason, path=file)
    return stack.enter_context(path.open("rb"))


def _check_no_table(first: str, file: str) -> None:
    """Refuses what begins as tables do: with a JSON object, or with usual names of columns.

    Raises:
        DataError: it does.
    """
    from tonality.tables.table_head import is_header

    is_object = re.match(r'\s*\{\s*"[^"]*"\s*:', first) is not None
    if is_object or is_header(first.strip()):
        reason = _use_score(file, "jsonl" if is_object else "csv")
        raise DataError(reason, path=STANDARD_INPUT if file == "-" else file)


def _is_table(file: str) -> bool:
    from tonality.tables.open_file import table_stem

    return table_stem(Path(file).name) is not None


def _use_score(file: str, format: str = "csv") -> str:
    return f"is a table, not one text a line; score its rows with: {score_command(file, format)}"


def score_command(file: str, format: str = "csv") -> str:
    """The command that scores a table, as an example.

    Args:
        file: the table; ``-`` for standard input.
        format: what it is where its name does not tell.
    """
    suffix = ".xlsx" if file.casefold().endswith(".xlsx") else ".csv"
    named = "" if file == "-" or _is_table(file) else f" --input-format {format}"
    return f"tonality score {shlex.quote(file)} -o scored{suffix}{named}"


def _chunks(lines: Iterator[str], size: int, file: str) -> Iterator[list[str]]:
    none = True
    while chunk := list(islice(lines, size)):
        yield chunk
        none = False
    if none:
        say(f"{STANDARD_INPUT if file == '-' else file}: no text came in")


def ascii_only() -> bool:
    """Whether JSON must be escaped: a standard output that is no Unicode would lose letters."""
    return not (sys.stdout.encoding or "").lower().startswith("utf")
