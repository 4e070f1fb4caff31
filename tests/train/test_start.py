"""Runs that begin with a language model or with a model."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from made_up_reviews import TINY, make_dataset, make_table, prepared
from test_train_classifier import Recorder

import tonality
from tonality.artifact.model_folder import read
from tonality.cli import app
from tonality.data import Dataset, Table
from tonality.errors import ArtifactError, ConfigError
from tonality.evaluate import select_rows
from tonality.model_names import model_path
from tonality.text.encoder import Encoder
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import Vocabulary
from tonality.train import train
from tonality.train.networks.language_model import LanguageModel
from tonality.train.networks.language_model_folder import read_language_model
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.prepare.preflight import check_run
from tonality.train.pretrain import pretrain
from tonality.train.settings.objective_sections import PretrainingSettings
from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import NetworkSettings
from tonality.train.start.new_word_vectors import induced
from tonality.train.start.read_start import read_start
from tonality.train.start.start import how_to_map

PRETRAINING = Recipe.from_dict(
    {
        "vocabulary": {"min_count": 1},
        "network": {"embedding_size": 8, "hidden_size": 10},
        "optimiser": {"learning_rate": 0.03},
        "pretraining": {"direction": "both", "streams": 8, "steps": 8, "negatives": 6},
    }
)
CLASSIFY = Recipe.from_dict(
    {
        "network": {"pooling": "max+mean"},
        "optimiser": {"learning_rate": 0.05},
        "training": {"batch_size": 16, "epochs": 1},
    }
)


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of ``pretrain``."""
    run = tmp_path_factory.mktemp("lm") / "language-model"
    pretrain(make_dataset(unlabelled=60), PRETRAINING, run)
    return run


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model with an n-gram table."""
    run = tmp_path_factory.mktemp("model") / "tiny"
    return train(make_dataset(), TINY.with_settings(["optimiser.learning_rate=0.1"]), run)


THREE = ("negative", "neutral", "positive")


def test_the_states_are_the_language_models_own(language_model: Path) -> None:
    """The vectors are scaled for adversarial training, and the LSTM back."""
    start = read_start(language_model)
    scaled = start.scaled(0.5)
    assert scaled["embedding.weight"].std() == pytest.approx(0.5, rel=1e-5)
    recipe = start.settings(CLASSIFY)
    config = recipe.network.config(vocabulary_size=start.vocabulary.size, ngram_rows=0, classes=2)
    network = LSTMNetwork(config).eval()
    network.start_from(start.for_network(config, ("negative", "positive"), 0.5))
    saved = read_language_model(language_model / "model")
    original = LanguageModel(
        np.ones(saved.vocabulary.size, dtype=np.int64), recipe.network,
        PretrainingSettings(direction="both", dropout=0.0),
    ).eval()  # fmt: skip
    original.start_from(saved.tensors)
    ids = torch.randint(2, saved.vocabulary.size, (3, 7))
    with torch.no_grad():
        found = network.lstm[0][0].states(network.embedding(ids))  # type: ignore[index]
        reader = original.readers[0]
        expected = reader.layers[0].lstm(original.embedding(ids))[0]  # type: ignore[index,union-attr]
        torch.testing.assert_close(found, expected)
        scores = original.scores(original.states("forward", ids)[0])
        original.start_from(scaled)
        torch.testing.assert_close(original.scores(original.states("forward", ids)[0]), scores)


def test_a_classifier_from_a_language_model(language_model: Path, tmp_path: Path) -> None:
    dataset = make_dataset()
    folder = train(dataset, CLASSIFY, tmp_path / "run", start_from=language_model)
    trained = read(folder)
    assert (trained.network.embedding_size, trained.network.hidden_size) == (8, 10)
    assert trained.vocabulary.words == read_start(language_model).vocabulary.words
    assert trained.provenance["start"]["kind"] == "language model"
    assert trained.provenance["start"]["name"] == "language-model"
    assert tonality.load(folder).predict("a great film").label in {"positive", "negative"}


def test_a_resumed_run_must_start_from_the_same(language_model: Path, tmp_path: Path) -> None:
    dataset, run = make_dataset(), tmp_path / "run"
    train(dataset, CLASSIFY, run, start_from=language_model)
    for path in (run / "model").iterdir():
        path.unlink()
    (run / "model").rmdir()
    with pytest.raises(ConfigError, match="start"):
        train(dataset, CLASSIFY, run, resume=True)
    train(dataset, CLASSIFY, run, start_from=language_model, resume=True)


def test_what_the_start_decides_cannot_be_asked_otherwise(language_model: Path) -> None:
    start = read_start(language_model)
    with pytest.raises(ConfigError, match=r"network.hidden_size is 64, .* has 10"):
        start.settings(CLASSIFY.with_settings(["network.hidden_size=64"]))
    with pytest.raises(ConfigError, match=r"text.lower_case is False"):
        start.settings(CLASSIFY.with_settings(["text.lower_case=false"]))
    chosen = ["text.max_tokens=20", "text.typos=keep", "network.pooling=last"]
    free = start.settings(CLASSIFY.with_settings(chosen))
    assert (free.text.max_tokens, free.text.typos, free.network.pooling) == (20, "keep", "last")


def test_a_default_that_is_asked_for_is_no_default(language_model: Path, tmp_path: Path) -> None:
    """Named in a change, a dict or a file, but not in the record of a run, which names all."""
    start = read_start(language_model)
    (tmp_path / "mine.toml").write_text("[network]\nhidden_size = 128\n")
    for asked in (
        CLASSIFY.with_settings(["network.hidden_size=128"]),
        Recipe.from_dict({"network": {"hidden_size": 128}}),
        Recipe.load(tmp_path / "mine.toml"),
        Recipe(network=NetworkSettings(hidden_size=64)),
    ):
        with pytest.raises(ConfigError, match=r"network.hidden_size is (128|64), .* has 10"):
            start.settings(asked)
        with pytest.raises(ConfigError, match=r"network.hidden_size is (128|64), .* has 10"):
            train(make_dataset(40), asked, tmp_path / "run", start_from=language_model)
    assert not (tmp_path / "run").exists()
    (tmp_path / "record.toml").write_text(CLASSIFY.to_toml())
    record = Recipe.load(tmp_path / "record.toml")
    assert start.settings(record).network.hidden_size == 10  # as if it were left out
    assert start.settings(record.with_settings(["text.lower_case=true"])).text.lower_case


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("vectors.use=true", "vectors.use has no effect: tiny, .* has vectors of its own"),
        ("vocabulary.max_size=9", "max_size has no effect: .* vocabulary.extend says how many"),
        ("vocabulary.min_count=3", "min_count has no effect: .* set vocabulary.extend too"),
        ("vocabulary.ngrams=50", "ngrams has no effect: .* an n-gram table of its own"),
    ],
)
def test_a_change_that_a_start_leaves_without_effect_is_refused(
    model: Path, tmp_path: Path, change: str, message: str
) -> None:
    """In a file, which may serve a run from nothing too, it is no mistake."""
    start = read_start(model)
    with pytest.raises(ConfigError, match=message):
        start.settings(TINY.with_settings([change]))
    (tmp_path / "mine.toml").write_text(TINY.with_settings([change]).to_toml())
    start.settings(Recipe.load(tmp_path / "mine.toml"))
    start.settings(TINY.with_settings(["vocabulary.extend=5", "vocabulary.min_count=3"]))
    start.settings(TINY.with_settings(["vectors.use=false", "vectors.deviation=0.3"]))


def test_the_direction_of_a_language_model_stays(language_model: Path, tmp_path: Path) -> None:
    forward = PRETRAINING.with_settings(["pretraining.direction=forward"])
    with pytest.raises(ConfigError, match=r"direction is 'forward', but .* has 'both'"):
        pretrain(make_dataset(), forward, tmp_path / "run", start_from=language_model)


def test_a_bundled_name_is_the_bundled_model(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a run or a folder has its name too, as in ``load``; with a slash it is the folder."""
    shutil.copytree(model, tmp_path / "general" / "model")
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match="'general' is the bundled model"):
        assert read_start("general").path == model_path()
    for folder in ("./general", Path("general")):
        assert read_start(folder).path == Path("general/model")


