"""Where no column has a usual name, the message names the one that looks like texts."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from spreadsheets import write_xlsx
from tonality.data import read_table
from tonality.errors import DataError

ROWS = [("7", "Anna Berg", "It broke at once, sadly"), ("9", "Bo Li", "I love it, and so do they")]
LONG = "What did you like the most about the event? (Please be honest, we read it all) "


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_table(path)
    return str(caught.value)


def csv_file(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("Q7_OPEN_END", "'Q7_OPEN_END' looks like texts: --text-column Q7_OPEN_END"),
        ("Why, then?", "'Why, then?' looks like texts: --text-column 'Why, then?'"),
        (LONG, "column 3 looks like texts: --text-column 3"),
        ("", "column 3 looks like texts: --text-column 3"),
    ],
)
def test_the_only_column_of_texts_is_named_and_taken(
    column: str, said: str, tmp_path: Path
) -> None:
    lines = [f'{number};{name};"{text}"' for number, name, text in ROWS]
    path = csv_file(tmp_path / "a.csv", f'n;who;"{column}"', *lines)
    shown = refused(path)
    assert shown.endswith(f"; {said}")
    assert "Columns: 'n', 'who', " in shown
    given = shlex.split(said.rpartition(": ")[2])[1]
    assert read_table(path, text_column=given).texts == [row[-1] for row in ROWS]


def test_in_json_lines_and_spreadsheets(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    objects = [dict(zip(("n", "who", "q7"), row, strict=True)) for row in ROWS]
    path.write_text("".join(json.dumps(each) + "\n" for each in [*objects, {"n": "1"}]))
    assert refused(path).endswith("; 'q7' looks like texts: --text-column q7")
    path = tmp_path / "a.xlsx"
    write_xlsx(path, {"A": [["n", "who", "q7"], *map(list, ROWS)]})
    assert refused(path).endswith("; 'q7' looks like texts: --text-column q7")


def test_without_a_header_the_first_text_is_not_lost(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "a.csv", "1,Great film and cast", "2,I loved it too", "3,It was so bad"
    )
    shown = refused(path)
    assert shown.endswith("; if the first line is a row, give --no-header --text-column 2")


def test_nothing_is_said_where_nothing_tells(tmp_path: Path) -> None:
    both = [f"{text.replace(',', '')},{text.replace(',', '')} too" for *_, text in ROWS]
    for header, *rows in (
        ["a,b", *both],  # two columns of texts
        ["n,day", *[f"{n},Thu Feb 01 05:06:07 +0000 2024" for n in range(9)]],
        ["n,branch", *[f"{n},The shop at the harbour" for n in range(9)]],
        ["n,who", "1,Anna Berg"],
        ["n,who"],
    ):
        assert "looks like" not in refused(csv_file(tmp_path / "a.csv", header, *rows))
