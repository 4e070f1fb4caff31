"""Explanations: they add up, they blame the right words, and they show any text as text."""

from __future__ import annotations

import html.parser
import io
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import tonality
from reading_model import make_artifact
from small_models import small_artifact
from tonality.classifier import Classifier
from tonality.cli import app
from tonality.errors import ConfigError
from tonality.explain import attribution
from tonality.explain.explanation import Explanation
from tonality.explain.html import highlight, page
from tonality.explain.terminal import marked, show
from tonality.messages import printable
from tonality.network.kernel import kernel_in_use
from tonality.palette import side_hues
from tonality.text.content import with_content

runner = CliRunner()
WORDS = ["good", "bad", "film", "films", "not", "zzz", ",", ".", "a", "!"]
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def small() -> Classifier:
    return Classifier(make_artifact())


def explain(text: str) -> Explanation:
    return Classifier(make_artifact()).explain(text)


@pytest.mark.parametrize("text", ["good film, but bad", "good " * 400, "a\x1b[1m\nbad", "", "zzz"])
def test_its_repr_fits_a_line(text: str) -> None:
    found = explain(text)
    shown = repr(found)
    verdict = found.prediction.label or "no text"
    assert shown.startswith(f"<Explanation {verdict}")
    assert len(shown) < 250
    assert shown.isprintable()
    if "bad" in text:
        assert "'bad'" in shown


POOLINGS = ["max", "mean", "attention", "last", "max+mean+last", "attention+last"]
SHAPES: list[dict[str, Any]] = [
    {
        "pooling": pooling,
        "dense": dense,
        "layers": layers,
        "bidirectional": both,
        "classes": classes,
    }
    for number, pooling in enumerate(POOLINGS)
    for dense, layers, both, classes in [
        ((), 1, True, 2),
        ((5,), 2, False, 3) if number % 2 else ((5, 4), 1, True, 3),
        ((), 2, number % 2 == 0, 4),
    ]
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape.values())))
@settings(max_examples=15, deadline=None)
@given(texts=TEXTS)
def test_they_add_up_to_the_logits(shape: dict[str, Any], texts: list[str]) -> None:
    classifier = Classifier(small_artifact(**shape))
    explanations = classifier.explain(texts)
    chances = classifier.predict_proba(texts)
    network, encoder = classifier._network, classifier._encoder
    logits = network.logits(encoder.encode(with_content(texts)))
    # The compiled kernel pools on its way, and what its attention multiplies has 16 bits.
    close = 1e-6 if kernel_in_use() == "numpy" else 2e-4
    for n, found in enumerate(explanations):
        np.testing.assert_allclose(found.logits, logits[n], atol=close)
        own = list(found.prediction.probabilities.values())
        np.testing.assert_allclose(own, chances[n], atol=close)
        total = found.contributions.sum(axis=0) + found.bias + found.remainder
        np.testing.assert_allclose(total, found.logits, atol=1e-5)
        if not shape["dense"]:
            np.testing.assert_allclose(found.remainder, 0, atol=1e-5)


def test_a_dense_head_is_explained_where_it_stands() -> None:
    network = Classifier(small_artifact(pooling="max", dense=(6, 5), classes=3))._network
    pooled = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    slopes = attribution.jacobian(network, pooled)
    close = []
    for unit in range(6):
        step = np.zeros_like(pooled)
        step[:, unit] = 1e-3
        measured = (network.head(pooled + step) - network.head(pooled - step)) / 2e-3
        close.append(np.isclose(slopes[:, unit], measured, atol=5e-3))
    assert np.mean(close) > 0.97  # the rest lie on a bend of a ReLU


def test_results_do_not_depend_on_companions(small: Classifier) -> None:
    texts = ["I love it", "", "not good , and the plot was bad", "film"] * 40
    for text, together in zip(texts, small.explain(texts), strict=True):
        alone = small.explain(text)
        assert together.tokens == alone.tokens
        np.testing.assert_allclose(together.contributions, alone.contributions, atol=1e-5)
        assert together.prediction.label == alone.prediction.label


def test_the_words_that_decide_get_the_blame(small: Classifier) -> None:
    found = small.explain("the film was love and the plot was bad")
    evidence = dict(zip([t.text for t in found.tokens], found.evidence("positive"), strict=True))
    assert max(evidence, key=evidence.__getitem__) == "love"
    assert min(evidence, key=evidence.__getitem__) == "bad"
    np.testing.assert_allclose(found.evidence("negative"), -found.evidence("positive"), rtol=1e-5)
    assert small.explain("not bad").evidence("positive")[1] > 0


