"""The snippets of a page: what they are, and what they print when they run.

A block of Python or shell runs from the first to the last of its page, in one folder and one
namespace. Commands of tonality run in this process. A comment before a block may change that:

- ``<!-- not run: REASON -->``: its commands of tonality are parsed, and nothing runs. Where
  one would write a model, the bundled one lies afterwards, so that the next blocks run.
- ``<!-- run small: REASON -->``: a training runs with a network of a few units.

A block of ``text`` right after a block of ``shell`` is what that prints. A line ``...`` in it
stands for any lines.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tonality.cli import app

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = ROOT / "src" / "tonality" / "bundled" / "general"
ADDRESS = re.compile(r"(?:localhost|127\.0\.0\.1):8000")
_BLOCK = re.compile(
    r"(?:<!-- (?P<note>not run|run small): [^>]+ -->\n+)?"
    r"```(?P<language>python|shell|sh)\n(?P<code>.*?)```"
    r"(?:\n\n```text\n(?P<shown>.*?)```)?",
    re.DOTALL,
)
_RATE = re.compile(r"\d+ s, [\d,]+ a second|\d+:\d\d so far")
_SMALL = (
    *("network.hidden_size=4", "network.embedding_size=8", "vocabulary.ngrams=0"),
    *("vectors.use=false", "training.epochs=1", "training.batch_size=64"),
)


@dataclass(frozen=True)
class Snippet:
    """A block of code.

    Attributes:
        language: ``python`` or ``shell``.
        code: what stands in it.
        note: ``not run``, ``run small`` or nothing.
        shown: what the page says that it prints, or None.
    """

    language: str
    code: str
    note: str
    shown: str | None

    @property
    def commands(self) -> list[str]:
        """The lines of a shell snippet; a line that goes on is one."""
        lines = self.code.replace("\\\n", " ").splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    def whole(self) -> Snippet:
        """The snippet as a user runs it, however long it takes."""
        return replace(self, note="")


def snippets(page: str) -> list[Snippet]:
    """The snippets of a page in their order."""
    return [
        Snippet(
            "python" if block["language"] == "python" else "shell",
            block["code"],
            block["note"] or "",
            block["shown"],
        )
        for block in _BLOCK.finditer(page)
    ]


def agree(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed, times and rates aside."""
    parts = re.split(r"\n?^\.\.\.$\n?", plain(shown), flags=re.MULTILINE)
    pattern = ".*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, plain(printed), re.DOTALL) is not None


def plain(text: str) -> str:
    """A text without its times, rates and spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in _RATE.sub("<rate>", text).strip("\n").split("\n"))


@dataclass
class Run:
    """A page that runs.

    Attributes:
        folder: where its commands run, and find their files.
        address: the host and port of a service, in place of that of the page.
    """

    folder: Path
    address: str = ""
    _names: dict[str, Any] = field(default_factory=dict)

    def run(self, snippet: Snippet) -> str:
        """Runs a snippet, and says what it printed."""
        if snippet.note == "not run":
            for command in snippet.commands if snippet.language == "shell" else ():
                parse(command)
                self._stand_in(command)
            return ""
        with contextlib.chdir(self.folder):
            if snippet.language == "python":
                return self._python(ADDRESS.sub(self.address, snippet.code))
            small = snippet.note == "run small"
            return "".join(self._command(command, small) for command in snippet.commands)

    def _stand_in(self, command: str) -> None:
        """Puts a model where a training would write its own."""
        if found := re.match(r"tonality (?:train|adapt|distill) .*-o ([\w/.-]+)", command):
            model = self.folder / found[1] / "model"
            shutil.copytree(BUNDLED, model, dirs_exist_ok=True)

    def _python(self, code: str) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(self.folder), "exec"), self._names)
        for said in re.findall(r"# prints (.+)", code):
            assert said in printed.getvalue(), f"expected it to print {said!r}"
        return printed.getvalue()

    def _command(self, command: str, small: bool) -> str:
        words = shlex.split(command, comments=True)
        if words[0] == "pip":
            return check_extras(command)
        if words[:2] == ["tonality", "serve"]:
            return parse(command)
        if words[0] == "tonality" and not re.search(r"[|<>]", command):
            return invoke(words[1:] + (small_settings() if small else []))
        return shell(ADDRESS.sub(self.address, command))


def small_settings() -> list[str]:
    """Options by which a training takes seconds."""
    return [word for setting in _SMALL for word in ("--set", setting)]


def invoke(words: list[str]) -> str:
    """Runs a command of tonality in this process, and says what it printed."""
    result = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1"}).invoke(app, words)
    assert result.exit_code == 0, f"{shlex.join(words)}: {result.output} {result.exception}"
    return result.output


def shell(command: str) -> str:
    """Runs a command by the shell, and says what it printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        env={**os.environ, "PATH": path, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def parse(command: str) -> str:
    """Parses the options of each command of tonality in a line."""
    for part in re.split(r" \| ", command):
        words = shlex.split(part, comments=True)
        words = words[next((n for n, word in enumerate(words) if "=" not in word), 0) :]
        if words[:1] == ["tonality"]:
            told = app.commands[words[1]]
            told.make_context(words[1], words[2:])
    return ""


def check_extras(command: str) -> str:
    """Looks whether the extras that pip is asked for exist."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extras in re.findall(r"(?:tonality|\.)\[([\w,]+)\]", command):
        unknown = set(extras.split(",")) - set(project["optional-dependencies"])
        assert not unknown, f"{command}: no such extra: {unknown}"
    return ""


@contextlib.contextmanager
def service() -> Iterator[str]:
    """A service of the default model: its host and port."""
    command = [sys.executable, "-m", "tonality", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if found := re.search(r"on http://([\d.]+:\d+)", line):
                    yield found[1]
                    break
        finally:
            process.terminate()


def needs_service(page: str) -> bool:
    """Whether a snippet of the page asks a running service."""
    asked = (each.code for each in snippets(page) if each.note != "not run")
    return any(ADDRESS.search(code) for code in asked)
