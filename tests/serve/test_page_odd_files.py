"""The page with files as other programs write them: it reads them as the library does."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from page_browser import WAIT, Visit
from page_files import downloaded, drop, equal, hand_in, scored, state
from playwright.sync_api import expect
from service import Running

from spreadsheets import Cells, write_xlsx

expect.set_options(timeout=WAIT)

Open = Callable[..., Visit]
QUOTES = Path(__file__).parents[1] / "golden" / "table_quotes.json"
LONG = "the film was good; " * 4
TELL = """async (cases) => {
  const address = new URL('static/table-file.js', document.baseURI).href;
  const { tableIn } = await import(address);
  return Promise.all(cases.map(async ({ kind, bytes }) => {
    const raw = Uint8Array.from(bytes, (letter) => letter.charCodeAt(0));
    const { table } = await tableIn(new File([raw], `x.${kind}`));
    return table.quoting;
  }));
}"""


def scores(
    open_page: Open, service: Running, model: Path, content: str, kind: str, rows: str
) -> None:
    """Asserts that the page makes of a file what the library makes of it."""
    page = open_page(service, "#file").page
    drop(page, f"x.{kind}", content)
    state(page, f"Done: {rows}")
    assert equal(downloaded(page, f"x.scored.{kind}"), scored(model, content, kind))


def test_quotes_are_meant_as_the_library_takes_them(open_page: Open, service: Running) -> None:
    """By the golden cases that ``tests/tables/test_table_head.py`` holds the library to."""
    cases = json.loads(QUOTES.read_text())
    found = open_page(service, "#file").page.evaluate(TELL, cases)
    told = zip(cases, found, strict=True)
    assert [case["why"] for case, one in told if case["quoting"] != one] == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("csv", '"id";"text"\r\n"1";"good; film"\r\n"2";"bad"\r\n'),
        ("tsv", 'sep=;\nid;review\n1;"It broke"\n2;good\n'),
        ("csv", "  \nid,review\n1,good\n2,bad\n"),
        ("csv", "\ufeff\ufefftext,n\ngood,1\nbad,2\n"),
        ("csv", "\ufeffid,\ufefftext\n1,good\n2,bad\n"),
    ],
    ids=["all quoted", "a TSV that names semicolons", "a blank line", "two marks", "a late mark"],
)
def test_odd_heads(
    open_page: Open, service: Running, page_model: Path, kind: str, content: str
) -> None:
    scores(open_page, service, page_model, content, kind, "2 rows.")


def tabs(late: int) -> str:
    """Rows of plain quotes below so many without any; some parts of it read as CSV, too."""
    texts = ["the plot was good, and so was the film"] * (late + 4000)
    texts[late : late + 2] = ['"Good" film', '5" of it']
    texts[late + 3500] = '"I love it"'
    rows = [f"{number}\t{text}\tx" for number, text in enumerate(texts)]
    return "\n".join(["id\ttext\tmore", *rows, ""])


@pytest.mark.parametrize("late", [0, 4000], ids=["soon", "late"])
def test_plain_quotes_between_tabs(
    open_page: Open, service: Running, page_model: Path, late: int
) -> None:
    """Slices that read cleanly as CSV do not lose their quotes."""
    content = tabs(late)
    assert (content.index('"') > 2**17) == (late > 0)
    expected = scored(page_model, content, "tsv")
    assert b'"""I love it"""' in expected
    scores(open_page, service, page_model, content, "tsv", f"{late + 4000:,} rows.")


def test_quotes_behind_backslashes(open_page: Open, service: Running, page_model: Path) -> None:
    """Also in slices without any, and where a text goes over lines."""
    rows = [f'{n},"She said \\"good\\",\nand \\"so\\", then left"' for n in range(30)]
    rows += [f'{n},"good film, {n}"' for n in range(5000)]
    rows += [f'{n},"bad,\\"\nso"' for n in range(30)]
    content = "\n".join(["id,text", *rows, ""])
    scores(open_page, service, page_model, content, "csv", "5,060 rows.")


def test_tables_of_r(open_page: Open, service: Running, page_model: Path) -> None:
    rows = [f'"{n}","good, and the film",{n}' for n in range(1, 4001)]
    content = "\n".join(['"text","n"', *rows, ""])
    scores(open_page, service, page_model, content, "csv", "4,000 rows.")


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_rows_with_a_large_field(
    open_page: Open, service: Running, page_model: Path, kind: str
) -> None:
    if kind == "jsonl":
        lines = [json.dumps({"text": "good film", "image": "iVBORw0K" * 20_000}) for _ in range(3)]
        content = "\n".join(lines)
    else:
        html = '<p class=""x"">\n' * 20_000
        content = "id,text,html\n" + "".join(f'{n},good film,"{html}"\n' for n in range(3))
    scores(open_page, service, page_model, content, kind, "3 rows.")


@pytest.mark.parametrize("kind", ["utf-8", "utf-16-le", "xlsx"])
def test_an_empty_line_above_the_header(
    open_page: Open, service: Running, page_model: Path, tmp_path: Path, kind: str
) -> None:
    """It is no header, in any part of the file; nor are spaces that have two bytes in UTF-8."""
    rows: Cells = [[], ["id", "text"], *([n, f"{LONG}{n} \U0001f600"] for n in range(300))]
    content = "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    assert len(content) > 2**14
    path = tmp_path / "x.csv"
    if kind == "xlsx":
        pytest.importorskip("python_calamine")
        pytest.importorskip("xlsxwriter")
        path = write_xlsx(path.with_suffix(".xlsx"), {"A": rows})
    else:
        path.write_bytes(f"\ufeff\xa0{content}".encode(kind))
    page = open_page(service, "#file").page
    hand_in(page, path)
    state(page, "Done: 300 rows.")
    assert equal(downloaded(page, "x.scored.csv"), scored(page_model, f"\ufeff{content}", "csv"))


@pytest.mark.parametrize("column", ["text", ""], ids=["named", "without a name"])
def test_json_lines_where_many_have_no_text(
    open_page: Open, service: Running, page_model: Path, column: str
) -> None:
    """Whole parts of the file: their rows come back, as those before and after them."""
    lines = [json.dumps({"id": n, "more": LONG, column: f"good {n}"}) for n in range(1500)]
    lines[0] = '{"id": 0}'
    lines[200:1400] = [json.dumps({"id": n, "more": 2 * LONG}) for n in range(200, 1400)]
    lines[400] = "no JSON"
    content = "\n".join(["\ufeff" + lines[0], *lines[1:], ""])
    page = open_page(service, "#file").page
    drop(page, "x.json", content)
    if not column:
        page.get_by_role("radio", name="(no name)").check()
        page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 1,500 rows, 1 of them could not be read.")
    expected = scored(page_model, content, "jsonl", text_column=column or "3")
    assert b'"row": 401' in expected
    assert equal(downloaded(page, "x.scored.json"), expected)


def test_gzip_files_of_several_members(open_page: Open, service: Running, tmp_path: Path) -> None:
    """The browser unpacks the first member alone, so the service does it."""
    page = open_page(service, "#file").page
    whole = gzip.compress(b"text\nI love it\n")
    for name, content, rows in (
        ("two.csv.gz", whole + gzip.compress(b"bad\n"), "2 rows."),
        ("padded.csv.gz", whole + bytes(512), "1 row."),
    ):
        (tmp_path / name).write_bytes(content)
        hand_in(page, tmp_path / name)
        expect(page.locator(".run h2")).to_have_text(name)
        state(page, f"Done: {rows}")


def test_of_several_files_the_first_is_read_and_that_is_told(
    open_page: Open, service: Running
) -> None:
    page = open_page(service, "#file").page
    drop(page, "a.csv", "text\ngood\n", ("b.csv", "text\nbad\n"), ("c.csv", "text\nbad\n"))
    state(page, "Done: 1 row.")
    told = page.locator("#file-others")
    expect(told).to_have_text(
        "One file is read at a time, here “a.csv”. Drop the other 2 when it is done."
    )
    drop(page, "b.csv", "text\nbad\n")
    expect(page.locator(".run h2")).to_have_text("b.csv")
    expect(told).to_be_empty()
