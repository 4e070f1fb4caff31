"""A table whose column of labels is not found: the message lists the columns and says more."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tonality.cli import app

pytest.importorskip("sklearn")

COMMANDS = {
    "evaluate": ("evaluate", "--data"),
    "calibrate": ("calibrate", "-o", "calibrated", "--data"),
    "train": ("train", "-o", "run", "--data"),
    "inspect": ("inspect",),
}


def run(command: str, data: Path, *options: str | Path) -> Result:
    return CliRunner().invoke(app, [*COMMANDS[command], str(data), *map(str, options)])


def said(result: Result) -> str:
    return " ".join(f"{result.stdout} {result.exception or ''}".split())


def table(path: Path, labels: str) -> Path:
    path.write_text(f"id,review,{labels}\n1,I love it,5\n2,I hate it,1\n3,a good film,4\n")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_the_columns_are_listed_and_ratings_are_thought_of(command: str, tmp_path: Path) -> None:
    shown = said(run(command, table(tmp_path / "a.csv", "stars")))
    assert "'stars' seems to hold ratings; if they are the labels, give --label-column st" in shown
    assert "Columns: 'id', 'review', 'stars'" in shown
    shown = said(run(command, table(tmp_path / "b.csv", "verdict")))
    assert "labels" in shown
    assert "name their column with --label-column. Columns: 'id', 'review', 'verdict'" in shown
    shown = said(run(command, table(tmp_path / "c.csv", "Star Rating")))
    assert "give --label-column 'Star Rating'. Columns" in shown


def test_a_label_map_is_not_blamed(tmp_path: Path) -> None:
    shown = said(run("inspect", table(tmp_path / "a.csv", "stars"), "--label-map", "1=negative"))
    assert "a.csv: there are no labels for --label-map to rename; 'stars' seems to hold" in shown
    assert "Columns: 'id', 'review', 'stars'" in shown


def test_what_is_suggested_leads_on(model_folder: Path, tmp_path: Path) -> None:
    stars = table(tmp_path / "a.csv", "stars")
    options: list[str | Path] = ["--model", model_folder, "--label-column", "stars"]
    shown = said(run("evaluate", stars, *options))
    assert "--label-map 1=negative --label-map 4=positive --label-map 5=positive" in shown
    maps = shown.partition(" as in ")[2].partition(" if ")[0].split()
    assert run("evaluate", stars, *options, *maps).exit_code == 0
