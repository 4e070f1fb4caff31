"""Transformers as teachers: they say what their own library says; bad folders are one line."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_reviews import TINY, make_dataset, make_table
from test_train_classifier import Recorder

pytest.importorskip("transformers", reason="needs tonality[train,transformers]")

import torch
from safetensors.torch import load_file, save_file
from tiny_transformers import SIZES, WORDS, change_config, make_tokenizer, make_transformer
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2ForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    TextClassificationPipeline,
)

from tonality import artifact
from tonality.errors import ArtifactError, ConfigError, DependencyError
from tonality.train import train
from tonality.train.distill import distill
from tonality.train.records.reporter import Reporter
from tonality.train.records.run_folder import RunFolder
from tonality.train.settings.objective_sections import DistillationSettings
from tonality.train.teachers.read_teachers import read_teachers
from tonality.train.teachers.teacher import Teacher
from tonality.train.teachers.teacher_answers import answers

LABELS = ("negative", "positive")
STUDENT = TINY.with_settings(["training.epochs=1"])
# Lengths that differ, more tokens than the transformer reads, nothing, and no word it knows.
TEXTS = [*make_table(60).texts, "", "great", "the " * 90 + "awful", "Grüße 😀", "GREAT films!"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer that tells two classes apart."""
    return make_transformer(tmp_path_factory.mktemp("hub") / "bert")


@pytest.fixture
def copy(bert: Path, tmp_path: Path) -> Path:
    """The same in a folder to spoil."""
    return Path(shutil.copytree(bert, tmp_path / "copy"))


def read(folder: Path, labels: tuple[str, ...] = LABELS, **settings: Any) -> Teacher:
    (teacher,) = read_teachers([folder], labels, DistillationSettings(**settings))
    return teacher


def ask(teacher: Teacher, folder: Path, labels: tuple[str, ...] = LABELS) -> Any:
    return answers(teacher, TEXTS, labels, RunFolder(folder), Reporter())


def pipeline(folder: Path, labels: tuple[str, ...], tokens: int) -> list[list[float]]:
    """What the library's own pipeline says."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    run = TextClassificationPipeline(model=model, tokenizer=tokenizer, top_k=None, device=-1)
    said = [run([text], truncation=True, max_length=tokens)[0] for text in TEXTS]
    found = [{each["label"]: each["score"] for each in one} for one in said]
    return [[one[label] for label in labels] for one in found]


def test_a_transformer_says_what_its_own_library_says(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = pipeline(bert, LABELS, 24)
    assert np.ptp(expected, axis=0).min() > 0.1  # it tells texts apart
    for most in (2**12, 40):
        monkeypatch.setitem(
            sys.modules["tonality.train.teachers.transformer_teacher"].BATCH_TOKENS, "cpu", most
        )
        found = ask(read(bert), tmp_path / str(most))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_labels_go_by_their_numbers_in_whatever_order_the_file_has_them(
    tmp_path: Path,
) -> None:
    folder = make_transformer(tmp_path / "three", ("POS", "Neutral", "neg"))
    change_config(folder, id2label={"2": "neg", "0": "POS", "1": "Neutral"}, label2id=None)
    labels = ("negative", "neutral", "positive")
    teacher = read(folder, labels)
    assert (teacher.outputs, teacher.meanings) == (("POS", "Neutral", "neg"), labels[::-1])
    found = ask(teacher, tmp_path, labels)
    np.testing.assert_allclose(found, pipeline(folder, ("neg", "Neutral", "POS"), 24), atol=1e-6)


def test_classes_may_be_merged_and_left_out(tmp_path: Path) -> None:
    folder = make_transformer(tmp_path / "stars", ("1 star", "2 stars", "3 stars", "4 stars"))
    names = {"1 star": "negative", "2 stars": "negative", "3 stars": "", "4 stars": "positive"}
    found = ask(read(folder, teacher_labels=names), tmp_path)
    one, two, _, four = np.array(
        pipeline(folder, ("1 star", "2 stars", "3 stars", "4 stars"), 24)
    ).T
    expected = np.stack([one + two, four], axis=1) / (one + two + four)[:, None]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_weights_of_half_precision_are_run_in_single(bert: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bert, tmp_path / "half"))
    tensors = load_file(folder / "model.safetensors")
    halves = {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    change_config(folder, dtype="bfloat16")
    found = ask(read(folder), tmp_path / "half-answers")
    np.testing.assert_allclose(found, pipeline(folder, LABELS, 24), atol=1e-6)
    # Asked for, the products are in bfloat16: near, not the same, and kept by themselves.
    rough = ask(read(bert, teacher_precision="bf16"), tmp_path / "answers")
    exact = ask(read(bert), tmp_path / "answers")
    assert 0 < np.abs(rough - exact).max() < 0.1
    assert len(list((tmp_path / "answers").iterdir())) == 2


def test_positions_that_begin_after_the_paddings_are_not_read(tmp_path: Path) -> None:
    """RoBERTa's table has 24 rows, of which texts use 22."""
    torch.manual_seed(0)
    config = RobertaConfig(**SIZES, type_vocab_size=2, id2label=dict(enumerate(LABELS)))
    folder = tmp_path / "roberta"
    RobertaForSequenceClassification(config).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    np.testing.assert_allclose(ask(read(folder), tmp_path), pipeline(folder, LABELS, 22), atol=1e-6)
    with pytest.raises(ConfigError, match="is 23, but the teacher roberta reads at most 22 tokens"):
        read(folder, teacher_tokens=23)


