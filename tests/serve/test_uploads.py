"""``POST /v1/score``: tables in, the same tables with verdicts out, as a stream."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import Running, everything, post, running

from reading_model import WORDS
from tonality import load
from tonality.score import Layout, read_rows, score_stream
from tonality.serve import score_upload, scored_windows
from tonality.serve.routes import Service
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import load_settings
from tonality.serve.upload_body import ask
from tonality.tables.bad_rows import Fault

CSV, TSV, LINES = "text/csv", "text/tab-separated-values", "application/x-ndjson"
AS_CSV = {"Content-Type": CSV}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}  # as curl says by default
Headers = dict[str, str] | list[tuple[str, str]]
CODINGS = [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")]
ADDED = [
    "label", "score", "p_negative", "p_positive", "tokens_read", "tokens_left_out", "unfamiliar",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Running]:
    settings = {"max_upload_bytes": 200_000, "max_text_length": 3000, "max_uploads": 2}
    settings |= {"max_columns": 50}
    with running(model_folder, body_seconds=5, **settings) as one:
        yield one


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def begun(media_type: str) -> bytes:
    """The head of an upload in chunks."""
    return post(
        b"", "/v1/score", Content_Type=media_type, Content_Length="", Transfer_Encoding="chunked"
    )


def in_chunks(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def table(rows: int) -> bytes:
    """Rows of CSV with all that makes CSV hard, some of them broken."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "review", "note, if any"])
    for n in range(rows):
        words = " ".join(WORDS[(n * k) % len(WORDS)] for k in range(n % 60))
        writer.writerow([n, f'{words}\n"{n}", ünïcode 🙂', ""])
        if n % 100 == 99:
            text.write("too,many,fields,here\n")
    return text.getvalue().encode()


def same_but_for_rounding(found: bytes, expected: bytes) -> None:
    """The last digit of a share depends on the company in a batch."""
    share = re.compile(rb"0\.\d+(?:[eE]-\d+)?")
    assert share.sub(b"?", found) == share.sub(b"?", expected)
    numbers = [[float(number) for number in share.findall(table)] for table in (found, expected)]
    assert numbers[0] == pytest.approx(numbers[1], abs=2e-6)


@pytest.mark.parametrize(("wanted", "format"), [(CSV, "csv"), (TSV, "tsv"), (LINES, "jsonl")])
def test_the_table_is_that_of_the_library(
    client: httpx.Client, model_folder: Path, wanted: str, format: str
) -> None:
    body = table(700)
    found = client.post(
        "/v1/score",
        params={"text_column": "review"},
        content=body,
        headers={"Content-Type": CSV, "Accept": wanted},
    )
    assert found.status_code == 200
    assert found.headers["content-type"].startswith(wanted)
    rows = read_rows(io.BytesIO(body), "csv", text_column="review")
    expected = b"".join(score_stream(load(model_folder), rows, format))
    same_but_for_rounding(found.content, expected)


def test_lines_of_json(client: httpx.Client) -> None:
    lines = [{"text": "I love it", "more": [1]}, {"text": None}, {"text": 5}]
    body = "\n".join(json.dumps(line) for line in lines) + "\nnonsense\n"
    found = client.post("/v1/score", content=body, headers={"Content-Type": LINES})
    answers = [json.loads(line) for line in found.text.splitlines()]
    assert list(answers[0]) == ["text", "more", *ADDED]
    assert answers[0]["label"] == "positive"
    assert answers[1]["tokens_read"] == 0
    assert answers[2] == {"error": "column 'text': expected a string, found int", "row": 3}
    assert answers[3]["row"] == 4


def test_a_late_column_is_told_in_words_of_a_request(client: httpx.Client) -> None:
    body = b'{"text": "good"}\n' * 1500 + b'{"text": "good", "x": 1}\n'
    found = client.post("/v1/score", content=body, headers={"Content-Type": LINES, "Accept": CSV})
    *_, last = csv.DictReader(io.StringIO(found.text))
    assert last["error"] == (
        "row 1501: has a column 'x', which the first rows lack; "
        "ask for JSON Lines (Accept: application/x-ndjson)"
    )


