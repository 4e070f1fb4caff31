"""With far more to do than it can: some answers, right ones, and refusals; nothing else."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import post, running, texts

from benchmarks.open_loop import Load
from reading_model import WORDS
from tonality import load


def test_right_answers_and_refusals_and_nothing_else(model_folder: Path) -> None:
    rng = random.Random(7)
    asked = [" ".join(rng.choices(WORDS, k=rng.randrange(50))) for _ in range(300)]
    expected = load(model_folder).predict(asked)
    with running(model_folder, queue_texts=4, max_texts=4, threads=2) as server:
        requests = [post(texts(text)) for text in asked]
        client = Load(server.port, requests, rate=10**6, seconds=0.002, connections=64, keep=2000)
        found = asyncio.run(client.run())
        with server.client() as other:
            told = other.get("/metrics").text
    assert found.lost == 0
    assert set(found.statuses) == {200, 503}
    assert sum(found.statuses.values()) == 2000
    refused = found.statuses[503]
    assert f'tonality_errors_total{{code="busy"}} {refused}.0' in told.splitlines()
    assert len(found.bodies) == found.statuses[200]
    for number, body in found.bodies:
        (result,) = json.loads(body)["results"]
        assert result["tokens_read"] == expected[number].tokens_read
        assert result["probabilities"] == pytest.approx(expected[number].probabilities, abs=1e-6)
    assert "ERROR" not in server.log
