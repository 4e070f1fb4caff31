"""Word vectors from files, in the forms that people download them in."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_reviews import TINY, make_dataset

from tonality import artifact
from tonality.errors import ConfigError, DataError
from tonality.train import train
from tonality.train.prepare.vector_file import dimensions, read_vectors
from tonality.train.pretrain import pretrain
from tonality.train.records.reporter import Reporter

GLOVE = "the 0.5 -1 2e-1\n, 1 2 3\ncafé 0 0 1\n. . . 7 8 9\n"
WORD2VEC = f"4 3\n{GLOVE}"
FASTTEXT = WORD2VEC.replace("\n", " \n").replace("4 3 \n", "4 3\n")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize(
    "text",
    [
        GLOVE,
        WORD2VEC,
        FASTTEXT,
        GLOVE.replace("\n", "\r\n"),
        "\ufeff" + GLOVE,
        "\ufeff" + WORD2VEC,
        GLOVE.replace("\ncafé", "\n\n \ncafé") + "\n",
        "7 4 5 6\n" + GLOVE,
        GLOVE.replace(" ", "\t"),
        GLOVE.replace(" ", "  "),
        GLOVE.replace("the ", " the\t ").replace("café ", "café\t"),
        WORD2VEC.replace(" ", "\t"),
        WORD2VEC.replace(" ", "   ").replace("\n", "\t\n"),
    ],
)
def test_every_form_gives_the_same(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "vectors.txt", text)
    packed = tmp_path / "vectors.txt.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    for each in (path, packed):
        assert dimensions(each) == 3
        vectors, there = read_vectors(each, ["café", ". . .", "unheard", "the", "."])
        assert there.tolist() == [True, True, False, True, False]
        assert vectors.tolist() == [
            [0, 0, 1], [7, 8, 9], [0, 0, 0], [0.5, -1, np.float32(0.2)], [0, 0, 0]
        ]  # fmt: skip


def test_a_word_in_other_letters_is_taken_where_the_own_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "v.vec", "Haus 1 1\nHAUS 2 2\nMaus 3 3\nmaus 4 4\nmaus 5 5\n")
    vectors, there = read_vectors(path, ["haus", "maus", "MAUS", "Laus"])
    assert vectors.tolist() == [[1, 1], [4, 4], [3, 3], [0, 0]]
    assert there.tolist() == [True, True, True, False]


def test_the_first_word_may_have_several_parts(tmp_path: Path) -> None:
    path = write(tmp_path / "v.txt", ". . . 7 8 9\n" + GLOVE)
    assert dimensions(path) == 3
    assert read_vectors(path, [". . ."])[0].tolist() == [[7, 8, 9]]


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1).filter(
            lambda word: word == word.lower()
        ),
        min_size=1,
        max_size=8,
        unique=True,
    ),
    st.integers(2, 5),
    st.integers(0, 2**32 - 1),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], size: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(size=(len(words), size)).astype(np.float32)
    lines = [f"{w} {' '.join(map(repr, v))}\n" for w, v in zip(words, values.tolist(), strict=True)]
    path = write(tmp_path_factory.mktemp("v") / "v.txt", f"{len(words)} {size}\n{''.join(lines)}")
    vectors, there = read_vectors(path, words)
    assert there.all()
    assert np.array_equal(vectors, values)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "row 1"),
        (b"2 3\n", "row 2"),
        (b"review,sentiment\n", "row 1"),
        (b"the quick brown fox\n", "row 1"),
        (b"the 1 2 nan\n", "row 1"),
        (b"a 1 2 3\nthe 1 2 x\n", "row 2"),
        (b"a 1 2 3\nthe 1 2\n", "row 2"),
        (b"2 3\nthe \x00\x01\xff\x80\x3f\x00\x00\x10\x11\x12\x13\x14", "word2vec's binary format"),
        (b"2 3\nthe 1 2 x\na 1 2 3\n", "row 2.*this line has not 3 numbers"),
        (b"2 2\nthe " + np.ones(2, np.float32).tobytes() + b"\n", "binary format; write it as"),
        (
            b"1 99\nthe " + np.linspace(0, 1, 99, dtype=np.float32).tobytes(),
            r"KeyedVectors.load_word2vec_format\(F, binary=True\)",
        ),
        (b"PK\x03\x04" + bytes(2000), "unpack it first"),
        (b"3 2\nthe 1 2\na 3 4\n", "promises 3 words and 2 are there"),
        (b"1 " + b"9" * 5000 + b"\n", "row 1"),
        (gzip.compress(b"the 1 2 3\n" * 9000, mtime=0)[:60], "cannot be read"),
        (b"a 1 2 3\n" + b"the " * 2**20, "longer than"),
    ],
)
def test_what_is_no_file_of_vectors_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_vectors(path, ["the"])


def test_a_file_or_folder_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.txt", tmp_path):
        with pytest.raises(DataError, match=r"cannot be read: (No such|Is a directory)"):
            dimensions(path)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="expected a regular file, found a pipe"):
        dimensions(tmp_path / "pipe")


def test_training_begins_with_them(tmp_path: Path) -> None:
    words = artifact.read(_trained(tmp_path / "plain")).vocabulary.words
    size = TINY.network.embedding_size
    values = np.random.default_rng(1).normal(size=(len(words), size))
    lines = [f"{w} {' '.join(map(str, v))}\n" for w, v in zip(words[1:], values, strict=False)]
    path = write(tmp_path / "mine.vec", "".join(lines))
    told: list[str] = []

    class Listener(Reporter):
        def say(self, line: str) -> None:
            told.append(line)

    still = ("optimiser.learning_rate=1e-8", "optimiser.weight_decay=0", "vectors.use=true")
    model = artifact.read(
        _trained(tmp_path / "run", f"vectors.file={path}", *still, reporter=Listener())
    )
    assert f"word vectors: {len(words) - 1} of {len(words)} words are in mine.vec" in told
    weight = model.tensors["embedding.weight"] * model.tensors["embedding.scale"][:, None]
    wanted = values[: len(words) - 1] * (0.25 / values[: len(words) - 1].std())
    assert np.allclose(weight[3:], wanted, atol=0.01)
    assert not weight[0].any()
    assert weight[2].any()  # a word that the file lacks begins at random
    # The path is the user's own affair, and the model may be given away.
    assert model.provenance["recipe"]["vectors"]["file"] == "mine.vec"
    assert "word vectors: those of mine.vec" in model.card
    assert str(tmp_path) not in model.card


def test_vectors_that_do_not_fit_are_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "v.txt", GLOVE)
    with pytest.raises(ConfigError, match=r"set network\.embedding_size to 3$"):
        _trained(tmp_path / "run", f"vectors.file={path}")
    write(path, "das 1 2 3\n")
    with pytest.raises(DataError, match="is it another language"):
        _trained(tmp_path / "run", f"vectors.file={path}", "network.embedding_size=3")
    words = artifact.read(_trained(tmp_path / "plain")).vocabulary.words
    write(path, "".join(f"{word} 1 1 1\n" for word in words))
    with pytest.raises(DataError, match="one and the same"):
        _trained(tmp_path / "run", f"vectors.file={path}", "network.embedding_size=3")
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_takes_no_file_of_another_size(tmp_path: Path) -> None:
    path, folder = write(tmp_path / "v.txt", "film 1 2 3\nplot 3 1 2\n"), tmp_path / "run"
    changes = (f"vectors.file={path}", "network.embedding_size=3", "training.epochs=1")
    _trained(folder, *changes)
    for left in folder.iterdir():  # as if it had been killed while it read the file
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name not in ("run.json", "recipe.toml"):
            left.unlink()
    write(path, "film 1 2\nplot 3 1\n")
    with pytest.raises(ConfigError, match=r"set network\.embedding_size to 2$"):
        train(make_dataset(60), TINY.with_settings(changes), folder, resume=True)


def test_what_has_vectors_of_its_own_takes_none(tmp_path: Path) -> None:
    path = write(tmp_path / "v.txt", GLOVE)
    recipe = TINY.with_settings([f"vectors.file={path}"])
    with pytest.raises(ConfigError, match="has vectors of its own; leave it out"):
        train(make_dataset(60), recipe, tmp_path / "run", start_from="imdb")
    with pytest.raises(ConfigError, match="learns its own vectors; leave it out"):
        pretrain(make_dataset(60), recipe, tmp_path / "run")


def _trained(folder: Path, *changes: str, reporter: Reporter | None = None) -> Path:
    recipe = TINY.with_settings(["training.epochs=1", *changes])
    return train(make_dataset(60), recipe, folder, reporter=reporter)
