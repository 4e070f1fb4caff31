"""Behaviour tests: the packaged suite is sound, and what it says of a model is true."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

import tonality
from tonality.check import Behaviour, Case, CheckReport, read_suite, run
from tonality.check.changes import typo, unpunctuated
from tonality.check.suite import Expectation, Verdict, with_word
from tonality.cli import app
from tonality.prediction import Prediction

runner = CliRunner()
SUITE = read_suite()
POLES = ("negative", "neutral", "positive")

Chances = tuple[float] | tuple[float, float]  # of a text, or of a text and the changed one


def judge(positive: Callable[[str], float]) -> Callable[[list[str]], list[Prediction]]:
    """A model that gives each text this probability of being positive."""

    def predict(texts: list[str]) -> list[Prediction]:
        found = []
        for text in texts:
            chances = {"negative": 1 - positive(text), "positive": positive(text)}
            label = max(chances, key=chances.__getitem__)
            found.append(Prediction(label, chances[label], chances, len(text.split()), 0))
        return found

    return predict


def passes(
    expect: Expectation, first: float, second: float | None = None, verdict: Verdict | None = None
) -> bool:
    """Whether a case passes whose text, and changed text, are positive with these odds."""
    case = Case("one", None if second is None else "two", verdict)
    test = Behaviour("any", "test", expect, (case,))
    report = run([test], judge({"one": first, "two": second or 0.0}.__getitem__))
    return report.results[0][1][0].passed


@pytest.mark.parametrize(
    ("expect", "right", "wrong"),
    [
        ("positive", [(0.51,)], [(0.49,)]),
        ("negative", [(0.49,)], [(0.51,)]),
        ("neutral", [(0.6,), (0.4,)], [(0.7,), (0.3,)]),
        ("not_negative", [(0.9,), (0.4,)], [(0.3,)]),
        ("not_positive", [(0.1,), (0.6,)], [(0.7,)]),
        ("doubtful", [(0.4,), (0.6,)], [(0.1,), (0.7,)]),
        ("same", [(0.9, 0.6)], [(0.6, 0.4), (0.52, 0.48)]),
        ("not_less", [(0.5, 0.9), (0.5, 0.45)], [(0.9, 0.7)]),
        ("not_more", [(0.9, 0.5), (0.5, 0.55)], [(0.7, 0.9)]),
    ],
)
def test_what_passes(
    expect: Expectation, right: Sequence[Chances], wrong: Sequence[Chances]
) -> None:
    assert all(passes(expect, *chances) for chances in right)
    assert not any(passes(expect, *chances) for chances in wrong)


def test_a_pair_with_a_verdict_needs_it_too() -> None:
    assert passes("same", 0.9, 0.8, "positive")
    assert not passes("same", 0.1, 0.2, "positive")
    assert passes("not_more", 0.4, 0.1, "negative")
    assert not passes("not_more", 0.9, 0.8, "negative")


def test_a_neutral_label_counts() -> None:
    def predict(texts: list[str]) -> list[Prediction]:
        chances = {"bad": 0.05, "so so": 0.9, "fine": 0.05}
        return [Prediction("so so", 0.9, chances, 1, 0) for _ in texts]

    test = Behaviour("neutral", "facts", "neutral", (Case("It is Monday."),))
    report = run([test], predict, positive="fine", negative="bad", neutral="so so")
    assert report.rates == {"neutral": (1, 1)}


def test_doubt_is_not_neutral_where_there_is_a_label_for_it() -> None:
    chances = {"negative": 0.35, "neutral": 0.25, "positive": 0.4}

    def predict(texts: list[str]) -> list[Prediction]:
        return [Prediction("positive", 0.4, chances, 1, 0) for _ in texts]

    case = (Case("It is Monday."),)
    neutral = Behaviour("neutral", "facts", "neutral", case)
    not_positive = Behaviour("doubt", "facts", "not_positive", case)
    report = run([neutral, not_positive], predict)
    assert report.rates == {"neutral": (0, 1), "doubt": (1, 1)}


def test_the_suite_tries_every_capability() -> None:
    capabilities = {test.capability for test in SUITE}
    assert capabilities >= {
        "negation", "intensifiers", "then and now", "comparisons", "questions", "neutral",
        "names", "numbers", "typos", "double negation", "idioms", "facts", "requests",
        "conditionals", "mixed opinions", "irony", "emoji", "stars and marks", "slang",
        "identities",
    }  # fmt: skip
    assert sum(len(test.cases) for test in SUITE if test.counts) >= 1_400
    assert {test.capability for test in SUITE if not test.counts} == {"irony"}
    assert len({(test.capability, test.name) for test in SUITE}) == len(SUITE)


@pytest.mark.parametrize("test", SUITE, ids=lambda test: test.name)
def test_cases_are_filled_and_differ(test: Behaviour) -> None:
    assert len(set(test.cases)) == len(test.cases) >= 10
    for case in test.cases:
        for text in (case.text, case.changed or ""):
            assert not set(text) & set("{}")
            assert " a e" not in text
            assert " an b" not in text
        assert case.text != case.changed


def test_the_draw_is_the_same_everywhere() -> None:
    assert read_suite() == SUITE
    names = ("praise by negation", "business", "glad", "negated praise")
    assert [next(t for t in SUITE if t.name == name).cases[0].text for name in names] == [
        "No glitches whatsoever in eleven months with this electric blanket.",
        "In June the seed merchant reported sales of 14 million euros.",
        "My garden hose came today 😁",
        "The music was not excellent.",
    ]


def test_a_typo_swaps_two_inner_letters() -> None:
    text = "I watched this wonderful film"
    changed = typo(text)
    assert sorted(changed) == sorted(text)
    assert sum(a != b for a, b in zip(text, changed, strict=True)) == 2
    assert [word[0] + word[-1] for word in changed.split()] == [
        word[0] + word[-1] for word in text.split()
    ]
    assert typo("too bad") == "too bad"
    assert typo("Очень") in ("Оечнь", "Очнеь")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Rated 4.5 of 5, I don’t “like” it…", "Rated 4.5 of 5 I don’t like it"),
        ("Bad 😡! But well-made :-)", "Bad 😡 But well-made :-)"),
        ("(50% of $9.)", "50% of $9"),
        ("good...bad—really。是", "good bad really 是"),
        (".5 stars, -5 degrees at 10:30", ".5 stars -5 degrees at 10:30"),
        ("good,bad: a 5-star, 3,000-page so-so...9", "good bad a 5-star 3,000-page so-so 9"),
        ("- bad\n-good -.5", " bad\ngood -.5"),
    ],
)
def test_without_punctuation_a_text_says_the_same(text: str, bare: str) -> None:
    assert unpunctuated(text) == bare


@pytest.mark.parametrize("answer", ["negative", "neutral", "positive"])
def test_a_constant_answer_scores_nothing(answer: str) -> None:
    chances = {label: 0.9 if label == answer else 0.05 for label in POLES}

    def predict(texts: list[str]) -> list[Prediction]:
        return [Prediction(answer, 0.9, chances, 1, 0) for _ in texts]

    report = run(SUITE, predict)
    assert report.above_chance() == 0
    assert all(not report.above_chance(name) for name in report.rates)
    passed, total = (sum(column) for column in zip(*report.rates.values(), strict=True))
    assert passed < 0.45 * total


def test_who_knows_all_the_answers_has_it_all() -> None:
    wanted = {"not_positive": "negative", "not_negative": "positive", "doubtful": "neutral"}
    right: dict[str, str] = {}
    for test in SUITE:
        for case in test.cases:
            label = case.verdict or wanted.get(test.expect, test.expect)
            for text in (case.text, case.changed):
                if text is not None:
                    assert right.setdefault(text, label) == label  # no text asks for two answers

    def predict(texts: list[str]) -> list[Prediction]:
        found = []
        for text in texts:
            chances = {label: 0.9 if label == right[text] else 0.05 for label in POLES}
            found.append(Prediction(right[text], 0.9, chances, 1, 0))
        return found

    report = run(SUITE, predict)
    assert report.above_chance() == 1
    assert all(passed == total for passed, total in report.rates.values())


def test_a_model_without_neutral_that_does_not_read() -> None:
    blind = run(SUITE, judge(lambda text: 0.9))
    rates = {name: passed / total for name, (passed, total) in blind.rates.items()}
    assert rates["neutral"] == 0
    assert rates["vocabulary"] == 0.5
    assert blind.above_chance() == 0


def test_failures_are_kept_as_examples() -> None:
    suite = [
        Behaviour("a", "praise", "positive", (Case("good"), Case("bad"))),
        Behaviour("a", "pairs", "same", (Case("good", "bad"),)),
    ]
    report: CheckReport = run(suite, judge(lambda text: 0.9 if text == "good" else 0.2))
    told = report.to_json()
    # Always positive passes two of praise and the pair: more than this model does.
    rate = {"passed": 1, "cases": 3, "rate": 0.3333, "above_chance": None}
    assert told["capabilities"] == {"a": rate}
    first, second = (test["failures"] for test in told["tests"])
    assert first == [{"text": "bad", "label": "negative", "positive": 0.2}]
    assert second == [
        {"text": "good", "label": "positive", "positive": 0.9, "changed": "bad",
         "changed_label": "negative", "changed_positive": 0.2},
    ]  # fmt: skip


GOOD = """
[words]
x = ["one", "two"]
[[test]]
capability = "c"
name = "n"
expect = "positive"
texts = ["{x}"]
cases = 2
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[test]]", "[[tests]]", r"no \[\[test\]\]"),
        ("[words]", "[words", "no TOML"),
        ('"positive"', '"glad"', "expect must be one of positive"),
        ('"positive"', '"same"', "changed or change"),
        ("cases = 2", "cases = 0", "cases"),
        ("cases = 2", "cases = 2\ncolour = 1", "takes capability"),
        ("cases = 2", 'cases = 2\nchanged = ["a", "b"]', "as many changed"),
        ("cases = 2", 'cases = 2\nchange = "shout"', "change must be one of typo"),
        ('texts = ["{x}"]', 'texts = ["{y}"]', "no list of words 'y'"),
        ('texts = ["{x}"]', "texts = 3", "lists of strings"),
        ('["one", "two"]', '["one", 2]', "list of strings"),
        ("cases = 2", 'cases = 2\nverdicts = ["positive"]', "verdicts takes one of negative"),
        ("cases = 2", 'cases = 2\ncounts = "no"', "counts must be true or false"),
        ('["{x}"]', '["{x}{x2}{x3}"]', "too few words"),
        ('name = "n"', "", "name must be a string"),
        ("x = [", "X = [", "small letters and _, got 'X'"),
        ('["{x}"]', '["{x} {X}"]', r"got \{X\}"),
        ('["{x}"]', '["{x} { x}"]', r"got \{ x\}"),
        ('["{x}"]', '["{x} and {x"]', r"got \{x;"),
        ('["{x}"]', '["x} and {x}"]', r"got \};"),
        ('["{x}"]', '["{x {x}"]', r"got \{x ;"),
        ('"positive"', '"same"\nchange = "typo"', "'typo' leaves all its texts as they are"),
        ('"positive"', '"same"\nchanged = ["{x}"]', "changed leaves all its texts as they are"),
    ],
)
def test_a_wrong_suite_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert [case.text for case in read_suite(path)[0].cases] == ["two", "one"]
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(tonality.DataError, match=said):
        read_suite(path)


