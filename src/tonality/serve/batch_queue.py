"""Texts of many requests computed together, on a fixed number of threads, outside the event loop.

A batch starts as soon as a thread is free, so a lone request never waits; what arrives while all
threads compute makes up the next batch. Each request gives a few texts to a batch in turn, so that
one with hundreds does not hold up the others. The queue is bounded: past it a request is refused
at once, which keeps the answers of those that were taken quick.

All of :class:`Batches` runs on the event loop; only the computing itself does not.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from tonality.classifier import Classifier
from tonality.serve.problems import ProblemError, busy
from tonality.serve.prometheus import Metrics
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import Settings

logger = logging.getLogger(__name__)

# Texts that a request may add to a batch before it is the next one's turn.
SHARE = 16

Texts = Sequence[str | None]
Compute = Callable[[Classifier, Texts], tuple[list[Any], int]]
"""Computes one result a text, and the number of tokens read in all."""


class Job:
    """The texts of one request on their way."""

    __slots__ = ("_missing", "compute", "done", "given", "model", "patient", "results", "texts")

    def __init__(self, model: ServedModel, compute: Compute, texts: Texts, patient: bool) -> None:
        self.patient = patient  # it is not counted among those that wait
        self.model = model
        self.compute = compute
        self.texts = texts
        self.given = 0  # texts that are in a batch, or were
        self.results: list[Any] = [None] * len(texts)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._missing = len(texts)

    def give(self, begin: int, results: list[Any]) -> None:
        """Takes the results of the texts from ``begin`` on."""
        self.results[begin : begin + len(results)] = results
        self._missing -= len(results)
        if not self._missing and not self.done.done():
            self.done.set_result(None)

    def fail(self, fault: Exception) -> None:
        """Ends the job without results."""
        if not self.done.done():
            self.done.set_exception(fault)


class FailedError(Exception):
    """Texts could not be computed; the log says where."""


class BatchPart(NamedTuple):
    """The texts of a job from ``begin`` to ``end``, as a part of a batch."""

    job: Job
    begin: int
    end: int


class Batches:
    """Gathers texts into batches and computes them.

    Args:
        settings: threads, sizes of batches and of the queue, time limit.
        metrics: where batches and texts are counted.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        # By what is asked of which model: each kind makes batches of its own.
        self._lanes: dict[tuple[ServedModel, Compute], deque[Job]] = {}
        self._queued = 0  # texts in the lanes
        self._waiting = 0  # those of them that count against the limit
        self._patience = settings.batch_wait_ms / 1000
        self._expected = 0  # texts that would make a batch as full as it may become soon
        self._freed = 0.0  # when a thread last became free
        self._free = settings.threads
        self._scheduled = False
        self._threads = ThreadPoolExecutor(settings.threads, "tonality-compute")
        metrics.watch_queue(lambda: self._waiting)

    def check_room(self, count: int = 1) -> None:
        """Makes sure that so many texts may wait: to be asked before work is put into a request.

        Raises:
            ProblemError: the queue is full (503).
        """
        if self._waiting + count > self._settings.queue_texts:
            raise busy("The queue of texts is full.")

    async def run(
        self, model: ServedModel, compute: Compute, texts: Texts, *, patient: bool = False
    ) -> list[Any]:
        """The results for the texts of one request, in order.

        Args:
            model: what reads them.
            compute: what is asked of it.
            texts: the texts.
            patient: part of a long job, of which there are few: taken whatever the queue, with
                no limit of time.

        Raises:
            ProblemError: the queue is full, or the time limit passed (both 503).
        """
        if not texts:
            return []
        if not patient:
            self.check_room(len(texts))
        job = Job(model, compute, texts, patient)
        if patient:
            return await self._wait(job)
        self._waiting += len(texts)
        seconds = self._settings.request_seconds
        limit = asyncio.get_running_loop().call_later(seconds, self._give_up, job)
        try:
            return await self._wait(job)
        finally:
            limit.cancel()

    async def _wait(self, job: Job) -> list[Any]:
        self._lanes.setdefault((job.model, job.compute), deque()).append(job)
        self._queued += len(job.texts)
        self._schedule()
        try:
            await job.done
        finally:
            self._forget(job)
        return job.results

    def close(self) -> None:
        """Ends the threads; what they compute is finished, what waits is dropped."""
        self._threads.shutdown(cancel_futures=True)

    def _give_up(self, job: Job) -> None:
        job.fail(_too_slow(self._settings.request_seconds))

    def _forget(self, job: Job) -> None:
        """Takes a job that nobody waits for any more out of the queue."""
        if job.given < len(job.texts):
            self._take(job, len(job.texts) - job.given)
            lane = self._lanes[job.model, job.compute]
            lane.remove(job)
            if not lane:
                del self._lanes[job.model, job.compute]

    def _take(self, job: Job, count: int) -> None:
        """Notes that texts wait no longer."""
        job.given += count
        self._queued -= count
        if not job.patient:
            self._waiting -= count

    def _schedule(self) -> None:
        """Looks for work once all that the loop holds has been read, so bursts go together."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._scheduled = False
        loop = asyncio.get_running_loop()
        while self._free and self._lanes:
            # Those who have just been answered may ask again: a fuller batch costs less a text.
            if self._queued < self._expected and loop.time() < self._freed + self._patience:
                self._scheduled = True
                loop.call_at(self._freed + self._patience, self._start)
                return
            parts = self._gather()
            self._free -= 1
            computed = loop.run_in_executor(self._threads, self._compute, parts)
            computed.add_done_callback(partial(self._finish, parts))

    def _gather(self) -> list[BatchPart]:
        """The next batch: parts of jobs, each from one text up to another."""
        settings = self._settings
        kind, lane = next(iter(self._lanes.items()))
        del self._lanes[kind]
        parts: list[BatchPart] = []
        texts, characters = 0, 0
        while lane and texts < settings.batch_texts and characters < settings.batch_characters:
            job = lane.popleft()
            begin = end = job.given
            last = min(begin + SHARE, len(job.texts), begin + settings.batch_texts - texts)
            while end < last and characters < settings.batch_characters:
                characters += len(job.texts[end] or "")
                end += 1
            self._take(job, end - begin)
            parts.append(BatchPart(job, begin, end))
            texts += end - begin
            if end < len(job.texts):
                lane.append(job)
        if lane:
            self._lanes[kind] = lane  # the other kinds' turn is first
        return parts

    def _compute(self, parts: list[BatchPart]) -> list[Any]:
        """On a thread: the results of a batch."""
        job = parts[0].job
        texts = [text for part in parts for text in part.job.texts[part.begin : part.end]]
        started = time.perf_counter()
        results, tokens = job.compute(job.model.classifier, texts)
        self._metrics.compute.observe(time.perf_counter() - started)
        self._metrics.batch.observe(len(texts))
        self._metrics.texts.inc(len(texts))
        self._metrics.tokens.inc(tokens)
        return results

    def _finish(self, parts: list[BatchPart], computed: asyncio.Future[list[Any]]) -> None:
        self._free += 1
        self._freed = asyncio.get_running_loop().time()
        computed_texts = sum(part.end - part.begin for part in parts)
        self._expected = min(self._queued + computed_texts, self._settings.batch_texts)
        self._schedule()
        if computed.cancelled():
            return  # the service stops, and nobody waits any more
        fault = computed.exception()
        if fault is not None:
            _log(fault)
            for part in parts:
                part.job.fail(FailedError())
            return
        results = computed.result()
        begin = 0
        for part in parts:
            size = part.end - part.begin
            part.job.give(part.begin, results[begin : begin + size])
            begin += size


def _log(fault: BaseException) -> None:
    """Says where a batch failed; not the message, which may quote a text."""
    frames = "".join(traceback.format_tb(fault.__traceback__))
    logger.error("a batch failed: %s\n%s", type(fault).__name__, frames)


def _too_slow(seconds: float) -> ProblemError:
    return ProblemError(
        503,
        "too_slow",
        f"The texts were not read within {seconds:g} seconds.",
        "Send fewer texts at a time, or try again later.",
        {"Retry-After": "1"},
    )
