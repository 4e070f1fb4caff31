"""Where periods lie on the axis of time, and which of them are named on it."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonality.summarise.period_axis import PeriodAxis
from tonality.summarise.period_names import EVERY, period_name


def test_a_period_has_its_true_place_and_length() -> None:
    february = PeriodAxis("month").span("2024-02")
    assert february == (
        datetime.date(2024, 2, 1).toordinal(),
        datetime.date(2024, 3, 1).toordinal(),
    )
    assert [end - begin for begin, end in map(PeriodAxis("quarter").span, ["2023-Q1"])] == [90]
    assert PeriodAxis("month").span("9999-12")[1] == datetime.date.max.toordinal() + 1


@pytest.mark.parametrize(
    ("every", "names", "shown"),
    [
        ("month", ["2026-01", "2026-02", "2026-03"], ["2026-01", "2026-02", "2026-03"]),
        ("month", ["2022-11", "2024-02"], [f"202{y}-{m:02}" for y, m in
            [(2, 11), (3, 1), (3, 3), (3, 5), (3, 7), (3, 9), (3, 11), (4, 1)]]),
        ("month", ["2020-02", "2025-12"], [f"202{year}-01" for year in range(1, 6)]),
        ("quarter", ["2023-Q2", "2024-Q1"], ["2023-Q2", "2023-Q3", "2023-Q4", "2024-Q1"]),
        ("week", ["2024-01-29", "2024-02-12"], ["2024-01-29", "2024-02-05", "2024-02-12"]),
        ("year", ["1998", "2031"], ["2000", "2005", "2010", "2015", "2020", "2025", "2030"]),
        ("year", ["0001", "9999"], [f"{year}" for year in range(1000, 10_000, 1000)]),
        ("day", ["2024-02-29"], ["2024-02-29"]),
    ],
)  # fmt: skip
def test_every_period_is_named_or_else_few_evenly(
    every: str, names: list[str], shown: list[str]
) -> None:
    assert PeriodAxis(every).ticks(names, 10)[1] == shown


@given(
    st.sampled_from(EVERY),
    st.lists(st.dates(datetime.date(1, 1, 8)), min_size=1),
    st.integers(1, 20),
)
def test_names_lie_in_their_periods(every: str, days: list[datetime.date], most: int) -> None:
    axis, named = PeriodAxis(every), period_name(every)
    names = sorted({named(day.isoformat()) or "" for day in days})
    for day in days:
        begin, end = axis.span(named(day.isoformat()) or "")
        assert begin <= day.toordinal() < end
    middles, shown = axis.ticks(names, most)
    assert 1 <= len(middles) <= most
    for middle, name in zip(middles, shown, strict=True):
        begin, end = axis.span(name)
        assert begin < middle < end
