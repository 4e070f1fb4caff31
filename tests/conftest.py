"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from reading_model import make_artifact
from tonality.artifact.model_folder import write

# A busy machine is no fault of the code.
settings.register_profile("tonality", deadline=None)
settings.load_profile("tonality")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model, written."""
    return write(make_artifact(), tmp_path_factory.mktemp("models") / "small")
