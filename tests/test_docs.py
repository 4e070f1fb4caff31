"""The documentation is true: its snippets run, its command reference is the real one."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonality.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def snippets(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_command_reference_is_current() -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    real = runpy.run_path(str(ROOT / "docs" / "make_commands.py"))["reference"]()
    assert written == real, "run python docs/make_commands.py"


@pytest.mark.parametrize("code", snippets("python"))
def test_readme_python_runs(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "README.md", "exec"), {})
    for printed in re.findall(r"# prints (.+)", code):
        assert printed in capsys.readouterr().out


def test_readme_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reviews.csv").write_text("text,stars\nA lovely film.,5\nDull.,1\n")
    lines = [line for block in snippets("shell") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines]
    ours = [words[1:] for words in commands if words and words[0] == "tonality"]
    assert ours
    for words in ours:
        if "--data" in words:  # it takes minutes: the options are checked, not the run
            result = CliRunner().invoke(app, [words[0], "--help"])
            for option in (word for word in words if word.startswith("--")):
                assert option in result.stdout
        else:
            result = CliRunner().invoke(app, words)
            assert result.exit_code == 0, result.output


def test_the_snippets_on_data_frames_run(capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("pandas", "narwhals"):
        pytest.importorskip(package, reason="frames need it")
    page = (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")
    section = page[page.index("## Data frames") : page.index("## Streams of bytes")]
    names: dict[str, object] = {}
    for code in snippets("python", section):
        exec(compile(code, "scoring.md", "exec"), names)
    assert "positive" in capsys.readouterr().out


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
