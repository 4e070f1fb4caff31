"""What is wrong with a training is said before torch, which takes seconds, is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import shlex, sys
from click.testing import CliRunner
from tonality.cli import app

for line in sys.stdin.read().splitlines():
    result = CliRunner().invoke(app, shlex.split(line))
    assert result.exit_code in (1, 2), (line, result.output)
    assert "torch" not in sys.modules, line
    print(result.exception if result.exit_code == 1 else result.stderr.splitlines()[-1])
"""
REFUSED = {
    "train --data missing.csv": "no such file",
    "train --data unlabelled.csv": "there are no labels",
    "train --data one.csv": "two classes or more",
    "train --data few.csv": "too few",
    "train --data textless.csv": "no text column",
    "train --data good.csv --recipe misspelt.toml": "did you mean 'epochs'",
    "train --data good.csv --recipe nosuch": "there is no recipe",
    "train --data good.csv --set training.epochs=0": "takes a number from 1",
    "train --data good.csv --set vectors.file=nowhere.txt": "cannot be read",
    "train --data good.csv --start-from nowhere": "no model folder is here",
    "train --data good.csv --resume": "no run in",
    "train --data each.csv": "all rows of class",
    "adapt --data good.csv --model nowhere": "no model folder is here",
    "adapt --data good.csv --set network.hidden_size=7": "from which to start",
    "adapt --data one.csv": "two classes or more",
    "adapt --data good.csv --unlabelled nowhere.csv": "no such file",
    "adapt --data good.csv --resume": "no run in",
    "distill --data good.csv": "there is no teacher",
    "distill --data good.csv --teacher nowhere": "no model folder is here",
    "pretrain --data good.csv --resume": "no run in",
}


def test_wrong_inputs_are_refused_without_torch(tmp_path: Path) -> None:
    texts = [f"a {'good' if i % 2 else 'bad'} film {i}" for i in range(100)]
    labels = ["positive" if i % 2 else "negative" for i in range(100)]

    def write(name: str, header: str, rows: list[str]) -> None:
        (tmp_path / name).write_text("\n".join([header, *rows]) + "\n")

    good = [f"{text},{label}" for text, label in zip(texts, labels, strict=True)]
    write("good.csv", "text,label", good)
    write("few.csv", "text,label", good[:3])
    write("one.csv", "text,label", [f"{text},positive" for text in texts])
    write("each.csv", "text,label", [f"{text},class {i}" for i, text in enumerate(texts)])
    write("unlabelled.csv", "text,other", good)
    write("textless.csv", "other,label", [f"1,{label}" for label in labels])
    (tmp_path / "misspelt.toml").write_text("[training]\nepoch = 3\n")
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input="\n".join(f"{line} -o out" for line in REFUSED),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    for said, wanted in zip(result.stdout.splitlines(), REFUSED.values(), strict=True):
        assert wanted in said
    assert not (tmp_path / "out").exists()
