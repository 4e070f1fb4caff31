"""Tables cut into parts, scored part by part into a folder: no row is lost, whatever happens.

One worker does it here. What Ray adds is in test_ray.py.
"""

from __future__ import annotations

import json
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from plain_scores import plain, reviews, sorted_rows

from score_tables import run
from tonality.classifier import load
from tonality.errors import ArtifactError, ConfigError, DataError, TonalityError
from tonality.scale import located_tables
from tonality.scale.batch_scorer import BatchOptions
from tonality.scale.job_plan import JobInputs, description, plan_of
from tonality.scale.located_tables import check_apart
from tonality.scale.part_scorer import PartScorer
from tonality.scale.scored_folder import BAD_ROWS, JOB, MANIFEST, ScoredFolder
from tonality.score.scorer import Scorer
from tonality.score.tally import Tally
from tonality.tables.row_stream import Row

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")


class KillError(Exception):
    """Stands for a kill."""


def score_here(
    model: Path, out: str | Path, inputs: JobInputs, parts: int = 10**9, **how: Any
) -> Tally:
    """The job of one worker, which dies after some parts."""
    asked = {name: how.pop(name) for name in ("resume", "overwrite") if name in how}
    classifier, options = load(model), BatchOptions(str(model), **how)
    with ScoredFolder(str(out), **asked) as folder:
        plan = plan_of(inputs, options, classifier, lambda f, tables: [f(one) for one in tables])
        job = description(plan, options, classifier)
        folder.begin(job)
        done = {(record.table, record.number) for record in folder.done()}
        plan = pickle.loads(pickle.dumps(plan))  # as it travels
        worker = PartScorer(classifier, options, plan, ScoredFolder(str(out)))
        for table in range(len(plan.tables)):
            for part in plan.parts(table):
                if (table, part.number) not in done:
                    if not parts:
                        raise KillError
                    worker.score(part)
                    parts -= 1
        return folder.finish(job, Tally.start(classifier.labels, 0.0))


def found_in(out: str | Path) -> Any:
    return pq.read_table(out)


def bad_rows(out: str) -> list[tuple[int, str]]:
    """The number and the fault of each row that was put aside."""
    paths = sorted(Path(out, BAD_ROWS).iterdir())
    lines = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    return [(line["row"], line["reason"]) for line in lines]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_parquet_becomes_what_the_command_writes(model_folder: Path, here: Path) -> None:
    table = reviews(1000)
    pq.write_table(table, "in.parquet", row_group_size=130)
    tally = score_here(model_folder, "out", JobInputs(["in.parquet"], part_rows=130))
    assert found_in("out").equals(plain(model_folder, here, table))
    manifest = json.loads(Path("out", MANIFEST).read_text())
    assert manifest["summary"]["rows"] == tally.rows == 1000
    assert sum(part["rows"] for part in manifest["parts"]) == 1000
    assert len(manifest["parts"]) > 5


def test_the_parts_together_count_what_the_command_counts(model_folder: Path, here: Path) -> None:
    """Among them texts in another language, texts cut short and rows without one."""
    texts = ["love this good film", "kein einziges Wort davon kennt es", "good " * 900, "", "bad"]
    pq.write_table(pa.table({"text": texts * 3}), "in.parquet")
    found = score_here(model_folder, "out", JobInputs(["in.parquet"], part_rows=2)).to_json()
    expected = Tally.start((classifier := load(model_folder)).labels, 0.0)
    rows = [Row(number, text, {}) for number, text in enumerate(texts * 3)]
    for item in Scorer(classifier).score(rows):
        expected.add(item, "in.parquet")
    assert expected.unfamiliar == expected.truncated == expected.empty == 3
    counted = expected.to_json()
    for name in ("mean_score", "mean_probabilities"):
        assert found.pop(name) == pytest.approx(counted.pop(name), abs=1e-6)
    assert found == counted