def test_a_shipped_recipe_yields_to_a_start(model: Path) -> None:
    """Who takes it over has not asked for its pooling; who sets it has, and so has a file."""
    start = read_start(model)
    student = Recipe.load("student")
    assert start.settings(student).network.pooling == "max" != student.network.pooling
    with pytest.raises(ConfigError, match=r"network\.pooling is 'attention', but .* 'max'"):
        start.settings(student.with_settings(["network.pooling=attention"]))
    with pytest.raises(ConfigError, match=r"network\.pooling is 'attention', but"):
        start.settings(dataclasses.replace(student, name="mine"))


def test_the_command_refuses_defaults_that_are_asked_for(model: Path, tmp_path: Path) -> None:
    table = make_table(40)
    lines = [f"{label},{text}" for label, text in zip(table.labels or (), table.texts, strict=True)]
    (tmp_path / "films.csv").write_text("\n".join(["label,text", *lines]))
    words = ["train", "--data", str(tmp_path / "films.csv"), "--recipe", "adapt",
             "--start-from", str(model), "-o", str(tmp_path / "run")]  # fmt: skip
    result = CliRunner().invoke(app, [*words, "--set", "network.embedding_size=128"])
    assert "network.embedding_size is 128, but tiny, from which" in str(result.exception)
    assert not (tmp_path / "run").exists()
    result = CliRunner().invoke(app, [*words, "--set", "training.epochs=1"])
    assert result.exit_code == 0, result.stderr