def test_rows_come_as_they_are_scored(server: Running) -> None:
    rows = b"text\n" + b"".join(b"good film %d\n" % n for n in range(300))
    with server.connect() as connection:
        connection.sendall(begun(CSV) + in_chunks(rows))
        received = b""
        while b"good film 200" not in received:  # long before the last row is sent
            more = connection.recv(65_536)
            assert more
            received += more
        connection.sendall(b"0\r\n\r\n")
        received += everything(connection)
    assert received.count(b",positive,") == 300
    assert received.endswith(b"0\r\n\r\n")


def test_texts_that_are_too_long_are_told_in_place(client: httpx.Client) -> None:
    body = f"text\ngood\n{'x' * 3001}\nbad\n"
    found = client.post("/v1/score", content=body, headers=AS_CSV)
    rows = list(csv.DictReader(io.StringIO(found.text)))
    assert [row["label"] for row in rows] == ["positive", "", "negative"]
    expected = "row 2, column 'text': the text has 3,001 characters; 3,000 are the most"
    assert rows[1]["error"] == expected


@pytest.mark.parametrize("path", ["/v1/score", "/v1/table"])
@pytest.mark.parametrize(
    "table",
    [
        "text,id\n" + "good film,1\n" * 100,
        "id,text\n" + "1,good film\n" * 100,  # the last name runs into the first cell
        "text,id\ngood,1\n",
        "text,stars\nI love this kettle very much indeed,five\n",
        "text,who\nGood kettle.,Anna\nBad kettle!,Bert\n",
        "text,label\nGreat film,pos\nBad film,neg\n",  # its cells look like names
        "text\ngood\n",  # no column is called textgood
        'id,text\n1,"Good, really"\n2,"Bad"\n',  # the last name runs into a quote
    ],
)
def test_a_table_that_lost_its_line_ends_is_refused(
    client: httpx.Client, table: str, path: str
) -> None:
    stripped = table.replace("\n", "")  # as curl's -d does
    found = client.post(path, content=stripped, headers=AS_CSV)
    assert (found.status_code, found.json()["code"]) == (422, "no_table")
    assert "--data-binary" in found.json()["remedy"]
    assert client.post(path, content=table, headers=AS_CSV).status_code == 200


@pytest.mark.parametrize(
    "names",
    [
        ["text"],
        ["text", "id", ""],
        ["text", *(f"a_long_name_{n}" for n in range(30))],
        ["text", "id", "id", "2024", "When did you last buy this product from us?"],
    ],
)
def test_a_header_alone_is_a_table_without_rows(client: httpx.Client, names: list[str]) -> None:
    found = client.post("/v1/score", content=",".join(names) + "\n", headers=AS_CSV)
    assert (found.status_code, len(found.text.splitlines())) == (200, 1)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", AS_CSV, 422, "no_table"),
        (b"\n\n", {"Content-Type": LINES}, 422, "no_table"),
        (b"[1]", {"Content-Type": LINES}, 422, "no_table"),
        (b"a,b\n1,2\n", AS_CSV, 422, "no_table"),
        (b"PAR1" + b"\xff\0" * 500, AS_CSV, 422, "no_table"),
        (b"text\n", {}, 415, "unsupported_media_type"),
        (b"text\n", FORM, 415, "unsupported_media_type"),
        (b"text\n", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        (b"text\n", {"Content-Type": f"{CSV}; charset=latin-1"}, 415, "unsupported_media_type"),
        (b"text\n", {"Content-Type": CSV, "Content-Encoding": "zstd"}, 415, None),
        (b"text\n", [*AS_CSV.items(), *CODINGS], 415, None),
        (b"text\n", {"Content-Type": CSV, "Accept": "image/png, text/csv;q=0"}, 406, None),
        (b"text\n" + b"x" * 200_000, AS_CSV, 413, "body_too_large"),
    ],
)
def test_what_is_no_table(
    client: httpx.Client, body: bytes, headers: Headers, status: int, code: str | None
) -> None:
    found = client.post("/v1/score", content=body, headers=headers)
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    assert code in (None, found.json()["code"])
    if headers == FORM:
        assert "add -H 'Content-Type: text/csv'" in found.json()["remedy"]
    if status == 413:
        assert "TONALITY_MAX_UPLOAD_BYTES" in found.json()["remedy"]


