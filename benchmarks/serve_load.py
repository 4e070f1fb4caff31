"""How many requests a second ``tonality serve`` answers, how fast, and what it does beyond that.

``python -m benchmarks.serve_load`` starts the service on a free port of the loopback and asks it
for verdicts on made-up tweets of 20 tokens, one a request:

- **capacity**: wrk, 32 connections kept alive; the first run warms up, the middle one of the others
  by rate is told;
- **overload**: twice that rate for ``--seconds``, however slow the answers; each status, and the
  latency of the 200s;
- **equality**: the answers under overload, compared with the library's;
- **memory**: resident memory of the service before and after ``--requests`` requests.

``--baseline DIR`` measures the capacity alone, of this build and of an earlier one in turns. DIR is
a checkout of it, and ``--model`` a folder that both can read.

Needs the extra ``serve`` and `wrk <https://github.com/wg/wrk>`_ (``apt install wrk``), and Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from benchmarks.machine import describe
from benchmarks.open_loop import Findings, Load
from tonality import Classifier, load

RESULTS = Path(__file__).parent / "results"
SOURCE = Path(__file__).parent.parent / "src"
SCRIPT = Path(__file__).with_suffix(".lua")
TOKENS = 20
TWEETS = 2000
FREQUENT = 3000  # words that tweets are made of
CALLERS = 900  # connections under overload: more than are ever waiting
KEPT = 20_000  # answers under overload that are compared


@dataclass(frozen=True)
class Server:
    """A service that runs."""

    port: int
    pid: int

    def memory_mb(self) -> float:
        """Resident memory, in MB of a million bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024 / 1e6

    def cpu_seconds(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def metric(self, name: str) -> float:
        """A number that the service tells about itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serve_load", description=str(__doc__).splitlines()[0]
    )
    parser.add_argument("--model", default="imdb", help="a bundled model's name or a model folder")
    parser.add_argument("--threads", type=int, help="of the service; by default one a core")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=20, help="of each run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--requests", type=int, default=200_000, help="for the growth of memory")
    parser.add_argument("--baseline", type=Path, help="a checkout to compare with")
    parser.add_argument("--output", type=Path, default=RESULTS / "serve_load.json")
    options = parser.parse_args(arguments)
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed: apt install wrk")
    classifier = load(options.model)
    tweets = make_tweets(classifier)
    with tempfile.TemporaryDirectory() as folder, serving(options) as server:
        bodies = Path(folder) / "bodies.jsonl"
        bodies.write_text("".join(f"{body(tweet)}\n" for tweet in tweets), encoding="utf-8")
        if options.baseline:
            compare(server, bodies, options)
            return
        measured: dict[str, Any] = {"tokens": TOKENS, "connections": options.connections}
        measured["capacity"] = capacity(server, bodies, options)
        measured["memory"] = memory(server, bodies, options)
        rate = 2 * measured["capacity"]["requests_per_second"]
        findings = overload(server, tweets, rate, options.seconds)
        measured["overload"] = {
            **summary(findings, rate, options.seconds),
            "memory_mb_after": round(server.memory_mb(), 1),
        }
        measured["equality"] = equality(findings, classifier, tweets)
    for part in ("capacity", "memory", "overload", "equality"):
        print(f"{part}: " + ", ".join(f"{name} {v}" for name, v in measured[part].items()))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    written = {"machine": describe(), **measured}
    options.output.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def make_tweets(classifier: Classifier) -> list[str]:
    """Random words, so many that the model reads the same number of tokens of each tweet."""
    rng = random.Random(1)
    words = [word for word in classifier.artifact.vocabulary.forms if word.isalpha()][:FREQUENT]
    return [" ".join(rng.choices(words, k=TOKENS)) for _ in range(TWEETS)]


def body(tweet: str) -> str:
    """The body of a request."""
    return json.dumps({"texts": [tweet]})


@contextmanager
def serving(options: argparse.Namespace, source: Path = SOURCE) -> Iterator[Server]:
    """The service whose code is in `source`, for as long as the block lasts."""
    command = [sys.executable, "-m", "tonality", "serve", "--port", "0", "--model", options.model]
    if options.threads:
        command += ["--threads", str(options.threads)]
    environment = os.environ | {"PYTHONPATH": str(source)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"on http://\S+:(\d+)$", line):
                yield Server(int(found[1]), process.pid)
                break
        else:
            sys.exit("the service did not start")
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def wrk(server: Server, bodies: Path, connections: int, seconds: int) -> dict[str, float]:
    """One run of wrk."""
    url = f"http://127.0.0.1:{server.port}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT), url]
    printed = subprocess.run(
        [*command, "--", str(bodies)], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    return found


def capacity(server: Server, bodies: Path, options: argparse.Namespace) -> dict[str, float]:
    """Requests a second that are answered, and their latency, where nobody asks for more."""
    wrk(server, bodies, options.connections, max(2, options.seconds // 4))
    runs = [_run(server, bodies, options) for _ in range(options.runs)]
    return sorted(runs, key=lambda run: run["requests_per_second"])[len(runs) // 2]


def _run(server: Server, bodies: Path, options: argparse.Namespace) -> dict[str, float]:
    before = [server.cpu_seconds(), *_batches(server)]
    run = wrk(server, bodies, options.connections, options.seconds)
    cpu, batches, texts = (
        after - earlier
        for after, earlier in zip([server.cpu_seconds(), *_batches(server)], before, strict=True)
    )
    return {
        "requests_per_second": round(run["requests"] / run["seconds"]),
        **{name: v for name, v in run.items() if name not in ("requests", "seconds")},
        "texts_per_batch": round(texts / batches, 1),
        "cpu_ms_per_request": round(1000 * cpu / run["requests"], 3),
    }


def compare(server: Server, bodies: Path, options: argparse.Namespace) -> None:
    """Prints the capacity of both builds, and the median over the runs of how they compare."""
    with serving(options, options.baseline / "src") as earlier:
        for each in (earlier, server):
            wrk(each, bodies, options.connections, 2)
        rounds = [
            (_run(earlier, bodies, options), _run(server, bodies, options))
            for _ in range(options.runs)
        ]
    for name in ("requests_per_second", "cpu_ms_per_request"):
        before, after = ([each[n][name] for each in rounds] for n in (0, 1))
        ratio = median(new / old for old, new in zip(before, after, strict=True))
        print(f"{name}: baseline {before}, this build {after}, ratio {ratio:.2f}")


def _batches(server: Server) -> tuple[float, float]:
    return (server.metric("tonality_batch_texts_count"), server.metric("tonality_batch_texts_sum"))


def memory(server: Server, bodies: Path, options: argparse.Namespace) -> dict[str, float]:
    """Resident memory before and after many requests; the runs before have warmed it up."""
    before, answered = server.memory_mb(), 0.0
    while answered < options.requests:
        answered += wrk(server, bodies, options.connections, options.seconds)["requests"]
    after = server.memory_mb()
    return {
        "requests": answered,
        "mb_before": round(before, 1),
        "mb_after": round(after, 1),
        "growth_percent": round(100 * (after / before - 1), 2),
    }


def overload(server: Server, tweets: Sequence[str], rate: float, seconds: int) -> Findings:
    """Requests at a rate, whatever becomes of them."""
    requests = [
        b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(sent), sent)
        for sent in (body(tweet).encode() for tweet in tweets)
    ]
    load = Load(server.port, requests, rate, seconds, CALLERS, KEPT)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(load.run())


def summary(findings: Findings, rate: float, seconds: int) -> dict[str, Any]:
    """What came of a load, in numbers."""
    return {
        "offered_per_second": rate,
        "answered_per_second": round(findings.statuses.get(200, 0) / seconds),
        "statuses": findings.statuses,
        "connections_lost": findings.lost,
        **{
            f"p{share}_ms_of_{status}": round(findings.quantile_ms(status, share / 100), 1)
            for status in (200, 503)
            for share in (50, 99, 100)
        },
    }


def equality(findings: Findings, classifier: Classifier, tweets: Sequence[str]) -> dict[str, float]:
    """The largest difference of a probability from the library's own."""
    expected = [prediction.probabilities for prediction in classifier.predict(tweets)]
    largest = 0.0
    for number, answer in findings.bodies:
        (result,) = json.loads(answer)["results"]
        for label, share in result["probabilities"].items():
            largest = max(largest, abs(share - expected[number][label]))
    return {"answers": len(findings.bodies), "largest_difference": largest}


if __name__ == "__main__":
    main()
