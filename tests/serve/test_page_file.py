"""The page with whole files: dropped, scored, looked at, downloaded."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import random
import shutil
import signal
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from page_browser import WAIT, Visit
from page_files import downloaded, drop, equal, hand_in, same, scored, state
from playwright.sync_api import Page, Route, expect
from service import Running

from reading_model import make_artifact
from small_models import small_artifact
from spreadsheets import Cells, write_xlsx
from tonality.artifact.model_folder import write
from tonality.tables.compression import packed
from tonality.tables.utf8_stream import Utf8Stream

expect.set_options(timeout=WAIT)

GOLDEN = Path(__file__).parents[1] / "golden"
Open = Callable[..., Visit]
Start = Callable[..., Running]
PAGE = 25  # rows shown at once
TYPES = {"csv": "text/csv", "tsv": "text/tab-separated-values", "jsonl": "application/x-ndjson"}
WORDS = ["I", "love", "hate", "the", "film", "plot", "was", "not", "good", "bad", "and", "it"]
ODD = [
    '<img src=x onerror="window.pwned=1">',
    'She said "love", he said ""hate""',
    "two\nlines, one\r\nrow",
    "emoji 👩‍👩‍👧 é ﬁ",
    "",
    "=1+1;\t'",
]
HEADS = Path(__file__).parents[1] / "golden" / "table_heads.json"
TELL = """async (cases) => {
  const address = new URL('static/table-file.js', document.baseURI).href;
  const { tableIn } = await import(address);
  return Promise.all(cases.map(async ({ bytes }) => {
    const raw = Uint8Array.from(bytes, (letter) => letter.charCodeAt(0));
    const { table } = await tableIn(new File([raw], 'x.csv'));
    return [table.delimiter, table.columns[0].samples[0]];
  }));
}"""
TO_UTF_8 = """async (cases) => {
  const address = new URL('static/encoding.js', document.baseURI).href;
  const { inUtf8 } = await import(address);
  return Promise.all(cases.map(async (bytes) => {
    const raw = Uint8Array.from(bytes, (letter) => letter.charCodeAt(0));
    const found = await inUtf8(new File([raw], 'x.csv'));
    const sum = await crypto.subtle.digest('SHA-256', await found.arrayBuffer());
    return [...new Uint8Array(sum)];
  }));
}"""
BREAK_OFF = """() => {
  const fetched = window.fetch;
  window.broken = 0;
  window.fetch = async (address, options) => {
    if (!address.startsWith('v1/score')) return fetched(address, options);
    window.broken += 1;
    const fail = (controller) => controller.error(new TypeError('network error'));
    return new Response(new ReadableStream({ start: fail }));
  };
}"""


def texts(count: int) -> list[str]:
    """Texts of many kinds, the same each time."""
    rng = random.Random(7)
    plain = [" ".join(rng.choices(WORDS, k=rng.randint(1, 70))) for _ in range(count - len(ODD))]
    mixed = plain + ODD
    rng.shuffle(mixed)
    return mixed


def table(values: list[str], delimiter: str = ",") -> str:
    """A file whose columns have the names that scoring adds."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["id", "review", "label"])
    writer.writerows([number, text, "x"] for number, text in enumerate(values))
    return out.getvalue()


def json_lines(values: list[str]) -> str:
    lines = [json.dumps({"text": text, "n": n, "big": [n]}) for n, text in enumerate(values)]
    lines[-7] = '{"text": 3}'
    lines[-5] = "no JSON"
    return "\n".join(lines)


def test_a_file_of_2000_rows(open_page: Open, service: Running, page_model: Path) -> None:
    page = open_page(service).page
    content = table(texts(2000))
    assert len(content) > 2**18  # so that it goes in several slices
    drop(page, "<b>reviews.csv", content)
    state(page, "Done: 2,000 rows.")
    expect(page.locator("#view-file h2").first).to_have_text("<b>reviews.csv")
    expected = scored(page_model, content, "csv")
    assert equal(downloaded(page, "_b_reviews.scored.csv"), expected)

    rows = list(csv.DictReader(io.StringIO(expected.decode(), newline="")))
    labels = Counter(row["tonality_label"] for row in rows)
    chips = page.get_by_role("group", name="Show")
    for label, count in labels.items():
        chip = f"{label or 'No text'} {count:,}"
        expect(chips.get_by_role("button", name=chip)).to_be_visible()
    judged = [row for row in rows if row["tonality_label"]]
    expect(page.get_by_role("img", name=f"Spread of {len(judged):,} verdicts")).to_be_visible()
    # The empty one, and the one that is nothing but a tag.
    expect(page.locator("#view-file")).to_contain_text("2 rows without a text: no verdict")
    most = max(judged, key=lambda row: float(row["tonality_p_positive"]))
    first = page.get_by_role("region", name="Most positive").get_by_role("button").first
    expect(first).to_contain_text(" ".join(most["review"].split())[:100])
    assert page.evaluate("window.pwned") is None


