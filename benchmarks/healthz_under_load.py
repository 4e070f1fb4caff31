"""How long ``/healthz`` takes to answer while the service works on one large request.

``python -m benchmarks.healthz_under_load`` starts ``tonality serve`` on a free port of the loopback
and sends it requests of a megabyte, one after the other, each of a shape that costs much in one
place: wide tables, long texts, many faults. Meanwhile another connection asks for ``/healthz`` all
the time. It tells the slowest answer of each request, and the slowest one while nothing was asked.

Needs the extra ``serve``, and Linux.
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.serve_load import serving

RESULTS = Path(__file__).parent / "results"
MEGABYTE = 1_000_000
JSON, CSV, TSV = "application/json", "text/csv", "text/tab-separated-values"
LINES = "application/x-ndjson"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
PAUSE = 0.002  # seconds between two looks


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.healthz_under_load", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--model", default="general", help="a bundled model's name or a folder")
    parser.add_argument("--threads", type=int, help="of the service; by default one a core but one")
    parser.add_argument("--only", help="the requests whose name holds this")
    parser.add_argument("--output", type=Path, default=RESULTS / "healthz_under_load.json")
    options = parser.parse_args(arguments)
    measured: dict[str, Any] = {}
    with serving(options) as server, Look(server.port) as look:
        look.slowest()
        time.sleep(2)
        measured["idle"] = {"slowest_ms": look.slowest()}
        for name, request in requests().items():
            if options.only and options.only not in name:
                continue
            started = time.perf_counter()
            status, size = ask(server.port, request)
            seconds = time.perf_counter() - started
            measured[name] = {
                "slowest_ms": look.slowest(),
                "status": status,
                "seconds": round(seconds, 2),
                "answer_bytes": size,
            }
            print(f"{name}: " + ", ".join(f"{key} {v}" for key, v in measured[name].items()))
    print(f"slowest: {max(found['slowest_ms'] for found in measured.values())} ms")
    if not options.only:
        written = {"machine": describe(), **measured}
        options.output.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def requests() -> dict[str, bytes]:
    """Requests of a megabyte, each of another shape, by name."""
    words = "the film was not good and I did not like the plot at all but it is fine "
    long = (words * 60)[:3900]
    names = [f"column {n}" for n in range(60_000)]
    fields = {f"k{n}": n for n in range(70_000)}
    explain = _json("/v1/explain", [long] * 250)
    return {
        "predict, 250 long texts": _json("/v1/predict", [long] * 250),
        "predict, 20 texts of 50,000": _json("/v1/predict", [(words * 700)[:49_900]] * 20),
        "predict, one text without a space": _json("/v1/predict", ["a" * 49_900] * 20),
        "predict, entities": _json("/v1/predict", ["&amp;" * 9_900] * 20),
        "predict, accents apart": _json("/v1/predict", ["e\u0301" * 9_000] * 18),
        "predict, emoji": _json("/v1/predict", ["\U0001f642" * 12_000] * 20),
        "explain, 250 long texts": explain,
        "explain, 20 texts of 50,000": _json("/v1/explain", [(words * 700)[:49_900]] * 20),
        "JSON, 500,000 faults": _body("/v1/predict", b'{"texts":[' + b"1," * 499_990 + b"1]}"),
        "JSON, 250,000 texts": _body("/v1/predict", b'{"texts":[' + b'"",' * 333_000 + b'""]}'),
        "JSON, one text of a megabyte": _json("/v1/predict", ["a" * (MEGABYTE - 20)]),
        "JSON, 70,000 members": _body("/v1/predict", json.dumps(fields).encode()),
        "JSON, deep": _body("/v1/predict", b"[" * MEGABYTE),
        "CSV, 40,000 columns": _table(CSV, [names[:40_000], ["x"] * 40_000]),
        "CSV, 2,000 columns": _table(CSV, [["text", *names[:1999]], *[["x"] * 2000] * 240]),
        "CSV, columns of one name": _table(CSV, [["a"] * 250_000, ["x"] * 250_000]),
        "CSV, text columns": _table(CSV, [["text" + "!" * (n % 50) for n in range(30_000)]]),
        "CSV, one line": _body("/v1/score", b"text," * 200_000, CSV),
        "CSV, an open quote": _body("/v1/score", b'text\n"' + b"good\n" * 199_999, CSV),
        "CSV, many open quotes": _body("/v1/score", b"text,b\n" + b'good,"bad\n' * 99_999, CSV),
        "CSV, short texts": _body("/v1/score", b"text\n" + b"good\n" * 199_999, CSV),
        "CSV, long texts": _table(CSV, [["text"], *[[long]] * 255]),
        "CSV, rows of no text": _body("/v1/score", b"text,b\n" + b",\n" * 499_000, CSV),
        "TSV, quotes": _body("/v1/score", b"text\tb\n" + b'"good\tb\n' * 124_000, TSV),
        "lines, 70,000 keys": _body("/v1/score", json.dumps(fields).encode(), LINES),
        "lines, each with other keys": _body("/v1/score", _ragged(), LINES),
        "lines, deep": _body("/v1/score", b'{"text":' + b"[" * MEGABYTE, LINES),
        "lines, nonsense": _body("/v1/score", b'{"text":""}\n' + b"x\n" * 499_000, LINES),
    }


def _ragged() -> bytes:
    lines = [json.dumps({"text": "good", **{f"{n}-{k}": 0 for k in range(90)}}) for n in range(999)]
    return "\n".join(lines).encode()


def _json(path: str, texts: Sequence[str]) -> bytes:
    return _body(path, json.dumps({"texts": texts}, ensure_ascii=False).encode())


def _table(media_type: str, rows: Sequence[Sequence[str]]) -> bytes:
    return _body("/v1/score", "\n".join(",".join(row) for row in rows).encode(), media_type)


def _body(path: str, body: bytes, media_type: str = JSON) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def ask(port: int, request: bytes) -> tuple[int, int]:
    """The status of an answer, and how many bytes it has."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        sender = threading.Thread(target=connection.sendall, args=(request,))
        sender.start()
        first, size = b"", 0
        while more := connection.recv(2**18):
            first, size = first or more, size + len(more)
        sender.join()
    return int(first.split()[1]), size


class Look:
    """Asks for ``/healthz`` all the time, on a thread, inside a ``with`` block."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port))
        self._slowest = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Look:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()

    def slowest(self) -> float:
        """The slowest answer since this was last asked, in milliseconds."""
        time.sleep(0.05)
        found, self._slowest = self._slowest, 0.0
        return round(1000 * found, 1)

    def _ask(self) -> None:
        while not self._over.is_set():
            started = time.perf_counter()
            self._connection.sendall(HEALTH)
            answer = b""
            while not answer.endswith(b'{"status":"ok"}'):
                answer += self._connection.recv(4096)
            self._slowest = max(self._slowest, time.perf_counter() - started)
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
