"""The benchmark of explanations runs, on a small scale, and measures what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tonality
from benchmarks import faithfulness
from benchmarks.faithfulness import SHARES, Judge, measure

TEXTS = [
    f"{word} the film , and the plot was a film {n}" for n in range(8) for word in ("love", "hate")
]


def test_a_run_measures_and_writes_everything(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("matplotlib")
    data, output = tmp_path / "reviews.csv", tmp_path / "out" / "faithfulness.json"
    rows = [f'"{text}",{"positive" if "love" in text else "negative"}' for text in TEXTS * 3]
    data.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    faithfulness.main(
        ["--data", str(data), "--model", str(model_folder), "--n", "4", "--blame", "1",
         "--output", str(output)]
    )  # fmt: skip
    written = json.loads(output.read_text(encoding="utf-8"))
    assert str(tmp_path) not in json.dumps(written)
    curves = written["curves"]
    assert list(curves) == ["contributions", "occlusion", "gradient x input", "random", "blame 1.0"]
    assert all(len(curve) == len(SHARES) for falls in curves.values() for curve in falls.values())
    for method in ("contributions", "occlusion", "gradient x input"):
        assert curves[method]["deleted"][1] > 2 * curves["random"]["deleted"][1]
    assert written["explain_to_predict"]["batch"] > 0
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "contributions / occlusion" in capsys.readouterr().out


def test_deleting_what_matters_is_what_counts(model_folder: Path) -> None:
    judge = Judge(tonality.load(model_folder), TEXTS)
    best = [np.arange(len(ids))[::-1].astype(float) for ids in judge.ids]  # the first word decides
    worst = [-scores for scores in best]
    curves = measure(judge, {"best": [best], "worst": [worst], "both": [best, worst]})
    deleted, kept = (
        {name: falls[kind][1] for name, falls in curves.items()} for kind in ("deleted", "kept")
    )
    assert deleted["best"] > 0.1 > deleted["worst"]
    assert kept["best"] < kept["worst"]
    assert deleted["both"] == pytest.approx((deleted["best"] + deleted["worst"]) / 2, abs=1e-4)
