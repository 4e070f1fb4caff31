"""More texts to learn from: none that is to be measured, and changes that keep a text's look."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from benchmarks import more_texts
from benchmarks.general_data import key_of
from benchmarks.json_lines import read_rows
from tonality.check.suite import SUITE, read_suite

pytestmark = pytest.mark.no_cover  # of benchmarks
NEAR = {"good": ["bad"], "hotel": ["hostel"], "the": ["a"]}


def test_a_word_gives_way_to_a_neighbour_in_its_case_and_between_its_marks() -> None:
    draw = random.Random(0)
    assert more_texts.replacement('"Good!"', NEAR, draw) == '"Bad!"'
    assert more_texts.replacement("GOOD", NEAR, draw) == "BAD"
    assert more_texts.replacement("#good", NEAR, draw) == "#bad"
    for word in ("unheard", "10/10", ":)", "", "good-ish"):
        assert more_texts.replacement(word, NEAR, draw) == word


def test_changes_are_of_the_texts_and_no_longer_than_they_may_be() -> None:
    words = ["the", "hotel", "was", "good", "but", "the", "bed", "was", "not"]
    other = ["a", "mess"]
    found = [more_texts.changed(words, other, NEAR, random.Random(seed)) for seed in range(300)]
    known = {*words, *other, *more_texts.JOINTS, "bad", "hostel", "a"}
    assert {word for text in found for word in text} <= known
    assert len({" ".join(text) for text in found}) > 50
    long = words * 6
    assert all(
        len(more_texts.changed(long, long, NEAR, random.Random(seed))) <= len(long)
        for seed in range(50)
    )


def test_neighbours_stand_in_like_company() -> None:
    pytest.importorskip("gensim")
    draw = random.Random(0)
    things, virtues = ([f"{kind}{letter}" for letter in "abcdefghijklmnop"] for kind in ("t", "v"))
    texts = [f"the {draw.choice(things)} was so {draw.choice(virtues)} today" for _ in range(4000)]
    found = more_texts.neighbours(texts)
    alike = [near[0] == word[0] for word in (*things, *virtues) for near in found[word]]
    assert sum(alike) > 0.8 * len(alike)  # by chance, half
    assert found == more_texts.neighbours(texts)


def test_what_is_known_or_measured_is_no_new_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = tmp_path / "mix"
    mix.mkdir()
    taught = [f"The {thing} was {quality}." for thing in "abcde" for quality in ("good", "bad")]
    rows = {
        "train": taught,
        "validation": ["A bed of nails, held out"],
        "left_out": ["Left out of it all"],
    }
    for part, texts in rows.items():
        lines = [json.dumps({"id": t, "domain": "tweets", "text": t}) + "\n" for t in texts]
        (mix / f"{part}.jsonl").write_text("".join(lines), encoding="utf-8")
    others = ["a bed of nails held out!", "LEFT OUT OF IT ALL", "Never seen", "never seen.", " "]
    others += ["a long text that the mix does not show"]
    long = {"validation": [{"text": "A long text that the mix does not show."}]}
    case = read_suite(SUITE / "reviews.toml")[0].cases[0].text
    given = [(text, "tweets") for text in [*others, case, *taught]]
    monkeypatch.setattr(more_texts, "longer", lambda data, labelled: long)
    monkeypatch.setattr(more_texts, "other_texts", lambda data, long, without: given)
    monkeypatch.setattr(more_texts, "neighbours", lambda texts: {"good": ["great"]})

    more_texts.main(["--data", str(tmp_path), "--mix", str(mix)])

    found = list(read_rows(mix / "more.jsonl"))
    texts = [row["text"] for row in found]
    assert {row["domain"] for row in found} == {"more"}
    assert sum(text.lower().startswith("never seen") for text in texts) == 1
    assert not {key_of(text) for text in texts} & {
        key_of(text) for part in [*rows.values(), [case], others[-1:]] for text in part
    }
    first = (mix / "more.jsonl").read_bytes()
    more_texts.main(["--data", str(tmp_path), "--mix", str(mix)])
    assert (mix / "more.jsonl").read_bytes() == first
