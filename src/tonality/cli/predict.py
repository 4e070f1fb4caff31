"""``tonality predict``: the verdict on texts from the command line, a file or a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tonality import plain_json
from tonality.cli.common_options import (
    abstain_option,
    encoding_option,
    model_option,
    text_file_option,
    texts_argument,
)
from tonality.cli.read_texts import TextsCommand, ascii_only, chunks

if TYPE_CHECKING:
    from tonality.prediction import Prediction


@click.command(cls=TextsCommand)
@texts_argument
@text_file_option
@encoding_option
@model_option
@abstain_option
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, with every probability."
)
def predict(
    texts: tuple[str, ...],
    file: str | None,
    encoding: str | None,
    model: str | None,
    abstain: float | None,
    as_json: bool,
) -> None:
    """Tell how the writer feels: one verdict a text."""
    parts = chunks(texts, file, encoding=encoding)
    from tonality.classifier import load

    classifier = load(model, abstain=abstain)
    for chunk in parts:
        for text, prediction in zip(chunk, classifier.predict(chunk), strict=True):
            click.echo(_json(text, prediction) if as_json else _line(text, prediction))


def _json(text: str, prediction: Prediction) -> str:
    return plain_json.dumps({"text": text, **prediction.to_json(digits=6)}, ascii_only=ascii_only())


def _line(text: str, prediction: Prediction) -> str:
    from tonality.messages import NO_TEXT, UNFAMILIAR, one_line, shorten

    shown = shorten(one_line(text), 60)
    cut = f"  ({prediction.tokens_left_out} tokens not read)" if prediction.tokens_left_out else ""
    cut += f"  ({UNFAMILIAR})" if prediction.unfamiliar else ""
    if prediction.label is None:
        return f"{NO_TEXT:<16}  {shown}"
    return f"{prediction.label:<9} {prediction.score:6.1%}  {shown}{cut}"