def test_rows_are_filtered_searched_sorted_and_paged(open_page: Open, service: Running) -> None:
    page = open_page(service, "#file").page
    drop(page, "x.csv", table(["I love it"] * 30 + ["I hate (it)"] * 30 + ["love and hate"]))
    state(page, "Done: 61 rows.")
    section = page.get_by_role("region", name="All rows")
    shown, pager = section.locator("tbody tr"), section.get_by_role("group", name="Pages")
    expect(shown).to_have_count(25)
    pager.get_by_role("button", name="Next").press("Enter")
    expect(pager).to_contain_text("26 to 50 of 61")
    expect(pager.get_by_role("button", name="Next")).to_be_focused()
    section.get_by_role("button", name="negative 30").click()
    expect(pager).to_contain_text("1 to 25 of 30")
    section.get_by_label("Search").fill("(IT")
    expect(section.get_by_role("status")).to_have_text("30 rows")
    section.get_by_role("button", name="All 61").click()
    section.get_by_label("Search").fill("nowhere")
    expect(section).to_contain_text("No row fits.")
    section.get_by_label("Search").fill("")
    section.get_by_label("Sort").select_option("Least sure first")
    expect(shown.first).to_contain_text("love and hate")
    expect(shown.first).to_contain_text("uncertain")

    # A row leads to the words that decided.
    shown.first.get_by_role("button").click()
    expect(page.locator("#input")).to_have_value("love and hate")
    expect(page.locator("#verdict .name")).to_have_text("uncertain")
    page.go_back()
    expect(shown.first).to_be_visible()
    expect(page.get_by_role("heading", name="A whole file at once")).to_be_focused()


def test_the_order_is_that_of_the_numbers_shown(
    open_page: Open, start: Start, tmp_path: Path
) -> None:
    """Of three labels, the surest row is not always the one that leans the most."""
    model = write(small_artifact(4, classes=3), tmp_path / "three")
    content = table(texts(200))
    found = csv.DictReader(io.StringIO(scored(model, content, "csv").decode(), newline=""))
    page = open_page(start(model), "#file").page
    drop(page, "x.csv", content)
    state(page, "Done: 200 rows.")
    shares: dict[str, list[float]] = {}
    for row in found:
        if row["tonality_label"]:
            shares.setdefault(row["tonality_label"], []).append(float(row["tonality_score"]))
    for label in ("class 2", "class 0"):
        surest = [f"{share:.1%}" for share in sorted(shares[label], reverse=True)[:PAGE]]
        ends = page.get_by_role("region", name=f"Most {label}").locator("li b")
        expect(ends).to_have_text(surest[:5])
        page.get_by_label("Sort").select_option(f"Most {label} first")
        numbers = page.locator(".rows .said").filter(has_text=label).locator("b")
        expect(numbers).to_have_text(surest)


@pytest.mark.parametrize("kind", ["jsonl", "tsv", "csv"])
def test_the_download_is_what_the_library_writes(
    open_page: Open, service: Running, page_model: Path, kind: str
) -> None:
    page = open_page(service, "#file").page
    values = texts(900)
    content = json_lines(values) if kind == "jsonl" else table(values, {"tsv": "\t"}.get(kind, ";"))
    if kind == "csv":
        content = f"\ufeff{content}1;too;many;fields\n\n7;last"
    assert len(content) > 2**16
    drop(page, f"x.{kind}", content)
    faults = {"jsonl": ", 2 of them could not be read", "csv": ", 2 of them could not be read"}
    state(page, f"{900 + 2 * (kind == 'csv')} rows{faults.get(kind, '')}.")
    assert equal(downloaded(page, f"x.scored.{kind}"), scored(page_model, content, kind))


