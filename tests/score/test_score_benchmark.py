"""The benchmark of scoring files runs, on a small scale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import score_files


def test_it_measures_and_kills(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out" / "score.json"
    score_files.main(
        ["--rows", "300", "--kills", "1", "--model", str(model_folder), "--output", str(output)]
    )
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found == json.loads(capsys.readouterr().out)
    assert found["rows"] == 300
    assert all(found[way]["texts_per_second"] > 0 for way in ("memory", "files"))
    assert found["kills"] == {"kills": 1, "identical": True, "left": []}
    assert str(tmp_path) not in output.read_text(encoding="utf-8")