@pytest.mark.parametrize("media_type", [CSV, TSV, LINES])
@pytest.mark.parametrize("wanted", [CSV, TSV, LINES])
def test_too_many_columns(client: httpx.Client, media_type: str, wanted: str) -> None:
    headers = {"Content-Type": media_type, "Accept": wanted}
    for count, status in ((50, 200), (51, 413)):
        row = {"text": "good"} | {f"c{number}": "x" for number in range(1, count)}
        between = "\t" if media_type == TSV else ","
        body = f"{between.join(row)}\n{between.join(row.values())}\n"
        body = json.dumps(row) if media_type == LINES else body
        found = client.post("/v1/score", content=body, headers=headers)
        assert found.status_code == status
    assert found.json()["code"] == "too_many_columns"
    assert "51 columns; 50 are the most" in found.json()["detail"]
    assert "TONALITY_MAX_COLUMNS" in found.json()["remedy"]


def test_the_loop_is_free_while_a_table_is_begun(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that takes time in proportion to a table's width is done on the upload's thread."""
    threads: dict[str, str] = {}

    def noting(name: str) -> None:
        work = getattr(score_upload, name)

        def noted(*args: Any, **options: Any) -> Any:
            threads[name] = threading.current_thread().name
            return work(*args, **options)

        monkeypatch.setattr(score_upload, name, noted)

    async def ask() -> httpx.Response:
        service = Service(load_settings(), ServedModel.load(str(model_folder)))
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            found = await client.post("/v1/score", content=b"text,b\ngood,1\n", headers=AS_CSV)
        service.close()
        return found

    for name in ("opened_upload", "_layout", "row_writer"):
        noting(name)
    found = asyncio.run(ask())
    assert found.status_code == 200
    assert len(threads) == 3
    assert all(name.startswith("tonality-upload") for name in threads.values())


def test_a_time_out_of_the_work_is_an_error_like_any_other() -> None:
    raised: list[type[BaseException]] = []

    async def work() -> None:
        raise TimeoutError

    def wait(loop: asyncio.AbstractEventLoop) -> None:
        try:
            ask(loop, work())
        except BaseException as error:
            raised.append(type(error))

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=wait, args=(loop,), daemon=True)
        thread.start()
        await asyncio.to_thread(thread.join, 10)

    asyncio.run(serve())
    assert raised == [TimeoutError]


def test_a_window_of_wide_rows_is_short(model_folder: Path) -> None:
    """The next one is read only when this one is answered, so memory is bounded."""
    row = ",".join(["love", *["x" * 1000] * 999])
    body = f"{','.join(['text', *(f'c{n}' for n in range(999))])}\n" + f"{row}\n" * 20
    rows = read_rows(io.BytesIO(body.encode()), "csv")
    layout = Layout.of(rows.columns, ["a"], errors=True)
    assert [len(window) for window in scored_windows.windows(rows, layout, 99)] == [1] * 20
    broken = read_rows(io.BytesIO(f"text,b\n{row}\n".encode()), "csv")
    ((fault,),) = scored_windows.windows(broken, Layout.of(broken.columns, ["a"]), 99)
    assert isinstance(fault, Fault)
    assert fault.raw is None


def test_columns_that_are_not_there(client: httpx.Client) -> None:
    for query in ("text_column=other", "text_column="):
        found = client.post(
            f"/v1/score?{query}", content=b"text\na\n", headers={"Content-Type": CSV}
        )
        assert found.status_code == 422
    for query in ("", "?text_column=other"):  # no header: the first row is a text
        found = client.post(f"/v1/score{query}", content=b"a secret,b\n1,2", headers=AS_CSV)
        assert found.json()["code"] == "no_table"
        assert "secret" not in found.text
        assert "column" in found.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("score?abstain=0.9", "no parameter 'abstain'"),
        ("table?abstain=0.9", "no parameter 'abstain'"),
        ("score?prefix=a&prefix=b", "more than once"),
        ("score?delimiter=,&delimiter=;", "more than once"),
    ],
)
def test_a_parameter_unknown_or_there_twice_is_refused(
    client: httpx.Client, asked: str, said: str
) -> None:
    """It would change nothing."""
    found = client.post(f"/v1/{asked}", content=b"text\ngood\n", headers=AS_CSV)
    assert (found.status_code, found.json()["code"]) == (422, "invalid")
    assert said in found.json()["detail"]


def test_several_text_columns_are_joined(client: httpx.Client) -> None:
    body = b"title,n,text\nI love it,1,it was bad\n"
    found: list[dict[str, str]] = []
    for query in ("text_column=title,text", "text_column=title&text_column=text"):
        answer = client.post(f"/v1/score?{query}", content=body, headers=AS_CSV)
        found += csv.DictReader(io.StringIO(answer.text))
    assert [row["tokens_read"] for row in found] == ["6", "6"]
    wrong = client.post("/v1/score?text_column=title&text_column=", content=body, headers=AS_CSV)
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "text_column is empty.")


def test_the_quoting_is_the_caller_s(client: httpx.Client) -> None:
    """A part of a file tells by itself too little of how quotes are meant in all of it."""
    body = b'text\tn\n"good" film\t1\n"bad"\t2\n'
    tabs = {"Content-Type": "text/tab-separated-values", "Accept": LINES}
    found = {
        quoting: [
            row.get("text")
            for row in map(
                json.loads,
                client.post(
                    f"/v1/score?quoting={quoting}", content=body, headers=tabs
                ).text.splitlines(),
            )
        ]
        for quoting in ("none", "double")
    }
    assert found == {"none": ['"good" film', '"bad"'], "double": [None, "bad"]}
    wrong = client.post("/v1/score?quoting=some", content=body, headers=tabs)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert "double, backslash, none" in wrong.json()["remedy"]


def test_the_prefix_is_the_caller_s(client: httpx.Client) -> None:
    body = b"label,text\n1,good\n"
    found = client.post("/v1/score?prefix=our_", content=body, headers=AS_CSV)
    assert found.text.splitlines()[0] == ",".join(
        ["label", "text", *(f"our_{name}" for name in [*ADDED, "error"])]
    )
    headers = AS_CSV | {"Accept": LINES}
    found = client.post("/v1/score?prefix=%C3%BC", content=body, headers=headers)
    assert list(found.json()) == ["label", "text", *(f"ü{name}" for name in ADDED)]


@pytest.mark.parametrize(
    ("target", "media_type", "kinds"),
    [
        ("score?sheet=2", CSV, "spreadsheets"),
        ("table?sheet=2", CSV, "spreadsheets"),
        ("score?delimiter=;", LINES, "CSV and TSV"),
        ("score?quoting=none", LINES, "CSV and TSV"),
        ("table?delimiter=;", CSV, None),
    ],
)
def test_a_parameter_of_other_formats_is_refused(
    client: httpx.Client, target: str, media_type: str, kinds: str | None
) -> None:
    headers = {"Content-Type": media_type}
    found = client.post(f"/v1/{target}", content=b'{"text": "good"}\n', headers=headers)
    assert (found.status_code, found.json()["code"]) == (422, "invalid")
    expected = f"is for {kinds}; the body is {media_type}" if kinds else "no parameter"
    assert expected in found.json()["detail"]


@pytest.mark.parametrize("media_type", [CSV, LINES])
@pytest.mark.parametrize("name", ["delimiter", "quoting", "sheet"])
def test_a_parameter_that_is_empty_says_nothing(
    client: httpx.Client, name: str, media_type: str
) -> None:
    """A form sends the fields that nobody filled in, too."""
    body = b'{"text": "good"}\n' if media_type == LINES else b"text\ngood\n"
    headers = {"Content-Type": media_type}
    found = client.post(f"/v1/score?{name}=", content=body, headers=headers)
    assert found.status_code == 200
    assert found.content == client.post("/v1/score", content=body, headers=headers).content


def test_a_table_in_utf_8_by_its_own_word_is_not_guessed_at(client: httpx.Client) -> None:
    """Half a letter: alone it looks like Windows-1252, and only the sender knows."""
    body = b"text\ngood\ncut off sch\xc3\n"
    for charset, faults in (("", []), ("; charset=utf-8", ["row 2, column 'text': invalid UTF-8"])):
        headers = {"Content-Type": CSV + charset}
        found = client.post("/v1/score", content=body, headers=headers)
        rows = csv.DictReader(io.StringIO(found.text))
        assert [row["error"] for row in rows if row["error"]] == faults


def test_a_table_in_utf_8_by_its_own_word_is_still_looked_at(client: httpx.Client) -> None:
    headers = {"Content-Type": f"{CSV}; charset=utf-8"}
    found = client.post("/v1/score", content="text\ngut\n".encode("utf-16"), headers=headers)
    assert [row["text"] for row in csv.DictReader(io.StringIO(found.text.lstrip("\ufeff")))] == [
        "gut"
    ]
    for body, detail in (
        (bytes(range(256)), "is a binary file"),
        ("text\ngut\n".encode("utf-16-le"), "looks like UTF-16 without a byte-order mark"),
        (b"caf\xe9,text\na,gut\n", "the name of column 1 is not valid UTF-8"),
    ):
        found = client.post("/v1/score", content=body, headers=headers)
        assert (found.status_code, found.json()["code"]) == (422, "no_table")
        assert detail in found.json()["detail"]


def test_a_byte_order_mark_comes_back(client: httpx.Client) -> None:
    for mark in (b"\xef\xbb\xbf", b""):
        found = client.post("/v1/score", content=mark + b"text\ngut\n", headers=AS_CSV)
        assert found.content.startswith(mark + b"text,label,")


@pytest.mark.parametrize("prefix", ["", "x" * 101])
def test_prefixes_that_cannot_be(client: httpx.Client, prefix: str) -> None:
    """The empty one is one: it takes no other where the table has a column of that name."""
    body = b"label,text\n1,good\n"
    found = client.post("/v1/score", params={"prefix": prefix}, content=body, headers=AS_CSV)
    assert (found.status_code, found.json()["code"]) == (422, "invalid")
    assert "prefix" in found.json()["detail"]
    found = client.post("/v1/score?prefix=", content=b"text\ngood\n", headers=AS_CSV)
    assert found.text.startswith("text,label,")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", TSV),
        ("text/*", TSV),
        ("text/*;q=0.5, application/*", LINES),
        (f"{CSV};q=0.9, {TSV};q=0.8", CSV),
        ("text/html, application/xhtml+xml, */*;q=0.1", TSV),
        (f"*/*, {TSV};q=nonsense", CSV),
    ],
)
def test_the_answer_s_format_is_what_is_liked_best(
    client: httpx.Client, accept: str, expected: str
) -> None:
    lines = accept.split(", ")
    for accepts in ([accept], lines):  # in one header or in several (RFC 9110, 5.3)
        headers = [("Content-Type", TSV), *(("Accept", each) for each in accepts)]
        found = client.post("/v1/score", content=b"id\ttext\n1\tgood\n", headers=headers)
        assert found.headers["content-type"].startswith(expected)


def test_a_table_that_grows_too_large_is_cut_short(server: Running) -> None:
    rows = b"text\n" + (b"good " * 500 + b"\n") * 100
    with server.connect() as connection:
        connection.sendall(begun(CSV) + in_chunks(rows))
        received = everything(connection)
    assert b"the rest cannot be read: The body has more than 200,000 bytes" in received
    assert not received.endswith(b"0\r\n\r\n")  # nobody takes it for the whole
    assert "ERROR" not in server.log


def test_uploads_are_limited_and_make_room(server: Running, client: httpx.Client) -> None:
    head = post(b"", "/v1/score", Content_Type=CSV, Content_Length="1000") + b"text\n"
    held = [server.connect() for _ in range(2)]
    for connection in held:
        connection.sendall(head)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    refused = client.post("/v1/score", content=b"text\ngood\n", headers=AS_CSV)
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert client.post("/v1/predict", json={"texts": ["good"]}).status_code == 200
    held.pop().close()  # gone in the middle of it
    deadline = time.monotonic() + 60
    while client.post("/v1/score", content=b"text\ngood\n", headers=AS_CSV).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    held.pop().close()


def test_whoever_sends_all_before_reading_gets_all(model_folder: Path) -> None:
    """As most clients do: the answer fills all buffers long before the body has been sent."""
    rows = 2000
    table = b"text,more\n" + b"good,%b\n" % (b"x" * 10_000) * rows
    with running(model_folder, write_seconds=2) as server, server.client() as client:
        found = client.post("/v1/score", content=table, headers=AS_CSV)
        assert found.text.count(",positive,") == rows


def test_whoever_sends_slowly_before_reading_gets_all(model_folder: Path) -> None:
    """While the body comes, the answer that nobody reads yet waits."""
    rows, seconds = 1500, 5
    table = b"text,more\n" + b"good,%b\n" % (b"x" * 10_000) * rows
    with running(model_folder, write_seconds=1) as server, server.connect() as connection:
        request = post(table, "/v1/score", Content_Type=CSV, Connection="close")
        step = len(request) // 50
        for start in range(0, len(request), step):
            connection.sendall(request[start : start + step])
            time.sleep(seconds / 50)
        received = everything(connection)
    assert received.count(b",positive,") == rows
    assert received.endswith(b"0\r\n\r\n")


def test_whoever_sends_too_much_before_reading_learns_why(model_folder: Path) -> None:
    rows = b"text,more\n" + b"good,%b\n" % (b"x" * 10_000) * 3000
    limits = {"write_seconds": 20, "max_upload_bytes": 12_000_000}
    with running(model_folder, **limits) as server:
        with server.connect() as connection:
            connection.sendall(begun(CSV) + in_chunks(rows) + in_chunks(b""))
            received = everything(connection)
        assert b"the rest cannot be read: The body has more than 12,000,000 bytes" in received
        with server.client() as client:
            metrics = client.get("/metrics").text
    assert 'tonality_requests_total{path="/v1/score",status="413"} 1.0' in metrics


def test_whoever_does_not_read_at_all_is_cut_off(model_folder: Path) -> None:
    """The body goes to the disk up to its limit, and not to memory."""

    def send_on() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            connection.sendall(chunk)

    def memory() -> float:
        found = re.search(r"^process_resident_memory_bytes (\S+)$", asking("/metrics").text, re.M)
        assert found
        return float(found[1])

    chunk = in_chunks(b"good,%b\n" % (b"x" * 10_000))
    limits = {"write_seconds": 2, "max_upload_bytes": 50_000_000}
    with running(model_folder, **limits) as server, server.client() as client:
        asking = client.get
        before = memory()
        with server.connect() as connection:
            connection.sendall(begun(CSV) + in_chunks(b"text,more\n"))
            with pytest.raises(ConnectionError):
                send_on()
        assert memory() - before < 40_000_000
        assert asking("/healthz").status_code == 200
        assert "tonality_connections 1.0" in asking("/metrics").text