def test_occlusion_says_what_each_word_changes(small: Classifier) -> None:
    text = "the plot was not good"
    found = small.explain(text, method="occlusion")
    words = text.split()
    for number, token in enumerate(found.tokens):
        without = small.explain(" ".join(words[:number] + words[number + 1 :]))
        expected = found.logits - without.logits
        np.testing.assert_allclose(found.contributions[number], expected, atol=1e-5)
        assert token.text == words[number]
    assert found.method == "occlusion"
    total = found.contributions.sum(axis=0) + found.bias + found.remainder
    np.testing.assert_allclose(total, found.logits, atol=1e-5)


def test_occlusion_of_long_texts_goes_in_stretches(
    small: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "love the film , not bad and a good plot"
    whole = small.explain(text, method="occlusion")
    monkeypatch.setattr(attribution, "OCCLUDED", 20)
    parts = small.explain(text, method="occlusion")
    np.testing.assert_allclose(parts.contributions, whole.contributions, atol=1e-6)


@pytest.mark.parametrize("method", ["contributions", "occlusion"])
@pytest.mark.parametrize("text", ["", None, " \n", "love"])
def test_texts_of_hardly_a_word(small: Classifier, text: str | None, method: str) -> None:
    found = small.explain(text, method=method)
    assert found.prediction == small.predict(text)
    assert found.contributions.shape == (len(found.tokens), 2)
    np.testing.assert_allclose(
        found.bias + found.contributions.sum(axis=0) + found.remainder, found.logits, atol=1e-5
    )
    if not found.tokens:
        assert found.phrases() == found.sentences() == []
        assert found.top() == ([], [])
    assert page([found]).count("<article>") == 1


def test_nothing_to_explain(small: Classifier) -> None:
    assert small.explain([]) == []


def test_wrong_names_are_told(small: Classifier) -> None:
    with pytest.raises(tonality.ConfigError, match=r"'lime'.*contributions, occlusion"):
        small.explain("love", method="lime")
    with pytest.raises(tonality.ConfigError, match=r"'neutral'.*negative, positive"):
        small.explain("love").evidence("neutral")


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=80) | TEXTS.map(" ".join))
def test_passages_and_pieces_cover_the_text(text: str) -> None:
    found = explain(text)
    assert "".join(piece.text for piece in found.pieces()) == text
    for passages in (found.phrases(), found.sentences()):
        for passage in passages:
            assert passage.text == text[passage.start : passage.end]
        assert all(a.last <= b.first for a, b in pairwise(passages))
    assert [t for s in found.sentences() for t in range(s.first, s.last)] == list(
        range(len(found.tokens))
    )
    total = sum(sentence.weight for sentence in found.sentences())
    assert total == pytest.approx(float(found.evidence().sum()), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Good film. Bad plot! Was it?", ["Good film.", "Bad plot!", "Was it?"]),
        ('Mr. Bad was good. "Love it." He did', ["Mr. Bad was good.", '"Love it."', "He did"]),
        ("A good film<br /><br />The plot was bad", ["A good film", "The plot was bad"]),
        ("a film\n\na plot", ["a film", "a plot"]),
        ("love it... not bad", ["love it...", "not bad"]),
        ("½ good", ["½ good"]),
        ('a <a href="x.y">film</a> (bad)', ['a <a href="x.y">film</a> (bad)']),
        ("What?! No!! Why?", ["What?!", "No!!", "Why?"]),
        ("Shipped to the U.S. in 3 days.", ["Shipped to the U.S. in 3 days."]),
        ("It came at 5 p.m. (e.g. late).", ["It came at 5 p.m. (e.g. late)."]),
        ("v2.0 crashed. See site.com.", ["v2.0 crashed.", "See site.com."]),
        ("So did I. It was good.The end", ["So did I.", "It was good.", "The end"]),
        # A full stop without a space behind it.
        ("It was great.bad plot", ["It was great.", "bad plot"]),
        ("IT WAS GREAT.THE END", ["IT WAS GREAT.", "THE END"]),
        ("The rating is 9.Bad plot", ["The rating is 9.", "Bad plot"]),
        ("Bought at site.co.uk for 4.5.", ["Bought at site.co.uk for 4.5."]),
        # A lone letter.
        ("I give it an F. Loved the popcorn.", ["I give it an F.", "Loved the popcorn."]),
        ("Grade A. Loved it.", ["Grade A.", "Loved it."]),
        ("Plan B. Bad ending.", ["Plan B.", "Bad ending."]),
        ("Vitamin C. Good.", ["Vitamin C.", "Good."]),
        ("5 p.m. It was good.", ["5 p.m.", "It was good."]),
        ("U.S. They left.", ["U.S.", "They left."]),
        ("J. Smith was good. J.K. Rowling?", ["J. Smith was good.", "J.K. Rowling?"]),
        (
            "By T. S. Eliot, Ph.D. at 5 p.m. yesterday",
            ["By T. S. Eliot, Ph.D. at 5 p.m. yesterday"],
        ),
        ("- good\n- bad film\n 2. love", ["- good", "- bad film", "2. love"]),
        ("a film\nwith a plot", ["a film\nwith a plot"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in explain(text).sentences()] == sentences


def with_evidence(text: str, weights: list[float]) -> Explanation:
    """The explanation of a text, with these weights for its tokens."""
    found = explain(text)
    parts = np.stack([np.zeros(len(weights)), np.array(weights)], axis=1).astype(np.float32)
    assert len(parts) == len(found.tokens)
    object.__setattr__(found, "contributions", parts)
    return found


def test_phrases_are_neighbours_of_like_sign() -> None:
    found = with_evidence("a very good film , good too but bad", [0, 1, 3, 0, 0, 2, 0.5, 0, -4])
    assert [(p.text, p.weight) for p in found.phrases("positive")] == [
        ("very good", 4.0),
        ("good too", 2.5),
        ("bad", -4.0),
    ]
    speaking, against = found.top(1, "positive")
    assert [passage.text for passage in speaking + against] == ["very good", "bad"]


def test_quiet_words_are_bridged_but_not_many() -> None:
    near = with_evidence("good a the good", [3, 0, 0, 3])
    assert [p.text for p in near.phrases("positive")] == ["good a the good"]
    far = with_evidence("good a the a good", [3, 0, 0, 0, 3])
    assert [p.text for p in far.phrases("positive")] == ["good", "good"]


def test_what_a_mark_says_counts_to_a_word_of_its_clause() -> None:
    found = with_evidence("a good film , ( bad ) . a plot", [0, 1, 0, 2, -1, -1, 0, -3, 0, 1])
    assert [(p.text, p.weight) for p in found.phrases("positive")] == [
        ("good film", 3.0),
        ("( bad )", -5.0),
        ("plot", 1.0),
    ]
    assert found.evidence("positive")[3] == 2  # of the tokens nothing is moved
    turned = with_evidence("good , bad .", [1, -2, -1, 0])
    assert [(p.text, p.weight) for p in turned.phrases("positive")] == [
        ("good", -1.0),
        ("bad", -1.0),
    ]


def test_marks_alone_are_reasons_only_where_there_are_no_words() -> None:
    found = with_evidence("a film ! ! ... good", [0, 0, -1, -2, -4, 1])
    assert [(p.text, p.weight) for p in found.phrases("positive")] == [("film !", -1), ("good", 1)]
    rating = with_evidence("*", [2])  # other texts of marks alone have no verdict
    assert [p.text for p in rating.phrases("positive")] == ["*"]
    smile = with_evidence("a :) .", [0, 2, 1])
    assert [p.text for p in smile.phrases("positive")] == [":)"]


@pytest.mark.parametrize(
    ("text", "weights", "found"),
    [
        # A negation and what it turns, whatever each says.
        ("Not bad at all.", [-1, 2, 1, 0, 1], [("Not bad at all", 3)]),
        ("It is not good", [0, 1, 2, -4], [("is", 1), ("not good", -2)]),
        ("not a very good film", [1, 2, -1, -3, 0], [("not a very good", -1)]),
        ("never not bad", [1, 1, 1], [("never not bad", 3)]),
        ("I have no more.", [0, 0, 2, -1, 0], [("no more", 1)]),
        # Part of a word.
        ("Couldn't fault it.", [0, -1, 3, 0, 1], [("Couldn't fault it", 3)]),
        ("Would not. A good film", [1, 2, 0, 0, 3, 0], [("Would not", 3), ("good", 3)]),
        ("It's good", [0, -2, 3], [("It's", -2), ("good", 3)]),
        # Not beyond a clause.
        ("No, good", [-1, 0, 2], [("No", -1), ("good", 2)]),
        ("not (a good film)", [-1, 0, 0, 2, 0, 0], [("not", -1), ("good", 2)]),
        ("not, never", [-1, 0, 2], [("not", -1), ("never", 2)]),
        # A stop that is part of a word, or says more than that the sentence ends.
        ("a good film... bad", [0, 1, 1, 1, -1], [("good film...", 3), ("bad", -1)]),
    ],
)
def test_a_phrase_never_leaves_out_what_turns_it(
    text: str, weights: list[float], found: list[tuple[str, float]]
) -> None:
    phrases = with_evidence(text, weights).phrases("positive")
    assert [(phrase.text, phrase.weight) for phrase in phrases] == found


@pytest.mark.parametrize(
    ("text", "weights", "found"),
    [
        ("It is over-priced", [0, 0, 3, -2, -2], [("over-priced", -1)]),
        ("well-made bad", [1, 0, -3, 1], [("well-made", -2), ("bad", 1)]),
        ("not user-friendly.", [2, 1, 0, -4, 0], [("not user-friendly", -1)]),
        ("not-so-good film", [-1, 0, -1, 0, -1, 2], [("not-so-good", -3), ("film", 2)]),
        ("a state-of-the-art film", [0, 2, 0, 0, 0, 0, 0, -1, 3], [("state-of-the-art film", 4)]),
        ("the U.S. film", [0, 3, 0, -1, 0, 0], [("U.S", 2)]),
        # A stop between words or a dash is a border, a hyphen is none.
        ("good.bad", [1, 0, 2], [("good", 1), ("bad", 2)]),
        ("good - bad", [1, 1, 2], [("good", 2), ("bad", 2)]),
        ("good--bad", [1, 0, 2], [("good", 1), ("bad", 2)]),
        ("good —bad", [1, 0, 2], [("good", 1), ("bad", 2)]),
    ],
)
def test_a_phrase_never_splits_a_word(
    text: str, weights: list[float], found: list[tuple[str, float]]
) -> None:
    phrases = with_evidence(text, weights).phrases("positive")
    assert [(phrase.text, phrase.weight) for phrase in phrases] == found


@pytest.mark.parametrize(
    ("text", "weights", "found"),
    [
        ("good + bad", [1, 2, -1], ["good", "bad"]),
        ("a = b | film", [0, 2, 0, -2, 0], ["a", "b"]),
        ('bad "*good" ', [-1, -2, 3, 2, 1], ["bad", '"*good"']),
        ("film ****", [0, 3], ["film ****"]),
        ("it was $5 good", [0, 0, 2, 0, -1], ["$5", "good"]),
        ("film <3 😡", [0, 1, -1], ["<3", "😡"]),
        ("- good\n- bad\n* film", [3, 2, -3, -1, 3, 2], ["good", "bad", "film"]),
    ],
)
def test_a_bare_symbol_is_no_reason(text: str, weights: list[float], found: list[str]) -> None:
    assert [p.text for p in with_evidence(text, weights).phrases("positive")] == found


NEGATED = ["good", "film", "not", "couldn't", "never", "it's", "a", "very", "(", ",", ".", '"',
           "not-bad", "well-made", "U.S.", "-", "$good", "/", "\n-",
           '"$good', '"*bad*"', "a*"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NEGATED), st.integers(-9, 9)), min_size=1, max_size=20))
