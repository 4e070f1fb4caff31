"""Small trainings take one thread, and leave torch as it was."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs tonality[train]")

from tonality.train.loop.one_training import CHOSEN, SMALL_UNITS, few_threads  # noqa: E402
from tonality.train.prepare.small_data import SMALL_TEXTS  # noqa: E402


@pytest.mark.parametrize(
    ("texts", "units", "chosen", "wanted"),
    [
        (100, 64, None, 1),
        (SMALL_TEXTS, SMALL_UNITS, None, 1),
        (SMALL_TEXTS + 1, 64, None, 2),
        (100, SMALL_UNITS + 1, None, 2),
        (100, 64, "2", 2),
    ],
)
def test_small_trainings_take_one_thread(
    texts: int, units: int, chosen: str | None, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CHOSEN, raising=False)
    if chosen is not None:
        monkeypatch.setenv(CHOSEN, chosen)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with few_threads(texts, units):
            assert torch.get_num_threads() == wanted
        assert torch.get_num_threads() == 2
        with pytest.raises(ValueError, match="told"), few_threads(texts, units):
            raise ValueError("told")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
