"""Uploads of spreadsheets and packed tables: scored, unpacked, and bounded."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import Running, running

from spreadsheets import Cells, write_xlsx
from tonality.serve.table_formats import SHEET_TYPES, XLSX
from tonality.tables.compression import packed

calamine = pytest.importorskip("python_calamine")
pytest.importorskip("xlsxwriter")

XLS, ODS = list(SHEET_TYPES)[1:]
CSV = "text/csv"
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


def test_a_packed_table_is_scored_as_it_is(client: httpx.Client) -> None:
    table = b"text\n" + b"good\n" * 50_000  # 250,000 bytes
    for suffix in (".gz", ".bz2", ".xz"):
        found = scored(client, packed(table, suffix), Content_Type=CSV)
        assert found.text.count(",positive,") == 50_000


def test_a_bomb_is_cut_short(client: httpx.Client) -> None:
    """What is unpacked counts against the limit, as what is sent does."""
    for suffix in (".gz", ".bz2", ".xz"):
        bomb = packed(b"text\n" + b"good\n" * 2_000_000, suffix)
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
    cases = [
        (b"text\ngood\n", XLSX, "", "is no spreadsheet"),
        (book[:2000], XLSX, "", "is damaged or cut short"),
        ((GOLDEN / "locked.xlsx").read_bytes(), XLSX, "", "is protected by a password"),
        (book, XLSX, "?sheet=C", "has no sheet 'C'"),
        (book, CSV, "", "is a zip archive"),
        (gzip.compress(b"text\ngood\n")[:15], CSV, "", "cannot be unpacked"),
    ]
    for body, kind, query, reason in cases:
        for path in ("/v1/score", "/v1/table"):
            if (kind, path) == (CSV, "/v1/table") and body is book:
                continue  # it is no table, but nothing is unpacked
            found = client.post(path + query, content=body, headers={"Content-Type": kind})
            assert (found.status_code, found.json()["code"]) == (422, "no_table")
            assert reason in found.json()["detail"]
    large = client.post("/v1/score", content=bytes(300_001), headers={"Content-Type": XLSX})
    assert large.status_code == 413


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