def test_fewer_tokens_may_be_read(bert: Path, tmp_path: Path) -> None:
    make_tokenizer(model_max_length=16).save_pretrained(tmp_path / "tokenizer")
    found = ask(read(bert, teacher_tokens=7), tmp_path / "answers")
    np.testing.assert_allclose(found, pipeline(bert, LABELS, 7), atol=1e-6)
    told = Path(shutil.copytree(bert, tmp_path / "told"))
    shutil.copytree(tmp_path / "tokenizer", told, dirs_exist_ok=True)
    with pytest.raises(ConfigError, match="reads at most 16 tokens; set it to 16 or fewer"):
        read(told, teacher_tokens=17)
    ask(read(bert), tmp_path / "answers")
    assert len(list((tmp_path / "answers").iterdir())) == 2


_CHILD = """
import sys
from tonality.train.teachers import teacher_answers
from tonality.train.records.run_folder import RunFolder
from tonality.train.records.reporter import Reporter
from tonality.train.teachers.read_teachers import read_teachers
teacher_answers.WINDOW, teacher_answers.EVERY = 20, 0.0
(teacher,) = read_teachers([sys.argv[1]], ("negative", "positive"))
texts = [line.rstrip("\\n") for line in open(sys.argv[2], encoding="utf-8")]
class Slow(Reporter):
    def say(self, line):
        print(line, flush=True)
        sys.stdin.readline()
teacher_answers.answers(teacher, texts, ("negative", "positive"), RunFolder(sys.argv[3]), Slow())
"""