def test_tabs_in_a_csv_become_commas(open_page: Open, service: Running, page_model: Path) -> None:
    page = open_page(service, "#file").page
    content = table(texts(900), "\t")
    drop(page, "x.csv", content)
    state(page, "Done: 900 rows.")
    assert equal(downloaded(page, "x.scored.csv"), scored(page_model, content, "csv"))


def test_columns_have_one_name_in_all_of_a_file(
    open_page: Open, service: Running, page_model: Path
) -> None:
    page = open_page(service, "#file").page
    more: list[dict[str, str]] = [{}] * 600 + [{"label": "x"}] * 300
    lines = [json.dumps({"text": t, **m}) for t, m in zip(texts(900), more, strict=True)]
    content = "\n".join(lines)
    drop(page, "x.jsonl", content)
    state(page, "Done: 900 rows.")
    result = downloaded(page, "x.scored.jsonl")
    assert b"tonality_label" in result.splitlines()[0]
    assert equal(result, scored(page_model, content, "jsonl"))


def hold_the_second(page: Page) -> list[Route]:
    """Lets all requests to score pass but the second, which waits; they are listed as they come."""
    calls: list[Route] = []

    def hold(route: Route) -> None:
        calls.append(route)
        if len(calls) != 2:
            route.continue_()

    page.route("**/v1/score*", hold)
    return calls


@pytest.mark.parametrize("text", ["I love it", "I love it. " * 5000], ids=["short", "long"])
def test_a_file_is_of_one_model(
    open_page: Open, start: Start, page_model: Path, tmp_path: Path, text: str
) -> None:
    folder = tmp_path / "small"
    shutil.copytree(page_model, folder)
    other = dataclasses.replace(make_artifact(), labels=("bad", "<i>good"), card="# Another\n")
    service = start(folder)
    page = open_page(service).page
    page.locator("#input").fill(text)
    expect(page.locator("#verdict .name")).to_have_text("positive")
    before = page.locator("#foot").inner_text()
    calls = hold_the_second(page)
    content = table(texts(900))
    drop(page, "x.csv", content)
    expect(page.locator(".rows tbody tr").first).to_be_visible()
    write(other, folder, overwrite=True)
    service.signal(signal.SIGHUP)
    with service.client() as client:
        old = before.split()[-1]
        while client.get("/v1/model").json()["version"] == old:
            pass
    while len(calls) < 2:
        page.wait_for_timeout(20)
    calls[1].continue_()
    state(page, "Done: 900 rows.")
    expect(page.locator(".run")).to_contain_text("The model was replaced meanwhile")
    assert equal(downloaded(page, "x.scored.csv"), scored(folder, content, "csv"))
    expect(page.locator("#foot")).not_to_have_text(before)
    expect(page.locator("#card .facts")).to_contain_text("bad, <i>good")
    expect(page.locator("#card h2")).to_have_text("Another")
    page.get_by_role("link", name="Text").click()
    expect(page.locator("#verdict .name")).to_have_text("<i>good")


