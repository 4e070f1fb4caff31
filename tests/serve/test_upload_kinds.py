"""Uploads of spreadsheets and packed tables: scored, unpacked, and bounded."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
import re
import socket
import struct
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import Running, everything, post, running

from spreadsheets import Cells, write_xlsx
from tonality.serve.routes import Service
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import load_settings
from tonality.serve.table_formats import SHEET_TYPES, XLSX
from tonality.tables.compression import packed

calamine = pytest.importorskip("python_calamine")
pytest.importorskip("xlsxwriter")

XLS, ODS = list(SHEET_TYPES)[1:]
CSV = "text/csv"
AS_CSV = {"Content-Type": CSV}
# Spaces, which are packed in no time.
BOMB = b"text\n" + (b"good" + b" " * 500 + b"\n") * 20_000  # 10 MB
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Running]:
    with running(model_folder, body_seconds=5, max_upload_bytes=300_000, max_uploads=2) as one:
        yield one


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def book(tmp_path: Path) -> bytes:
    rows = [["n", "review"], [1, "good film"], [2, "bad"]]
    sheets: dict[str, Cells] = {"Données": rows, "B": [["text"], ["bad"]]}
    return write_xlsx(tmp_path / "a.xlsx", sheets).read_bytes()


def scored(client: httpx.Client, body: bytes, query: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(f"/v1/score{query}", content=body, headers=named)


def test_a_spreadsheet_is_scored(client: httpx.Client, book: bytes) -> None:
    found = scored(client, book, Content_Type=XLSX)
    assert found.headers["content-type"].partition(";")[0] == CSV
    rows = list(csv.DictReader(io.StringIO(found.text)))
    assert [(row["n"], row["label"]) for row in rows] == [("1", "positive"), ("2", "negative")]
    found = scored(client, book, "?sheet=b", Content_Type=XLSX, Accept="application/x-ndjson")
    assert [json.loads(line)["label"] for line in found.text.splitlines()] == ["negative"]
    old = scored(client, (GOLDEN / "reviews.xls").read_bytes(), Content_Type=XLS)
    assert len(old.text.splitlines()) == 4


def test_a_workbook_comes_back_where_it_is_asked_for(client: httpx.Client, book: bytes) -> None:
    for body, kind in ((book, XLSX), (b"n,text\n1,good\n2,bad\n", CSV)):
        found = scored(client, body, Content_Type=kind, Accept=XLSX)
        assert found.headers["content-type"] == XLSX
        sheet = calamine.CalamineWorkbook.from_filelike(io.BytesIO(found.content))
        _, *rows = sheet.get_sheet_by_name("scored").iter_rows()
        assert [(row[0], row[2]) for row in rows] == [(1.0, "positive"), (2.0, "negative")]


def sheet_of(found: httpx.Response) -> list[list[object]]:
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(found.content))
    return [list(row) for row in book.get_sheet_by_name("scored").iter_rows()]


def test_a_workbook_s_faults_stand_in_its_last_column(client: httpx.Client) -> None:
    """Not among the table's own columns, of which one may be called row."""
    bodies = (b"row,text\n11,good\n12,bad,x\n13,fine\n", b"row,text\n11,good\n13,fine\n")
    for body, rows, faults in (
        (bodies[0], [11.0, "", 13.0], ["", "row 2: expected 2 fields, found 3", ""]),
        (bodies[1], [11.0, 13.0], ["", ""]),
    ):
        head, *found = sheet_of(scored(client, body, Content_Type=CSV, Accept=XLSX))
        assert head[:3] == ["row", "text", "label"]
        assert head[-1] == "error"
        assert [row[0] for row in found] == rows
        assert [row[-1] for row in found] == faults


def test_a_workbook_that_cannot_be_finished_is_refused(client: httpx.Client) -> None:
    """It is sent once all of it is there, so nothing is sent before, not even the status."""
    table = b"text\n" + b"".join(b"good film %d\n" % n for n in range(12_000))
    damaged = packed(table, ".gz")
    cases = [
        (packed(b"text\n" + (b"good " * 100 + b"\n") * 1000, ".gz"), 413, "body_too_large"),
        (damaged[:-200], 422, "no_table"),
    ]
    for body, status, code in cases:
        found = scored(client, body, Content_Type=CSV, Accept=XLSX)
        assert (found.status_code, found.json()["code"]) == (status, code)
    wide = b"".join(
        json.dumps({"text": "good"} | {f"c{1000 * n + m}": 0 for m in range(900)}).encode() + b"\n"
        for n in range(20)
    )
    lines = b'{"text": "good"}\n' * 1000 + wide
    found = scored(client, lines, Content_Type="application/x-ndjson", Accept=XLSX)
    assert (found.status_code, found.json()["code"]) == (413, "too_many_columns")


