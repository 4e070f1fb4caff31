"""Writes docs/commands.md from the commands' own --help: python docs/make_commands.py"""

from __future__ import annotations

import os
from pathlib import Path

from click.testing import CliRunner

from tonality.cli import app

TARGET = Path(__file__).with_name("commands.md")


def reference() -> str:
    """The reference, one section a command, each the command's --help."""
    runner = CliRunner(env={"COLUMNS": "90", "TERMINAL_WIDTH": "90", "NO_COLOR": "1"})
    parts = [
        "# Commands\n\nEach section is what `tonality COMMAND --help` prints; "
        "`python docs/make_commands.py` writes this file.\n"
    ]
    commands = app.commands
    for name in commands:
        result = runner.invoke(app, [name, "--help"], prog_name="tonality", terminal_width=90)
        text = "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())
        parts.append(f"## {name}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "90")
    TARGET.write_text(reference(), encoding="utf-8")
