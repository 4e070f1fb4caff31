"""Clients that are slow, greedy or broken: the documented status, and the service lives on."""

from __future__ import annotations

import gzip
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import Answer, Running, answer, everything, post, running, texts

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIMITS: dict[str, Any] = {
    "header_seconds": 1,
    "body_seconds": 1,
    "write_seconds": 1,
    "keep_alive_seconds": 1,
    "max_header_bytes": 4096,
}


@pytest.fixture(scope="module")
def shared(model_folder: Path) -> Iterator[Running]:
    with running(model_folder, **LIMITS) as server:
        yield server


@pytest.fixture
def server(shared: Running) -> Iterator[Running]:
    """The server, which afterwards still answers and has logged no fault."""
    yield shared
    assert exchange(shared, post(texts("I love it"))).status == 200
    assert "ERROR" not in shared.log


def flood(connection: socket.socket, request: bytes) -> None:
    while True:
        connection.sendall(request)


def exchange(server: Running, *parts: bytes) -> Answer:
    with server.connect() as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except ConnectionError:  # it has been told to go away already
                break
        return answer(connection)


def test_ten_thousand_empty_texts(server: Running) -> None:
    found = exchange(server, post(texts(*[""] * 10_000)))
    assert (found.status, found.code) == (422, "invalid")
    assert b"10,000 texts; 256 are the most" in found.body


def test_a_body_of_50_megabytes(server: Running) -> None:
    found = exchange(server, post(b"x" * 50_000_000))
    assert (found.status, found.code) == (413, "body_too_large")
    assert found.headers["connection"] == "close"


def test_a_body_of_50_megabytes_in_chunks(server: Running) -> None:
    head = post(b"", Content_Length="", Transfer_Encoding="chunked")
    chunk = b"%x\r\n%b\r\n" % (2**20, b"x" * 2**20)
    found = exchange(server, head, *[chunk] * 50, b"0\r\n\r\n")
    assert (found.status, found.code) == (413, "body_too_large")


def test_a_body_that_is_announced_and_refused(server: Running) -> None:
    head = post(b"", Content_Length=str(10**15), Expect="100-continue")
    found = exchange(server, head)
    assert (found.status, found.code) == (413, "body_too_large")


def test_a_body_is_asked_for_where_the_client_wants_that(server: Running) -> None:
    body = texts("love")
    request = post(body, Expect="100-continue")
    with server.connect() as connection:
        connection.sendall(request[: -len(body)])
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.sendall(body)
        assert answer(connection).status == 200


def test_a_gzip_bomb(server: Running) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    for path, media_type in (("/v1/predict", "application/json"), ("/v1/score", "text/csv")):
        request = post(bomb, path, Content_Encoding="gzip", Content_Type=media_type)
        found = exchange(server, request)
        assert (found.status, found.code) == (415, "unsupported_media_type")


def test_headers_without_an_end(server: Running) -> None:
    for endless in (b"GET /" + b"x" * 10_000, b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000):
        found = exchange(server, endless)
        assert (found.status, found.code) == (431, "headers_too_large")


def test_headers_beyond_the_limit(server: Running) -> None:
    many = b"".join(b"X-%d: y\r\n" % n for n in range(1000))
    for head in (b"X: " + b"x" * 5000 + b"\r\n", many):
        found = exchange(server, HEALTH[:-2] + head + b"\r\n")
        assert (found.status, found.code) == (431, "headers_too_large")
    close = b"X: " + b"x" * 3900 + b"\r\n\r\n"
    assert exchange(server, HEALTH[:-2] + close).status == 200


