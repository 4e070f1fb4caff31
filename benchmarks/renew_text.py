"""A model that reads texts as models do today: python -m benchmarks.renew_text MODEL FOLDER

What a start (``--start-from``) decides, its reading of texts, stays as it was when that model was
trained. This copies a model with today's reading, so that a student that begins with it learns
ratings, hashtags and emoji too; their new tokens are words that it doesn't know yet.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from tonality import artifact
from tonality.classifier import model_path
from tonality.text.tokenizer import TextConfig


def main(source: str, folder: str) -> None:
    """Writes the copy."""
    model = artifact.read(model_path(source))
    text = TextConfig(max_tokens=model.text.max_tokens, truncate=model.text.truncate)
    print(artifact.write(dataclasses.replace(model, text=text), Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
