"""Sentences written for training, for what the collections hardly say.

Most are made from templates: those of ``made_sentences.toml``, a file in the format of the suite of
``tonality check`` with other templates and fillers, and those of the files in ``DRAWN``. The lists
of the latter are so long that their sentences are drawn here, without a list of all that a template
can say. Those of the folder ``written_sentences`` were written one by one, each with its label. A
file is named for its genre. ``words.tsv`` holds words that the others seldom say, and
``everyday.tsv`` the first ones, of many genres.
"""

from __future__ import annotations

import random
import re
import tomllib
from functools import cache
from pathlib import Path

from benchmarks.everyday_rows import everyday_texts
from benchmarks.general_data import Row, key_of
from tonality.check.suite import read_suite, with_word

SENTENCES = Path(__file__).with_name("made_sentences.toml")
DRAWN = (
    *("made_absence", "made_exchanges", "made_turns", "made_deeds", "made_amounts"),
    *("made_manners", "made_piles", "made_cures", "made_choices", "made_delays", "made_folk"),
    *("made_desk", "made_chatter", "made_verdicts", "made_marks", "made_papers", "made_idioms"),
    *("made_talk", "made_posts"),
)
WRITTEN = Path(__file__).with_name("written_sentences")
DOMAIN = "made"
BLANK = re.compile(r"\{([a-z]+)\d?\}")
TRIES = 5  # a template that says nothing new in so many draws is left out of a round


@cache
def made_sentences() -> list[Row]:
    """The sentences with their labels, each once."""
    found: dict[str, Row] = {}
    made: list[tuple[str, str]] = [
        (begun(case.text), test.expect) for test in read_suite(SENTENCES) for case in test.cases
    ]
    made += [pair for name in DRAWN for pair in drawn(name)]
    for text, label in made + written():
        found[text] = {"domain": DOMAIN, "label": label, "text": text}
    return [{"id": f"{DOMAIN}-{number}"} | row for number, row in enumerate(found.values())]


def written() -> list[tuple[str, str]]:
    """The sentences that no template makes, with their labels."""
    files = sorted(WRITTEN.glob("*.tsv"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [(text, label) for label, text in (line.split("\t") for line in lines)]


def begun(text: str) -> str:
    """A sentence that ends in a full stop begins with a capital letter."""
    return text[:1].upper() + text[1:] if text.endswith(".") else text


def drawn(name: str) -> list[tuple[str, str]]:
    """Sentences of a file of templates with their labels: as many of a test as its ``cases``.

    The templates of a test take turns. What is measured teaches nothing: no case of ``tonality
    check`` and no everyday text is drawn.
    """
    path = SENTENCES.with_name(f"{name}.toml")
    with path.open("rb") as opened:
        content = tomllib.load(opened)
    draw, measured = random.Random(0), suite_keys() | everyday_keys()
    found: dict[str, str] = {}
    for test in content["test"]:
        wanted = len(found) + test["cases"]
        while len(found) < wanted:
            before = len(found)
            for template in test["texts"][: wanted - before]:
                new = (filled(template, content["words"], draw) for _ in range(TRIES))
                fresh = (text for text in new if text not in found and key_of(text) not in measured)
                text = next(fresh, None)
                if text is not None:
                    found[text] = test["expect"]
            if len(found) == before:
                raise ValueError(f"{path.name}: {test['name']} says fewer than {test['cases']}")
    return [(begun(text), label) for text, label in found.items()]


@cache
def suite_keys() -> frozenset[str]:
    """The keys of the cases of ``tonality check``."""
    cases = [case for test in read_suite() for case in test.cases]
    return frozenset(key_of(text) for case in cases for text in (case.text, case.changed) if text)


@cache
def everyday_keys() -> frozenset[str]:
    """The keys of the everyday texts."""
    return frozenset(key_of(row["text"]) for row in everyday_texts())


def filled(template: str, words: dict[str, list[str]], draw: random.Random) -> str:
    """A template with a word in each blank; ``{word2}`` differs from ``{word}``."""
    chosen: dict[str, str] = {}
    text, end = "", 0
    for blank in BLANK.finditer(template):
        if blank[0] not in chosen:
            free = [word for word in words[blank[1]] if word not in chosen.values()]
            chosen[blank[0]] = draw.choice(free)
        text = with_word(text + template[end : blank.start()], chosen[blank[0]])
        end = blank.end()
    return text + template[end:]
