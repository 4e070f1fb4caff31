"""Commands that nobody should give, and the files that they name; the same for the same seed."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from tonality.cli import app
from tonality.cli.common_options import FILE
from tonality.cli.plain_help import Number

# Without those that would leave the machine, or that only take long.
COMMANDS = {
    name: command
    for name, command in app.commands.items()
    if name not in ("download", "demo", "check")
}
QUICK = ("score", "predict", "explain", "summarise", "inspect", "evaluate", "calibrate")
TRAINING = ("train", "pretrain", "adapt", "distill")
WORDS = ["text", "label", "id", "", " ", "-", "--", "*", "[", "a,b", "1", "0", "-1", "99", "nan",
         "inf", "1e400", "\u00e9\U0001f44e", "x" * 300, "a\nb", "\udcff", "=1+1", "a=b", "=", "1=",
         "positive", "all", ",", ";", "\t", "\\t", "comma", "%d", "%Q", "utf-8", "cp1252",
         "utf-16", "rot13", "idna", "no-such", "csv", "jsonl", "parquet", "test", "train",
         "training.epochs=1", "network.hidden_size=0", "a.b=c", "text.max_tokens=-1",
         "pretraining.steps=2", "training.validation=0", "vectors.file=a.csv"]  # fmt: skip
TEXTS = ["I love it", "bad, bad plot", "", "not good", 'He said "good"', "don\u2019t", "NULL",
         "a\nb", "\x00", "love " * 300, "\u200b", "5 stars", "http://x.y/z"]  # fmt: skip
LABELS = ["positive", "negative", "Positive", "neg", "1", "0", "", "None", "5", "neutral"]
SUFFIXES = [".csv", ".csv", ".csv", ".tsv", ".jsonl", ".json", ".parquet", ".txt", "", ".csv.gz",
            ".zip", ".xlsx", ".jsonl.gz"]  # fmt: skip


def rows(rng: random.Random) -> list[dict[str, str]]:
    labels = rng.sample(LABELS, rng.randint(1, 4))
    return [
        {"id": str(n), "text": rng.choice(TEXTS), "label": rng.choice(labels)}
        for n in range(rng.choice([0, 1, 2, 12, 40]))
    ]


def delimited(rng: random.Random, mark: str) -> bytes:
    names = rng.choice([["id", "text", "label"], ["text", "label"], ["text"], ["text", "text", ""],
                        ["a", "b"], [f"c{n}" for n in range(3000)]])  # fmt: skip
    quoted = rng.random() < 0.7
    lines = [mark.join(names)] if rng.random() < 0.9 else []
    for row in rows(rng):
        cells = [row.get(name, "x") for name in names[: rng.choice([99, 99, 99, 1])]]
        if quoted:
            cells = ['"' + cell.replace('"', '""') + '"' for cell in cells]
        lines.append(mark.join(cells))
    text = rng.choice(["\n", "\n", "\r\n", "\r"]).join(lines)
    text = rng.choice(["", "", "", "sep=;\n", "\n\n", "\ufeff"]) + text
    return text.encode(rng.choice(["utf-8", "utf-8", "utf-8", "utf-16", "cp1252"]), "replace")


def json_lines(rng: random.Random) -> bytes:
    strange = ["1", "true", "null", "[]", "{", '{"text": 1}', '{"text": ["a"]}', "[" * 9000, ""]
    lines = [json.dumps(row) for row in rows(rng)] + rng.sample(strange, rng.choice([0, 0, 1, 3]))
    rng.shuffle(lines)
    text = "\n".join(lines) if rng.random() < 0.8 else f"[{','.join(lines)}]"
    return text.encode(rng.choice(["utf-8", "utf-8", "utf-16"]))


def parquet(rng: random.Random) -> bytes:
    columns: dict[str, Any] = {"text": ["I love it", None, "bad"], "label": ["1", "0", "1"]}
    columns["more"] = rng.choice([[[1], None, []], [{"a": 1}] * 3, [b"\xff", b"", None], [1.5] * 3])
    if rng.random() < 0.3:
        columns["text"] = columns["more"]
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def packed(rng: random.Random, name: str, data: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(data)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member in rng.sample(["a.csv", "b.csv", "../up.csv", "dir/"], rng.choice([0, 1, 1, 2])):
            archive.writestr(member, data)
    return file.getvalue()


def damaged(rng: random.Random, data: bytes) -> bytes:
    for _ in range(rng.choice([0, 0, 0, 1, 3])):
        at = rng.randint(0, len(data))
        piece = rng.choice([b"\0", b'"', b"\xff", b"\xe2\x80", b"\n", b",", b"\x1a"])
        data = data[:at] + piece + data[at + rng.choice([0, 0, 1]) :]
    return data[: rng.randint(0, len(data))] if rng.random() < 0.1 else data


def write_files(rng: random.Random, folder: Path) -> list[str]:
    """Fills a folder; returns the names of what may be read, some of which are not there."""
    names = []
    for number in range(3):
        name = rng.choice(["a", "b c", "\u00e9", "-x", "[a]"]) + str(number) + rng.choice(SUFFIXES)
        make = [lambda r: delimited(r, r.choice(",,;\t|")), json_lines, parquet]
        kind = 1 if "json" in name else 2 if "parquet" in name else 0
        data = make[kind if rng.random() < 0.9 else rng.randrange(3)](rng)
        if name.endswith((".gz", ".zip", ".xlsx")) and rng.random() < 0.9:
            data = packed(rng, name, data)
        (folder / name).write_bytes(damaged(rng, data))
        names.append(name)
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "folder.csv").mkdir()
    odd = ["loop.csv", "folder.csv", ".", "absent.csv", "/dev/null", "*.csv", "**", "", "a/b/c"]
    return names * 6 + odd


def kind_of(parameter: click.Parameter) -> str:
    """What kind of value an option takes."""
    if isinstance(parameter.type, Number):
        return "int" if "whole" in str(parameter.type) else "float"
    return "Path" if parameter.type is FILE else "str"


def value(rng: random.Random, kind: str, files: list[str]) -> str:
    """What an option of a kind is given: most often something of its kind."""
    if rng.random() < 0.1:
        return rng.choice(WORDS)
    if kind == "int":
        return rng.choice(["0", "1", "2", "3", "-1", "10" * 20, "x"])
    if kind == "float":
        return rng.choice(["0", "0.5", "1", "-1", "nan", "inf", "1e-300"])
    outputs = ["out.csv", "out.jsonl", "out.tsv", "out.parquet", "out", "folder.csv", "no/such/out"]
    return rng.choice([*files, *outputs] if kind == "Path" else WORDS)


def command(rng: random.Random, files: list[str], model: Path, recipe: Path) -> list[str]:
    """The words of one command; nothing that takes long, and no service that starts."""
    name = rng.choice(QUICK if rng.random() < 0.94 else sorted(COMMANDS))
    words = [name]
    for parameter in COMMANDS[name].params:
        option, kind = parameter.opts[0], kind_of(parameter)
        if option in ("--help", "--model", "--recipe", "--start-from", "--teacher"):
            continue
        if not option.startswith("-"):  # an argument
            pool = TEXTS if option == "texts" and rng.random() < 0.8 else files
            words += rng.choices(pool, k=rng.choice([0, 1, 1, 1, 2]))
        elif parameter.required or rng.random() < 0.12:
            words.append(option)
            is_file = option in ("--data", "--file", "--unlabelled")
            if option == "--output":
                kind = "Path"
            if not getattr(parameter, "is_flag", False):
                words.append(rng.choice(files) if is_file else value(rng, kind, files))
    words += list(_models(rng, name, files, model, recipe))
    return [word.replace("\0", "?") for word in words]  # the system takes no other


def _models(
    rng: random.Random, name: str, files: list[str], model: Path, recipe: Path
) -> Iterator[str]:
    options = {parameter.opts[0] for parameter in COMMANDS[name].params}
    if "--model" in options:
        usual = "no-such-model" if name == "serve" else str(model)
        yield from ("--model", usual if rng.random() < 0.95 else rng.choice(files) or "x")
    if name in TRAINING:
        yield from ("--recipe", str(recipe))
    if name == "distill":
        yield from ("--teacher", str(model))
