"""The benchmarks that train, on a small scale; their figures are not this file's concern."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from made_up_reviews import TINY, make_dataset, make_table

from benchmarks import ablations, adaptation, frontier
from tonality.data import split
from tonality.train import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of made-up reviews, with labels and without."""
    folder = tmp_path_factory.mktemp("data")
    table, rest = make_table(100), make_table(20, seed=1)
    with (folder / "train.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("text", "label", "movie"), *zip(table.texts, table.labels or (), table.groups or (),
                                              strict=True)]
        )  # fmt: skip
    (folder / "unsup.csv").write_text("\n".join(["text", *rest.texts]) + "\n")
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny recipe as a file."""
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(TINY.with_settings(["training.epochs=1"]).to_toml())
    return path


def test_the_frontier_is_trained_once_measured_and_drawn(
    data: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("vaderSentiment")
    teacher = train(make_dataset(60), TINY, tmp_path / "teacher")
    shapes = tmp_path / "shapes.toml"
    shapes.write_text(
        f'recipe = "{recipe}"\nships = "narrow"\n[shapes]\n'
        'narrow = ["network.hidden_size=2"]\n"wide, forward" = ["network.bidirectional=false"]\n'
    )
    output, picture = tmp_path / "out" / "frontier.json", tmp_path / "docs" / "frontier.png"
    arguments = [
        "--data", str(data), "--teacher", str(teacher), "--shapes", str(shapes), "--n", "10",
        "--rounds", "2", "--runs", str(tmp_path / "runs"), "--output", str(output),
        "--picture", str(picture), "--page", str(tmp_path / "docs" / "results.md"),
    ]  # fmt: skip
    frontier.main(arguments)
    written = json.loads(output.read_text())
    assert set(written["shapes"]) == {"narrow", "wide, forward"}
    for shape in written["shapes"].values():
        assert 0 <= shape["accuracy"] <= 1
        assert abs(shape["accuracy"] - shape["accuracy_before_rounding"]) <= 0.1
        assert shape["ratio_to_vader"] > 0 < shape["megabytes"]
    assert written["teachers"]["each"][0]["name"] == "teacher"
    assert str(tmp_path) not in json.dumps(written)
    assert picture.read_bytes().startswith(b"\x89PNG")
    shown = capsys.readouterr()
    assert "| **narrow** |" in shown.out
    assert "| **narrow** |" in (tmp_path / "docs" / "results.md").read_text()
    assert shown.err.count("asking the teacher") == 1
    frontier.main([*arguments, "--only", "narrow"])
    assert "steps of up to" not in capsys.readouterr().err  # it is trained already
    other = train(make_dataset(60), TINY.with_settings(["training.seed=1"]), tmp_path / "other")
    with pytest.raises(SystemExit, match="holds a model of other settings, data or teachers"):
        frontier.main([str(other) if word == str(teacher) else word for word in arguments])
    with pytest.raises(SystemExit, match="no such shape; there are narrow, wide"):
        frontier.main([*arguments, "--only", "huge"])


def test_no_point_of_the_frontier_is_beaten() -> None:
    points = {"a": (1.0, 0.9), "b": (2.0, 0.8), "c": (1.5, 0.7), "d": (3.0, 0.8), "e": (0.5, 0.9)}
    assert frontier.pareto(points) == [(1.0, 0.9), (3.0, 0.8)]


def test_ablations_go_on_with_what_is_missing(
    data: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.toml"
    head = f'recipe = "{recipe}"\n[[rows]]\ngroup = "base"\nname = "as it is"\n'
    rows.write_text(
        f'{head}[[rows]]\ngroup = "n-grams"\nname = "none"\nsettings = ["vocabulary.ngrams=0"]\n'
        "seeds = [0, 1]\n"
        '[[rows]]\ngroup = "labelled"\nname = "30"\nlabelled = 30\n'
        '[[rows]]\ngroup = "start"\nname = "language model"\nlanguage_model = true\n'
    )
    output, page = tmp_path / "out" / "ablations.json", tmp_path / "docs" / "results.md"
    arguments = [
        "--data", str(data), "--rows", str(rows), "--runs", str(tmp_path / "runs"),
        "--output", str(output), "--page", str(page),
    ]  # fmt: skip
    ablations.main(arguments)
    kept = json.loads(output.read_text())["rows"]
    assert set(kept) == {"base: as it is", "n-grams: none", "labelled: 30"}
    assert set(kept["n-grams: none"]) == {"0", "1"}
    one = kept["base: as it is"]["0"]
    assert ablations.right(one).mean() == pytest.approx(one["accuracy"], abs=1e-4)
    assert not list((tmp_path / "runs").iterdir())
    assert "start: language model: left out" in capsys.readouterr().err
    shown = page.read_text()
    assert (
        f"`tonality train --data imdb --recipe {recipe} --set vocabulary.ngrams=0 -o DIR`" in shown
    )
    assert '`python -m benchmarks.ablations --data imdb --only "labelled: 30"`' in shown
    page.write_text(f"# My results\n{shown}\nmore\n<!-- end -->\n")
    rows.write_text(rows.read_text().replace("[0, 1]", "[0]"))
    ablations.main(arguments)
    assert "seed" not in capsys.readouterr().err.replace("for want", "")
    again = page.read_text()
    assert again.startswith("# My results")
    assert again.endswith("\nmore\n<!-- end -->\n")
    assert again.count("| base: as it is |") == 1


def test_ablations_of_other_data_are_made_anew_and_a_start_of_another_shape_stops_nothing(
    data: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.toml"
    rows.write_text(
        f'recipe = "{recipe}"\n'
        '[[rows]]\ngroup = "start"\nname = "model"\nlanguage_model = true\n'
        'settings = ["network.hidden_size=7"]\n'
        '[[rows]]\ngroup = "base"\nname = "as it is"\n'
    )
    start = train(make_dataset(60), TINY.with_settings(["training.epochs=1"]), tmp_path / "start")
    few = tmp_path / "few.csv"
    few.write_text("\n".join((data / "train.csv").read_text().splitlines()[:81]) + "\n")
    output = tmp_path / "ablations.json"
    arguments = [
        "--rows", str(rows), "--runs", str(tmp_path / "runs"), "--output", str(output),
        "--page", str(tmp_path / "results.md"), "--language-model", str(start),
    ]  # fmt: skip
    for source, held_out in ((data, 20), (few, 16), (few, 16)):
        ablations.main(["--data", str(source), *arguments])
        kept = json.loads(output.read_text())["rows"]["base: as it is"]["0"]
        assert kept["n"] == held_out
    told = capsys.readouterr().err
    assert told.count("start: model: left out: network.hidden_size is 7") == 3
    assert told.count("steps of up to") == 2  # the third time it is there


def test_adapting_is_measured_anew_for_another_model_of_the_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("sklearn", minversion="1.8")  # the linear model's settings are of it
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, size in (("train", 60), ("unlabel", 10)):
        found = make_table(size)
        columns = {"text": found.texts} | ({"label": found.labels} if name == "train" else {})
        pq.write_table(pa.table(columns), tmp_path / f"toys.{name}.parquet")
    models = [
        train(make_dataset(60), TINY.with_settings([f"training.seed={seed}"]), tmp_path / str(seed))
        for seed in (0, 1)
    ]
    page, output = tmp_path / "page.md", tmp_path / "adaptation.json"
    for model in (models[0], models[0], models[1]):
        adaptation.main(
            ["--data", str(tmp_path), "--model", str(model), "--name", "mine", "--sizes", "20",
             "--methods", "as it is", "TF-IDF + LR", "--output", str(output), "--page", str(page)]
        )  # fmt: skip
    told = capsys.readouterr().err
    assert told.count("toys mine as it is") == 2
    assert told.count("toys TF-IDF + LR 20") == 1
    kept = json.loads(output.read_text())["accuracy"]["toys"]
    assert f"| toys | {kept['mine as it is']['0']:.1%} | " in page.read_text()


def test_fewer_labels_leave_the_validation_part_alone() -> None:
    dataset = make_dataset(100, unlabelled=10)
    fewer = ablations.with_fewer_labels(dataset, TINY, 20)
    _, held_out = split(dataset.train, validation=0.2, seed=0)
    assert fewer.train.texts[20:] == [dataset.train.texts[row] for row in held_out]
    assert fewer.validation_rows == len(held_out)
    labels = (fewer.train.labels or [])[:20]
    assert labels.count("positive") == labels.count("negative") == 10
    assert fewer.unlabelled is not None
    assert len(fewer.unlabelled) == 10 + 60
    assert not set(fewer.unlabelled.texts) & set(fewer.train.texts)


def test_the_difference_is_that_of_the_same_reviews() -> None:
    import base64

    def kept(right: list[bool]) -> dict[str, object]:
        bits = base64.b64encode(np.packbits(right).tobytes()).decode()
        return {"n": len(right), "right": bits}

    base, other = kept([True] * 80 + [False] * 20), kept([True] * 90 + [False] * 10)
    assert ablations._difference([other], [base], 0.0).startswith("+10.00 ± 5.9")
    assert ablations._difference([base], [base], 0.0) == ""
    # 5.91 of the reviews; 1.96 x 3 x sqrt(1 + 1) = 8.32 of the seeds.
    assert ablations._difference([other], [base], 3.0) == "+10.00 ± 10.20"


def test_what_a_seed_is_good_for_is_pooled_over_rows() -> None:
    rows = [
        [{"accuracy": value} for value in values]
        for values in ([0.8, 0.82], [0.9], [0.5, 0.5, 0.53])
    ]
    # Squares 1 + 1 and 1 + 1 + 4 points over 1 + 2 degrees of freedom.
    assert ablations.seed_spread(rows) == pytest.approx(np.sqrt(8 / 3))
    assert ablations.seed_spread([[{"accuracy": 0.9}]]) == 0.0


def test_the_lists_that_ship_are_sound() -> None:
    plan = frontier.Plan.load(frontier.SHAPES)
    assert all(plan.recipe(name).training.epochs for name in plan.shapes)
    rows = ablations.Plan.load(ablations.ROWS)
    titles = [row.title for row in rows.rows]
    assert len(set(titles)) == len(titles)
    assert all(row.recipe(rows.common, 1).training.seed == 1 for row in rows.rows)
