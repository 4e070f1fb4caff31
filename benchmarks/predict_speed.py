"""Reviews a second, accuracy, first answer and memory: tonality beside what people use today.

``python -m benchmarks.predict_speed --data imdb/train.parquet`` measures everything in one run, on
the same reviews, from raw strings. The reviews are of the validation part, which those that learn
do without; a model that learnt from it gets no accuracy. Speeds are medians over rounds in which
every contender takes its turn, so that a busy moment of the machine falls on all alike.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.contenders import Contender, Judge, contenders
from benchmarks.machine import describe

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).parent.parent
REFERENCE = "VADER"
CHILD = [sys.executable, "-m", "benchmarks.child"]
FIRST = "An unexpectedly moving film, and the best thing I have seen this year."


@dataclass
class Result:
    """What was measured of one contender.

    Attributes:
        reviews_per_second: the median over the rounds.
        ratio: to VADER's speed in the same round, the median over the rounds.
        rounds: seconds of each round.
        accuracy: the share of right labels on these reviews; None where the model learnt from them.
        first_answer_s: from starting a process to its first label, the median; files are in
            the system's cache.
        peak_mb: the most memory of a process that classifies the reviews.
        skipped: why it was not measured.
    """

    reviews_per_second: float | None = None
    ratio: float | None = None
    rounds: list[float] = field(default_factory=list)
    accuracy: float | None = None
    first_answer_s: float | None = None
    peak_mb: float | None = None
    skipped: str | None = None


@dataclass(frozen=True)
class Reviews:
    """Texts and their labels."""

    texts: list[str]
    labels: list[str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table and write the JSON."""
    options = _options(arguments)
    train, held_out = _reviews(options.data, options.n, options.train_rows)
    everyone = {
        name: contender
        for name, contender in contenders(options.model, options.threads, options.baseline).items()
        if not options.only or any(name.startswith(wanted) for wanted in options.only)
    }
    results = {name: Result() for name in everyone}
    if options.words:
        held_out = _cut(held_out, options.words)
    task = {
        "model": options.model,
        "threads": options.threads,
        "baseline": str(options.baseline) if options.baseline else None,
    }
    with tempfile.TemporaryDirectory() as place:
        task["folder"] = place
        judges = _ready(everyone, train, task, results)
        take_turns(judges, held_out, options.rounds, results)
        if options.words or learnt_from(options.model, held_out.texts):
            for name in judges:
                if options.words or name.startswith(("tonality", "ONNX")):
                    results[name].accuracy = None
        for name in judges:
            _say(f"processes of their own: {name}")
            _measure_process(everyone[name], task, held_out.texts, options.starts, results[name])
    command = _first_answer_of_command(options.model, options.starts)
    written = {
        "model": Path(options.model).name,
        "data": {
            "name": "/".join(options.data.parts[-2:]),
            "sha256": hashlib.sha256(options.data.read_bytes()).hexdigest(),
            "part": "validation",
            "words": options.words,
            "reviews": len(held_out.texts),
            "characters": sum(map(len, held_out.texts)),
            "trained_on": len(train.texts),
        },
        "machine": describe(),
        "results": {name: _rounded(asdict(result)) for name, result in results.items()},
        "tonality_predict_command_s": round(command, 3),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    print(table(results))
    print(f'\nThe command `tonality predict "..."` answers after {command:.2f} s.')


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.predict_speed", description=str(__doc__).splitlines()[0]
    )
    place = os.environ.get("TONALITY_DATA")
    default = Path(place) / "imdb" / "train.parquet" if place else None
    parser.add_argument(
        "--data", type=Path, default=default, required=default is None,
        help="labelled reviews; by default imdb/train.parquet under $TONALITY_DATA",
    )  # fmt: skip
    parser.add_argument("--model", default="general", help="a bundled model's or a folder's name")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="only those whose names start so; repeat it"
    )
    parser.add_argument("--n", type=int, default=1000, help="reviews to classify")
    parser.add_argument("--train-rows", type=int, help="reviews to learn from (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="repeats of each speed")
    parser.add_argument("--starts", type=int, default=5, help="processes started for each")
    parser.add_argument("--threads", type=int, default=2, help="tonality's, in its first entry")
    parser.add_argument("--baseline", type=Path, help="a checkout of an earlier build")
    parser.add_argument("--words", type=int, help="cut the reviews to texts of so many words")
    parser.add_argument(
        "--output", type=Path, default=RESULTS / "predict_speed.json", help="the JSON to write"
    )
    return parser.parse_args(arguments)


def _reviews(data: Path, n: int, train_rows: int | None) -> tuple[Reviews, Reviews]:
    """The training part and ``n`` reviews of the validation part, both cut as training cuts."""
    from tonality.data import read_table, split

    table = read_table(data)
    parts = []
    for rows, most in zip(split(table, validation=0.2, seed=0), (train_rows, n), strict=True):
        names = table.ids or table.texts
        # By hash, which is a draw that every machine repeats.
        order = sorted(rows.tolist(), key=lambda row: hashlib.sha256(names[row].encode()).digest())
        taken = table.take(order[:most])
        parts.append(Reviews(taken.texts, taken.labels or []))
    return parts[0], parts[1]


def _cut(reviews: Reviews, words: int) -> Reviews:
    """Texts of ``words`` words, and a review's last words; the labels are those of the reviews."""
    pieces = [
        (" ".join(split[begin : begin + words]), label)
        for text, label in zip(reviews.texts, reviews.labels, strict=True)
        if (split := text.split())
        for begin in range(0, len(split), words)
    ]
    return Reviews([text for text, _ in pieces], [label for _, label in pieces])


def _ready(
    everyone: Mapping[str, Contender],
    train: Reviews,
    task: Mapping[str, object],
    results: Mapping[str, Result],
) -> dict[str, Judge]:
    """Train and load those that can be; the others say why not."""
    judges = {}
    for name, contender in everyone.items():
        _say(f"getting ready: {name}")
        folder = Path(str(task["folder"]))
        try:
            if contender.train is not None:
                contender.train(train.texts, train.labels, folder)
            judges[name] = (
                contender.load(folder) if contender.source is None else _apart(contender, task)
            )
        except ImportError as error:
            results[name].skipped = f"{error}: pip install {contender.requirement}"
        except ValueError as error:
            results[name].skipped = str(error)
    return judges


def _apart(contender: Contender, task: Mapping[str, object]) -> Judge:
    """A contender whose package is another one: it answers from a process of its own."""
    process = subprocess.Popen(
        CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        cwd=ROOT, env=_environment(contender),
    )  # fmt: skip

    def judge(texts: Sequence[str]) -> list[str]:
        assert process.stdin is not None
        assert process.stdout is not None
        line = json.dumps({**task, "name": contender.name, "texts": list(texts)})
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return list(json.loads(process.stdout.readline())["labels"])

    return judge


def _environment(contender: Contender) -> dict[str, str]:
    own = {} if contender.source is None else {"PYTHONPATH": str(contender.source)}
    return os.environ | own


def take_turns(
    judges: Mapping[str, Judge], reviews: Reviews, rounds: int, results: Mapping[str, Result]
) -> None:
    """Let every contender take its turn in each round."""
    for judge in judges.values():
        judge(reviews.texts[:20])
    for turn in range(rounds):
        _say(f"round {turn + 1} of {rounds}")
        for name, judge in judges.items():
            start = perf_counter()
            labels = judge(reviews.texts)
            results[name].rounds.append(perf_counter() - start)
            right = sum(a == b for a, b in zip(labels, reviews.labels, strict=True))
            results[name].accuracy = right / len(labels)
    reference = results[REFERENCE].rounds if REFERENCE in judges else []
    for name in judges:
        result = results[name]
        result.reviews_per_second = len(reviews.texts) / median(result.rounds)
        if reference:
            ratios = [theirs / own for own, theirs in zip(result.rounds, reference, strict=True)]
            result.ratio = median(ratios)


def learnt_from(model: str, texts: Sequence[str]) -> bool:
    """Whether a model learnt from some of the texts, by what it records of its own."""
    import tonality
    from tonality.evaluate.seen_texts import count_seen

    known = count_seen(texts, tonality.load(model).artifact.provenance)
    return known is not None and known.learnt > 0


def _measure_process(
    contender: Contender,
    task: Mapping[str, object],
    texts: Sequence[str],
    starts: int,
    result: Result,
) -> None:
    environment = _environment(contender)
    task = {**task, "name": contender.name}
    seconds = []
    for _ in range(starts):
        start = perf_counter()
        _run(CHILD, json.dumps({**task, "texts": [FIRST]}), environment)
        seconds.append(perf_counter() - start)
    result.first_answer_s = median(seconds)
    answer = json.loads(_run(CHILD, json.dumps({**task, "texts": list(texts)}), environment))
    result.peak_mb = answer["peak_mb"]


def _first_answer_of_command(model: str, starts: int) -> float:
    """Seconds that ``tonality predict "..."`` takes from start to end, the median."""
    command = [sys.executable, "-c", "from tonality.cli import main; main()", "predict", FIRST]
    command += ["--model", model]
    seconds = []
    for _ in range(starts):
        start = perf_counter()
        _run(command, "")
        seconds.append(perf_counter() - start)
    return median(seconds)


def _run(command: Sequence[str], given: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, input=given, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True,
        cwd=ROOT, env=environment,
    )  # fmt: skip
    return done.stdout


def _rounded(values: Mapping[str, object]) -> dict[str, object]:
    """Four digits after the point, which is more than the machine repeats."""
    return json.loads(json.dumps(values), parse_float=lambda number: round(float(number), 4))  # type: ignore[no-any-return]


def table(results: Mapping[str, Result]) -> str:
    """The results as a Markdown table, the reasons of those left out below."""
    lines = [
        "| | reviews/s | to VADER | accuracy | first answer | peak memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, result in results.items():
        if result.skipped is None:
            accuracy = "-" if result.accuracy is None else f"{result.accuracy:.1%}"
            lines.append(
                f"| {name} | {result.reviews_per_second:,.0f} | {_times(result.ratio)} "
                f"| {accuracy} | {result.first_answer_s:.2f} s "
                f"| {result.peak_mb:,.0f} MB |"
            )
    skipped = [
        f"{name}: skipped, {result.skipped}" for name, result in results.items() if result.skipped
    ]
    return "\n".join(lines + (["", *skipped] if skipped else []))


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f} x"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