def test_the_text_column_is_asked_for(open_page: Open, service: Running) -> None:
    page = open_page(service, "#file").page
    content = "who,what happened,<i>when\nAnn,I love the film,1\nBo,I hate it,2\n"
    page.get_by_label("choose one").set_input_files(
        {"name": "x.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    expect(page.get_by_role("radio", name="what happened")).to_be_checked()
    expect(page.get_by_role("radio", name="<i>when")).not_to_be_checked()
    page.keyboard.press("Enter")
    state(page, "Done: 2 rows.")
    expect(page.locator(".run")).to_contain_text("texts in “what happened”")


def test_a_file_without_a_header_keeps_its_first_row(open_page: Open, service: Running) -> None:
    page = open_page(service, "#file").page
    first = page.get_by_role("checkbox", name="The first line is a row already")
    drop(page, "x.csv", "It broke, sadly\nI love it\n,\nbad plot, really\n")
    expect(first).to_be_checked()
    page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 4 rows.")
    expect(page.locator(".rows tbody tr").first).to_contain_text("It broke, sadly")
    drop(page, "y.csv", "1;I love it\n2;I hate it\n")
    expect(first).not_to_be_checked()
    first.check()
    page.get_by_role("radio", name="I love it").check()
    page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 2 rows.")
    expect(page.locator(".rows tbody tr").first).to_contain_text("I love it")
    drop(page, "z.txt", "It broke, sadly\nI love it\n,\nbad plot, really\n")
    page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 4 rows.")
    drop(page, "list.txt", "It broke\nI love it\n")
    page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 2 rows.")


def test_heads_are_read_as_the_library_reads_them(open_page: Open, service: Running) -> None:
    """By the golden cases that ``tests/tables/test_table_head.py`` holds the library to."""
    cases = json.loads(HEADS.read_text())
    found = open_page(service, "#file").page.evaluate(TELL, cases)
    assert found == [[case["delimiter"], case["first"]] for case in cases]


def test_encodings_are_told_as_the_library_tells_them(open_page: Open, service: Running) -> None:
    """Once for a whole file: what comes after the first block too."""
    windows = "text,n\nthe café was très bien,1\n" * 6 + "it\u2019s a soirée\n"
    late = b"text\n" + b"good film\n" * 110_000
    cases = [
        windows.encode("cp1252"),
        windows.encode("cp1252") + b"no letter \x81, caf\xe9\n",
        windows.encode("cp1252").replace(b"\n", b"\r"),
        windows.encode(),
        windows.encode("utf-8-sig") + b"cut off sch\xc3\n",
        windows.encode("cp1252") + "naïve\n".encode(),
        "текст,n\nхороший фильм,1\n".encode("cp1251"),
        late + b"caf\xe9\n",
        late + b"caf\xe9\n" + b"good\n" * 20_000 + "ü\n".encode(),
        "ü\n".encode() + late + b"caf\xe9\n",
        b"caf\xe9" * 300_000,
    ]
    found = open_page(service, "#file").page.evaluate(
        TO_UTF_8, [case.decode("latin-1") for case in cases]
    )
    for case, digest in zip(cases, found, strict=True):
        stream, expected = Utf8Stream(io.BytesIO(case), lambda line: None), b""
        while more := stream.read(2**16):
            expected += more
        assert bytes(digest) == hashlib.sha256(expected).digest()


def test_a_damaged_row_is_told_in_its_place(
    open_page: Open, service: Running, page_model: Path, tmp_path: Path
) -> None:
    """Half a letter, alone in its slice, looks like Windows-1252."""
    page = open_page(service, "#file").page
    lines = [f"so schön war es, {number}".encode() for number in range(3500)]
    lines += [b"plain words only, the film and the plot"] * 3500
    lines[6800] = b"cut off sch\xc3"
    content = b"text;n\n" + b";1\n".join(lines) + b";1\n"
    (tmp_path / "x.csv").write_bytes(content)
    hand_in(page, tmp_path / "x.csv")
    state(page, "Done: 7,000 rows, 1 of them could not be read.")
    expected = scored(page_model, content, "csv")
    assert b"row 6801, column 'text': invalid UTF-8" in expected
    assert equal(downloaded(page, "x.scored.csv"), expected)


@pytest.mark.parametrize("other", ["n", "1"])
def test_a_column_without_a_name_is_read(open_page: Open, service: Running, other: str) -> None:
    page = open_page(service, "#file").page
    drop(page, "x.csv", f",{other}\ngood film,1\n")
    expect(page.get_by_role("radio", name="(no name)")).to_be_checked()
    page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 1 row.")
    expect(page.locator(".run")).to_contain_text("texts in “(no name)”")
    expect(page.locator(".rows tbody tr").first).to_contain_text("good film")


def test_of_two_columns_of_texts_one_is_asked_for(open_page: Open, service: Running) -> None:
    page = open_page(service, "#file").page
    drop(page, "x.csv", "text,text\ngood,a longer one that is bad\n")
    page.get_by_role("radio", name="text_2").check()
    page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 1 row.")
    expect(page.locator(".rows tbody tr").first).to_contain_text("a longer one")


def test_nested_json_is_shown_as_json(open_page: Open, service: Running) -> None:
    page = open_page(service, "#file").page
    drop(page, "x.jsonl", '{"meta": {"stars": [1, 2, 3]}, "words": "I love it", "x": null}\n')
    expect(page.locator(".choices")).to_contain_text('{"stars":[1,2,3]}')
    expect(page.get_by_role("radio", name="words")).to_be_checked()


def test_excel_reads_the_download_as_utf_8(
    open_page: Open, service: Running, tmp_path: Path
) -> None:
    """It takes CSV with a byte-order mark for UTF-8, and any other for Windows-1252."""
    pytest.importorskip("python_calamine")
    pytest.importorskip("xlsxwriter")
    page = open_page(service, "#file").page
    write_xlsx(tmp_path / "a.xlsx", {"A": [["text", "n"], ["schön", 1]]})
    (tmp_path / "b.csv").write_bytes("sep=;\ntext;n\nschön;1\n".encode("utf-16"))
    (tmp_path / "c.csv").write_bytes("text,n\nschön,1\n".encode())
    for name, mark in (("a.xlsx", b"\xef\xbb\xbf"), ("b.csv", b"\xef\xbb\xbf"), ("c.csv", b"")):
        hand_in(page, tmp_path / name)
        note = "Spreadsheets come back as CSV." if name == "a.xlsx" else ""
        shown_as_chosen(page, tmp_path / name, note)
        state(page, "Done: 1 row.")
        found = downloaded(page, f"{name[0]}.scored.csv")
        assert found.startswith(mark + b"text")
        assert "schön" in found.decode()


def test_the_head_of_a_spreadsheet(open_page: Open, service: Running) -> None:
    page = open_page(service, "#file").page
    drop(page, "x.csv", '\ufeff"sep=;"\r\nid;review, in words\r\n1;"I love it; really"\r\n2;\r\n')
    page.get_by_role("radio", name="review, in words").check()
    page.get_by_role("button", name="Read this column").click()
    state(page, "Done: 2 rows.")
    rows = page.locator(".rows tbody tr")
    expect(rows.first).to_contain_text("I love it; really")
    expect(rows.nth(1)).to_contain_text("no text")


def test_what_is_no_table_is_told(open_page: Open, service: Running) -> None:
    visit = open_page(service, "#file")
    page = visit.page
    fault = page.locator("#file-work .fault")
    for name, content, words in (
        ("x.pdf", "%PDF-1.4\0", "is not a CSV, TSV or JSON Lines file"),
        ("x.csv", " \n", "The file is empty."),
        ("x.jsonl", "1\n2\n", "hold no JSON objects. Write one object a line."),
        ("x.json", '[{"text": "good"},\n{"text": "bad"}]\n', "is one JSON array"),
        ("x.txt", '[\n{"text": "good"}\n]\n', "is one JSON array"),
        ("y.csv", "t\0e\0x\0t\0\n\0g\0", "in UTF-16 without a byte-order mark"),
    ):
        drop(page, name, content)
        expect(fault).to_contain_text(words)


def test_without_a_verdict_nothing_is_drawn(open_page: Open, service: Running) -> None:
    page = open_page(service, "#file").page
    for header in ("text\n", "text,What did you like most about your stay?"):
        drop(page, "x.csv", header)
        state(page, "The file has no rows below its first.")
        expect(page.locator(".results")).to_be_empty()
    drop(page, "x.csv", "text,n\n,1\n,2\n")
    state(page, "Done: 2 rows.")
    headings = page.locator(".results h2").filter(visible=True)
    expect(headings).to_have_text(["All rows"])
    drop(page, "x.csv", "text,n\ngood,1\n,2\n")
    expect(headings).to_have_text(
        ["How the rows are spread", "▲ Most positive", "▼ Most negative", "All rows"]
    )


def test_an_outage_in_the_middle_loses_nothing(
    open_page: Open, service: Running, page_model: Path
) -> None:
    visit = open_page(service, "#file")
    visit.expect_fault("net::ERR_CONNECTION_REFUSED", "status of 503")
    page = visit.page
    calls: list[str] = []

    def fail_at_times(route: Route) -> None:
        calls.append(route.request.url)
        if len(calls) == 2:
            route.abort("connectionrefused")
        elif len(calls) == 3:
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"title": "Busy"})
        else:
            route.continue_()

    page.route("**/v1/score*", fail_at_times)
    content = table(texts(900))
    drop(page, "x.csv", content)
    state(page, "Done: 900 rows.")
    assert len(calls) > 4
    expect(page.locator("#banner")).to_be_hidden()
    assert equal(downloaded(page, "x.scored.csv"), scored(page_model, content, "csv"))