def test_phrases_stand_apart_and_weigh_what_their_tokens_do(pairs: list[tuple[str, int]]) -> None:
    text = " ".join(word for word, _ in pairs)
    weights = [float(pairs[n % len(pairs)][1]) for n in range(len(explain(text).tokens))]
    end = shown = 0
    for phrase in with_evidence(text, weights).phrases("positive"):
        assert end <= phrase.first < phrase.last
        assert shown <= phrase.start < phrase.end
        assert phrase.weight == sum(weights[phrase.first : phrase.last])
        assert phrase.text == text[phrase.start : phrase.end]
        assert phrase.text not in ("n't", "'s")
        end, shown = phrase.last, phrase.end


@settings(max_examples=100, deadline=None)
@given(text=TEXTS.map(" ".join))
def test_every_phrase_holds_a_word_where_the_text_has_one(text: str) -> None:
    if set(text) & set("abcdefghijklmnopqrstuvwxyz"):
        for passage in explain(text).phrases():
            assert any(map(str.isalnum, passage.text))


def test_what_was_cut_out_is_shown_as_unread() -> None:
    text = "love " + "film " * 60 + "bad"
    found = Classifier(make_artifact(max_tokens=8)).explain(text)
    assert found.unread is not None
    start, end = found.unread
    assert found.prediction.tokens_left_out == text[start:end].count("film") == 54
    assert [piece.kind for piece in found.pieces()].count("unread") == 1
    assert 'class="unread"' in highlight(found)


