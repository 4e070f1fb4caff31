"""Options that several commands share."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from glob import escape, glob
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality.cli.plain_help import Argument, Number, OneOf
from tonality.errors import DataError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = Callable[..., None]
AddOptions = Callable[[Command], Command]

SHARE = Number(float, 0, 1)
COUNT = Number(int, 1)
FILE = click.Path(path_type=Path)
SOURCE = click.Path(readable=False)  # what reads it says best why it cannot
PART = OneOf(["test", "validation", "train", "all"])


def completes(
    names: Callable[[], Iterable[str]], *ends: str
) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Has a shell complete names that the package knows and, where none begins so, files.

    Args:
        names: what they are.
        ends: how paths end that go beside the names, such as ``.toml``; ``/`` for folders. The
            shell itself would add none: bash takes either words or files.
    """

    def complete(_: object, param: object, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [name for name in names() if name.startswith(incomplete)]
        if not found:
            return [CompletionItem(incomplete, type="file")]
        paths = (sorted(glob(f"{escape(incomplete)}*{end}")) for end in ends)  # noqa: PTH207
        return [CompletionItem(each) for each in (*found, *chain(*paths))]

    return complete


def _bundled_models() -> Iterable[str]:
    from tonality.model_names import bundled_models

    return bundled_models()


complete_models = completes(_bundled_models, "/")
texts_argument = click.argument(
    "texts",
    nargs=-1,
    metavar="TEXT",
    cls=Argument,
    help="The texts, each in quotes, behind -- if one begins with a dash; - reads standard input.",
)
text_file_option = click.option(
    "--file",
    type=SOURCE,
    help="A file with one text a line; - reads standard input.",
    metavar="FILE",
)
labelled_data_option = click.option(
    "--data",
    required=True,
    type=SOURCE,
    help="A labelled file, a folder with train and test files, or imdb.",
    metavar="FILE|DIR|imdb",
)
model_option = click.option(
    "--model",
    help="A bundled model's name or a model folder; by default general.",
    metavar="NAME|DIR",
    shell_complete=complete_models,
)
abstain_option = click.option(
    "--abstain",
    type=SHARE,
    help="Answer `uncertain` under this confidence; 0 for never. By default as the model was "
    "calibrated.",
    metavar="SHARE",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
text_column_option = click.option(
    "--text-column",
    multiple=True,
    callback=lambda ctx, param, given: given or None,  # where none is, it is found
    help="The column of the texts, by its name in any case or its number; several, repeated or "
    "with commas between, are joined.",
    metavar="NAME",
)
encoding_option = click.option(
    "--encoding",
    help="The files' encoding, such as cp1252; by default UTF-8, or what the bytes look like.",
    metavar="NAME",
)
input_format_option = click.option(
    "--input-format",
    type=OneOf(["csv", "tsv", "jsonl", "parquet", "xlsx", "xls", "ods"]),
    help="csv, tsv, jsonl, parquet, xlsx, xls or ods, where neither suffix nor content tells.",
    metavar="FORMAT",
)
languages_option = click.option(
    "--languages",
    is_flag=True,
    help="Tell the language of each text, such as en, and count them. This needs the extra "
    "languages.",
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what is there.")


def taken_as(name: str, kind: type[Any], *options: AddOptions) -> AddOptions:
    """Gives a command options whose values it takes as one argument.

    Args:
        name: the argument's.
        kind: a dataclass. The options have the names of its fields, all of them or some.
        options: each as :func:`click.option` makes it, in the order of the help.
    """
    fields = [field.name for field in dataclasses.fields(kind)]

    def add(command: Command) -> Command:
        def run(**given: Any) -> None:
            values = {each: given.pop(each) for each in fields if each in given}
            command(**given, **{name: kind(**values)})

        added: Command = functools.wraps(command)(run)
        for option in reversed(options):
            added = option(added)
        return added

    return add


def check_free(path: Path, *, overwrite: bool) -> None:
    """Checks that nothing is replaced that was not to be; a pipe or device may be written to.

    Raises:
        DataError: a file is there, and ``overwrite`` does not say to replace it.
    """
    if path.is_file() and not overwrite:
        raise DataError("exists already; --overwrite replaces it", path=path)