def test_a_run_can_be_stopped(open_page: Open, service: Running, page_model: Path) -> None:
    page = open_page(service, "#file").page
    hold_the_second(page)
    content = table(texts(900))
    drop(page, "x.csv", content)
    expect(page.locator(".rows tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped after")
    part = downloaded(page, "x.part-scored.csv")
    assert same(part, scored(page_model, content, "csv"))
    assert part.endswith(b"\n")


def shown_as_chosen(page: Page, path: Path, note: str) -> None:
    """Waits for the name and size of the chosen file, and for the note of what comes back."""
    size = path.stat().st_size
    expect(page.locator(".run h2")).to_have_text(path.name)
    told = f"{size} bytes" if size < 1000 else f"{size / 1e3:.0f} kB"
    lines = [f"{told}, texts in “text”", note]
    expect(page.locator(".run h2 ~ p")).to_have_text([line for line in lines if line])


def test_spreadsheets_are_read(open_page: Open, service: Running, tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    pytest.importorskip("xlsxwriter")
    page = open_page(service, "#file").page
    rows = [["id", "review"], [1, "I love it"], [2, "=bad"], [], [3, None]]
    hand_in(page, write_xlsx(tmp_path / "one.xlsx", {"Only": rows}))
    state(page, "Done: 3 rows.")
    expect(page.locator(".rows tbody tr").first).to_contain_text("I love it")
    sheets: dict[str, Cells] = {"Notes": [["About this"]], "Données": rows, "Empty": []}
    hand_in(page, write_xlsx(tmp_path / "three.xlsx", sheets))
    page.get_by_role("radio", name="Données").check()
    page.get_by_role("button", name="Read this sheet").click()
    state(page, "Done: 3 rows.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "three.scored.csv"
    hand_in(page, GOLDEN / "reviews.xls")
    state(page, "Done: 3 rows.")


def test_packed_files_are_read(open_page: Open, service: Running, tmp_path: Path) -> None:
    page = open_page(service, "#file").page
    for suffix in (".gz", ".bz2", ".xz"):
        path = tmp_path / f"x.csv{suffix}"
        path.write_bytes(packed(b"text\nI love it\nbad\n", suffix))
        hand_in(page, path)
        state(page, "Done: 2 rows.")
        shown_as_chosen(page, path, "Packed files come back unpacked.")
        assert downloaded(page, "x.scored.csv").startswith(b"text,label,")


def test_an_answer_that_breaks_off_is_not_asked_for_for_ever(
    open_page: Open, service: Running
) -> None:
    page = open_page(service, "#file").page
    expect(page.locator("#foot")).not_to_be_empty()
    page.evaluate(BREAK_OFF)
    drop(page, "x.csv", "text\ngood\n")
    state(page, "The file may be damaged.")
    assert page.evaluate("window.broken") == 3
    expect(page.locator("#banner")).to_be_hidden()


def test_what_cannot_be_unpacked_is_told(open_page: Open, service: Running, tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    visit = open_page(service, "#file")
    visit.expect_fault("status of 422")
    fault = visit.page.locator("#file-work .fault")
    with zipfile.ZipFile(zipped := io.BytesIO(), "w") as pack:
        pack.writestr("x.csv", "text\ngood\n")
    large = packed(table(texts(3000)).encode(), ".bz2") * 2  # damaged after the first 64 KiB
    for name, content, words in (
        ("x.csv.gz", packed(b"text\n" * 999, ".gz")[:30], "cannot be unpacked"),
        ("x.csv.xz", packed(b"text\n" * 999, ".xz")[:30], "cannot be unpacked"),
        ("y.csv.bz2", large[:-30], "cannot be unpacked"),
        ("x.xlsx", (GOLDEN / "locked.xlsx").read_bytes(), "is protected by a password"),
        ("y.xlsx", b"text\ngood\n", "is no spreadsheet"),
        ("z.xlsx", zipped.getvalue(), "Unpack it"),
    ):
        (tmp_path / name).write_bytes(content)
        hand_in(visit.page, tmp_path / name)
        expect(fault).to_contain_text(words)
        expect(fault).not_to_contain_text("Content-Type")  # no word of what programs send