def test_json_has_all_of_it() -> None:
    found = explain("I love the film")
    told = json.loads(json.dumps(found.to_json()))
    assert [token["text"] for token in told["tokens"]] == ["i", "love", "the", "film"]
    assert [(t["start"], t["end"]) for t in told["tokens"]][1] == (2, 6)
    sums = np.array([token["contributions"] for token in told["tokens"]]).sum(axis=0)
    np.testing.assert_allclose(sums + told["bias"] + told["remainder"], told["logits"], atol=1e-5)
    assert told["weighed"] == "positive"
    assert [(s["start"], s["end"]) for s in told["sentences"]] == [(0, 15)]
    assert max(phrase["weight"] for phrase in told["phrases"]) > 0
    against = found.to_json("negative")
    assert against["phrases"][0]["weight"] == -told["phrases"][0]["weight"]
    with pytest.raises(ConfigError, match="nope"):
        found.to_json("nope")


def test_the_json_of_a_long_text_still_sums_to_the_logit() -> None:
    words = np.random.default_rng(0).choice(["love", "hate", "film", "not", "good", "odd"], 400)
    told = Classifier(make_artifact(max_tokens=400)).explain(" ".join(words)).to_json()
    sums = np.array([token["contributions"] for token in told["tokens"]]).sum(axis=0)
    assert len(told["tokens"]) == 400
    np.testing.assert_allclose(sums + told["bias"] + told["remainder"], told["logits"], atol=1e-5)


