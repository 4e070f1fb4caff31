"""``tonality explain``: which words made the verdict, on a terminal, as JSON or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tonality import plain_json
from tonality.cli.common_options import (
    Encoding,
    Model,
    Overwrite,
    TextFile,
    Texts,
    check_free,
)
from tonality.cli.completion import one_of
from tonality.cli.read_texts import ascii_only, chunks

if TYPE_CHECKING:
    from tonality.explain.explanation import Explanation

# Lines of a file explained together.
LINES = 64


def explain(
    texts: Texts = None,
    file: TextFile = None,
    encoding: Encoding = None,
    model: Model = None,
    label: Annotated[
        str | None,
        typer.Option(
            help="What words speak for or against; by default each text's own verdict.",
            metavar="LABEL",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="contributions splits the verdict's own arithmetic, at about the cost of a "
            "prediction; occlusion leaves out one word at a time, at the cost of hundreds.",
            metavar="METHOD",
            autocompletion=one_of("contributions", "occlusion"),
        ),
    ] = "contributions",
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page that needs nothing else here.", metavar="FILE"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with every word's part.")
    ] = False,
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
            typer.echo(plain_json.dumps(explanation.to_json(label), ascii_only=ascii_only()))
        else:
            _show(explanation, label)


def _write(path: Path, explanations: list[Explanation], label: str | None) -> None:
    from tonality.errors import DataError
    from tonality.explain.html import page

    try:
        path.write_text(page(explanations, label=label), encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", path=path) from None
    typer.echo(f"page in {path}", err=True)


def _show(explanation: Explanation, label: str | None) -> None:
    from rich.console import Console

    from tonality.explain.terminal import show

    console = Console(highlight=False)
    show(console, explanation, label)
    console.print()
