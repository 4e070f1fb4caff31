"""Tests of training need the extra ``train``; they run on one thread, as fast for toys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs tonality[train]")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny recipe as a file."""
    from made_up_reviews import TINY  # which needs the extra, too

    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(TINY.to_toml())
    return path