def started(
    folder: Path, *settings: str, kind: str = "language model"
) -> tuple[dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]], str]:
    """What a classifier takes from a start, and which of its parts begin at random."""
    start = read_start(folder)
    assert start.kind == kind
    recipe = start.settings(CLASSIFY.with_settings(settings))
    config = recipe.network.config(vocabulary_size=start.vocabulary.size, ngram_rows=0, classes=2)
    labels = ("negative", "positive")
    return start.for_network(config, labels, 0.25), start.at_random(config, labels)


def test_a_layer_gets_all_its_weights_or_none(tmp_path: Path) -> None:
    """The second layer of a classifier reads both directions, that of a language model its own."""
    deep = PRETRAINING.with_settings(["network.layers=3"])
    folder = pretrain(make_dataset(), deep, tmp_path / "deep")
    taken, parts = started(folder, "network.bidirectional=true")
    names = {name.rpartition(".")[0] for name in taken}
    assert names == {"embedding", "lstm.0.forward", "lstm.0.backward"}
    assert len(taken) == 7
    wanted = "layers 2 to 3 of the forward direction and layers 2 to 3 of the backward direction"
    assert parts == wanted
    taken, parts = started(folder, "network.bidirectional=false")
    assert (len(taken), parts) == (10, "")


def test_what_begins_at_random_is_told_and_recorded(tmp_path: Path) -> None:
    recipe = PRETRAINING.with_settings(["pretraining.direction=forward"])
    forward = pretrain(make_dataset(), recipe, tmp_path / "forward")
    told, quiet = Recorder(), Recorder()
    both = CLASSIFY.with_settings(["network.bidirectional=true"])
    trained = read(
        train(make_dataset(), both, tmp_path / "both", start_from=forward, reporter=told)
    )
    (line,) = [line for line in told.lines if "at random" in line]
    assert line.startswith("forward, from which this starts, has nothing that fits these parts")
    assert line.endswith("begin at random: the backward direction")
    assert trained.provenance["start"]["at_random"] == "the backward direction"
    assert "; the backward direction began at random)" in trained.card
    one = CLASSIFY.with_settings(["network.bidirectional=false"])
    fits = read(train(make_dataset(), one, tmp_path / "one", start_from=forward, reporter=quiet))
    assert "at random" not in " ".join(quiet.lines)
    assert "at_random" not in fits.provenance["start"]