CSV = 'id,review\n1,love\n2,"good\nfilm"\n3,hate,more\n4,\n5,"NULL"\n6,na\xefve\n'
JSON = [
    {"n": 1, "text": "love", "x": 5},
    {"n": 2.5, "text": 7},
    {"n": 3, "text": "hate \ud83d", "x": "b", "late": [1, float("nan")]},
    {"n": None, "text": None, "label": "mine"},
    {"n": 2**60, "text": "bad", "x": True},
]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz"])
def test_text_formats_become_what_the_command_writes(
    model_folder: Path, here: Path, name: str
) -> None:
    import gzip

    lines = "".join(json.dumps(row) + "\n" for row in JSON) + "{oops\n"
    data = (CSV if ".csv" in name else lines).encode("latin-1" if ".csv" in name else "utf-8")
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert run(model_folder, name, "-o", "plain.parquet").exit_code == 3
    tally = score_here(model_folder, "out", JobInputs([name], part_rows=2))
    assert found_in("out").equals(pq.read_table("plain.parquet"))
    side = Path("plain.parquet.bad-rows.jsonl").read_text().splitlines()
    expected = [(one["row"], one["reason"]) for one in map(json.loads, side)]
    assert bad_rows("out") == expected
    assert tally.unreadable == len(expected) > 0


def test_tables_with_other_columns_and_other_texts(model_folder: Path, here: Path) -> None:
    first = pa.table({"text": ["love", "hate"], "n": pa.array([1, 2], pa.int16())})
    second = pa.table({"review": ["bad", None], "n": [0.5, None], "text_2": ["x", "y"]})
    pq.write_table(first, "a.parquet")
    pq.write_table(second, "b.parquet")
    result = run(model_folder, "[ab].parquet", "-o", "plain.parquet", "--columns", "n")
    assert result.exit_code == 0
    score_here(model_folder, "out", JobInputs(["[ab].parquet"]), columns=("n",))
    assert found_in("out").equals(pq.read_table("plain.parquet"))
    score_here(model_folder, "mixed", JobInputs(["a.parquet", "b.parquet"]))
    assert run(model_folder, "a.parquet", "b.parquet", "-o", "all.parquet").exit_code == 0
    assert found_in("mixed").equals(pq.read_table("all.parquet"))


