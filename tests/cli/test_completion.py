"""Completion in the shells themselves, where they are installed, and by their protocols."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tonality.cli.completion import known_models, known_recipes


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with models and files in it, and the program."""
    program = tmp_path / "bin" / "tonality"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom tonality.cli import main\nmain()\n")
    program.chmod(0o755)
    folder = tmp_path / "work"
    (folder / "my-model").mkdir(parents=True)
    (folder / "my-model" / "config.json").touch()
    (folder / "runs" / "first").mkdir(parents=True)
    (folder / "reviews.csv").touch()
    (folder / "own.toml").touch()
    return folder


def in_shell(shell: str, script: str, place: Path) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    home = place.parent / "home"
    home.mkdir(exist_ok=True)
    path = f"{place.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "HOME": str(home), "PATH": path}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [shell, "-c", script]
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=True
    ).stdout


CASES = [
    (["pre"], {"predict", "pretrain"}),
    (["predict", "--mo"], {"--model"}),
    (["predict", "--model", ""], {"general", "imdb", "my-model", "runs/"}),
    (["explain", "x", "--method", "o"], {"occlusion"}),
    (["train", "--recipe", "fl"], {"flagship", "flagship-cpu"}),
    (["adapt", "--recipe", "own"], {"own.toml"}),
    (["score", "reviews.csv", "-o", "out", "--engine", ""], {"ray"}),
]


def answers(said: str) -> list[set[str]]:
    """What a script said to each of the cases, between lines of dashes."""
    return [set(part.splitlines()) for part in said.split("---\n")[1:]]


def test_bash(place: Path) -> None:
    script = 'eval "$(tonality --show-completion)"\n'
    for words, _ in CASES:
        given = " ".join(repr(word) for word in ["tonality", *words])
        script += (
            f"COMPREPLY=(); COMP_WORDS=({given}); COMP_CWORD={len(words)}; "
            "_tonality_completion tonality; "
            'echo ---; printf "%s\\n" "${COMPREPLY[@]}"\n'
        )
    assert answers(in_shell("bash", script, place)) == [wanted for _, wanted in CASES]


def test_fish(place: Path) -> None:
    script = "tonality --show-completion | source\n"
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
    for words in (["score", "rev"], ["predict", "--file", ""], ["train", "--data", "no/such"]):
        given = f"COMP_WORDS='tonality {' '.join(words)}' COMP_CWORD={len(words)}"
        script = f"export _TONALITY_COMPLETE=bash_complete; {given} tonality"
        assert in_shell("sh", script, place) == f"file,{words[-1]}\n"


def test_it_is_installed_for_the_shell_that_asks(place: Path) -> None:
    said = in_shell("bash", "tonality --install-completion; true", place)
    assert "bash completion installed" in said
    script = place.parent / "home" / ".bash_completions" / "tonality.sh"
    assert script.read_text() == in_shell("bash", "tonality --show-completion; true", place)
    settings = place.parent / "home" / ".bashrc"
    assert settings.read_text() == f"\nsource '{script}'\n"
    in_shell("bash", "tonality --install-completion; true", place)
    assert settings.read_text() == f"\nsource '{script}'\n"  # once


def test_help_wins_over_an_installation(place: Path) -> None:
    said = in_shell("bash", "tonality --install-completion --help; true", place)
    assert "Install completion for the current shell." in said
    assert not list((place.parent / "home").iterdir())


def test_what_the_shell_does_better_is_left_to_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    assert known_models("runs") == []  # after one folder a shell would put a space
    assert known_models("./m") == ["./my-model"]
    assert known_models("nowhere/x") == []
    (place / "my old model").mkdir()
    (place / "my old model" / "config.json").touch()
    assert known_models("my") == []  # the shell knows how to quote
    assert known_recipes("adapt")("flag") == []
