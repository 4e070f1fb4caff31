"""Bands, thresholds and the coverage-accuracy curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.errors import ConfigError
from tonality.measures.abstaining import (
    band_at,
    coverage_curve,
    threshold_for_accuracy,
    threshold_for_coverage,
)

CONFIDENCE = np.array([0.95, 0.9, 0.8, 0.8, 0.7, 0.6, 0.55, 0.5, 0.5, 0.5])
RIGHT = np.array([1, 1, 1, 0, 1, 1, 0, 1, 0, 0], dtype=np.bool_)


def test_a_band_counts_what_it_keeps_and_what_it_spares() -> None:
    band = band_at(0.65, CONFIDENCE, RIGHT)
    assert band.coverage == 0.5
    assert band.accuracy == pytest.approx(4 / 5)
    assert band.mistakes_removed == pytest.approx(3 / 4)
    nothing = band_at(1.0, CONFIDENCE, RIGHT)
    assert (nothing.coverage, nothing.accuracy, nothing.mistakes_removed) == (0, None, 1)
    assert band_at(0.0, CONFIDENCE, np.ones(10, np.bool_)).mistakes_removed is None


def test_thresholds_by_hand() -> None:
    # The first six are 5/6 right, the first five 4/5, the first two all.
    assert threshold_for_accuracy(0.83, CONFIDENCE, RIGHT) == pytest.approx((0.6 + 0.55) / 2)
    assert threshold_for_accuracy(1.0, CONFIDENCE, RIGHT) == pytest.approx((0.9 + 0.8) / 2)
    assert threshold_for_accuracy(0.6, CONFIDENCE, RIGHT) == 0
    assert threshold_for_coverage(0.2, CONFIDENCE) == pytest.approx(0.85)
    assert threshold_for_coverage(0.3, CONFIDENCE) == pytest.approx(0.75)  # equals stay together
    assert threshold_for_coverage(0.8, CONFIDENCE) == 0
    assert threshold_for_coverage(1.0, CONFIDENCE) == 0
    with pytest.raises(ConfigError, match=r"coverage is 1\.2"):
        threshold_for_coverage(1.2, CONFIDENCE)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]), st.booleans()), min_size=1),
    st.floats(0.01, 1.0),
)
def test_thresholds_reach_what_was_asked_with_the_most_answers(
    rows: list[tuple[float, bool]], wanted: float
) -> None:
    confidence = np.array([row[0] for row in rows])
    right = np.array([row[1] for row in rows])
    bands = [band_at(t, confidence, right) for t in (0.0, 0.55, 0.65, 0.75, 0.85, 0.95)]

    band = band_at(threshold_for_coverage(wanted, confidence), confidence, right)
    assert band.coverage >= wanted - 1e-9
    assert all(b.coverage >= band.coverage for b in bands if b.coverage >= wanted)
    reaching = [b for b in bands if b.accuracy is not None and b.accuracy >= wanted]
    if reaching:
        band = band_at(threshold_for_accuracy(wanted, confidence, right), confidence, right)
        assert band.accuracy is not None
        assert band.accuracy >= wanted
        assert band.coverage == max(b.coverage for b in reaching)


def test_the_curve_goes_from_all_down_to_the_surest() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 1000)
    found = coverage_curve(confidence, rng.random(1000) < confidence)

    assert len(found) == 20
    assert (found[0].threshold, found[0].coverage) == (0, 1)
    assert found[-1].coverage == pytest.approx(0.05)
    assert [b.coverage for b in found] == sorted((b.coverage for b in found), reverse=True)
    assert found[-1].accuracy is not None
    assert found[0].accuracy is not None
    assert found[-1].accuracy > found[0].accuracy + 0.1
    assert len(coverage_curve(np.full(9, 0.5), np.ones(9, np.bool_))) == 1