HOSTILE = [
    "<script>alert('love')</script><img src=x onerror=bad>",
    "love \u202egood\u202c ‮ שלום מר bad",
    "😀" * 25_000,
    "\x1b[31mlove\x1b[0m \x07 bad \x9b31m",
    "</mark></div></style><style>*{display:none}</style>& &lt;love&gt;",
    "lone \ud800 surrogate, love",
    "½½½ love ﬁlm",
]


class Tags(html.parser.HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(text: str) -> None:
    found = explain(text)
    shown = page([found], title="<b>title</b>")
    parsed = Tags(shown)
    assert not {"script", "img", "b", "link", "iframe"} & set(parsed.tags)
    assert not {"src", "href", "onerror", "style"} & parsed.attributes
    assert parsed.tags.count("style") == 1
    assert "<b>title</b>" in parsed.text
    inside = Tags(highlight(found))
    assert set(inside.tags) <= {"div", "mark", "i", "span"}
    console = Console(force_terminal=True, width=80, record=True, file=io.StringIO())
    show(console, found)
    assert not set(console.export_text()) & set("\x1b\x07\x9b\u202e\ud800")


def test_words_have_the_colour_of_what_they_speak_for() -> None:
    two = with_evidence("love it but bad", [3, 0, 0, -2])
    assert two.labels == ("negative", "positive")
    assert 'class="tonality-text for-positive against-negative"' in highlight(two, "positive")
    assert 'class="tonality-text for-negative against-positive"' in highlight(two, "negative")
    assert "orange for negative, blue for positive" in page([two])
    three = Classifier(small_artifact(classes=3)).explain("good film")
    assert 'class="tonality-text for-positive against-neutral"' in highlight(three, "class 1")
    assert "A weight of 2 counts twice as much as 1" in page([three])


@pytest.mark.parametrize(
    ("labels", "label", "hues"),
    [
        (("bad", "good"), "bad", ("negative", "positive")),
        (("bad", "good"), "good", ("positive", "negative")),
        (("POS", "neg"), "POS", ("positive", "negative")),
        (("joy", "fear", "anger"), "fear", ("positive", "neutral")),
        (("neg", "neu", "pos"), "neu", ("neutral", "neutral")),
    ],
)
def test_the_colours_of_any_labels(
    labels: tuple[str, ...], label: str, hues: tuple[str, str]
) -> None:
    assert side_hues(labels, label) == hues


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="<>&\"'/= abscriptlove\u202e½", max_size=60))
def test_any_text_is_escaped(text: str) -> None:
    parsed = Tags(highlight(explain(text)))
    assert set(parsed.tags) <= {"div", "mark", "i", "span"}


