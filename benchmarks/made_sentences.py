"""Sentences made from templates, for what the collections hardly say.

They are those of ``made_sentences.toml``, a file in the format of the suite of ``tonality check``
with other templates and fillers.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.general_data import Row
from tonality.check.suite import read_suite

SENTENCES = Path(__file__).with_name("made_sentences.toml")
DOMAIN = "made"


def made_sentences() -> list[Row]:
    """The sentences with their labels, each once."""
    found: dict[str, Row] = {}
    for test in read_suite(SENTENCES):
        for case in test.cases:
            text = case.text[:1].upper() + case.text[1:] if case.text.endswith(".") else case.text
            found[text] = {"domain": DOMAIN, "label": test.expect, "text": text}
    return [{"id": f"{DOMAIN}-{number}"} | row for number, row in enumerate(found.values())]
