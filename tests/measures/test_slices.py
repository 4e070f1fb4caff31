"""Accuracy by part."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tonality.measures.scores import wilson
from tonality.measures.slices import slice_by

scipy_stats = pytest.importorskip("scipy.stats")


def test_words_come_by_frequency_and_rare_ones_together() -> None:
    values = ["a"] * 5 + ["b"] * 9 + [f"rare {n}" for n in range(20)] + [" ", ""]
    right = np.arange(len(values)) % 2 == 0
    found = slice_by("shop", values, right)

    assert found is not None
    assert [(s.value, s.n) for s in found.slices][:2] == [("b", 9), ("a", 5)]
    assert len(found.slices) == 12
    assert found.other is not None
    assert (found.other.value, found.other.n) == ("10 other values", 10)
    assert (found.without, found.note) == (2, "2 texts have no value.")
    assert found.slices[1].accuracy == pytest.approx(3 / 5)


def test_numbers_stand_in_order_and_many_are_cut_into_groups() -> None:
    ratings = [10.0, 2.0, 1.0, math.nan, 2.0, 7.5]
    found = slice_by("rating", ratings, np.ones(6, np.bool_))
    assert found is not None
    assert [(s.value, s.n) for s in found.slices] == [("1", 1), ("2", 2), ("7.5", 1), ("10", 1)]
    assert (found.other, found.without, found.note) == (None, 1, "1 text has no value.")

    many = slice_by("price", [str(n) for n in range(100)] + [""], np.arange(101) < 50)
    assert many is not None
    assert [(s.value, s.n) for s in many.slices] == [
        ("0 to 19", 20), ("20 to 39", 20), ("40 to 59", 20), ("60 to 79", 20), ("80 to 99", 20),
    ]  # fmt: skip
    assert [s.accuracy for s in many.slices] == [1, 1, 0.5, 0, 0]
    assert many.without == 1


@pytest.mark.parametrize("other", ["7.0", "07", "+7", "3.5", "3.50"])
def test_a_number_in_another_spelling_stays_a_number(other: str) -> None:
    prices = [str(n) for n in range(1, 101)] + ["3.50", other]
    found = slice_by("price", prices, np.ones(102, np.bool_))
    assert found is not None
    assert (len(found.slices), found.slices[-1].value[-6:]) == (5, "to 100")
    decimals = [f"{n}.{m}" for n in range(1, 6) for m in (25, 49, 5, 50, 99)]
    found = slice_by("price", [*decimals, "1.05"], np.ones(26, np.bool_))
    assert found is not None
    assert len(found.slices) == 5


def test_groups_of_numbers_are_called_as_these_are_written() -> None:
    sales = [f"{n}.{n:03}" for n in range(1, 101)]
    found = slice_by("sales", sales, np.ones(100, np.bool_))
    assert found is not None
    assert [s.value for s in found.slices][::4] == ["1.001 to 20.020", "81.081 to 100.100"]


def test_values_that_only_look_like_numbers_are_words() -> None:
    found = slice_by("odd", ["nan", "inf", "1e999", "7"] * 5, np.ones(20, np.bool_))
    assert found is not None
    assert {s.value for s in found.slices} == {"nan", "inf", "1e999", "7"}
    assert slice_by("none", ["", " "], np.ones(2, np.bool_)) is None


@pytest.mark.parametrize(("right", "n"), [(0, 4), (4, 4), (1, 7), (930, 1000)])
def test_intervals_are_wilsons(right: int, n: int) -> None:
    expected = scipy_stats.binomtest(right, n).proportion_ci(method="wilson")
    assert wilson(right, n) == pytest.approx((expected.low, expected.high))


def test_large_numbers_keep_their_digits() -> None:
    wide = [str(100_000_000 + n) for n in range(99)] + ["1e8"]
    found = slice_by("id", wide, np.ones(100, np.bool_))
    assert found is not None
    assert (found.slices[0].value, found.slices[4].value) == (
        "100000000 to 100000018",
        "100000079 to 100000098",
    )
    ratings = slice_by("rating", [100_000_001.0, 100_000_002.0, 4.25], np.ones(3, np.bool_))
    assert ratings is not None
    assert [s.value for s in ratings.slices] == ["4.25", "100000001", "100000002"]


def test_numbers_with_commas_and_stars_stand_in_order() -> None:
    values = ["5 stars", "1,5", "4", "1 star", "10 stars"]
    found = slice_by("stars", values * 3, np.ones(15, np.bool_))
    assert found is not None
    assert [s.value for s in found.slices] == ["1 star", "1,5", "4", "5 stars", "10 stars"]
