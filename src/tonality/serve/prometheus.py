"""What ``GET /metrics`` tells Prometheus: never a text, never who asked."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.25, 2.5, 5.0, 10.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "tonality_requests", "Requests answered.", ("path", "status"), registry=registry
        )
        self.errors = Counter(
            "tonality_errors",
            "Requests answered with a problem, by its code, or with a table that breaks off.",
            ("code",),
            registry=registry,
        )
        self.latency = Histogram(
            "tonality_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ("path",),
            buckets=SECONDS,
            registry=registry,
        )
        self.batch = Histogram(
            "tonality_batch_texts", "Texts computed side by side.", buckets=TEXTS, registry=registry
        )
        self.compute = Histogram(
            "tonality_batch_seconds", "Time to compute a batch.", buckets=SECONDS, registry=registry
        )
        self.texts = Counter("tonality_texts", "Texts read.", registry=registry)
        self.tokens = Counter("tonality_tokens", "Tokens read.", registry=registry)
        self.reloads = Counter(
            "tonality_reloads",
            "Models asked to take the place of the one that answers.",
            ("outcome",),
            registry=registry,
        )
        self._queue = Gauge("tonality_queue_texts", "Texts that wait.", registry=registry)
        self._connections = Gauge(
            "tonality_connections", "Connections that are open.", registry=registry
        )
        ProcessCollector(registry=registry)

    def watch_queue(self, depth: Callable[[], float]) -> None:
        """Tells where the length of the queue is to be asked."""
        self._queue.set_function(depth)

    def watch_connections(self, count: Callable[[], float]) -> None:
        """Tells where the number of connections is to be asked."""
        self._connections.set_function(count)
