"""``tonality explain``: which words made the verdict, on a terminal, as JSON or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tonality import plain_json
from tonality.cli.common_options import (
    FILE,
    check_free,
    encoding_option,
    model_option,
    overwrite_option,
    text_file_option,
    texts_argument,
)
from tonality.cli.plain_help import OneOf
from tonality.cli.read_texts import TextsCommand, ascii_only, chunks
from tonality.errors import DataError

if TYPE_CHECKING:
    from tonality.explain.explanation import Explanation

# Lines of a file explained together.
LINES = 64


@click.command(cls=TextsCommand)
@texts_argument
@text_file_option
@encoding_option
@model_option
@click.option(
    "--label",
    help="What words speak for or against; by default each text's own verdict.",
    metavar="LABEL",
)
@click.option(
    "--method",
    type=OneOf(["contributions", "occlusion"]),
    default="contributions",
    help="contributions splits the verdict's own arithmetic, at about the cost of a "
    "prediction; occlusion leaves out one word at a time, at the cost of hundreds.",
    metavar="METHOD",
)
@click.option(
    "--html", type=FILE, help="Write a page that needs nothing else here.", metavar="FILE"
)
@overwrite_option
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, with every word's part."
)
def explain(
    texts: tuple[str, ...],
    file: str | None,
    encoding: str | None,
    model: str | None,
    label: str | None,
    method: str,
    html: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Tell why: the words that speak for the verdict and against it."""
    if html is not None:
        check_free(html, overwrite=overwrite)
    parts = chunks(texts, file, LINES, encoding)
    from tonality.classifier import load

    classifier = load(model)
    explanations = (
        explanation for part in parts for explanation in classifier.explain(part, method=method)
    )
    if html is not None:
        kept = list(explanations)
        _write(html, kept, label)
        explanations = (explanation for explanation in kept if as_json)
    for explanation in explanations:
        if as_json:
            click.echo(plain_json.dumps(explanation.to_json(label), ascii_only=ascii_only()))
        else:
            _show(explanation, label)


def _write(path: Path, explanations: list[Explanation], label: str | None) -> None:
    from tonality.explain.html import page

    try:
        path.write_text(page(explanations, label=label), encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror or error}", path=path) from None
    click.echo(f"page in {path}", err=True)


def _show(explanation: Explanation, label: str | None) -> None:
    from rich.console import Console

    from tonality.explain.terminal import show

    console = Console(highlight=False)
    show(console, explanation, label)
    console.print()