def test_an_article_bends_before_a_slot_alone(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    text = 'texts = ["Plan A is a {x} thing, and a USB plug. A {x} b"]'
    suite = GOOD.replace('texts = ["{x}"]', text).replace('"one"', '"old"')
    path.write_text(suite, encoding="utf-8")
    assert {case.text for case in read_suite(path)[0].cases} == {
        "Plan A is an old thing, and a USB plug. An old b",
        "Plan A is a two thing, and a USB plug. A two b",
    }


@pytest.mark.parametrize(
    ("article", "words"),
    [
        ("a", "user useful usual uniform unique union utensil European euro one one-way once pear"),
        ("an", "apple Ugly unimportant uninvited umbrella onerous hour honest honour heir"),
    ],
)
def test_an_article_bends_where_a_vowel_is_heard(article: str, words: str) -> None:
    for word in words.split():
        assert with_word("This is a ", word) == f"This is {article} {word}"
        assert with_word("Plan B is ", word) == f"Plan B is {word}"


def test_a_folder_of_suites_is_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(GOOD.replace('"n"', '"second"'), encoding="utf-8")
    (tmp_path / "a.toml").write_text(GOOD.replace('"n"', '"first"'), encoding="utf-8")
    assert [test.name for test in read_suite(tmp_path)] == ["first", "second"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(tonality.DataError, match="no TOML file"):
        read_suite(tmp_path / "empty")


def test_what_does_not_count_is_shown_and_left_out() -> None:
    shown = Behaviour("irony", "praise", "negative", (Case("one"),), counts=False)
    counted = Behaviour("plain", "praise", "positive", (Case("one"), Case("two")))
    report = run([shown, counted], judge({"one": 0.9, "two": 0.1}.__getitem__))
    assert report.rates == {"plain": (1, 2)}
    assert [test["counts"] for test in report.to_json()["tests"]] == [False, True]


def test_a_missing_suite_is_named(tmp_path: Path) -> None:
    with pytest.raises(tonality.DataError, match="nowhere"):
        read_suite(tmp_path / "nowhere.toml")


def test_a_model_of_other_labels_is_told() -> None:
    with pytest.raises(tonality.ConfigError, match=r"no label 'good'.*negative, positive"):
        run(SUITE[:1], judge(lambda text: 0.5), positive="good")


def test_a_label_that_is_asked_for_must_be_there() -> None:
    predict = judge(lambda text: 0.5)
    with pytest.raises(tonality.ConfigError, match=r"no label 'netural' for neutral texts"):
        run(SUITE[:1], predict, neutral="netural")
    with pytest.raises(tonality.ConfigError, match=r"'positive' for positive and for negative"):
        run(SUITE[:1], predict, negative="Positive")
    with pytest.raises(tonality.ConfigError, match=r"'negative' for negative and for neutral"):
        run(SUITE[:1], predict, neutral="negative")


def test_a_label_may_be_written_otherwise() -> None:
    plain = judge(lambda text: 0.9)
    capital = {"negative": "NEGATIVE", "positive": "Positive"}

    def predict(texts: list[str]) -> list[Prediction]:
        return [
            dataclasses.replace(
                found,
                label=capital[str(found.label)],
                probabilities={capital[name]: p for name, p in found.probabilities.items()},
            )
            for found in plain(texts)
        ]

    assert run(SUITE, predict).rates == run(SUITE, plain).rates


def test_the_command(model_folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(GOOD.replace('["one", "two"]', '["love", "hate"]'), encoding="utf-8")
    arguments = ["check", "--model", str(model_folder), "--suite", str(own)]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 0
    assert "c:  50% of 2" in result.stdout
    assert "hate  [negative" in result.stdout
    told = json.loads(runner.invoke(app, [*arguments, "--json"]).stdout)
    assert told["tests"][0]["failures"][0]["text"] == "hate"
    strict = runner.invoke(app, [*arguments, "--least", "0.6"])
    assert strict.exit_code == 1
    assert "under 60%: c" in strict.stderr


def test_the_packaged_suite_runs(model_folder: Path) -> None:
    result = runner.invoke(app, ["check", "--model", str(model_folder), "--examples", "1"])
    assert result.exit_code == 0
    assert "negation" in result.stdout
    assert "all:" in result.stdout


def test_the_tests_of_a_capability_stand_together(model_folder: Path, tmp_path: Path) -> None:
    for name, capabilities in (("a", ["negation", "facts"]), ("b", ["negation"])):
        tests = [
            f'[[test]]\ncapability = "{capability}"\nname = "{name} of {capability}"\n'
            'expect = "positive"\ntexts = ["I love it", "a good film"]\ncases = 2\n'
            for capability in capabilities
        ]
        (tmp_path / f"{name}.toml").write_text("\n".join(tests), encoding="utf-8")
    shown = runner.invoke(app, ["check", "--model", str(model_folder), "--suite", str(tmp_path)])
    lines = [line.strip() for line in shown.stdout.splitlines()]
    told = [n for n, line in enumerate(lines) if " of negation" in line or "% of 4" in line]
    assert len(told) == 3
    assert told == list(range(told[0], told[0] + 3))


def test_the_command_shows_any_name_and_what_was_left_out(
    model_folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    paired = (
        '[[test]]\ncapability = "c"\nname = "either [/or]"\nexpect = "same"\nchange = "typo"\n'
        'texts = ["love", "lovely"]\ncases = 2\n'
    )
    uncounted = GOOD.replace("cases = 2", "cases = 2\ncounts = false")
    own.write_text(uncounted + paired, encoding="utf-8")
    shown = runner.invoke(app, ["check", "--model", str(model_folder), "--suite", str(own)])
    assert shown.exception is None
    assert "c: 100% of 1" in shown.stdout  # its first test does not count
    assert "n (positive), not counted" in shown.stdout
    assert "either [/or] (same); left out: 1 case that the change leaves alike" in shown.stdout
