"""``tonality predict``: the verdict on texts from the command line, a file or a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tonality.classifier import Prediction

# Lines of a file classified together: a long pipe answers as it goes, in constant memory.
LINES = 2048


def predict(
    texts: Annotated[list[str] | None, typer.Argument(help="The texts, each in quotes.")] = None,
    file: Annotated[
        str | None, typer.Option(help="A file with one text a line; - reads standard input.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A bundled model's name or a model folder.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with every probability.")
    ] = False,
) -> None:
    """Tell how the writer feels: one verdict a text."""
    if not texts and file is None:
        if sys.stdin.isatty():
            raise typer.BadParameter("give a text in quotes, or --file FILE, or pipe texts in")
        file = "-"
    from tonality.classifier import load

    classifier = load(model)
    chunks: Iterator[list[str]] = iter([texts] if texts else [])
    if file is not None:
        chunks = chain(chunks, _chunks(_lines(file)))
    for chunk in chunks:
        for text, prediction in zip(chunk, classifier.predict(chunk), strict=True):
            typer.echo(_json(text, prediction) if as_json else _line(text, prediction))


def _lines(file: str) -> Iterator[str]:
    """The lines of a file or of standard input, without their ends; bytes that are no UTF-8 stay
    readable as replacement characters."""
    from tonality.errors import DataError

    try:
        if file == "-":
            source: Iterable[bytes] = sys.stdin.buffer
            for raw in source:
                yield raw.decode("utf-8-sig", "replace").rstrip("\r\n")
        else:
            with Path(file).open(encoding="utf-8-sig", errors="replace", newline="\n") as handle:
                for line in handle:
                    yield line.rstrip("\r\n")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=file) from None


def _chunks(lines: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(lines, LINES)):
        yield chunk


def _json(text: str, prediction: Prediction) -> str:
    return json.dumps(
        {
            "text": text,
            "label": prediction.label,
            "score": round(prediction.score, 6),
            "probabilities": {k: round(v, 6) for k, v in prediction.probabilities.items()},
            "tokens_read": prediction.tokens_read,
            "tokens_left_out": prediction.tokens_left_out,
        },
        ensure_ascii=False,
    )


def _line(text: str, prediction: Prediction) -> str:
    shown = " ".join(text.split())
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    cut = f"  ({prediction.tokens_left_out} tokens not read)" if prediction.tokens_left_out else ""
    return f"{prediction.label:<9} {prediction.score:6.1%}  {shown}{cut}"
