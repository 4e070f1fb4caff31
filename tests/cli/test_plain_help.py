"""Help texts and wrong numbers: plain words, and quick."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tonality.cli import app
from tonality.cli.plain_help import Number, PlainCommand

runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
COMMANDS = sorted(app.commands)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_short_to_ask_for_and_in_plain_words(command: str) -> None:
    words = [command] if command else []
    found = runner.invoke(app, [*words, "-h"])
    assert found.exit_code == 0
    assert found.stdout == runner.invoke(app, [*words, "--help"]).stdout
    assert not re.search(r"<=|>=|<\w|\bINTEGER|\bFLOAT|\bRANGE", found.stdout)
    assert max(map(len, found.stdout.splitlines())) <= 80


def test_each_option_says_what_it_takes() -> None:
    commands = app.commands
    silent = [
        f"{name} {parameter.opts}"
        for name, command in commands.items()
        for parameter in command.params
        if not getattr(parameter, "is_flag", False) and not parameter.metavar
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"type": Number(int, 1)}, "[a whole number, 1 or more]"),
        ({"type": Number(int, 0, 65535)}, "[a whole number from 0 to 65535]"),
        ({"type": Number(float, 0, 1), "default": 0.5}, "[default: 0.5; a number from 0 to 1]"),
        (
            {"type": Number(int, None, -2), "required": True},
            "[a whole number, -2 or less; required]",
        ),
        ({"type": Number(float)}, ""),
    ],
)
def test_ranges_in_words(settings: dict[str, Any], said: str) -> None:
    option = click.Option(["--least"], metavar="N", help="Where x>=1.", **settings)
    command = PlainCommand("try", params=[option])
    lines = CliRunner().invoke(command, ["--help"]).stdout.splitlines()
    (line,) = (line for line in lines if "--least" in line)
    assert line.split("N", 1)[1].split() == f"Where x>=1. {said}".split()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["predict", "x", "--abstain", "2"], "expected a number from 0 to 1, got '2'"),
        (["predict", "x", "--abstain=low"], "expected a number from 0 to 1, got 'low'"),
        (["serve", "--threads", "1.5"], "expected a whole number, 1 or more, got '1.5'"),
        (["score", "a", "-o", "b", "--explain", "-1"], "a whole number, 0 or more, got '-1'"),
    ],
)
def test_wrong_numbers_are_told_what_was_expected(words: list[str], said: str) -> None:
    found = runner.invoke(app, words)
    assert found.exit_code == 2
    assert said in " ".join(found.stderr.split())


@pytest.mark.parametrize("words", [["-h"], ["predict", "-h"], ["train", "-h"], []])
def test_help_loads_no_network(words: list[str]) -> None:
    code = (
        "import sys, atexit\n"
        "from tonality.cli import main\n"
        "atexit.register(lambda: print('numpy' in sys.modules, file=sys.stderr))\n"
        f"sys.argv = {['tonality', *words]!r}\n"
        "main()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert found.stderr.splitlines()[-1] == "False"


def test_a_command_starts_no_threads_of_blas() -> None:
    code = (
        "import sys, atexit\n"
        "from tonality.cli import main\n"
        "def tell():\n"
        "    from tonality.network.blas_threads import _openblas\n"
        "    blas = _openblas()\n"
        "    print(1 if blas is None else blas.get_threads(), file=sys.stderr)\n"
        "atexit.register(tell)\n"
        "sys.argv = ['tonality', 'predict', 'good film']\n"
        "main()\n"
    )
    environment = {name: each for name, each in os.environ.items() if "NUM_THREADS" not in name}
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert found.stderr.splitlines()[-1] == "1"