def test_columns_to_keep_are_named_in_any_case_and_may_come_late(
    model_folder: Path, here: Path
) -> None:
    rows = [
        {"text": "love", "n, m": n} | ({"agent": "Ann"} if n > 1000 else {}) for n in range(1005)
    ]
    Path("in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    kept = ("--columns", "N, M,agent")
    assert run(model_folder, "in.jsonl", "-o", "plain.parquet", *kept).exit_code == 0
    score_here(model_folder, "out", JobInputs(["in.jsonl"]), columns=kept[1:])
    assert found_in("out").equals(pq.read_table("plain.parquet"))
    assert found_in("out")["agent"].to_pylist()[1000:] == [None, *["Ann"] * 4]


def test_texts_that_are_no_utf8_cost_themselves(model_folder: Path, here: Path) -> None:
    texts = pa.array([b"love", b"caf\xe9", b"hate", b"\xff", b"good"], pa.binary())
    pq.write_table(pa.table({"text": texts, "n": range(5)}), "in.parquet", row_group_size=3)
    tally = score_here(model_folder, "out", JobInputs(["in.parquet"], part_rows=2))
    assert found_in("out")["n"].to_pylist() == [0, 2, 4]
    assert (tally.rows, tally.unreadable, tally.reasons) == (3, 2, {"invalid UTF-8": 2})
    assert bad_rows("out") == [(2, "invalid UTF-8"), (4, "invalid UTF-8")]


def test_a_killed_job_goes_on_and_no_row_is_lost_or_doubled(model_folder: Path, here: Path) -> None:
    pq.write_table(reviews(700), "a.parquet", row_group_size=90)
    pq.write_table(reviews(40), "b.parquet")
    Path("empty.csv").write_text("")
    inputs = JobInputs(["a.parquet", "b.parquet"], part_rows=64)
    score_here(model_folder, "whole", inputs)
    dice, kills = random.Random(4), 0
    while not Path("out", MANIFEST).exists():
        try:
            score_here(model_folder, "out", inputs, dice.randrange(4), resume=True)
        except KillError:
            kills += 1
            Path("out", f".new-{kills:016x}").write_bytes(b"PAR1")  # what a kill leaves
    assert kills > 2
    assert found_in("out").equals(found_in("whole"))
    assert not list(Path("out").glob(".new-*"))
    assert sorted_rows(found_in("out")) == sorted_rows(found_in("whole"))
    score_here(model_folder, "out", inputs, 0, resume=True)  # nothing is left to do


@pytest.fixture
def begun(model_folder: Path, here: Path) -> JobInputs:
    """A job that was killed after a part."""
    pq.write_table(reviews(100), "a.parquet", row_group_size=50)
    inputs = JobInputs(["a.parquet"], part_rows=50)
    with pytest.raises(KillError):
        score_here(model_folder, "out", inputs, 1)
    return inputs


def test_another_job_does_not_go_on_with_it(model_folder: Path, begun: JobInputs) -> None:
    with pytest.raises(DataError, match="an earlier run scored a part of it"):
        score_here(model_folder, "out", begun)
    with pytest.raises(DataError, match=r"changed since then: --explain; start over"):
        score_here(model_folder, "out", begun, resume=True, explain=1)
    pq.write_table(reviews(99), "a.parquet")
    with pytest.raises(DataError, match="changed since then: the inputs"):
        score_here(model_folder, "out", begun, resume=True)
    tally = score_here(model_folder, "out", begun, overwrite=True)
    assert tally.rows == found_in("out").num_rows == 99
    with pytest.raises(DataError, match="exists already; --overwrite replaces it"):
        score_here(model_folder, "out", begun)


def test_a_part_that_is_gone_or_damaged_is_noticed(model_folder: Path, begun: JobInputs) -> None:
    part = next(Path("out").glob("part-*"))
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(DataError, match=r"is damaged: .* remove it, then go on"):
        score_here(model_folder, "out", begun, resume=True)
    part.unlink()
    assert score_here(model_folder, "out", begun, resume=True).rows == 100


def test_foreign_files_are_never_removed(model_folder: Path, begun: JobInputs) -> None:
    Path("out", "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds 'notes.txt', which is no part of a scored table"):
        score_here(model_folder, "out", begun, overwrite=True)
    Path("file").write_text("mine")
    with pytest.raises(DataError, match="is a file; name a folder"):
        score_here(model_folder, "file", begun)
    assert Path("out", "notes.txt").exists()


def everything(folder: str) -> dict[str, bytes | None]:
    """All that is in a folder, with what it says."""
    found = sorted(Path(folder).rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else None for path in found}


@pytest.mark.parametrize(
    "name",
    [
        "part-00000-0000000.parquet", "part-0-0.parquet", "_manifest.json", ".new-notes",
        "_bad_rows/part-00000-0000000.jsonl", "_bad_rows/notes.txt", "_job.json",
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", [{}, {"overwrite": True}, {"resume": True}], ids=str)
def test_a_folder_that_no_job_wrote_is_left_as_it_is(
    model_folder: Path, here: Path, name: str, how: dict[str, bool]
) -> None:
    pq.write_table(reviews(3), "a.parquet")
    Path("out", name).parent.mkdir(parents=True)
    Path("out", name).write_text('{"mine": 1}')
    before = everything("out")
    with pytest.raises(DataError, match="name a new folder"):
        score_here(model_folder, "out", JobInputs(["a.parquet"]), **how)
    assert everything("out") == before


def test_what_is_beside_the_parts_of_a_job_is_kept(model_folder: Path, begun: JobInputs) -> None:
    for name in (".new-notes", "part-0-0.parquet", "_bad_rows/notes.txt"):
        path = Path("out", name)
        path.write_text("mine")
        with pytest.raises(DataError, match="which is no part of a scored table"):
            score_here(model_folder, "out", begun, overwrite=True)
        assert path.read_text() == "mine"
        path.unlink()


@pytest.mark.parametrize("damage", [b"", b'{"the inp', b"\xff"])
def test_a_damaged_job_is_told_and_overwritten(
    model_folder: Path, begun: JobInputs, damage: bytes
) -> None:
    Path("out", JOB).write_bytes(damage)
    for how in ({}, {"resume": True}):
        with pytest.raises(DataError, match=r"_job.json is damaged: .*start over with --overwrite"):
            score_here(model_folder, "out", begun, **how)
    Path("out", "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds 'notes\.txt'"):
        score_here(model_folder, "out", begun, overwrite=True)
    Path("out", "notes.txt").unlink()
    assert score_here(model_folder, "out", begun, overwrite=True).rows == 100


def test_the_inputs_are_never_in_the_output(model_folder: Path, begun: JobInputs) -> None:
    """Even where the folder is one of ours, which may be overwritten."""
    score_here(model_folder, "out", begun, overwrite=True)
    part = str(min(Path("out").glob("part-*")))
    Path("link").symlink_to("out")
    Path("link.parquet").symlink_to(part)
    before = everything("out")
    here = Path().absolute()
    for source, out in [
        (part, "out"),
        (part, "link"),
        (part, here.as_uri() + "/link/../out"),
        ("link.parquet", "out/"),
        (f"link/{Path(part).name}", "out"),
        ((here / "out").as_uri(), "out"),
        ((here / "link.parquet").as_uri(), "out"),
        (part, part),
        (part, "."),
    ]:
        for how in ({"overwrite": True}, {}, {"resume": True}):
            with pytest.raises(ConfigError, match="is one of the inputs"):
                score_here(model_folder, out, JobInputs([source], "parquet"), **how)
    assert everything("out") == before


def test_the_places_of_other_systems_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    fs: Any = pytest.importorskip("pyarrow.fs")
    here = fs.SubTreeFileSystem("/", fs.LocalFileSystem())
    monkeypatch.setattr(located_tables, "filesystem", lambda uri: (here, uri))
    for source in ("b/out/a.parquet", "b/x/../out/a.parquet", "b//out/c/a.parquet", "b/out"):
        with pytest.raises(ConfigError, match="is one of the inputs"):
            check_apart(["b/in.parquet", source], "b/out/")
    check_apart(["b/outer/a.parquet", "b/in/out/a.parquet"], "b/out")


def test_a_second_run_is_held_off(model_folder: Path, begun: JobInputs) -> None:
    with ScoredFolder("out", resume=True) as folder:
        folder.begin(json.loads(Path("out", JOB).read_text()))
        with pytest.raises(DataError, match="another run is writing it"):
            score_here(model_folder, "out", begun, resume=True)


def test_an_input_that_changes_is_noticed(model_folder: Path, here: Path) -> None:
    pq.write_table(reviews(100), "a.parquet")
    classifier, options = load(model_folder), BatchOptions(str(model_folder))
    plan = plan_of(JobInputs(["a.parquet"]), options, classifier, lambda f, tables: [])
    pq.write_table(reviews(101), "a.parquet")
    with pytest.raises(DataError, match="was changed while it was read"):
        list(plan.parts(0))


def test_uris_are_read_and_written(model_folder: Path, here: Path) -> None:
    folder = here / "tables"
    folder.mkdir()
    pq.write_table(reviews(60), folder / "b.parquet")
    pq.write_table(reviews(50), folder / "a.parquet")
    (folder / "_SUCCESS").write_text("")
    score_here(model_folder, (here / "out").as_uri(), JobInputs([folder.as_uri()]))
    found = found_in("out")
    assert found["n"].to_pylist() == [*range(50), *range(60)]
    (folder / "c.jsonl").write_text('{"review": "love"}\n')
    score_here(model_folder, (here / "lines").as_uri(), JobInputs([(folder / "c.jsonl").as_uri()]))
    assert found_in("lines")["label"].to_pylist() == ["positive"]
    for uri, reason in {
        (folder / "d.csv").as_uri(): "there is no such file",
        "strange://bucket/a.csv": "cannot be reached",
        (folder / "_SUCCESS").as_uri(): "expected one of .csv",
    }.items():
        with pytest.raises(DataError, match=reason):
            score_here(model_folder, "other", JobInputs([uri]))


def test_errors_travel_between_processes() -> None:
    errors: list[TonalityError] = [
        ArtifactError("is damaged", path="model"),
        DataError("is no text", path="a.csv", row=3, column="text"),
        ConfigError("wrong"),
    ]
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
