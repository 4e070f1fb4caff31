"""``tonality calibrate`` from start to end."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import tonality
from reading_model import make_artifact
from tonality.artifact.model_folder import read, write
from tonality.cli.calibrate import calibrate
from tonality.cli.evaluate import evaluate
from tonality.data import read_table, split
from tonality.errors import ArtifactError, DataError
from tonality.evaluate import seen_texts

# What the small model answers. The reviews below say otherwise one time in five.
ROWS = [
    ("I love it", "positive"), ("I hate the plot", "negative"), ("not good", "negative"),
    ("bad and long", "negative"), ("good film", "positive"), ("the film", "positive"),
]  # fmt: skip


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    other = {"positive": "negative", "negative": "positive"}
    rows = [
        f"{text} {n},{label if n % 5 else other[label]},{n}"
        for n in range(20)
        for text, label in ROWS
    ]
    path.write_text("\n".join(["text,label,movie", *rows]) + "\n", encoding="utf-8")
    return path


def run(*options: str | Path, code: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(calibrate, [str(option) for option in options])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.stderr
    return result.stdout, result.stderr


def test_a_model_folder_is_calibrated(reviews: Path, model_folder: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    stdout, stderr = run("--data", reviews, "--model", model_folder, "-o", new)
    model = read(new)

    assert stderr == f"the model is in {new}\n"
    assert stdout.startswith(f"temperature        {model.temperature:.4g}, fitted on 120 texts")
    assert "uncertain          never" in stdout
    assert model.temperature > 1.5
    assert model.abstain == 0
    assert model.metrics["calibration"]["error_after"] < 0.1
    assert model.metrics["calibration"]["error_before"] > 0.15
    assert "## Calibration" in model.card
    assert model.card.count("fitted on 120 texts (reviews, all)") == 1
    before, after = tonality.load(model_folder), tonality.load(new)
    texts = [text for text, _ in ROWS]
    assert [p.label for p in before.predict(texts)] == [p.label for p in after.predict(texts)]
    assert after.predict("I love it").score < before.predict("I love it").score


def test_a_band_is_chosen_and_can_be_overridden(
    reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    options = ("--data", reviews, "--model", model_folder, "-o", new)
    found = json.loads(run(*options, "--coverage", "0.8", "--json")[0])
    model = read(new)

    assert found == model.metrics["calibration"]
    assert found["abstain"]["coverage"] >= 0.8
    assert model.abstain == found["abstain"]["threshold"] > 0.5
    assert tonality.load(new).predict("the film").label == "uncertain"
    assert tonality.load(new, abstain=0).predict("the film").label != "uncertain"
    assert "*uncertain*" in model.card
    # Another temperature leaves the band to the same texts.
    kept, texts = tmp_path / "kept", [text for text, _ in ROWS]
    stdout, _ = run("--data", reviews, "--model", new, "-o", kept, "--split", "all")
    assert ", as before; --coverage 1" in stdout
    verdicts = [[p.label for p in tonality.load(one).predict(texts)] for one in (new, kept)]
    assert verdicts[0] == verdicts[1]
    assert "uncertain" in verdicts[1]
    # Other thresholds take it away, as they change the confidences that it goes by.
    chosen = ("--split", "all", "--thresholds", "macro-f1")
    stdout, stderr = run("--data", reviews, "--model", new, "-o", tmp_path / "macro", *chosen)
    assert "uncertain          never" in stdout
    assert "careful: the confidence under which the model was uncertain is taken away" in stderr
    assert read(tmp_path / "macro").abstain == 0
    # Again over itself: the section of the card is replaced.
    with pytest.raises(ArtifactError, match="exists"):
        run(*options)
    stdout, _ = run("--data", reviews, "--model", new, "-o", new, "--overwrite", "--accuracy", ".8")
    assert "uncertain          " in stdout
    assert read(new).card.count("## Calibration") == 1


def test_the_rows_held_out_in_training_are_taken(reviews: Path, tmp_path: Path) -> None:
    digest, table = hashlib.sha256(reviews.read_bytes()).hexdigest(), read_table(reviews)
    learnt, held_out = split(table, validation=0.25, seed=1)
    provenance = {
        "recipe": {"training": {"validation": 0.25, "validation_seed": 1}},
        "data": {"sha256": {"reviews.csv": digest}},
        seen_texts.KEY: seen_texts.record(table, table.take(learnt).texts, held_out.tolist()),
    }
    model = write(dataclasses.replace(make_artifact(), provenance=provenance), tmp_path / "model")
    options = ("--data", reviews, "--model", model, "--json")
    stdout, stderr = run(*options, "-o", tmp_path / "a")
    found = json.loads(stdout)
    assert (found["n"], found["data"]["part"]) == (30, "validation")
    assert "careful" not in stderr
    _, stderr = run(*options, "-o", tmp_path / "b", "--split", "all")
    assert "careful: the model was trained on this data (reviews.csv)" in stderr


def test_the_test_part_is_left_alone(reviews: Path, model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    reviews.rename(folder / "train.csv")
    (folder / "test.csv").write_text("text,label\nI love it,negative\n", encoding="utf-8")
    stdout, _ = run("--data", folder, "--model", model_folder, "-o", tmp_path / "new", "--json")
    assert json.loads(stdout)["n"] == 120


def test_what_cannot_be_done_is_said(reviews: Path, model_folder: Path, tmp_path: Path) -> None:
    options = ("--data", reviews, "--model", model_folder, "-o", tmp_path / "new")
    _, stderr = run(*options, "--accuracy", "0.9", "--coverage", "0.9", code=2)
    assert "not both" in stderr
    run(*options, "--accuracy", "1.5", code=2)
    with pytest.raises(DataError, match="no confidence gives an accuracy of"):
        run(*options, "--accuracy", "1")
    assert not (tmp_path / "new").exists()


def test_texts_learnt_from_are_known_in_another_file(reviews: Path, tmp_path: Path) -> None:
    table = read_table(reviews)
    learnt, held_out = split(table, validation=0.25, seed=1)
    provenance = {
        "recipe": {"training": {"validation": 0.25, "validation_seed": 1}},
        seen_texts.KEY: seen_texts.record(table, table.take(learnt).texts, held_out.tolist()),
    }
    model = write(dataclasses.replace(make_artifact(), provenance=provenance), tmp_path / "model")
    lines = reviews.read_text(encoding="utf-8").splitlines()
    copy = tmp_path / "copy.csv"
    copy.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    options = ("--model", model, "--json")

    stdout, stderr = run("--data", copy, *options, "-o", tmp_path / "a")
    found = json.loads(stdout)
    assert (found["n"], found["data"]["part"]) == (len(held_out), "validation")
    assert "careful" not in stderr
    _, stderr = run("--data", copy, *options, "-o", tmp_path / "b", "--split", "all")
    assert f"trained on about {len(learnt) / len(table):.0%} of these texts" in stderr
    copy.write_text("\n".join(lines[:60]) + "\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"training had 120 labelled rows, here are 59.*--split all"
    ):
        run("--data", copy, *options, "-o", tmp_path / "c")


def test_thresholds_are_chosen_kept_and_taken_away(
    reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    chosen, kept, even = (tmp_path / name for name in ("chosen", "kept", "even"))
    skewed = tmp_path / "skewed.csv"
    lines = reviews.read_text(encoding="utf-8").splitlines()
    rare = [line for line in lines[1:] if ",positive," in line][:12]
    common = [line for line in lines[1:] if ",negative," in line]
    skewed.write_text("\n".join([lines[0], *common, *rare]) + "\n", encoding="utf-8")
    options = ("--data", skewed, "--group-column", "")
    stdout, _ = run(*options, "--model", model_folder, "-o", chosen, "--thresholds", "macro-f1")
    model = read(chosen)
    found = model.metrics["calibration"]["thresholds"]

    assert len(model.thresholds) == 2
    assert found["values"] == dict(zip(model.labels, model.thresholds, strict=True))
    assert found["macro_f1"] >= found["macro_f1_even"]
    assert f"macro F1           {found['macro_f1']:.4f}, without thresholds" in stdout
    assert "largest relative to its threshold (negative " in model.card

    stdout, _ = run("--data", reviews, "--model", chosen, "-o", kept)
    before, after = tonality.load(chosen), tonality.load(kept)
    texts = [f"{text} {n}" for text, _ in ROWS for n in range(3)]
    assert after.artifact.temperature != before.artifact.temperature
    assert [p.verdict for p in after.predict(texts)] == [p.verdict for p in before.predict(texts)]
    record, limits = after.artifact.metrics["calibration"], after.artifact.thresholds
    digests = {"skewed.csv": hashlib.sha256(skewed.read_bytes()).hexdigest()}
    place = {"name": "skewed", "part": "all", "sha256": digests, "n": len(common) + len(rare)}
    assert found["chosen_on"] == record["thresholds"]["chosen_on"] == place
    assert record["thresholds"]["values"] == dict(zip(model.labels, limits, strict=True))
    assert record["thresholds"]["macro_f1_cross_fitted"] is None
    assert f"chosen earlier on {place['n']} texts (skewed, all)" in after.artifact.card
    assert ", as before\n" in stdout
    run("--data", reviews, "--model", chosen, "-o", even, "--thresholds", "even")
    assert read(even).thresholds == ()
    assert read(even).metrics["calibration"]["thresholds"] is None


def test_offsets_suit_a_model_to_other_shares_of_the_labels(
    model_folder: Path, tmp_path: Path
) -> None:
    # Of ten texts that the model calls positive by a little, nine are negative here.
    rows = [("the film", "negative" if n % 10 else "positive") for n in range(60)]
    rows += [("I love it", "positive"), ("I hate the plot", "negative")] * 10
    other = tmp_path / "other.csv"
    lines = [f"{text} {n},{label}" for n, (text, label) in enumerate(rows)]
    other.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    new, options = tmp_path / "new", ("--data", other, "--model", model_folder)
    stdout, _ = run(*options, "-o", new, "--offsets")
    model, before = read(new), read(model_folder)
    found = model.metrics["calibration"]["offsets"]

    assert found["values"]["negative"] == pytest.approx(-found["values"]["positive"], abs=1e-5)
    assert found["values"]["negative"] > 0.1
    assert found["accuracy_cross_fitted"] > found["accuracy_without"] + 0.5
    assert f"accuracy           {found['accuracy']:.2%}, without offsets" in stdout
    assert "Offsets are part of the last layer (negative +" in model.card
    verdicts = [tonality.load(new).predict(text).label for text in ("the film", "I love it")]
    assert verdicts == ["negative", "positive"]
    # The stored model gives the probabilities that were measured.
    labels = [p.label for p in tonality.load(new).predict([line.split(",")[0] for line in lines])]
    right = sum(label == truth for label, (_, truth) in zip(labels, rows, strict=True))
    assert right / len(rows) == pytest.approx(found["accuracy"])
    assert set(model.tensors) == set(before.tensors)


def test_offsets_take_the_place_of_earlier_ones(
    reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    first, again, kept = (tmp_path / name for name in ("first", "again", "kept"))
    run("--data", reviews, "--model", model_folder, "-o", first, "--offsets")
    run("--data", reviews, "--model", first, "-o", again, "--offsets")
    one, two = (read(folder).metrics["calibration"] for folder in (first, again))
    assert two["temperature"] == pytest.approx(one["temperature"], rel=1e-2)
    for label, value in one["offsets"]["values"].items():
        assert two["offsets"]["values"][label] == pytest.approx(value, abs=5e-3)
    assert two["offsets"]["accuracy_without"] == one["offsets"]["accuracy_without"]
    measured = CliRunner().invoke(evaluate, ["--data", str(reviews), "--model", str(first)])
    assert "the offsets of" in measured.stderr
    assert "flatters; tonality calibrate printed a cross-fitted one" in measured.stderr
    # Another temperature leaves them in the model, and on its record.
    run("--data", reviews, "--model", first, "-o", kept)
    left = read(kept)
    assert left.tensors["output.bias"].tolist() == read(first).tensors["output.bias"].tolist()
    factor = one["temperature"] / left.temperature
    for label, value in one["offsets"]["values"].items():
        found = left.metrics["calibration"]["offsets"]["values"][label]
        assert found == pytest.approx(factor * value)
    assert "Offsets are part of the last layer" in left.card


def told(data: Path, model: Path) -> tuple[str, bool]:
    """What an evaluation warns of, and whether it has cross-fitted figures."""
    options = ["--data", str(data), "--model", str(model), "--json"]
    result = CliRunner().invoke(evaluate, options)
    assert result.exit_code == 0, result.stderr
    return result.stderr, json.loads(result.stdout)["calibration"]["cross_fitted"] is not None


@pytest.mark.parametrize(
    ("option", "what"),
    [(("--offsets",), "offsets"), (("--thresholds", "macro-f1"), "thresholds")],
)
def test_figures_flatter_on_the_rows_that_the_verdicts_were_suited_to_alone(
    option: tuple[str, ...], what: str, reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    first, second, later = (tmp_path / name for name in ("first", "second", "later.csv"))
    lines = reviews.read_text(encoding="utf-8").splitlines()
    later.write_text("\n".join([lines[0], *(f"now {line}" for line in lines[1:]), ""]))
    run("--data", reviews, "--model", model_folder, "-o", first, *option)
    run("--data", later, "--model", first, "-o", second)
    for model in (first, second):
        warned, crossed = told(reviews, model)
        assert f"careful: the {what} of {model} were" in warned
        assert crossed == (what == "offsets" or model == first)
    # Its temperature was fitted there, which changes no verdict.
    assert told(later, second) == ("", True)
    assert told(later, first) == ("", False)


def test_what_makes_offsets_doubtful_is_said(
    reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    options = ("--model", model_folder, "--offsets", "--overwrite", "-o", tmp_path / "new")
    few, swapped = tmp_path / "few.csv", tmp_path / "swapped.csv"
    few.write_text("text,label\nI love it,positive\nI hate the plot,negative\n")
    _, stderr = run("--data", few, *options)
    assert "too few to measure on one half" in stderr
    rows = [(text, "negative" if label == "positive" else "positive") for text, label in ROWS]
    lines = [f"{text} {n},{label}" for n in range(10) for text, label in rows]
    swapped.write_text("\n".join(["text,label", *lines]) + "\n")
    _, stderr = run("--data", swapped, *options)
    assert "look whether the labels are what they should be" in stderr


def test_offsets_take_thresholds_away_and_can_choose_new_ones(
    reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    chosen, plain, both = (tmp_path / name for name in ("chosen", "plain", "both"))
    options = ("--data", reviews, "--offsets")
    run(*options[:2], "--model", model_folder, "-o", chosen, "--thresholds", "macro-f1")
    run(*options, "--model", chosen, "-o", plain, "--accuracy", "0.7")
    assert read(plain).thresholds == ()
    run(*options, "--model", chosen, "-o", both, "--thresholds", "macro-f1")
    assert len(read(both).thresholds) == 2
    # What the offsets gain is measured without the thresholds that were chosen with them.
    again = tmp_path / "again"
    run(*options, "--model", model_folder, "-o", plain, "--overwrite")
    stdout, _ = run(
        *options, "--model", model_folder, "-o", both, "--thresholds", "macro-f1", "--overwrite"
    )
    alone, beside = (read(folder).metrics["calibration"]["offsets"] for folder in (plain, both))
    assert beside == alone
    assert f"cross-fitted {beside['accuracy_cross_fitted']:.2%}; before thresholds" in stdout
    assert "are right by their likeliest label, before thresholds" in read(both).card
    run(*options, "--model", both, "-o", again)
    one, two = (read(folder).metrics["calibration"]["offsets"] for folder in (plain, again))
    assert two["accuracy_without"] == one["accuracy_without"]


def test_a_label_without_rows_gets_no_threshold_or_offset(
    reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    lines = reviews.read_text(encoding="utf-8").splitlines()
    some = tmp_path / "some.csv"
    some.write_text("\n".join(line for line in lines if ",positive," not in line) + "\n")
    options = ("--data", some, "--model", model_folder, "-o", tmp_path / "new")
    with pytest.raises(DataError, match=r"no row is labelled positive.*rows of every label"):
        run(*options, "--thresholds", "macro-f1")
    with pytest.raises(DataError, match=r"no row is labelled positive, and --offsets would"):
        run(*options, "--offsets")
    assert not (tmp_path / "new").exists()
    run(*options)
    assert read(tmp_path / "new").thresholds == ()


def test_an_unknown_way_to_thresholds_is_told(
    reviews: Path, model_folder: Path, tmp_path: Path
) -> None:
    options = ("--data", reviews, "--model", model_folder, "-o", tmp_path / "new")
    _, stderr = run(*options, "--thresholds", "best", code=2)
    assert "expected one of macro-f1, even, keep, got 'best'" in " ".join(stderr.split())
