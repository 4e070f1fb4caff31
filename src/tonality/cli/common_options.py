"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonality.cli.completion import known_datasets, known_models

if TYPE_CHECKING:
    from tonality.evaluate.select_rows import Part

Texts = Annotated[
    list[str] | None, typer.Argument(help="The texts, each in quotes.", metavar="TEXT")
]
TextFile = Annotated[
    str | None,
    typer.Option(help="A file with one text a line; - reads standard input.", metavar="FILE"),
]
LabelledData = Annotated[
    str,
    typer.Option(
        help="A labelled file, a folder with train and test files, or imdb.",
        metavar="FILE|DIR|imdb",
        autocompletion=known_datasets,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="A bundled model's name or a model folder; by default general.",
        metavar="NAME|DIR",
        autocompletion=known_models,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
TextColumn = Annotated[
    list[str] | None,
    typer.Option(
        help="The column of the texts, by its name in any case or its number; several, repeated or "
        "with commas between, are joined.",
        metavar="NAME",
    ),
]
LabelColumn = Annotated[str | None, typer.Option(help="The column of the labels.", metavar="NAME")]
GroupColumn = Annotated[
    str | None,
    typer.Option(help="The column of what a split keeps together.", metavar="NAME"),
]
LabelMap = Annotated[
    list[str] | None,
    typer.Option(
        help="Rename a label: 1=positive makes 1 positive, and 2= leaves out rows of label 2. "
        "Repeat it.",
        metavar="OLD=NEW",
    ),
]
BadRows = Annotated[
    Path | None, typer.Option(help="Write rows that cannot be read here.", metavar="FILE")
]
Encoding = Annotated[
    str | None,
    typer.Option(
        help="The files' encoding, such as cp1252; by default UTF-8, or what the bytes look like.",
        metavar="NAME",
    ),
]

Languages = Annotated[
    bool,
    typer.Option(
        "--languages",
        help="Tell the language of each text, such as en, and count them. This needs the extra "
        "languages.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]

UNSURE = (
    "careful: the model keeps no record of the rows that its training held out, and this is not "
    "the file it was trained on, so it may have learnt from some of these"
)


def check_free(path: Path, *, overwrite: bool) -> None:
    """Checks that nothing is replaced that was not to be; a pipe or device may be written to.

    Raises:
        DataError: a file is there, and ``overwrite`` does not say to replace it.
    """
    if path.is_file() and not overwrite:
        from tonality.errors import DataError

        raise DataError("exists already; --overwrite replaces it", path=path)


def part_named(name: str | None) -> Part | None:
    """The part of a dataset that ``--split`` names."""
    from tonality.evaluate.select_rows import Part

    try:
        return None if name is None else Part(name)
    except ValueError:
        known = ", ".join(Part)
        raise typer.BadParameter(f"{name!r} is none of {known}", param_hint="--split") from None