def test_a_model_goes_on_learning(model: Path, tmp_path: Path) -> None:
    """Same labels: with a rate of nothing, it gives the same verdicts as before."""
    still = TINY.with_settings(["optimiser.learning_rate=1e-8", "training.average=0"])
    again = train(make_dataset(), still, tmp_path / "run", start_from=model)
    texts = make_table(40, seed=5).texts
    before, after = tonality.load(model), tonality.load(again)
    temperature = after.artifact.temperature / before.artifact.temperature
    first, second = before.predict_proba(texts), after.predict_proba(texts)
    odds = np.log(first[:, 1] / first[:, 0]) / temperature
    np.testing.assert_allclose(np.log(second[:, 1] / second[:, 0]), odds, atol=0.05)


def test_labels_keep_their_rows_of_the_head(model: Path, tmp_path: Path) -> None:
    """A further label begins between the others; fewer labels get their old odds."""
    start = read_start(model)
    dataset = make_dataset(classes=3)
    data = prepared(dataset, start.settings(TINY), start)
    assert data.start is not None
    old = start.tensors["output.weight"]
    new = data.start.for_network(data.network, data.labels, 0.25)["output.weight"]
    assert (start.labels, data.labels) == (("negative", "positive"), THREE)
    np.testing.assert_allclose(new, [old[0], old.mean(axis=0), old[1]], rtol=1e-6)
    folder = train(dataset, TINY, tmp_path / "run", start_from=model)
    assert read(folder).labels == THREE
    three = read_start(folder)
    back = prepared(make_dataset(), three.settings(TINY), three)
    found = three.for_network(back.network, back.labels, 0.25)
    for name in ("output.weight", "output.bias"):
        np.testing.assert_array_equal(found[name], three.tensors[name][[0, 2]])


def test_strange_labels_get_a_new_head(model: Path) -> None:
    start = read_start(model)
    dataset = make_dataset()
    others = {"positive": "like", "negative": "loathe"}
    labels = [others[label] for label in dataset.train.labels or ()]
    table = dataclasses.replace(dataset.train, labels=labels)
    data = prepared(dataclasses.replace(dataset, train=table), start.settings(TINY), start)
    assert data.start is not None
    names = data.start.for_network(data.network, data.labels, 0.25)
    assert "embedding.weight" in names
    assert not any(name.startswith("output.") for name in names)
    less = dataclasses.replace(start.text, max_tokens=30)
    random, lost, shorter = data.start.news(data.network, data.labels, less)
    assert random.endswith("begin at random: the head")
    assert "will not know 'negative', 'positive', as tiny does" in lost
    assert shorter.startswith("the new model reads 30 tokens of a text, tiny 400; text.max_tokens")
    kept = dataclasses.replace(start.text, typos="keep")
    *_, otherwise = data.start.news(data.network, data.labels, kept)
    assert otherwise == "the new model leaves misspelt words unknown, tiny does not; see text.typos"
    for most in (400, 800, 0):
        text = dataclasses.replace(start.text, max_tokens=most)
        assert len(data.start.news(data.network, data.labels, text)) == 2


@pytest.mark.parametrize(
    ("labels", "options"),
    [
        ("0 1", "0=negative 1=positive"),  # neutral may be either, so this is likely, not plain
        ("Neutral bad", "Neutral=neutral bad=negative"),
        ("1 2 3 4 5", "1=negative 2=negative 3=neutral 4=positive 5=positive"),
        ("good negative positive", ""),  # to join classes that are there is no gain
        ("negative positive irrelevant", ""),
        ("1 2 3", ""),
        ("food service", ""),
    ],
)
def test_labels_are_told_by_the_names_of_the_start(labels: str, options: str) -> None:
    told = how_to_map(labels.split(), ("negative", "neutral", "positive"))
    listed = " ".join(f"--label-map {option}" for option in options.split())
    assert told == (f"; if they mean the same, add {listed}" if options else "")


def test_what_a_label_map_renamed_is_called_as_the_file_calls_it() -> None:
    """An option for ``good``, which no row of the file has, would be refused."""
    names, mapped = ("negative", "positive"), {"POS": "good", "pos": "good", "meh": ""}
    told = how_to_map(["bad", "good"], names, mapped)
    assert told == (
        "; if they mean the same, say --label-map bad=negative --label-map POS=positive"
    )