def test_whoever_is_killed_goes_on_from_what_was_answered(bert: Path, tmp_path: Path) -> None:
    texts, store = make_table(200).texts, RunFolder(tmp_path / "answers")
    (tmp_path / "texts").write_text("\n".join(texts), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(bert), str(tmp_path / "texts"), str(store.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("60 of 200"):
                child.kill()
                break
            child.stdin.write("\n")
            child.stdin.flush()
        child.communicate()
        assert child.returncode == -signal.SIGKILL
    recorder = Recorder()
    found = answers(read(bert), texts, LABELS, store, recorder)
    assert recorder.lines[0] == "asking the teacher bert about 140 texts"
    whole = answers(read(bert), texts, LABELS, RunFolder(tmp_path / "whole"), Reporter())
    np.testing.assert_allclose(found, whole, atol=1e-6)
    answers(read(bert), texts, LABELS, store, recorder)
    assert recorder.lines[-1] == "the answers of the teacher bert are there from before"


def test_other_weights_are_another_teacher(bert: Path, copy: Path) -> None:
    with pytest.raises(ConfigError, match="the teachers bert and copy are the same model"):
        read_teachers([bert, copy], LABELS)
    make_transformer(copy, seed=1)
    assert read(copy).sha256 != read(bert).sha256
    (copy / "README.md").write_text("About it.")
    before = read(copy).sha256
    (copy / "README.md").write_text("More about it.")
    assert read(copy).sha256 == before


def test_a_student_of_a_transformer_and_a_model_folder(bert: Path, tmp_path: Path) -> None:
    dataset, recorder = make_dataset(60, unlabelled=20), Recorder()
    lstm = train(make_dataset(60), STUDENT, tmp_path / "lstm")
    both = distill(dataset, [bert, lstm], STUDENT, tmp_path / "both", reporter=recorder)
    model = artifact.read(both)
    each = model.provenance["teachers"]["each"]
    assert [one["name"] for one in each] == ["bert", "lstm"]
    assert "- teachers: bert (SHA-256 " in model.card
    assert "asking the teacher bert about 80 texts" in recorder.lines
    asked = [np.load(file) for file in (tmp_path / "both").glob("answers-*.npy")]
    assert [part.shape for part in asked] == [(80, 2), (80, 2)]


def spoil_weights(folder: Path) -> None:
    """One number that is none, in the head."""
    tensors = load_file(folder / "model.safetensors")
    tensors["classifier.bias"][0] = float("nan")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def make_gpt(folder: Path) -> None:
    """A decoder that does not know its padding, and so reads one text at a time alone."""
    config = GPT2Config(vocab_size=len(WORDS), n_positions=24, n_embd=8, n_layer=1, n_head=2)
    GPT2ForSequenceClassification(config).save_pretrained(folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: (path / "model.safetensors").rename(path / "pytorch_model.bin"),
         "copy: expected weights as model.safetensors, found none (a .bin file is a pickle"),
        (lambda path: change_config(path, auto_map={"AutoModel": "modeling_mine.Mine"}),
         "config.json: asks for code of its own (auto_map), and tonality runs no code"),
        (lambda path: change_config(path, auto_map={}, model_type="mine"),
         "config.json: asks for code of its own (auto_map)"),
        (lambda path: (path / "adapter_config.json").write_text("{}"),
         "adapter_config.json: is an adapter beside the model's weights"),
        (lambda path: BertForMaskedLM(BertConfig(**SIZES)).save_pretrained(path),
         "classifier.bias, classifier.weight; expected a model that was trained for sequence"),
        (lambda path: change_config(path, id2label={"0": "a", "1": "b", "2": "c"}),
         "copy: cannot be read as a transformer: "),
        (lambda path: change_config(path, problem_type="multi_label_classification"),
         "expected a classifier of which one class is right, found multi_label_classification"),
        (lambda path: change_config(path, model_type="no-such-model"),
         "copy: cannot be read as a transformer: "),
        (lambda path: (path / "tokenizer.json").write_text("{"),
         "copy: cannot be read as a transformer: "),
        (lambda path: [file.unlink() for file in path.glob("tokenizer*")],
         "copy: has no vocabulary for its tokenizer; save the model's tokenizer to the same"),
        (lambda path: make_tokenizer([*WORDS, "more"]).save_pretrained(path),
         f"has a tokenizer of {len(WORDS) + 1} tokens, of which the network knows {len(WORDS)};"),
        (lambda path: make_tokenizer(pad_token=None).save_pretrained(path),
         "copy: its tokenizer has no padding token"),
        (lambda path: (path / "model.safetensors").write_bytes(b"\x08" + bytes(15)),
         "; its weights are damaged: save the model again"),
        (lambda path: change_config(path, attn_implementation="some-owner/some-kernel"),
         "config.json: asks for code of its own (attn_implementation)"),
        (lambda path: spoil_weights(path),
         "copy: gives answers that are not finite; its weights are damaged"),
        (lambda path: make_gpt(path),
         "copy: cannot be read as a transformer: "),
        (lambda path: (path / "config.json").write_text("{"),
         "config.json: "),
        (lambda path: change_config(path, model_type=None, architectures=None),
         "config.json: "),
    ],
)  # fmt: skip
def test_a_bad_folder_is_one_clear_line(
    copy: Path, spoil: Callable[[Path], object], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    spoil(copy)
    capfd.readouterr()
    with pytest.raises(ArtifactError) as caught:
        read(copy)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_code_beside_a_model_is_not_run(copy: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (copy / "modeling_mine.py").write_text(f"open({str(ran)!r}, 'w').close()")
    change_config(copy, auto_map={"AutoModelForSequenceClassification": "modeling_mine.Mine"})
    with pytest.raises(ArtifactError, match="no code from a model folder"):
        read(copy)
    assert not ran.exists()


def test_labels_that_mean_nothing_are_told_with_what_to_do(tmp_path: Path) -> None:
    numbered = make_transformer(tmp_path / "numbered", ("LABEL_0", "LABEL_1"))
    with pytest.raises(ConfigError) as caught:
        read(numbered)
    assert str(caught.value) == (
        "the teacher numbered tells 'LABEL_0', 'LABEL_1' apart, but the labels of the data are "
        "'negative', 'positive'; map them, as with --teacher-labels LABEL_0=LABEL (an empty "
        "label leaves a class out) or with --label-map, or take another teacher"
    )
    sided = make_transformer(tmp_path / "sided", ("love", "hate"))
    meant = "--teacher-labels love=positive --teacher-labels hate=negative"
    with pytest.raises(ConfigError, match=f"as with {meant} "):
        read(sided)
    with pytest.raises(ConfigError, match="it never says 'positive'; map them"):
        read(numbered, teacher_labels={"LABEL_0": "negative", "LABEL_1": ""})
    for names, message in (
        ({"LABEL_7": "negative"}, "names 'LABEL_7', which no teacher says; they say 'LABEL_0'"),
        ({"LABEL_0": "negativ"}, "maps 'LABEL_0' to 'negativ', but the labels of the data are"),
    ):
        settings = {"LABEL_0": "negative", "LABEL_1": "positive", **names}
        recipe = STUDENT.from_dict({"distillation": {"teacher_labels": settings}})
        with pytest.raises(ConfigError, match=message):
            distill(make_dataset(60), [numbered], recipe, tmp_path / "run")


def test_numbers_of_a_teacher_are_read_with_those_that_are_mapped(tmp_path: Path) -> None:
    stars = make_transformer(tmp_path / "stars", ("1", "2", "3"))
    with pytest.raises(ConfigError, match=r"as with --teacher-labels 1=LABEL \("):
        read(stars, teacher_labels={"3": "positive"})
    scores = make_transformer(tmp_path / "scores", ("0", "1", "2"))
    assert read(scores, teacher_labels={"1": ""}).meanings == ("negative", "", "positive")
    polarity = make_transformer(tmp_path / "polarity", ("0", "1"))
    of_another = {"2": "positive"}
    assert read(polarity, teacher_labels=of_another).meanings == ("negative", "positive")


def test_without_the_library_the_message_has_the_command(
    bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonality.train.teachers.transformer_folder.find_spec", lambda name: None)
    with pytest.raises(DependencyError) as caught:
        read(bert)
    assert str(caught.value) == (
        "a transformer as a teacher needs an extra: pip install 'tonality[train,transformers]'"
    )
