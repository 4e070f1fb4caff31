"""Plans: what ships, what is refused, and a whole one that is stopped on the way."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from made_up_reviews import TINY, make_dataset, make_table
from test_language_model import RECIPE as LANGUAGE_MODEL
from test_language_model import StopAt
from test_small_data import Lines

import tonality
from tonality.artifact.model_folder import read
from tonality.errors import ConfigError, DataError, TrainingError
from tonality.train.run_plan import check_stages, run_plan
from tonality.train.settings.plan import Plan, Stage
from tonality.train.settings.shipped_recipes import shipped_plans


@pytest.mark.parametrize("name", shipped_plans())
def test_shipped_plans_load_and_survive_a_round_trip(name: str, tmp_path: Path) -> None:
    plan = Plan.load(name)
    assert plan is not None
    assert plan.description
    for stage in plan.stages:
        stage.read()
    (tmp_path / "copy.toml").write_text(plan.to_toml())
    assert Plan.load(tmp_path / "copy.toml") == plan


@pytest.mark.parametrize("name", shipped_plans())
def test_shipped_plans_run_with_small_sizes(name: str, tmp_path: Path) -> None:
    plan = Plan.load(name)
    assert plan is not None
    small = ["vocabulary.min_count=1", "network.hidden_size=6", "network.embedding_size=6"]
    by_task = {
        "pretrain": [*small, "pretraining.epochs=1", "pretraining.streams=4"],
        "train": ["training.epochs=1"],
        "distill": [*small, "training.epochs=1", "vectors.epochs=1", "vocabulary.ngrams=9"],
    }
    plan = plan.with_settings(
        f"{stage.name}.{setting}" for stage in plan.stages for setting in by_task[stage.task]
    )
    model = read(run_plan(make_dataset(unlabelled=40), plan, tmp_path / "out"))
    assert len(model.provenance["teachers"]["each"]) == len(plan.stages[-1].teachers)


def test_a_recipe_is_no_plan(tmp_path: Path) -> None:
    assert Plan.load("base") is None
    assert Plan.load(tmp_path / "absent.toml") is None


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "lm.toml").write_text(LANGUAGE_MODEL.to_toml())
    (tmp_path / "tiny.toml").write_text(TINY.to_toml())
    classifier = ["network.hidden_size=10", "training.epochs=1"]
    made = Plan.from_dict(
        {
            "name": "small",
            "stages": [
                {"name": "lm", "task": "pretrain", "recipe": str(tmp_path / "lm.toml")},
                {
                    "name": "teacher",
                    "recipe": str(tmp_path / "tiny.toml"),
                    "settings": [*classifier, "network.bidirectional=false"],
                    "start_from": "lm",
                },
                {
                    "name": "again",
                    "task": "distill",
                    "recipe": str(tmp_path / "tiny.toml"),
                    "settings": [*classifier, "network.bidirectional=false"],
                    "start_from": "lm",
                    "teachers": ["teacher"],
                },
                {
                    "name": "student",
                    "task": "distill",
                    "recipe": str(tmp_path / "tiny.toml"),
                    "settings": ["network.hidden_size=4", "training.epochs=1"],
                    "teachers": ["teacher", "again"],
                },
            ],
        }
    )
    return made


def test_a_plan_goes_from_texts_to_a_student(plan: Plan, tmp_path: Path) -> None:
    dataset, output = make_dataset(unlabelled=40), tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_plan(dataset, plan, output, reporter=StopAt(11))
    with pytest.raises(TrainingError, match="holds"):
        run_plan(dataset, plan, output)
    changed = plan.with_settings(["lm.pretraining.epochs=7"])
    with pytest.raises(ConfigError, match="other stages or settings"):
        run_plan(dataset, changed, output, resume=True)
    vectors = tmp_path / "mine.vec"
    vectors.write_text("film 1 0 0\nplot 0 1 0\n")
    begins = [f"student.vectors.file={vectors}", "student.network.embedding_size=3"]
    plan = plan.with_settings(["student.network.hidden_size=5", "lm.pretraining.epochs=4", *begins])
    model = run_plan(dataset, plan, output, resume=True)
    assert model == output / "model"
    assert read(model).network.hidden_size == 5  # the student had not begun
    for name in ("teacher", "again"):
        started = read(output / name / "model")
        assert started.provenance["start"]["kind"] == "language model"
        assert started.network.hidden_size == 10
    assert [each["name"] for each in started.provenance["teachers"]["each"]] == ["teacher"]
    assert tonality.load(model).predict("a great film").tokens_read == 3
    vectors.unlink()
    assert run_plan(dataset, plan, output, resume=True) == model  # there is nothing left to do
    with pytest.raises(ConfigError, match="other data"):
        run_plan(make_dataset(unlabelled=41), plan, output, resume=True)


def test_a_stage_takes_over_no_other_run(plan: Plan, tmp_path: Path) -> None:
    """An adaptation that was given up leaves its language model."""
    (tmp_path / "out" / "language-model").mkdir(parents=True)
    stages = (dataclasses.replace(plan.stages[0], name="language-model"), Stage("last"))
    with pytest.raises(TrainingError, match=r"language-model is there already, and a stage is"):
        run_plan(make_dataset(), dataclasses.replace(plan, stages=stages), tmp_path / "out")


def test_nothing_to_resume(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no plan"):
        run_plan(make_dataset(), plan, tmp_path / "out", resume=True)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([], "no stages"),
        ("one", "list of tables"),
        ([{"name": "a", "start_from": "a"}], "'a', which is no stage before it"),
        ([{"name": "a", "start_from": "b"}, {"name": "b"}], "'b', which is no stage before it"),
        ([{"name": "a"}, {"name": "a"}], "two stages are called 'a'"),
        ([{"name": "model"}], "name of a folder"),
        ([{"name": "../up"}], "name of a folder"),
        ([{"name": "a", "task": "distill"}], "0 teachers"),
        ([{"name": ".."}], "name of a folder"),
        ([{"name": "a", "task": "pretrain"}], "ends with a language model"),
        (
            [
                {"name": "a", "task": "pretrain"},
                {"name": "b", "task": "distill", "teachers": ["a"]},
            ],
            "a language model is no teacher",
        ),
        (
            [{"name": "a"}, {"name": "b", "task": "distill", "teachers": ["a", "a"]}],
            "the same teacher twice",
        ),
        ([{"name": "a", "task": "dance"}], "one of 'pretrain', 'train', 'distill'"),
        ([{"name": "a", "speed": 3}], "no setting stages.speed"),
    ],
)
def test_what_is_no_plan_is_told(stages: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Plan.from_dict({"name": "bad", "stages": stages})


def test_settings_name_their_stage(plan: Plan) -> None:
    with pytest.raises(ConfigError, match="one of lm, teacher, again, student"):
        plan.with_settings(["training.epochs=3"])
    with pytest.raises(ConfigError, match=r"no setting training\.epoch"):
        plan.with_settings(["teacher.training.epoch=3"])
    changed = plan.with_settings(["teacher.training.epochs=3"])
    assert changed.stages[1].read().training.epochs == 3
    assert plan.with_settings([]) is plan


def test_what_fails_before_anything_is_begun_leaves_nothing(plan: Plan, tmp_path: Path) -> None:
    output = tmp_path / "out"
    bad = plan.with_settings(["lm.training.validation=0.001"])
    with pytest.raises(DataError, match="stage 'lm'"):
        run_plan(make_dataset(), bad, output)
    assert not output.exists()
    dots = dataclasses.replace(make_table(100), texts=["." * n for n in range(1, 101)])
    blank = plan.with_settings(["lm.text.drop_punctuation=true"])
    with pytest.raises(DataError, match=r"no text of class .* is left to learn from"):
        run_plan(dataclasses.replace(make_dataset(), train=dots), blank, output)
    assert not output.exists()


def test_a_class_without_weight_shows_before_the_first_stage(plan: Plan, tmp_path: Path) -> None:
    dataset, output = make_dataset(), tmp_path / "out"
    weights = [float(label == "positive") for label in dataset.train.labels or ()]
    weighted = dataclasses.replace(
        dataset, train=dataclasses.replace(dataset.train, weights=weights)
    )
    balanced = plan.with_settings(["teacher.training.class_weights=balanced"])
    with pytest.raises(DataError, match=r"'teacher': .*class 'negative' has the weight 0"):
        run_plan(weighted, balanced, output)
    assert not output.exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("teacher.unlabelled.entropy=1", "'teacher': unlabelled.entropy wants texts without"),
        ("teacher.network.hidden_size=32", "'teacher': network.hidden_size is 32, but lm, .* 10"),
        # The default, asked for.
        ("teacher.network.embedding_size=128", "embedding_size is 128, but lm, .* has 8"),
        ("teacher.text.lower_case=false", "'teacher': text.lower_case is False, but lm,"),
        ("teacher.training.ordered=true", "'teacher': .*training.ordered"),
        ("student.training.class_weights=balanced", "'student': training.class_weights does not"),
        ("student.training.validation=0.001", "'student': "),
        ("lm.vectors.file=absent.vec", "'lm': vectors.file .* learns its own"),
        ("teacher.vectors.file=absent.vec", "'teacher': vectors.file .* lm, .* of its own"),
        ("student.network.attention_size=8", "'student': .*'max' has no attention; leave it out"),
        ("student.vectors.file=absent.vec", "'student': the word vectors cannot be read"),
    ],
)
def test_mistakes_in_later_stages_show_before_the_first(
    plan: Plan, tmp_path: Path, setting: str, message: str
) -> None:
    output = tmp_path / "out"
    with pytest.raises((ConfigError, DataError), match=message):
        run_plan(make_dataset(), plan.with_settings([setting]), output)
    assert not output.exists()


def test_a_stage_decides_for_those_after_it() -> None:
    """What it took over from its own start, it hands on."""
    lm = Stage("lm", "pretrain", settings=("network.layers=2", "network.hidden_size=10"))
    forward = Stage("first", start_from="lm", settings=("network.bidirectional=false",))
    check_stages(make_dataset(), [lm, forward, Stage("again", "pretrain", start_from="first")])
    other = Stage("second", start_from="first", settings=("network.hidden_size=20",))
    with pytest.raises(ConfigError, match=r"'second': network.hidden_size is 20, but first, .* 10"):
        check_stages(make_dataset(), [lm, forward, other])
    both = dataclasses.replace(forward, settings=("network.bidirectional=true",))
    with pytest.raises(ConfigError, match="'again': first cannot go on as a language model"):
        check_stages(make_dataset(), [lm, both, Stage("again", "pretrain", start_from="first")])


def answered(path: Path, texts: list[str]) -> Path:
    """A table of answers to some texts."""
    probability = {text: 0.9 if "great" in text else 0.2 for text in texts}
    lines = [f"{text}\t{p}\t{1 - p:.1f}" for text, p in probability.items()]
    path.write_text("\n".join(["text\tp_positive\tp_negative", *lines, ""]))
    return path


def test_what_a_plan_builds_on_may_come_from_elsewhere(plan: Plan, tmp_path: Path) -> None:
    dataset, output = make_dataset(unlabelled=40), tmp_path / "out"
    assert dataset.unlabelled is not None
    table = answered(tmp_path / "said.tsv", [*dataset.train.texts, *dataset.unlabelled.texts])
    lm, _, again, student = plan.stages
    again = dataclasses.replace(again, teachers=(str(table),))
    student = dataclasses.replace(student, teachers=("again", str(table)))
    first = dataclasses.replace(plan, stages=(lm, again, student))
    model = run_plan(dataset, first, output)
    each = read(model).provenance["teachers"]["each"]
    assert [teacher["name"] for teacher in each] == ["again", "said.tsv"]
    table.unlink()
    assert run_plan(dataset, first, output, resume=True) == model  # there is nothing left to do
    with pytest.raises(ConfigError, match=r"'again': .*said.tsv: .*; stages before it: lm"):
        run_plan(dataset, first, tmp_path / "anew")

    teachers = (str(output / "again" / "model"), "imdb")
    on = dataclasses.replace(again, start_from=str(output / "lm"), teachers=teachers)
    second = dataclasses.replace(plan, stages=(on,))
    made = read(run_plan(dataset, second, tmp_path / "second"))
    assert made.provenance["start"]["kind"] == "language model"
    each = made.provenance["teachers"]["each"]
    assert [teacher["name"] for teacher in each] == ["again", "imdb"]


def test_a_stage_goes_before_a_bundled_model_of_its_name(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lm, teacher, *_ = plan.stages
    stages = dataclasses.replace(lm, name="imdb"), dataclasses.replace(teacher, start_from="imdb")
    named = dataclasses.replace(plan, stages=stages)
    made = read(run_plan(make_dataset(), named, "~"))  # a folder like any other
    assert made.provenance["start"]["kind"] == "language model"


def test_a_stage_that_is_done_needs_no_more_what_it_built_on(plan: Plan, tmp_path: Path) -> None:
    dataset, start = make_dataset(), tmp_path / "start"
    lm, teacher, again, _ = plan.stages
    shutil.copytree(
        run_plan(dataset, dataclasses.replace(plan, stages=(lm, teacher)), tmp_path / "made"), start
    )
    stages = (dataclasses.replace(teacher, start_from=str(start)),)
    on = dataclasses.replace(plan, stages=stages)
    said = Lines()
    short = {"positive": "POS", "negative": "NEG"}
    labels = [short[label] for label in dataset.train.labels or ()]
    dataset = dataclasses.replace(dataset, train=dataclasses.replace(dataset.train, labels=labels))
    run_plan(dataset, on, tmp_path / "on", reporter=said)
    assert any("called as start calls them" in line for line in said.lines)
    shutil.rmtree(start)
    more = dataclasses.replace(again, start_from="teacher")
    on = dataclasses.replace(on, stages=(*stages, more))
    model = run_plan(dataset, on, tmp_path / "on", resume=True)
    assert read(model).provenance["start"]["name"] == "teacher"


def test_the_plan_of_the_imdb_models_runs_with_small_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])  # it names recipes beside it
    plan = Plan.load("benchmarks/imdb-plan.toml")
    assert plan is not None
    dataset = make_dataset(unlabelled=40)
    assert dataset.unlabelled is not None
    table = answered(tmp_path / "said.tsv", [*dataset.train.texts, *dataset.unlabelled.texts])
    small = ["vocabulary.min_count=1", "network.hidden_size=6", "network.embedding_size=6"]
    short = ["training.epochs=1"]
    changes = {
        "language-model": [*small, "pretraining.epochs=1", "pretraining.streams=4"],
        "imdb-large": short,
        "imdb": [*small, *short, "vectors.epochs=1", "vocabulary.ngrams=9"],
    }
    plan = plan.with_settings(f"{name}.{each}" for name, some in changes.items() for each in some)
    stages = [
        dataclasses.replace(stage, teachers=(str(table),)) if stage.teachers else stage
        for stage in plan.stages
    ]
    made = dataclasses.replace(plan, stages=tuple(stages))
    assert read(run_plan(dataset, made, tmp_path / "out")).vocabulary.ngrams is not None
    large = read(tmp_path / "out" / "imdb-large" / "model")
    assert large.provenance["start"]["kind"] == "language model"


def test_what_comes_from_elsewhere_is_checked_before_the_first_stage(
    plan: Plan, tmp_path: Path
) -> None:
    dataset, output = make_dataset(unlabelled=40), tmp_path / "out"
    lm, teacher, again, _ = plan.stages

    def run(**changes: object) -> None:
        stage = dataclasses.replace(again, **changes)  # type: ignore[arg-type]
        run_plan(dataset, dataclasses.replace(plan, stages=(lm, teacher, stage)), output)

    with pytest.raises(ConfigError, match=r"'again': teecher: .*; stages before it: lm, teacher"):
        run(teachers=("teacher", "teecher"))
    with pytest.raises(ConfigError, match=r"'again': absent: .*; stages before it: lm, teacher"):
        run(start_from="absent")
    with pytest.raises(ConfigError, match=r"'again': network\.\w+ is \d+, but imdb, .* 128"):
        run(start_from="imdb")
    with pytest.raises(ConfigError, match=r"'again': the teacher general .*neutral"):
        run(teachers=("teacher", "general"))
    some = answered(tmp_path / "said.tsv", dataset.train.texts)
    with pytest.raises(DataError, match=r"'again': holds no answer for \d+ of \d+ texts"):
        run(teachers=("teacher", str(some)))
    assert not output.exists()
