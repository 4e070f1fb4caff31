"""``tonality predict``: the verdict on texts from the command line, a file or a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tonality import plain_json
from tonality.cli.common_options import Encoding, Model, TextFile, Texts
from tonality.cli.read_texts import ascii_only, chunks

if TYPE_CHECKING:
    from tonality.prediction import Prediction


def predict(
    texts: Texts = None,
    file: TextFile = None,
    encoding: Encoding = None,
    model: Model = None,
    abstain: Annotated[
        float | None,
        typer.Option(
            help="Answer `uncertain` under this confidence; 0 for never. By default as the model "
            "was calibrated.",
            metavar="SHARE",
            min=0.0,
            max=1.0,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with every probability.")
    ] = False,
) -> None:
    """Tell how the writer feels: one verdict a text."""
    parts = chunks(texts, file, encoding=encoding)
    from tonality.classifier import load

    classifier = load(model, abstain=abstain)
    for chunk in parts:
        for text, prediction in zip(chunk, classifier.predict(chunk), strict=True):
            typer.echo(_json(text, prediction) if as_json else _line(text, prediction))


def _json(text: str, prediction: Prediction) -> str:
    return plain_json.dumps({"text": text, **prediction.to_json(digits=6)}, ascii_only=ascii_only())


def _line(text: str, prediction: Prediction) -> str:
    from tonality.messages import NO_TEXT, UNFAMILIAR, printable

    shown = " ".join(printable(text).split())
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    cut = f"  ({prediction.tokens_left_out} tokens not read)" if prediction.tokens_left_out else ""
    cut += f"  ({UNFAMILIAR})" if prediction.unfamiliar else ""
    if prediction.label is None:
        return f"{NO_TEXT:<16}  {shown}"
    return f"{prediction.label:<9} {prediction.score:6.1%}  {shown}{cut}"
