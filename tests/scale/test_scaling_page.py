"""What `docs/scaling.md` predicts is what the script behind it says."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from benchmarks.scaling_model import CUT, SCORED, START, Cluster, main
from tonality.scale.job_plan import LARGE

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"


def test_the_table_of_the_page_is_current(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_bytes(PAGE.read_bytes())
    main(["--page", str(page)])
    command = "run python -m benchmarks.scaling_model --page docs/scaling.md"
    assert page.read_bytes() == PAGE.read_bytes(), command
    said = PAGE.read_text("utf-8")
    assert f"{SCORED:,} and {CUT:,}, and a start of {START} seconds" in " ".join(said.split())


def test_the_slowest_of_scoring_and_reading_sets_the_time() -> None:
    rows = 10**10
    by_default = Cluster(100, 1599)
    assert by_default.readers == 2
    assert by_default.seconds(rows) == pytest.approx(START + rows / (2 * CUT))
    alone = Cluster(1, 1)
    assert alone.seconds(LARGE * 1000) == pytest.approx(START + LARGE * 1000 / SCORED)
    shared = Cluster(1, 15)
    assert shared.seconds(rows) == pytest.approx(START + rows * (1 / SCORED + 1 / CUT) / 16)