def test_the_names_of_the_start_agree_with_the_label_map() -> None:
    names = ("negative", "positive")
    assert how_to_map(["1", "2"], names).endswith("--label-map 1=negative --label-map 2=positive")
    for mapped in ({"3": ""}, {"3": "positive"}, {"1": "positive"}):
        assert how_to_map(["1", "2"], names, mapped) == ""
    scores = [str(score) for score in range(11)]
    assert how_to_map(scores, names).endswith("--label-map 9=positive and 1 more")


def test_new_words_are_added_at_the_end(model: Path, tmp_path: Path) -> None:
    texts = [text.replace("film", "blender ") for text in make_table(80, seed=3).texts]
    table = dataclasses.replace(make_table(80, seed=3), texts=texts, groups=None)
    dataset = Dataset(table, None, None, "kitchen", {})
    folder = train(
        dataset, TINY.with_settings(["vocabulary.extend=100"]), tmp_path / "run", start_from=model
    )
    old, new = read(model).vocabulary, read(folder).vocabulary
    assert new.words[: len(old.words)] == old.words
    assert "blender" in new.words[len(old.words) :]
    assert (old.ngrams is None) == (new.ngrams is None)
    assert new.ngrams is not None
    assert old.ngrams is not None
    np.testing.assert_array_equal(new.ngrams.ngrams[2], old.ngrams.ngrams[2])


def test_induced_vectors_are_like_those_of_words_in_the_same_company() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(52, 8)).astype(np.float32)
    # Words 2 to 26 each come with a partner of the other half; 52 with that of 10.
    vectors[27:52] = vectors[2:27] @ np.linalg.qr(rng.normal(size=(8, 8)))[0]
    pairs = [(n, n + 25) for n in range(2, 27) for _ in range(5)] + [(52, 35)] * 5
    ids = np.array(pairs, dtype=np.int32).ravel()
    offsets = np.arange(0, len(ids) + 1, 2, dtype=np.int64)
    made = induced(vectors, ids, offsets, 54)
    np.testing.assert_array_equal(made[:52], vectors)
    cosine = made[52] @ vectors.T / np.linalg.norm(vectors, axis=1)
    assert cosine.argmax() == 10
    np.testing.assert_array_equal(made[53], vectors[1])  # never seen: as the unknown word


def test_extending_keeps_inflections_together() -> None:
    pytest.importorskip("Stemmer")
    config = TextConfig(normalise="stem")
    old = Vocabulary.build({"connect": 5, "film": 3}, config, min_count=1)
    new = old.extended({"connected": 4, "blender": 3, "blenders": 2, "rare": 1}, config, most=10)
    assert new.forms["connected"] == new.forms["connect"] == old.forms["connect"]
    assert new.forms["blender"] == new.forms["blenders"] == old.size
    assert "rare" not in new.forms
    assert Vocabulary.from_json(json.loads(json.dumps(new.to_json()))) == new
    ids = Encoder(config, new).encode(["a connected blender"]).ids
    assert ids.tolist() == [1, new.forms["connect"], new.forms["blender"]]


def test_nothing_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        read_start(tmp_path)
    with pytest.raises(ArtifactError):
        train(make_dataset(), TINY, tmp_path / "run", start_from="no-such-model")
    assert not (tmp_path / "run").exists()


def test_texts_of_the_validation_part_that_comes_with_the_data_teach_nothing() -> None:
    table, held_out = make_table(100), make_table(40, seed=9)
    copies = Table(table.texts[:5] + held_out.texts, None)
    joined = table.joined(dataclasses.replace(held_out, texts=table.texts[:1] + held_out.texts[1:]))
    dataset = Dataset(joined, None, copies, "both", {}, validation_rows=40)
    division = check_run("train", TINY, dataset).division
    assert division.held_out.tolist() == list(range(100, 140))
    assert division.left_out == {"train": 1, "validation": 0, "unlabelled": 40}
    assert len(division.rows) == 99


SECRET = "the validation part is no secret"


