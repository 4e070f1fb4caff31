"""The bundled models say what they have always said, whatever computes them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tonality.classifier import load

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
from make_probabilities import PATH, folders, hashes, identity, texts


@pytest.mark.no_cover
@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_probabilities_are_those_that_were_stored(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONALITY_KERNEL", "numpy")
    stored = np.load(PATH)
    assert identity(folder) in stored, (
        f"nothing is stored for this {folder.name}; run tests/golden/make_probabilities.py"
    )
    known = dict(zip(stored["texts"].tolist(), stored[identity(folder)], strict=True))
    found = [text for text in texts() if hashes([text])[0].item() in known]
    assert len(found) >= 300  # the samples stay, the behaviour tests may change
    expected = np.array([known[hashes([text])[0].item()] for text in found])
    np.testing.assert_allclose(
        load(folder).predict_proba(found, batch_size=128), expected, atol=1e-7, rtol=0
    )
