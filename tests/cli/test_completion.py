"""Completion in the shells themselves, where they are installed, and by their protocols."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder, and the program."""
    program = tmp_path / "bin" / "tonality"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom tonality.cli import main\nmain()\n")
    program.chmod(0o755)
    folder = tmp_path / "work"
    (folder / "gentle").mkdir(parents=True)
    for name in ("flags.toml", "flags.csv"):
        (folder / name).touch()
    return folder


def in_shell(shell: str, script: str, place: Path, tidy: bool = False) -> str:
    """What a shell prints; ``tidy``: nothing of it may be an error."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    home = place.parent / "home"
    home.mkdir(exist_ok=True)
    path = f"{place.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "HOME": str(home), "PATH": path}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [shell, "-c", script]
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert not (tidy and done.stderr)
    return done.stdout


CASES = [
    (["pre"], {"predict", "pretrain"}),
    (["predict", "--mo"], {"--model"}),
    (["predict", "--model", ""], {"general", "imdb", "gentle/"}),
    (["explain", "x", "--method", "o"], {"occlusion"}),
    (["train", "--recipe", "fl"], {"flagship", "flagship-cpu", "flags.toml"}),
    (["adapt", "--recipe", "a"], {"adapt"}),
    (["score", "--delimiter", "t"], {"tab"}),
    (["score", "reviews.csv", "-o", "out", "--engine", ""], {"ray"}),
]


def answers(said: str) -> list[set[str]]:
    """What a script said to each of the cases, between lines of dashes."""
    return [set(part.splitlines()) for part in said.split("---\n")[1:]]


def documented(shell: str) -> list[str]:
    """The lines that the documentation has for a shell."""
    page = (Path(__file__).parents[2] / "docs" / "install.md").read_text()
    return re.findall(rf"^\| {shell} \|.*`([^`]+)` \|$", page, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("shell", "shown"), [("bash", "complete -p tonality"), ("zsh", "echo $_comps[tonality]")]
)
def test_the_documented_lines_work_where_a_new_shell_does_not_find_the_program(
    place: Path, shell: str, shown: str
) -> None:
    once, line = documented(shell)
    in_shell(shell, once, place, tidy=True)
    away = "PATH=/usr/bin:/bin"  # as in a terminal outside the environment
    said = in_shell(shell, f"{away}; {line}\n{shown}", place, tidy=True)
    assert "_tonality_completion" in said


def test_fish_reads_the_documented_file_by_itself(place: Path) -> None:
    (once,) = documented("fish")
    (place.parent / "home" / ".config" / "fish" / "completions").mkdir(parents=True)
    in_shell("fish", once, place, tidy=True)
    assert "predict" in in_shell("fish", "complete -C 'tonality pre'", place, tidy=True)


def test_bash(place: Path) -> None:
    script = 'eval "$(_TONALITY_COMPLETE=bash_source tonality)"\n'
    for words, _ in CASES:
        given = " ".join(repr(word) for word in ["tonality", *words])
        script += (
            f"COMPREPLY=(); COMP_WORDS=({given}); COMP_CWORD={len(words)}; "
            "_tonality_completion tonality; "
            'echo ---; printf "%s\\n" "${COMPREPLY[@]}"\n'
        )
    assert answers(in_shell("bash", script, place)) == [wanted for _, wanted in CASES]


def test_fish(place: Path) -> None:
    script = "_TONALITY_COMPLETE=fish_source tonality | source\n"
    for words, _ in CASES:
        script += f"echo ---; complete -C 'tonality {' '.join(words)}' | cut -f 1\n"
    assert answers(in_shell("fish", script, place)) == [wanted for _, wanted in CASES]


def test_zsh_is_answered(place: Path) -> None:
    script = "export _TONALITY_COMPLETE=zsh_complete\n"
    for words, _ in CASES:
        given = f"COMP_WORDS='tonality {' '.join(words)}' COMP_CWORD={len(words)}"
        script += f"echo ---; {given} tonality\n"
    said = in_shell("sh", script, place).split("---\n")[1:]
    for found, (_, wanted) in zip(said, CASES, strict=True):
        lines = found.splitlines()
        assert set(lines[::3]) == {"plain"}  # then the word, then what it means
        assert set(lines[1::3]) == wanted


def test_where_nothing_is_known_the_shell_completes_files(place: Path) -> None:
    for words in (["score", "rev"], ["train", "--data", ""], ["predict", "--model", "my"]):
        given = f"COMP_WORDS='tonality {' '.join(words)}' COMP_CWORD={len(words)}"
        script = f"export _TONALITY_COMPLETE=bash_complete; {given} tonality"
        assert in_shell("sh", script, place) == f"file,{words[-1]}\n"