def test_trailers_beyond_the_limit(server: Running) -> None:
    head = post(b"", Content_Length="", Transfer_Encoding="chunked")
    body = texts("love")
    with server.connect() as connection:
        connection.sendall(head + b"%x\r\n%b\r\n0\r\n" % (len(body), body))
        time.sleep(0.1)  # the beginning of a trailer that comes with the body is let pass
        connection.sendall(b"X: " + b"x" * 10_000)
        found = answer(connection)
    assert (found.status, found.code) == (431, "headers_too_large")


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
        post(b"", Content_Length="-5"),
        post(b"", Content_Length="1" * 30),
        post(b"0\r\n\r\n", Transfer_Encoding="chunked"),  # and a Content-Length: smuggling
        post(b"zz\r\n", Content_Length="", Transfer_Encoding="chunked"),
        post(b"0\r\n\r\n", Content_Length="", Transfer_Encoding="gzip, chunked"),
        post(b"", Host=""),
        post(b"", host="another"),
    ],
)
def test_what_is_no_http(server: Running, sent: bytes) -> None:
    found = exchange(server, sent)
    assert (found.status, found.code) == (400, "bad_request")
    assert found.headers["content-type"] == "application/problem+json"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"] == "no-store"


OFFER = {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMAAABk"}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("parts", [1, 2, 0])
def test_an_offer_of_http_2_is_not_taken_up(server: Running, chunked: bool, parts: int) -> None:
    """As every Java client makes it; 0 parts: byte by byte."""
    body = texts("I love it")
    request = post(body, **OFFER)
    if chunked:
        offer = post(b"", Content_Length="", Transfer_Encoding="chunked", **OFFER)
        request = offer + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = request.index(b"\r\n\r\n") + 4
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            cuts = {1: [], 2: [head], 0: range(1, len(request))}[parts]
            for start, end in pairwise([0, *cuts, len(request)]):
                connection.sendall(request[start:end])
                time.sleep(0.1 if parts == 2 else 0)
            found = answer(connection)
            assert found.status == 200
            assert b'"tokens_read":3' in found.body
        connection.sendall(request * 8 + HEALTH)
        received = b""
        while b'"status":"ok"' not in received:
            more = connection.recv(65_536)
            assert more
            received += more
    assert received.count(b"HTTP/1.1 200 OK") == 9


def test_an_offer_of_web_sockets_is_not_taken_up(server: Running) -> None:
    offer = HEALTH[:-2] + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    assert exchange(server, offer).status == 200


def test_nothing_is_sent(server: Running) -> None:
    assert exchange(server, b"").status == 0


def test_nearly_nothing_is_sent(server: Running) -> None:
    for sent in (b"\r\n", b"GET / HTTP/1.1\r\nHost:"):
        found = exchange(server, sent)
        assert (found.status, found.code) == (408, "slow_headers")


def test_headers_that_drip(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        for n in range(12):
            connection.sendall(b"X-%d: y\r\n" % n)
            time.sleep(0.2)
        found = answer(connection)
        assert (found.status, found.code) == (408, "slow_headers")


def test_a_body_that_drips(server: Running) -> None:
    body = texts("love")
    request = post(body)
    with server.connect() as connection:
        connection.sendall(request[: -len(body)])
        for n in range(12):
            connection.sendall(body[n : n + 1])
            time.sleep(0.2)
        found = answer(connection)
        assert (found.status, found.code) == (408, "slow_body")


def test_bodies_that_fill_the_room_and_stop(model_folder: Path) -> None:
    """What was sent quickly buys no time: soon there is room again."""
    limits = {"max_body_bytes": 100_000, "max_held_bytes": 400_000}
    with running(model_folder, body_seconds=2, **limits) as server, ExitStack() as stack:
        held = [stack.enter_context(server.connect()) for _ in range(5)]
        for connection in held:
            connection.sendall(post(b" " * 100_000)[:-10])
        refused = [found for one in held if (found := answer(one)).code == "busy"]
        assert [found.status for found in refused] == [503]
        assert exchange(server, post(texts("I love it"))).status == 200
        with server.client() as client:
            told = client.get("/metrics").text
        assert 'tonality_requests_total{path="/v1/predict",status="408"} 4.0' in told


def test_an_upload_that_stops_after_much(model_folder: Path) -> None:
    with running(model_folder, body_seconds=1) as server, server.connect() as connection:
        head = post(b"", "/v1/score", Content_Length=str(10**8), Content_Type="text/csv")
        reader = threading.Thread(target=everything, args=(connection,))
        reader.start()
        connection.sendall(head + b"text\n" + b'""\n' * 16_000)
        started = time.monotonic()
        reader.join()
    # At a KiB a second, what it had sent would buy it 47 s.
    assert time.monotonic() - started < 15


def test_an_upload_that_stops(server: Running) -> None:
    with server.connect() as connection:
        head = post(b"", "/v1/score", Content_Length="1000", Content_Type="text/csv")
        connection.sendall(head + b"text\nI love it\n")
        started = connection.recv(65_536)
        assert started.startswith(b"HTTP/1.1 200 OK\r\n")
        rest = everything(connection)
        assert not rest.endswith(b"0\r\n\r\n")  # nobody takes it for the whole


def test_an_idle_connection_is_closed(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(HEALTH)
        assert answer(connection).status == 200
        assert connection.recv(1) == b""


def test_an_answer_that_nobody_reads(server: Running) -> None:
    """Requests for pages, far more than fits into the buffers on the way."""
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(ConnectionError):
            flood(connection, b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)


def test_a_slow_but_steady_reader_gets_all(model_folder: Path) -> None:
    long = texts(*["the film was good and the plot was bad " * 1200] * 200)  # comes back as it is
    limits: dict[str, Any] = {"max_body_bytes": 2**24, "request_seconds": 60, "write_seconds": 0.5}
    with running(model_folder, **limits) as server, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.settimeout(60)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(post(long, "/v1/explain"))
        received, size = b"", 0
        while more := slow.recv(65_536):
            received, size = received or more, size + len(more)
            time.sleep(len(more) / 4e6)
            head, _, _ = received.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length
            if size == len(head) + 4 + int(length[1]):
                return
        pytest.fail(f"cut off after {size:,} bytes")


def test_half_a_connection_gets_its_answer(server: Running) -> None:
    for request in (post(texts("I love it")), HEALTH):
        with server.connect() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            found = answer(connection)
            assert found.status == 200
            assert connection.recv(1) == b""


def test_half_a_request_is_none(server: Running) -> None:
    for part in (post(texts("I love it"))[:-5], b"GET / HT"):
        with server.connect() as connection:
            connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            assert answer(connection).status == 0


def test_gone_before_the_answer(server: Running) -> None:
    for _ in range(20):
        with server.connect() as connection:
            connection.sendall(post(texts("I love it")))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def test_requests_in_a_row_are_answered_in_order(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(b"".join(post(texts("love " * n)) for n in range(1, 9)))
        connection.shutdown(socket.SHUT_WR)
        received = everything(connection)
    read = [int(number) for number in re.findall(rb'"tokens_read":(\d+)', received)]
    assert read == list(range(1, 9))


def test_too_many_requests_in_a_row(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(HEALTH * 3000)
        received = everything(connection)
        assert received.count(b"HTTP/1.1 200 OK") < 3000


def test_a_broken_request_after_a_good_one(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(post(texts("love")) + b"nonsense\r\n\r\n")
        assert answer(connection).status == 200
        assert connection.recv(1) == b""


def until_there_is_room(server: Running) -> None:
    for _ in range(300):
        if exchange(server, HEALTH).status == 200:
            return
        time.sleep(0.1)
    pytest.fail("the connections are not free again")


def test_connections_are_limited(model_folder: Path) -> None:
    with running(model_folder, max_connections=3) as server:
        held = [server.connect() for _ in range(3)]
        for connection in held:
            connection.sendall(HEALTH)
            assert answer(connection).status == 200
        with server.connect() as one_more:
            found = answer(one_more)
            assert (found.status, found.code) == (503, "too_many_connections")
            assert found.headers["retry-after"] == "1"
        for connection in held:
            connection.close()
        until_there_is_room(server)
        with ExitStack() as crowd:
            for _ in range(400):
                with suppress(ConnectionError):  # too many, so some are reset at once
                    crowd.enter_context(server.connect())
        until_there_is_room(server)
