"""The command line as a user meets it: real processes for the whole, the app for the details."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import tonality
from tonality.cli import app
from tonality.environment_names import OTHERS, PREFIX, SERVICE
from tonality.network.kernel import kernel_in_use

runner = CliRunner()


def run(*arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tonality", *arguments],
        input=given.decode("latin-1") if given else None,
        capture_output=True,
        encoding="latin-1" if given else "utf-8",
        timeout=60,
        check=False,
    )


def test_predict_prints_a_line_a_text(model_folder: Path) -> None:
    result = runner.invoke(
        app,
        ["predict", "I love it", "I hate it " + "the bad plot " * 20, "--model", str(model_folder)],
    )
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith("positive")
    assert first.endswith("I love it")
    assert second.startswith("negative")
    assert second.endswith("…  (13 tokens not read)")


def test_predict_json(model_folder: Path) -> None:
    result = runner.invoke(
        app, ["predict", "not good ☹", "", "--json", "--model", str(model_folder)]
    )
    first, empty = map(json.loads, result.stdout.splitlines())
    assert first["text"] == "not good ☹"
    assert first["label"] == "negative"
    assert first["probabilities"].keys() == {"negative", "positive"}
    assert first["score"] == first["probabilities"]["negative"]
    assert (first["tokens_read"], first["tokens_left_out"]) == (3, 0)
    assert empty["probabilities"] == {"negative": 0.4, "positive": 0.6}


def test_predict_reads_files_and_pipes(model_folder: Path, tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfI love it\r\n\nI hate \xff it"
    file = tmp_path / "texts.txt"
    file.write_bytes(content)
    options = ["--json", "--model", str(model_folder)]
    from_file = runner.invoke(app, ["predict", "--file", str(file), *options])
    from_pipe = runner.invoke(app, ["predict", "--file", "-", *options], input=content)
    by_default = runner.invoke(app, ["predict", *options], input=content)
    assert from_file.stdout == from_pipe.stdout == by_default.stdout
    texts = [json.loads(line)["text"] for line in from_file.stdout.splitlines()]
    assert texts == ["I love it", "", "I hate \ufffd it"]


def test_predict_takes_texts_and_a_file(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("I hate it\n")
    result = runner.invoke(
        app,
        [
            "predict",
            "I love it",
            "--file",
            str(tmp_path / "more.txt"),
            "--model",
            str(model_folder),
        ],
    )
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["positive", "negative"]


def test_a_fault_is_one_line_and_a_status(tmp_path: Path) -> None:
    result = run("predict", "a text", "--model", str(tmp_path / "nowhere"))
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("tonality: ")
    assert "nowhere" in line


def test_a_missing_file_is_named(model_folder: Path) -> None:
    result = run("predict", "--file", "absent.txt", "--model", str(model_folder))
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "tonality: absent.txt: cannot be read: No such file or directory"
    ]


def test_wrong_usage_exits_with_2() -> None:
    assert runner.invoke(app, ["predict", "--no-such-option"]).exit_code == 2
    assert runner.invoke(app, ["no-such-command"]).exit_code == 2


def test_version_and_help() -> None:
    version, kernel = runner.invoke(app, ["--version"]).stdout.splitlines()
    assert version == tonality.__version__
    assert kernel == f"kernel: {kernel_in_use()}"
    for command in ("predict", "demo", "train", "evaluate", "download", "inspect"):
        help_text = runner.invoke(app, [command, "--help"])
        assert help_text.exit_code == 0
        assert command in runner.invoke(app, ["--help"]).stdout


def test_a_reader_that_leaves_early_is_no_fault(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("I love it\n" * 20_000)
    command = (
        f"{sys.executable} -m tonality predict --file many.txt --model {model_folder} | head -n 1"
    )
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.startswith("positive")
    assert result.stderr == ""
    assert result.returncode == 1  # not all was written


def test_a_full_disk_is_one_line(model_folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    command = [sys.executable, "-m", "tonality", "predict", "good", "--model", str(model_folder)]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("tonality: ")
    assert "No space left" in line


def test_without_standard_input_it_says_what_to_give(model_folder: Path) -> None:
    command = f"{sys.executable} -m tonality predict --model {model_folder} <&-"
    result = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 2
    assert "--file FILE" in result.stderr
    assert "Traceback" not in result.stderr


def test_utf16_files_are_read(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_bytes("I love it\r\nI hate it\r\n".encode("utf-16"))
    result = runner.invoke(
        app,
        ["predict", "--file", str(tmp_path / "texts.txt"), "--json", "--model", str(model_folder)],
    )
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == [
        "I love it", "I hate it",
    ]  # fmt: skip


def test_json_keeps_every_letter_on_a_terminal_without_unicode(model_folder: Path) -> None:
    text = "café great 😀"
    result = subprocess.run(
        [sys.executable, "-m", "tonality", "predict", text, "--json", "--model", str(model_folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert json.loads(result.stdout)["text"] == text


def test_what_steers_a_terminal_is_not_passed_on(model_folder: Path) -> None:
    result = runner.invoke(
        app, ["predict", "good \x1b[2J\u202e film\x00", "--model", str(model_folder)]
    )
    assert result.stdout.splitlines()[0].endswith("good [2J film")


def test_a_path_too_long_is_one_line() -> None:
    result = run("predict", "good", "--model", "m" * 300)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1


def test_inference_needs_neither_torch_nor_the_other_extras(model_folder: Path) -> None:
    code = (
        "import sys, tonality\n"
        f"tonality.load({str(model_folder)!r}).predict('I love it')\n"
        "print(sorted({'click', 'rich'} & set(sys.modules)))\n"
        "import tonality.cli\n"
        "heavy = {'torch', 'lightning', 'sklearn', 'pyarrow', 'pandas', 'matplotlib', 'jinja2',"
        " 'gensim', 'scipy', 'Stemmer', 'simplemma', 'kagglehub', 'fastapi', 'pydantic',"
        " 'uvicorn', 'tonality.train.networks.lstm_network'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.split() == ["[]", "[]"]


def test_public_names_are_complete_and_sorted() -> None:
    public = [name for name in dir(tonality) if not name.startswith("_")]
    modules = {name for name in public if type(getattr(tonality, name)).__name__ == "module"}
    expected = sorted({*public, "__version__"} - modules - {"annotations"})
    assert sorted(tonality.__all__) == list(tonality.__all__) == expected


@pytest.mark.parametrize("name", tonality.__all__)
def test_public_names_are_documented(name: str) -> None:
    assert name == "__version__" or getattr(tonality, name).__doc__


def test_a_misspelt_environment_variable_is_named_once(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["predict", "I love it", "--model", str(model_folder)]
    for name in ("TONALITY_KERNEL", "TONALITY_MAX_TEXTS", "tonality_port"):
        monkeypatch.setenv(name, "")
    assert runner.invoke(app, words).stderr == ""
    monkeypatch.setenv("TONALITY_KERNAL", "secret")
    monkeypatch.setenv("TONALITY_Q", "secret")
    assert runner.invoke(app, words).stderr.splitlines() == [
        "tonality: careful: the environment variable TONALITY_KERNAL has no effect; did you mean "
        "TONALITY_KERNEL?",
        "tonality: careful: the environment variable TONALITY_Q has no effect",
    ]


def test_all_environment_variables_have_one_home() -> None:
    root = Path(__file__).parents[2]
    files = [*(root / "src").rglob("*.py"), *root.glob("benchmarks/*.py"), root / "hatch_build.py"]
    found = {n for file in files for n in re.findall(rf"{PREFIX}(\w+)", file.read_text("utf-8"))}
    assert found <= {*SERVICE, *OTHERS}
