"""``tonality demo``: what it says of a bundled model and of others."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tonality.classifier import bundled_models
from tonality.cli.demo import demo


def run(*options: str) -> str:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(demo)
    result = CliRunner().invoke(app, list(options))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_another_model_may_know_the_samples(model_folder: Path) -> None:
    stdout = run("--model", str(model_folder))
    assert stdout.splitlines()[0].endswith("reviews of the Large Movie Review Dataset")
    assert "never trained on" not in stdout
    assert "\n\nBy class\n" in stdout
    assert "\n\n\n" not in stdout


@pytest.mark.skipif(not bundled_models(), reason="no model is bundled")
def test_the_bundled_model_never_saw_them() -> None:
    assert run().splitlines()[0].endswith("Dataset, never trained on")
