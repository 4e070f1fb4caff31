"""A column of dates, numbers or names that was taken for texts: one line says so."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

import tonality
from score_tables import run
from tonality.score.column_kind import unlike_texts


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["2024-01-05", "2024-1-6 10:30", "5/1/24", "05.01.2024", ""] * 2, "holds dates"),
        (["5 January 2024", "Jan 5, 2024", "March 2024", None] * 2, "holds dates"),
        (["Thu Feb 01 05:06:07 +0000 2024"] * 5, "holds dates"),
        (["Thu Feb  1 05:06:07 2024", "Thu Feb  1 05:06:07 CET 2024"] * 5, "holds dates"),
        (["Thu, 01 Feb 2024 05:06:07 +0000", "Thu, 1 Feb 2024 05:06 GMT"] * 5, "holds dates"),
        (["Thursday, February 1, 2024", "Feb 1, 2024, 5:06 PM"] * 5, "holds dates"),
        (["Lovely room, May 2024, 5:00 tea, and so on"] * 5, ""),
        (["5", "4.5", "1,000", "-3", "80%", "3 "], "holds numbers"),
        (["Harbour", "Old Town"] * 15, "few different values, such as 'Harbour'"),
        (["Lovely place.", "It was fine on 2024-01-05", "5", "10/10", "4 stars"] * 9, ""),
        (["The room was cold.", "Never again, I fear."] * 40, ""),
        (["Harbour", "Old Town"] * 10, ""),
        (["5", "4"], ""),
        ([], ""),
    ],
)
def test_what_a_column_holds_is_told(cells: list[str | None], said: str) -> None:
    assert said in unlike_texts(cells)
    assert bool(said) == bool(unlike_texts(cells))


def test_scoring_such_a_column_says_so_once(
    model_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "in.csv"
    path.write_text("date,comment\n" + "2024-01-05,love it\n" * 5000)
    with caplog.at_level(logging.WARNING):
        assert run(model_folder, path, "-o", "-", "--text-column", "date").exit_code == 0
    (record,) = caplog.records
    assert record.message == (
        f"{path}: column 'date' holds dates, not texts; choose another --text-column. "
        "Columns: 'date', 'comment'"
    )


def test_scoring_such_a_frame_says_so(model_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["2024-01-05"] * 9})
    with caplog.at_level(logging.WARNING):
        tonality.score_frame(frame, model=model_folder)
    (record,) = caplog.records
    assert record.message == (
        "column 'text' holds dates, not texts; choose another text_column. Columns: 'text'"
    )


def test_an_output_that_is_missing_is_shown_by_an_example(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hotel.xlsx").touch()
    for given, example in {
        "hotel.xlsx": "hotel.xlsx -o scored.xlsx",
        ".": "reviews.csv -o scored.csv",
        "data/*.csv": "reviews.csv -o scored.csv",
    }.items():
        result = run(model_folder, given)
        assert result.exit_code == 2
        assert f"For example: tonality score {example}" in " ".join(result.stderr.split())


def test_a_model_that_is_misspelt_is_guessed() -> None:
    with pytest.raises(tonality.ArtifactError, match=r"\(general, imdb\); did you mean imdb\?"):
        tonality.load("imbd")
    with pytest.raises(tonality.ArtifactError, match=r"\(general, imdb\)$"):
        tonality.load("my/folder")


def test_the_column_that_was_found_is_named(model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("Ticket,Subject,Body\n1,It broke,\n2,Praise,I love it\n")
    said = "the texts are those in 'Body'; --text-column names others"
    found = run(model_folder, path, "-o", "-")
    assert said in found.stderr.splitlines()
    assert said not in run(model_folder, path, "-o", "-", "--text-column", "Body").stderr
    for header in ("Ticket,Subject,Text", "Body"):
        path.write_text(f"{header}\n{'1,a,' * (',' in header)}I love it\n")
        assert "the texts are" not in run(model_folder, path, "-o", "-").stderr