def texts_of(table: Table) -> Dataset:
    """The same texts without their labels."""
    return Dataset(Table(table.texts, source="texts"), None, None, "texts", {})


def test_a_start_that_learnt_the_validation_texts_is_told_and_recorded(
    language_model: Path, model: Path, tmp_path: Path
) -> None:
    """The same cut is quiet; with another, labels or not, the run, the record and the card tell."""
    other = ["training.validation_seed=1"]
    for start, recipe, name in (
        (language_model, CLASSIFY, "language-model"), (model, TINY, "tiny"),
    ):  # fmt: skip
        quiet, told = Recorder(), Recorder()
        honest = read(train(make_dataset(), recipe, tmp_path / f"quiet-{name}", start_from=start,
                            reporter=quiet))  # fmt: skip
        flattered = read(train(make_dataset(), recipe.with_settings(other), tmp_path / name,
                               start_from=start, reporter=told))  # fmt: skip
        assert SECRET not in " ".join(quiet.lines)
        assert "learnt_from_validation" not in honest.provenance["start"]
        (line,) = [line for line in told.lines if SECRET in line]
        assert f"to {name}, from which this starts: it learnt from about " in line
        known = flattered.provenance["start"]["learnt_from_validation"]
        assert "% of these texts" in known
        kind = flattered.provenance["start"]["kind"]
        assert f"- start: the {kind} {name} (SHA-256 " in flattered.card
        assert f"it learnt from {known}" in flattered.card


def test_what_a_start_read_before_is_known_over_several_runs(
    language_model: Path, tmp_path: Path
) -> None:
    """Texts read without labels two runs ago, and those of a run in between."""
    dataset = make_dataset(unlabelled=60)
    unseen = Dataset(make_table(80, seed=8), None, None, "unseen", {})
    between = train(unseen, CLASSIFY, tmp_path / "between", start_from=language_model)
    assert dataset.unlabelled is not None
    again, told = dataset.unlabelled, Recorder()
    labels = ["negative", "positive"] * 30
    labelled = Dataset(dataclasses.replace(again, labels=labels), None, None, "again", {})
    last = read(train(labelled, CLASSIFY, tmp_path / "last", start_from=between, reporter=told))
    (line,) = [line for line in told.lines if SECRET in line]
    assert "about 100% of these texts, without labels or as what it began with" in line
    assert select_rows.describe_seen(
        unseen, select_rows.ChosenRows(select_rows.Part.TEST, unseen.train, []), last.provenance
    )

    told = Recorder()
    pretrain(texts_of(unseen.train), PRETRAINING, tmp_path / "lm", start_from=between,
             reporter=told)  # fmt: skip
    assert SECRET in " ".join(told.lines)


def test_texts_without_labels_that_the_language_model_read_are_no_waste(
    language_model: Path, tmp_path: Path
) -> None:
    read_before, others = make_dataset(unlabelled=60), make_table(70, seed=9, labelled=False)
    strange = dataclasses.replace(read_before, unlabelled=others)
    cards, lines = [], []
    for name, dataset in (("same", read_before), ("strange", strange)):
        told = Recorder()
        folder = train(dataset, CLASSIFY, tmp_path / name, start_from=language_model, reporter=told)
        cards.append((folder / "README.md").read_text())
        lines.append([line for line in told.lines if "texts without labels" in line])
    assert lines[0] == []
    assert "60 without labels for a language model" in cards[0]
    assert lines[1] == [
        "careful: the texts without labels (70) have no part in this; tonality pretrain learns "
        "from them"
    ]
    assert "70 without labels, which had no part in it" in cards[1]


def test_an_old_language_model_says_nothing_of_its_texts(
    language_model: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    shutil.copytree(language_model / "model", old)
    config = json.loads((old / "config.json").read_text())
    del config["provenance"]["texts"]
    (old / "config.json").write_text(json.dumps(config))
    told = Recorder()
    recipe = CLASSIFY.with_settings(["training.validation_seed=1"])
    train(make_dataset(), recipe, tmp_path / "run", start_from=old, reporter=told)
    assert SECRET not in " ".join(told.lines)
