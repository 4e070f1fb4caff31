"""``tonality demo``: what it says of a bundled model and of others."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tonality import artifact
from tonality.cli.demo import demo
from tonality.data import Table
from tonality.evaluate import seen_texts
from tonality.model_names import BUNDLED, bundled_models


def run(*options: str) -> str:
    result = CliRunner().invoke(demo, list(options))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_another_model_may_know_the_samples(model_folder: Path) -> None:
    stdout = run("--model", str(model_folder))
    assert stdout.splitlines()[0].endswith("reviews of the Large Movie Review Dataset")
    assert "never trained on" not in stdout
    assert "\n\nBy class\n" in stdout
    assert "\n\n\n" not in stdout


def test_a_model_that_learnt_from_them_says_so(model_folder: Path, tmp_path: Path) -> None:
    lines = (BUNDLED / "samples" / "imdb.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [json.loads(line) for line in lines]
    texts = [sample["text"] for sample in samples]
    record = seen_texts.record(Table(texts, [each["label"] for each in samples]), texts, [])
    model = dataclasses.replace(artifact.read(model_folder), provenance={seen_texts.KEY: record})
    folder = artifact.write(model, tmp_path / "model")
    assert run("--model", str(folder)).splitlines()[0].endswith("Dataset, which it was trained on")


@pytest.mark.skipif(not bundled_models(), reason="no model is bundled")
def test_the_bundled_model_never_saw_them() -> None:
    assert run().splitlines()[0].endswith("Dataset, never trained on")