def test_signs_are_seen_without_colour() -> None:
    found = with_evidence("love it but bad", [3, 0, 0, -2])
    assert marked(found, "positive").plain == "[+love] it but [-bad]"
    shown = highlight(found, "positive")
    assert "(for, +3.00)" in shown
    assert "(against, −2.00)" in shown
    assert printable("a\x1b[1mb\nc") == "a [1mb\nc"


@pytest.mark.parametrize("width", [80, 40])
def test_weights_are_seen_on_a_narrow_terminal(width: int) -> None:
    found = explain("I love the film and the long, long plot, " * 4 + "but hate it. Not bad, too.")
    console = Console(width=width, record=True, file=io.StringIO())
    show(console, found)
    table = console.export_text().rsplit("\n\n", 1)[1]
    weights = [passage.weight for passage in (*found.top(3)[0], *found.top(3)[1])]
    for weight in [*weights, *(sentence.weight for sentence in found.sentences())]:
        assert f" {weight:+.2f} " in table


def test_a_line_break_of_a_review_is_one() -> None:
    found = explain("love it<br /><br />not bad")
    assert "\n\n" in Tags(highlight(found)).text
    assert marked(found).plain.count("\n") == 2


def test_the_command_shows_why(model_folder: Path) -> None:
    result = runner.invoke(app, ["explain", "I love the film", "", "--model", str(model_folder)])
    assert result.exit_code == 0
    assert "positive" in result.stdout
    assert "[+love" in result.stdout
    assert "for positive" in result.stdout
    assert "no token was read" in result.stdout


def test_the_command_gives_json_and_a_page(model_folder: Path, tmp_path: Path) -> None:
    lines, shown = tmp_path / "lines.txt", tmp_path / "why.html"
    lines.write_text("love it\n<script>bad\n", encoding="utf-8")
    arguments = ["explain", "--file", str(lines), "--model", str(model_folder), "--label",
                 "positive", "--method", "occlusion", "--json", "--html", str(shown)]  # fmt: skip
    result = runner.invoke(app, arguments)
    assert result.exit_code == 0
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["text"] for each in told] == ["love it", "<script>bad"]
    assert all(each["method"] == "occlusion" for each in told)
    assert "page in" in result.stderr
    assert "&lt;script&gt;" in shown.read_text(encoding="utf-8")
    assert "http" not in shown.read_text(encoding="utf-8").replace("http-equiv", "")
    again = runner.invoke(app, arguments)
    assert "exists already; --overwrite replaces it" in str(again.exception)
    assert runner.invoke(app, [*arguments, "--overwrite"]).exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--method", "lime"], "lime"), (["--label", "neutral"], "neutral")],
)
def test_the_command_names_what_is_wrong(model_folder: Path, options: list[str], said: str) -> None:
    result = runner.invoke(app, ["explain", "love", "--model", str(model_folder), *options])
    assert isinstance(result.exception, tonality.ConfigError | SystemExit)
    assert result.exit_code != 0
    assert said in result.stderr + str(result.exception)


def test_a_page_that_cannot_be_written(model_folder: Path, tmp_path: Path) -> None:
    options = ["--html", str(tmp_path / "no" / "x.html"), "--model", str(model_folder)]
    result = runner.invoke(app, ["explain", "love", *options])
    assert isinstance(result.exception, tonality.DataError)


def test_without_a_text_the_page_is_empty(model_folder: Path, tmp_path: Path) -> None:
    arguments = ["explain", "--model", str(model_folder), "--html", str(tmp_path / "why.html")]
    result = runner.invoke(app, arguments, input="")
    assert result.exit_code == 0, result.output
    assert "no text came in" in result.stderr
    assert "<article>" not in (tmp_path / "why.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["loved it \U0001f970", "See you soon \U0001f44b", "#greatviewbadfood", "Meet me \U0001f447"],
)
@pytest.mark.parametrize("model", ["general", "imdb"])
def test_an_emoji_or_a_hashtag_is_in_one_phrase(model: str, text: str) -> None:
    """It is read by several words, which may speak for the verdict and against it."""
    explanation = tonality.load(model).explain(text)
    spans = [(phrase.start, phrase.end) for phrase in explanation.phrases()]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    shown = {piece.phrase for piece in explanation.pieces()} - {-1}
    assert shown == set(range(len(spans)))


def test_a_negation_in_capitals_stays_with_what_it_turns() -> None:
    general = tonality.load().artifact
    as_written = replace(general, text=replace(general.text, lower_case=False))
    phrases = tonality.Classifier(as_written).explain("NOT bad at all").phrases()
    assert "bad at all" not in [phrase.text for phrase in phrases]
