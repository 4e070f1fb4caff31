"""Texts of many requests computed together: the library's answers, in order, within limits."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from reading_model import WORDS
from tonality import Classifier, Prediction, load
from tonality.serve.batch_queue import Batches, FailedError
from tonality.serve.json_results import explanations, predictions
from tonality.serve.problems import ProblemError
from tonality.serve.prometheus import Metrics
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import Settings

T = TypeVar("T")


@pytest.fixture(scope="module")
def model(model_folder: Path) -> ServedModel:
    return ServedModel.load(str(model_folder))


class Held:
    """Computes nothing before it is let go; what it is given is noted."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.batches: list[list[str | None]] = []

    def __call__(
        self, classifier: Classifier, texts: Sequence[str | None]
    ) -> tuple[list[Any], int]:
        self.batches.append(list(texts))
        assert self.let_go.wait(30)
        return list(texts), 0


@contextmanager
def batches(**settings: Any) -> Iterator[Batches]:
    made = Batches(Settings(**{"threads": 1, **settings}), Metrics())
    try:
        yield made
    finally:
        made.close()


def run(work: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        return await work()

    return asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came to that")


def verdict(explanation: bytes) -> Prediction:
    values = json.loads(explanation)
    return Prediction(**{field.name: values[field.name] for field in fields(Prediction)})


def made_up(rng: random.Random, most: int) -> list[str | None]:
    return [
        None if rng.random() < 0.1 else " ".join(rng.choices(WORDS, k=rng.randrange(90)))
        for _ in range(rng.randrange(most))
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_answers_are_the_library_s_whatever_the_company(model: ServedModel, threads: int) -> None:
    rng = random.Random(threads)
    requests = [made_up(rng, 40) for _ in range(60)]

    async def work() -> list[list[Any]]:
        async def ask(texts: list[str | None]) -> list[Any]:
            await asyncio.sleep(rng.random() / 20)
            compute = explanations if len(texts) % 3 == 0 else predictions
            return await made.run(model, compute, texts, patient=len(texts) > 30)

        return await asyncio.gather(*[ask(texts) for texts in requests])

    with batches(threads=threads, batch_texts=24, batch_characters=3000, queue_texts=10**6) as made:
        found = run(work)
    for texts, results in zip(requests, found, strict=True):
        if len(texts) % 3 == 0:
            results = [verdict(each) for each in results]
        for result, expected in zip(results, model.classifier.predict(texts), strict=True):
            assert result.label == expected.label
            assert result.tokens_read == expected.tokens_read
            assert result.probabilities == pytest.approx(expected.probabilities, abs=1e-6)


def test_what_waits_is_gathered(model: ServedModel) -> None:
    held = Held()

    async def work() -> list[list[Any]]:
        first = asyncio.create_task(made.run(model, held, ["first"]))
        await until(lambda: len(held.batches) == 1)
        others = [asyncio.create_task(made.run(model, held, [f"{n}"])) for n in range(10)]
        await asyncio.sleep(0.05)
        held.let_go.set()
        return await asyncio.gather(first, *others)

    with batches() as made:
        results = run(work)
    assert held.batches == [["first"], [f"{n}" for n in range(10)]]
    assert results == [["first"], *([f"{n}"] for n in range(10))]


def test_a_large_request_does_not_hold_up_a_small_one(model: ServedModel) -> None:
    held = Held()

    async def work() -> None:
        first = asyncio.create_task(made.run(model, held, ["first"]))
        await until(lambda: len(held.batches) == 1)
        large = asyncio.create_task(made.run(model, held, [f"large {n}" for n in range(200)]))
        await asyncio.sleep(0.01)
        small = asyncio.create_task(made.run(model, held, ["small"]))
        await asyncio.sleep(0.05)
        held.let_go.set()
        results = await asyncio.gather(first, large, small)
        assert results[1] == [f"large {n}" for n in range(200)]

    with batches(batch_texts=64) as made:
        run(work)
    assert "small" in held.batches[1]
    assert [len(batch) for batch in held.batches] == [1, 64, 64, 64, 9]


def test_kinds_are_computed_apart_and_in_turn(model: ServedModel) -> None:
    one, other = Held(), Held()

    async def work() -> None:
        first = asyncio.create_task(made.run(model, one, ["first"]))
        await until(lambda: len(one.batches) == 1)
        mixed = [
            asyncio.create_task(made.run(model, one if n % 2 else other, [f"{n}"]))
            for n in range(8)
        ]
        await asyncio.sleep(0.05)
        one.let_go.set()
        other.let_go.set()
        await asyncio.gather(first, *mixed)

    with batches() as made:
        run(work)
    assert one.batches == [["first"], ["1", "3", "5", "7"]]
    assert other.batches == [["0", "2", "4", "6"]]


def test_past_the_limit_requests_are_refused_at_once(model: ServedModel) -> None:
    held = Held()

    async def work() -> None:
        first = asyncio.create_task(made.run(model, held, ["first"]))
        await until(lambda: len(held.batches) == 1)
        waiting = asyncio.create_task(made.run(model, held, ["x"] * 6))
        await asyncio.sleep(0.01)
        for count in (5, 10):
            with pytest.raises(ProblemError) as refused:
                await made.run(model, held, ["x"] * count)
            assert (refused.value.status, refused.value.code) == (503, "busy")
            assert refused.value.headers == {"Retry-After": "1"}
        fits = asyncio.create_task(made.run(model, held, ["x"] * 4))
        upload = asyncio.create_task(made.run(model, held, ["x"] * 50, patient=True))
        await asyncio.sleep(0.01)
        held.let_go.set()
        assert [len(r) for r in await asyncio.gather(first, waiting, fits, upload)] == [1, 6, 4, 50]
        assert len(await made.run(model, held, ["x"] * 10)) == 10

    with batches(queue_texts=10, max_texts=10) as made:
        run(work)


def test_what_takes_too_long_is_given_up(model: ServedModel) -> None:
    held = Held()

    async def work() -> None:
        first = asyncio.create_task(made.run(model, held, ["first"]))
        await until(lambda: len(held.batches) == 1)
        second = asyncio.create_task(made.run(model, held, ["second"] * 5))
        for late in (first, second):
            with pytest.raises(ProblemError) as given_up:
                await late
            assert (given_up.value.status, given_up.value.code) == (503, "too_slow")
        held.let_go.set()
        assert await made.run(model, held, ["third"] * 5) == ["third"] * 5

    with batches(request_seconds=0.2, queue_texts=5, max_texts=5) as made:
        run(work)
    assert held.batches == [["first"], ["third"] * 5]


def test_a_client_that_leaves_makes_room(model: ServedModel) -> None:
    held = Held()

    async def work() -> None:
        first = asyncio.create_task(made.run(model, held, ["first"]))
        await until(lambda: len(held.batches) == 1)
        gone = asyncio.create_task(made.run(model, held, ["gone"] * 5))
        await asyncio.sleep(0.01)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        next_one = asyncio.create_task(made.run(model, held, ["next"] * 5))
        await asyncio.sleep(0.01)
        held.let_go.set()
        await asyncio.gather(first, next_one)

    with batches(queue_texts=5, max_texts=5) as made:
        run(work)
    assert held.batches == [["first"], ["next"] * 5]


def test_a_fault_is_told_to_all_it_concerns_and_to_none_else(
    model: ServedModel, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(classifier: Classifier, texts: Sequence[str | None]) -> tuple[list[Any], int]:
        raise RuntimeError(f"cannot read {texts}")

    async def work() -> None:
        asked = [made.run(model, fails, ["secret"] * n) for n in (1, 100)]
        well = made.run(model, predictions, ["love"])
        *failed, fine = await asyncio.gather(*asked, well, return_exceptions=True)
        assert [type(fault) for fault in failed] == [FailedError, FailedError]
        assert not isinstance(fine, BaseException)
        assert len(await made.run(model, predictions, ["love"] * 100)) == 100

    with batches(batch_texts=8) as made:
        run(work)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_a_job_keeps_the_model_it_began_with(model: ServedModel, model_folder: Path) -> None:
    other = ServedModel(load(model_folder), "other", "0" * 12)
    seen: list[Classifier] = []

    def compute(classifier: Classifier, texts: Sequence[str | None]) -> tuple[list[Any], int]:
        seen.append(classifier)
        return [classifier] * len(texts), 0

    async def work() -> list[list[Any]]:
        return await asyncio.gather(
            *[made.run(each, compute, ["x"] * 20) for each in (model, other, model)]
        )

    with batches(batch_texts=16) as made:
        results = run(work)
    for found, each in zip(results, (model, other, model), strict=True):
        assert found == [each.classifier] * 20