def test_a_workbook_far_larger_than_its_table_is_refused(client: httpx.Client) -> None:
    """Of two bytes a row each has a verdict, and fills the disk while it is made."""
    table = b"a\n" + b"b\n" * 30_000
    found = scored(client, table, "?text_column=a", Content_Type=CSV, Accept=XLSX)
    assert (found.status_code, found.json()["code"]) == (413, "body_too_large")
    assert "CSV" in found.json()["remedy"]
    small = scored(client, table[:2000], "?text_column=a", Content_Type=CSV, Accept=XLSX)
    assert len(sheet_of(small)) == 1000


def test_a_packed_table_that_is_damaged_midway_says_so_in_its_last_row(server: Running) -> None:
    """And the connection is closed without the end mark."""
    table = b"text\n" + b"".join(b"good film %d\n" % n for n in range(15_000))
    for suffix in (".gz", ".xz"):
        body = packed(table, suffix)[:-300]
        with server.connect() as connection:
            connection.sendall(post(body, "/v1/score", Content_Type=CSV))
            received = everything(connection)
        *_, last = received.rstrip().splitlines()
        assert b"the rest cannot be read: cannot be unpacked: it is cut short" in last
        assert b"\r\n0\r\n" not in received


def told(client: httpx.Client, name: str) -> float:
    """What a counter says."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.M)
    return float(found[1]) if found else 0


def test_answers_that_break_off_are_counted_as_such(client: httpx.Client) -> None:
    names = [
        'tonality_errors_total{code="cut_short"}',
        'tonality_requests_total{path="/v1/score",status="413"}',
        'tonality_requests_total{path="/v1/score",status="200"}',
    ]
    before = [told(client, name) for name in names]
    bomb = packed(b"text\n" + (b"good " * 100 + b"\n") * 1000, ".gz")
    with pytest.raises(httpx.RemoteProtocolError):
        scored(client, bomb, Content_Type=CSV)
    after = [told(client, name) for name in names]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 0]


def test_without_a_folder_for_temporary_files_the_answer_says_so(
    model_folder: Path, book: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a container whose files can only be read; not 503, after which a page asks again."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    cases = [
        ("/v1/score", book, XLSX, CSV),
        ("/v1/score", b"text\ngood\n", CSV, XLSX),
        ("/v1/table", packed(b"text\ngood\n", ".xz"), CSV, CSV),
    ]

    async def ask() -> list[httpx.Response]:
        service = Service(load_settings(), ServedModel.load(str(model_folder)))
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            found = [
                await client.post(path, content=body, headers={"Content-Type": kind, "Accept": to})
                for path, body, kind, to in cases
            ]
            plain = await client.post("/v1/score", content=b"text\ngood\n", headers=AS_CSV)
        service.close()
        return [*found, plain]

    *refused, plain = asyncio.run(ask())
    assert [(one.status_code, one.json()["code"]) for one in refused] == [(507, "no_disk")] * 3
    assert all("TMPDIR" in one.json()["remedy"] for one in refused)
    assert plain.status_code == 200


def test_a_packed_table_is_scored_as_it_is(client: httpx.Client) -> None:
    table = b"text\n" + (b"good " * 49 + b"good\n") * 1000  # 250,000 bytes
    for suffix in (".gz", ".bz2", ".xz"):
        found = scored(client, packed(table, suffix), Content_Type=CSV)
        assert found.text.count(",positive,") == 1000


def test_a_bomb_is_cut_short(client: httpx.Client) -> None:
    """What is unpacked counts against the limit, as what is sent does."""
    for suffix in (".gz", ".bz2", ".xz"):
        bomb = packed(BOMB, suffix)
        assert len(bomb) < 300_000
        with (
            pytest.raises(httpx.RemoteProtocolError),
            client.stream(
                "POST", "/v1/score", content=bomb, headers={"Content-Type": CSV}
            ) as found,
        ):
            for _ in found.iter_bytes():
                pass
    assert client.get("/readyz").status_code == 200


def test_what_cannot_be_read(client: httpx.Client, book: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(other := io.BytesIO(), "w") as pack:
        pack.writestr("x.csv", "text\ngood\n")
    cases = [
        (b"text\ngood\n", XLSX, "", "is no spreadsheet", "Content-Type of what it is"),
        (other.getvalue(), XLSX, "", "is a zip archive, but", "Unpack it"),
        (book[:2000], XLSX, "", "is damaged or cut short", "Send it once more"),
        ((GOLDEN / "locked.xlsx").read_bytes(), XLSX, "", "is protected by a", "without the"),
        (book, XLSX, "?sheet=C", "it has no sheet 'C'", "or leave sheet out"),
        (book, CSV, "", "it is a zip archive, as spreadsheets are.", f"of one: {XLSX}"),
        (gzip.compress(b"text\ngood\n")[:15], CSV, "", "cannot be unpacked", "once more"),
        ("text\ngood\n".encode("utf-16-le"), CSV, "", "null bytes", "as CSV in UTF-8"),
    ]
    for body, kind, query, reason, remedy in cases:
        for path in ("/v1/score", "/v1/table"):
            if (kind, path) == (CSV, "/v1/table") and "unpacked" not in reason:
                continue  # it is no table, but nothing is unpacked
            found = client.post(path + query, content=body, headers={"Content-Type": kind})
            assert (found.status_code, found.json()["code"]) == (422, "no_table")
            assert reason in found.json()["detail"]
            assert remedy in found.json()["remedy"]
            assert not re.search(r"--|name end", found.text)
    large = client.post("/v1/score", content=bytes(300_001), headers={"Content-Type": XLSX})
    assert large.status_code == 413
    assert "TONALITY_MAX_UPLOAD_BYTES" in large.json()["remedy"]


def test_what_is_unpacked_is_answered_as_a_whole_or_not(
    client: httpx.Client, tmp_path: Path
) -> None:
    """A page takes an answer that breaks off for an outage, and would ask for ever."""
    lines = b"".join(b"good film %d\n" % n for n in range(15_000))  # over the first 64 KiB
    for suffix in (".gz", ".bz2", ".xz"):
        data = packed(lines, suffix) if suffix == ".gz" else packed(lines[:99_000], suffix)
        data += b"" if suffix == ".gz" else packed(lines[99_000:], suffix)
        damaged = data[:-60] + bytes(20) + data[-40:]
        for broken in (damaged, data[:-30]):
            found = client.post("/v1/table", content=broken, headers={"Content-Type": CSV})
            assert (found.status_code, found.json()["code"]) == (422, "no_table")
        bomb = packed(BOMB, suffix)
        found = client.post("/v1/table", content=bomb, headers={"Content-Type": CSV})
        assert found.status_code == 413
        assert found.json()["detail"] == "Unpacked, the body has more than 300,000 bytes."
    wide: Cells = [["text"], *[["good " * 200]] * 1000]  # one text that stands in many cells
    book = write_xlsx(tmp_path / "wide.xlsx", {"A": wide}).read_bytes()
    assert len(book) < 300_000
    found = client.post("/v1/table", content=book, headers={"Content-Type": XLSX})
    assert found.status_code == 413


def test_for_a_client_that_has_gone_no_workbook_is_made(model_folder: Path) -> None:
    rows = 60_000
    body = packed(b"text\n" + b"good film; bad plot and it was not good\n" * rows, ".gz")
    begun = post(body, "/v1/score", Content_Type=CSV, Accept=XLSX)

    def texts_read() -> float:
        found = re.search(r"\ntonality_texts_total (\S+)", asking.get("/metrics").text)
        return float(found[1]) if found else 0

    with running(model_folder, max_uploads=1) as server, server.client() as asking:
        with server.connect() as connection:
            connection.sendall(begun)
            while not texts_read():
                time.sleep(0.02)
            # It is killed: one that only shuts its half of the connection gets its answer.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        deadline = time.monotonic() + 60
        while asking.post("/v1/score", content=b"text\nx\n", headers=AS_CSV).status_code == 503:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert texts_read() < rows


def test_a_table_is_unpacked(client: httpx.Client, book: bytes) -> None:
    found = client.post("/v1/table", content=book, headers={"Content-Type": XLSX})
    assert found.headers["content-type"].partition(";")[0] == CSV
    assert found.text == "n,review\r\n1,good film\r\n2,bad\r\n"
    assert json.loads(found.headers["x-sheets"]) == ["Données", "B"]
    found = client.post("/v1/table?sheet=2", content=book, headers={"Content-Type": XLSX})
    assert found.text == "text\r\nbad\r\n"
    lines = b'{"text": "good"}\n' * 9
    for body in (packed(lines, ".xz"), lines):
        head = {"Content-Type": "application/x-ndjson"}
        assert client.post("/v1/table", content=body, headers=head).content == lines
