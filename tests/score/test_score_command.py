"""``tonality score`` as people use it, and misuse it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

from score_tables import ADDED, HATE, LOVE, failure, objects, run, table
from tonality.score.files import job

TWO = b"id,text\n1,love\n2,hate\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_bytes(TWO)
    return tmp_path


def test_a_file_and_its_summary(model_folder: Path, here: Path) -> None:
    result = run(model_folder, "in.csv", "-o", "out.csv")
    assert result.exit_code == 0
    assert table(Path("out.csv").read_text()) == [
        ["id", "text", *ADDED], ["1", "love", *LOVE], ["2", "hate", *HATE],
    ]  # fmt: skip
    assert result.stdout == ""
    assert "2 rows in out.csv" in result.stderr
    assert sorted(path.name for path in here.iterdir()) == ["in.csv", "out.csv"]


def test_the_summary_as_json(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_bytes(b"text,n\nlove,\n" + b"hate " * 60 + b",\nlove,\n,\n1,2,3\n")
    result = run(model_folder, "in.csv", "-o", "out.jsonl", "--json", "--abstain", "0.99")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    del found["seconds"], found["rows_per_second"]
    assert found == {
        "output": "out.jsonl",
        "rows": 4,
        "labels": {"negative": 1, "positive": 2, "uncertain": 0},
        "mean_score": 1.0,
        "mean_probabilities": {"negative": 0.333333, "positive": 0.666667},
        "uncertain": 0.0,
        "truncated": 0.333333,
        "empty": 1,
        "unfamiliar": 0,
        "languages": {},
        "unreadable": 1,
        "reasons": {"expected 2 fields, found 3": 1},
    }
    assert json.loads(Path("out.jsonl.bad-rows.jsonl").read_text()) == {
        "file": "in.csv", "row": 5, "column": None, "reason": "expected 2 fields, found 3",
        "raw": ["1", "2", "3"],
    }  # fmt: skip


def test_files_by_pattern_packed_or_not(model_folder: Path, here: Path) -> None:
    Path("in.csv").unlink()
    Path("a/b").mkdir(parents=True)
    Path("a/2.csv.gz").write_bytes(gzip.compress(b"text,x\nlove,1\n"))
    Path("a/b/1.jsonl").write_text('{"review": "hate", "n": [1]}\n')
    Path("a/[3].csv").write_bytes(b"text\nlove\n")
    Path("a/4.tsv").write_bytes(b"")
    with zipfile.ZipFile("a/5.zip", "w") as pack:
        pack.writestr("five.csv", b"text\nhate\n")
    result = run(model_folder, "a/**/*", "a/[3].csv", "-o", "out.csv.gz")
    assert result.exit_code == 0
    found = table(gzip.decompress(Path("out.csv.gz").read_bytes()).decode())
    assert [row[:4] for row in found] == [
        ["text", "x", "review", "n"],
        ["love", "1", "", ""],
        ["hate", "", "", ""],
        ["love", "", "", ""],
        ["", "", "hate", "[1]"],
    ]


def test_pipes(model_folder: Path, here: Path) -> None:
    result = run(model_folder, "-", "-o", "-", input=TWO)
    assert table(result.stdout)[1] == ["1", "love", *LOVE]
    result = run(model_folder, "-", "-o", "-", input=gzip.compress(b' {"text": "love"}\n'))
    assert objects(result.stdout)[0]["label"] == "positive"
    result = run(model_folder, "in.csv", "-", "-o", "-", "--format", "jsonl", input=b"text\nbad\n")
    assert [item["text"] for item in objects(result.stdout)] == ["love", "hate", "bad"]
    asked = ["--input-format", "tsv", "--bad-rows", "bad"]
    result = run(model_folder, "-", "-o", "-", *asked, input=b"text\n\ta\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads(Path("bad").read_text())["file"] == "standard input"


def test_tabs_are_for_tsv(model_folder: Path, here: Path) -> None:
    tabs = b"text\tn\nlove\t1,5\n"
    Path("tabs.tsv").write_bytes(tabs)
    Path("tabs.csv").write_bytes(tabs)
    run(model_folder, "tabs.tsv", "-o", "a.csv")
    run(model_folder, "tabs.csv", "-o", "b.csv")
    run(model_folder, "-", "-o", "c.csv", input=tabs)
    for name in ("a.csv", "b.csv", "c.csv"):
        assert Path(name).read_text().splitlines()[1].startswith('love,"1,5",positive,')
    run(model_folder, "tabs.csv", "-o", "d.tsv")
    whole = run(model_folder, "-", "-o", "-", input=tabs).stdout
    assert whole == Path("d.tsv").read_text()
    assert whole.splitlines()[1].startswith("love\t1,5\tpositive\t")


def test_the_folder_of_the_output_is_made(model_folder: Path, here: Path) -> None:
    assert run(model_folder, "in.csv", "-o", "new/deep/out.csv").exit_code == 0
    assert [path.name for path in Path("new/deep").iterdir()] == ["out.csv"]


def test_zip_archives(model_folder: Path, here: Path) -> None:
    with zipfile.ZipFile("a.zip", "w") as pack:
        pack.writestr("table.csv", TWO)
    assert run(model_folder, "a.zip", "--input-format", "csv", "-o", "out.csv").exit_code == 0
    assert len(table(Path("out.csv").read_text())) == 3
    packed = Path("a.zip").read_bytes()
    Path("sheet.csv").write_bytes(packed)
    for arguments in (["sheet.csv"], ["-"], ["-", "--input-format", "csv"]):
        result = run(model_folder, *arguments, "-o", "-", input=packed)
        assert f"{arguments[0].replace('-', 'standard input')}: is a zip archive" in failure(result)
    Path("a.gz").write_bytes(gzip.compress(TWO))
    assert run(model_folder, "a.gz", "--input-format", "csv", "-o", "gz.csv").exit_code == 0


def test_chosen_columns_and_prefix(model_folder: Path, here: Path) -> None:
    run(model_folder, "in.csv", "-o", "a.csv", "--columns", "id", "--prefix", "s_")
    assert table(Path("a.csv").read_text())[1] == ["1", *LOVE]
    run(model_folder, "in.csv", "-o", "two.csv", "--columns", "text, id")
    assert table(Path("two.csv").read_text())[0] == ["text", "id", *ADDED]
    run(model_folder, "in.csv", "-o", "b.jsonl", "--columns", "")
    assert list(objects(Path("b.jsonl").read_text())[0]) == ADDED
    Path("in.csv").write_bytes(b"label,text\nx,love\n")
    run(model_folder, "in.csv", "-o", "c.csv", "--columns", "text")
    assert table(Path("c.csv").read_text())[0] == ["text", *ADDED]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv", "-o", "out.csv"], "none.csv: no such file"),
        (["*.tsv", "-o", "out.csv"], "no file fits this pattern"),
        ([".", "-o", "out.csv"], "is a folder; name its files"),
        (
            ["in.csv", "-o", "in.csv", "--overwrite"],
            "the output is one of the inputs; name another file, such as in-scored.csv",
        ),
        (["in.csv", "-o", "link.csv", "--overwrite"], "the output is one of the inputs"),
        (["in.csv", "-o", "out.csv", "--bad-rows", "in.csv"], "bad rows is one of the inputs"),
        (["in.csv", "-o", "out.csv", "--bad-rows", "out.csv"], "bad rows is the output"),
        (["in.csv", "-o", "out.csv", "--bad-rows", "-"], "name a file or /dev/stderr"),
        (["in.csv", "-o", "out.csv", "--bad-rows", "other"], "no file of bad rows"),
        (["in.csv", "-o", "out.csv", "--bad-rows", "no/bad"], "bad rows cannot be written"),
        (["in.csv", "-o", "out.txt"], "name the format by --format"),
        (["in.csv", "-o", "out.parquet.gz"], "leave out .gz"),
        (["in.csv", "-o", "in.csv/out.csv"], "cannot be written"),
        (["in.csv", "-o", "."], "is a folder"),
        (["in.csv", "-o", "other"], "name the format"),
        (["in.csv", "-o", "other.csv"], "exists already; --overwrite replaces it"),
        (
            ["in.csv", "-o", "out.csv", "--columns", "id,no"],
            "no column 'no'. Columns: 'id', 'text'",
        ),
        (["in.csv", "-o", "out.csv", "--text-column", "no"], "no column 'no'"),
        (["in.csv", "-o", "out.csv", "--encoding", "no"], "expected the name of an encoding"),
        (["in.csv", "-o", "out.csv", "--format", "xml"], "expected one of csv"),
        (["in.csv", "-o", "out.csv", "--input-format", "xml"], "expected one of csv"),
        (["empty.csv", "-o", "out.csv"], "the file is empty"),
        (["empty.csv", "empty2.csv", "-o", "out.csv"], "all of these files are empty"),
        (["broken.csv.gz", "-o", "out.csv"], "cannot be unpacked"),
        (["broken.parquet", "-o", "out.csv"], "is not a readable Parquet file"),
        (
            ["in.csv", "-o", "out.csv", "--explain", "-1"],
            "expected a whole number, 0 or more, got '-1'",
        ),
        (["in.csv", "-o", "-", "--bad-rows", "no/bad"], "bad rows cannot be written"),
        (["in.csv", "-o", "-", "--resume"], "--resume needs files"),
        (["-", "-o", "out.csv", "--resume"], "--resume needs files"),
        (["in.csv", "-o", "-", "--json"], "both go to standard output"),
    ],
)
def test_what_cannot_be(model_folder: Path, here: Path, arguments: list[str], message: str) -> None:
    Path("link.csv").symlink_to("in.csv")
    for name in ("other", "other.csv"):
        Path(name).write_text("mine")
    for name in ("empty.csv", "empty2.csv"):
        Path(name).touch()
    Path("broken.csv.gz").write_bytes(gzip.compress(TWO * 99)[:50])
    Path("broken.parquet").write_bytes(b"PAR1")
    before = {path: path.read_bytes() for path in here.iterdir()}
    result = run(model_folder, *arguments)
    assert result.exit_code in (1, 2)
    assert message in failure(result)
    assert {path: path.read_bytes() for path in here.iterdir()} == before


def test_an_output_that_is_there_is_replaced_in_one_step_if_asked(
    model_folder: Path, here: Path
) -> None:
    run(model_folder, "in.csv", "-o", "out.csv")
    Path("in.csv").write_bytes(b"text,n\nlove,1\n1,2,3\n")
    assert run(model_folder, "in.csv", "-o", "out.csv", "--overwrite").exit_code == 3
    assert Path("out.csv.bad-rows.jsonl").exists()
    Path("in.csv").write_bytes(b"text\nlove\n")
    assert run(model_folder, "in.csv", "-o", "out.csv", "--overwrite").exit_code == 0
    assert not Path("out.csv.bad-rows.jsonl").exists()  # it would be taken for this run's
    assert len(table(Path("out.csv").read_text())) == 2


@pytest.mark.parametrize("output", ["out.csv", "out.jsonl", "out.xlsx", "out.csv.gz"])
def test_where_no_row_can_be_read_there_is_no_output(
    model_folder: Path, here: Path, output: str
) -> None:
    if output.endswith("xlsx"):
        pytest.importorskip("xlsxwriter")
    Path("in.csv").write_bytes(b"text,n\nlove,it,2\nhate,it,3\n")
    Path(output).write_bytes(b"mine")
    result = run(model_folder, "in.csv", "-o", output, "--overwrite", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["output"] is None
    assert "in.csv, row 1: expected 2 fields, found 3" in result.stderr
    assert "no row could be read, so there is no output" in result.stderr
    side = f"{output}.bad-rows.jsonl"
    assert {path.name for path in here.iterdir()} == {"in.csv", output, side}
    assert Path(output).read_bytes() == b"mine"
    assert len(Path(side).read_text().splitlines()) == 2


def test_where_no_row_can_be_read_nothing_is_printed(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_bytes(b"text,n\nlove,it,2\nhate,it,3\n")
    for format in ("csv", "parquet"):
        result = run(model_folder, "in.csv", "-o", "-", "--format", format)
        assert (result.exit_code, result.stdout_bytes) == (1, b"")
    Path("in.csv").write_bytes(b"text,n\n")
    result = run(model_folder, "in.csv", "-o", "-")
    assert (result.exit_code, table(result.stdout)) == (0, [["text", "n", *ADDED]])


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices of POSIX")
def test_bad_rows_to_pipes_and_devices(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_bytes(b"text,n\nlove,1\n1,2,3\n")
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    for output in ("out.csv", "-"):
        assert run(model_folder, "in.csv", "-o", output, "--bad-rows", "pipe").exit_code == 3
        assert json.loads(os.read(reader, 1000))["row"] == 2
    os.close(reader)
    assert Path("pipe").is_fifo()
    log = here / "log"
    asked = ["-o", "/dev/stdout", "--format", "csv", "--bad-rows", "/dev/stderr"]
    words = [sys.executable, "-m", "tonality", "score", "in.csv", "--model", str(model_folder)]
    with log.open("wb") as err, Path("out2.csv").open("wb") as out:
        out.write(b"mine\n")
        out.flush()
        subprocess.run([*words, *asked], stdout=out, stderr=err, check=False)
    assert Path("out2.csv").read_bytes() == b"mine\n" + Path("out.csv").read_bytes()
    assert '"raw": ["1", "2", "3"]' in log.read_text()
    assert "1 row in /dev/stdout" in log.read_text()
    assert not list(here.glob(".*"))


def test_what_was_there_stays_until_it_is_replaced(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("in.csv").write_bytes(b"text,n\nlove,1\n1,2,3\n")
    run(model_folder, "in.csv", "-o", "out.csv")
    before = [Path(name).read_bytes() for name in ("out.csv", "out.csv.bad-rows.jsonl")]
    stop_half_way(model_folder, monkeypatch, "--overwrite")
    assert [Path(name).read_bytes() for name in ("out.csv", "out.csv.bad-rows.jsonl")] == before
    assert run(model_folder, "in.csv", "-o", "out.csv", "--resume").exit_code == 0
    assert not Path("out.csv.bad-rows.jsonl").exists()


def stop_half_way(model_folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """A run that stops after a part, as with Ctrl-C."""
    rows = [b"%d,love it\n" % n for n in range(9000)]
    Path("in.csv").write_bytes(b"".join([b"id,text\n", *rows]))

    def interrupt(rows: int, share: float | None) -> None:
        if rows > 5000:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(job, "PART", 2)
        parts = job.ScoringJob.to_file
        patch.setattr(
            job.ScoringJob, "to_file", lambda self, output, _: parts(self, output, interrupt)
        )
        result = run(model_folder, "in.csv", "-o", "out.csv", *more)
    assert result.exit_code == 130 or isinstance(result.exception, (KeyboardInterrupt, SystemExit))
    assert "--resume to go on" in result.stderr


def test_what_was_begun_is_gone_on_with(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_half_way(model_folder, monkeypatch)
    assert not Path("out.csv").exists()
    result = run(model_folder, "in.csv", "-o", "out.csv")
    assert "an earlier run scored 4,096 rows of it; go on with --resume" in failure(result)
    result = run(model_folder, "in.csv", "-o", "out.csv", "--resume")
    assert (result.exit_code, "going on after 4,096 rows" in result.stderr) == (0, True)
    assert "9,000 rows in out.csv" in result.stderr
    run(model_folder, "in.csv", "-o", "whole.csv")
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert not list(here.glob(".*"))


def test_another_job_is_not_gone_on_with(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_half_way(model_folder, monkeypatch)
    again = ("in.csv", "-o", "out.csv", "--resume")
    abstaining = failure(run(model_folder, *again, "--abstain", "1"))
    assert "changed since then: --abstain; start over" in abstaining
    assert "changed since then: --explain" in failure(run(model_folder, *again, "--explain", "1"))
    # A marker of nothing as it is, and now in any case.
    null = failure(run(model_folder, *again, "--null", "nan"))
    assert "changed since then: how tables are read" in null
    Path("in.csv").write_bytes(Path("in.csv").read_bytes()[:-6] + b"hate!\n")
    assert "changed since then: the inputs" in failure(run(model_folder, *again))
    assert run(model_folder, "in.csv", "-o", "out.csv", "--overwrite").exit_code == 0
    assert len(table(Path("out.csv").read_text())) == 9001


def test_to_go_on_with_nothing_is_to_begin(model_folder: Path, here: Path) -> None:
    assert run(model_folder, "in.csv", "-o", "out.csv", "--resume").exit_code == 0
    assert len(table(Path("out.csv").read_text())) == 3
    # A finished run leaves nothing by which its job could be told from another one.
    reason = "exists already, and no stopped run lies beside it to go on with"
    assert reason in failure(run(model_folder, "in.csv", "-o", "out.csv", "--resume"))


@pytest.mark.parametrize("output", ["out.csv", "out.xlsx"])
def test_an_output_that_appears_meanwhile_stays(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    def appear(rows: int, share: float | None) -> None:
        Path(output).write_bytes(b"somebody's work")

    with monkeypatch.context() as patch:
        parts = job.ScoringJob.to_file
        patch.setattr(job.ScoringJob, "to_file", lambda self, out, _: parts(self, out, appear))
        result = run(model_folder, "in.csv", "-o", output)
    reason = f"{output}: appeared while this was scored; move it away and go on with --resume"
    assert reason in failure(result)
    assert "what was scored so far is kept" in result.stderr
    assert reason in failure(run(model_folder, "in.csv", "-o", output, "--resume"))
    assert Path(output).read_bytes() == b"somebody's work"
    Path(output).rename("theirs")
    result = run(model_folder, "in.csv", "-o", output, "--resume")
    assert (result.exit_code, "going on after 2 rows" in result.stderr) == (0, True)
    assert run(model_folder, output, "-o", "again.csv", "--prefix", "x_").exit_code == 0
    assert len(table(Path("again.csv").read_text())) == 3
    assert not list(here.glob(".*"))


def test_a_part_file_cut_short_is_told(
    model_folder: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_half_way(model_folder, monkeypatch)
    os.truncate(".out.csv.tonality-part", 10)
    result = run(model_folder, "in.csv", "-o", "out.csv", "--resume")
    assert "is shorter than it was; start over with --overwrite" in failure(result)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))  # a file of coverage fits in
sys.argv[0] = "tonality"
from tonality.score.files import job
job.PART = 1
from tonality.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on files' sizes")
def test_a_full_disk_keeps_what_is_done(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_bytes(b"id,text\n" + b"".join(b"%d,love it\n" % n for n in range(18000)))
    words = ["score", "in.csv", "-o", "out.csv", "--model", str(model_folder)]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert "what was scored so far is kept; run it again with --resume" in done.stderr
    assert "Traceback" not in done.stderr
    result = run(model_folder, "in.csv", "-o", "out.csv", "--resume")
    assert "going on after" in result.stderr
    run(model_folder, "in.csv", "-o", "whole.csv")
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_one_run_at_a_time_and_an_interrupt(model_folder: Path, here: Path) -> None:
    os.mkfifo("slow.csv")
    words = ["score", "slow.csv", "-o", "out.csv", "--model", str(model_folder)]
    command = [sys.executable, "-m", "tonality", *words]
    # What is started in the background of a script has SIGINT ignored, and its children too.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    with Path("slow.csv").open("wb") as pipe:
        pipe.write(b"text\nlove\n")
        pipe.flush()
        for _ in range(300):
            if Path(".out.csv.tonality-part").exists():
                break
            time.sleep(0.1)
        result = run(model_folder, "in.csv", "-o", "out.csv", "--overwrite")
        assert "another run is writing it" in failure(result)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
    assert first.returncode == 130
    assert sorted(path.name for path in here.iterdir()) == ["in.csv", "slow.csv"]


def test_going_on_and_starting_over_at_once_is_refused(model_folder: Path, here: Path) -> None:
    Path("in.csv").write_text("text\ngood\n")
    result = run(model_folder, "in.csv", "-o", "out.csv", "--resume", "--overwrite")
    assert result.exit_code == 2
    assert "--overwrite starts over; give one" in result.stderr
    assert not Path("out.csv").exists()
