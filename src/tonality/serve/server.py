"""The process: its socket, its signals, how it stops, how it takes another model."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
from collections.abc import Coroutine, Iterator
from typing import Any

import uvicorn

from tonality.errors import ConfigError
from tonality.network.blas_threads import one_thread
from tonality.serve.allowed_hosts import checker
from tonality.serve.connection_limits import REFUSED, BoundedProtocol, bounded
from tonality.serve.routes import Service
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import Settings

logger = logging.getLogger(__name__)

# Files that a process opens apart from connections, with room to spare.
FILES = 256

# New values between two collections, and collections of them between two of older ones.
COLLECT = (50_000, 20, 100)

# How often connections are looked at for what takes too long.
LOOK_SECONDS = 0.25


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C; SIGHUP loads the model anew from where it was.

    Where stderr is a terminal, SIGHUP says that it was closed, and ends the service.

    Raises:
        ArtifactError: there is no such model, or its folder is damaged.
        ConfigError: the address cannot be listened on.
    """
    # uvicorn tells of every broken request and unfinished answer; those are counted instead.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    _allow_files(settings.max_connections + REFUSED + FILES)
    service = Service(settings, ServedModel.load(settings.model, settings.abstain))
    # What is there now stays: Python's collector need not walk over it again and again. Nor need
    # it look at every 700 values of a document that is being read; all else stands still meanwhile.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    with one_thread(), contextlib.closing(service), _listen(settings) as listener:
        Server(service, listener.getsockname()[0]).run([listener])


class Server(uvicorn.Server):
    """uvicorn's server, with this service's limits and signals.

    Args:
        service: what it serves.
        address: the address that it listens on.
    """

    def __init__(self, service: Service, address: str) -> None:
        settings = service.settings
        allows_host = checker(settings.host, address, settings.allowed_hosts)
        super().__init__(
            uvicorn.Config(
                service.app,
                http=bounded(settings, service.metrics, allows_host),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=settings.keep_alive_seconds,  # type: ignore[arg-type]
                timeout_graceful_shutdown=settings.shutdown_seconds,  # type: ignore[arg-type]
            )
        )
        self._service = service
        self._tasks: set[asyncio.Task[None]] = set()
        service.metrics.watch_connections(lambda: len(self.server_state.connections))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens."""
        await super().startup(sockets)
        self._begin(self._look())
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            model = self._service.model
            logger.info("model %s, version %s, on http://%s", model.name, model.version, where)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets requests finish for a while, and ends what is left."""
        await super().shutdown(sockets)
        state = self.server_state
        if state.tasks:
            logger.warning("requests that took too long to finish: %d", len(state.tasks))
            await asyncio.wait(state.tasks, timeout=1)  # they say that they are cut off
        for connection in list(state.connections):
            connection.transport.abort()
        while state.connections:
            await asyncio.sleep(0.01)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handles signals inside the block."""
        loop = asyncio.get_running_loop()
        # A terminal that is closed says so by SIGHUP too.
        hangup = self._stop if os.isatty(2) else self._reload
        actions = {"SIGTERM": self._stop, "SIGINT": self._stop_now, "SIGHUP": hangup}
        known = {
            getattr(signal, name): act for name, act in actions.items() if hasattr(signal, name)
        }
        before = {
            number: signal.signal(
                number, lambda number, _: loop.call_soon_threadsafe(known[number])
            )
            for number in known
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self) -> None:
        """Stops soon: load balancers are told first."""
        if self._service.draining:
            self._stop_now()
        else:
            self._service.drain()
            seconds = self._service.settings.drain_seconds
            logger.info("stopping: requests are taken for another %g s", seconds)
            asyncio.get_running_loop().call_later(seconds, self._leave)

    def _stop_now(self) -> None:
        """Stops; the second time, without waiting for anything."""
        self.force_exit = self.should_exit
        self._service.drain()
        self._leave()

    def _leave(self) -> None:
        self.should_exit = True

    def _reload(self) -> None:
        self._begin(self._service.reload())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self) -> None:
        """Ends connections that take too long, until the process ends."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for connection in list(self.server_state.connections):
                if isinstance(connection, BoundedProtocol):
                    connection.look(loop.time())


def _allow_files(count: int) -> None:
    """Lets the process open so many files, for each connection is one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < count:
        logger.warning("the system allows %d open files, but %d may be needed", hard, count)


# EINVAL is of an address that holds for one network alone, as fe80::1 does.
_NO_HOST = (errno.EADDRNOTAVAIL, errno.EINVAL, socket.EAI_NONAME, socket.EAI_AGAIN)


def _listen(settings: Settings) -> socket.socket:
    """A socket that listens.

    Raises:
        ConfigError: the address is taken, not allowed, or not of this machine.
    """
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except UnicodeError as error:  # of a name that is empty between dots, or too long
        raise ConfigError(_no_host(host)) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} is taken; stop what listens there, or choose another with --port"
        elif isinstance(error, PermissionError):
            reason = f"port {port} is not allowed to you; choose another with --port, such as 8000"
        elif error.errno in _NO_HOST:
            reason = _no_host(host)
        else:
            raise
        raise ConfigError(reason) from error


def _no_host(host: str) -> str:
    return (
        f"{host!r} is no address of this machine; give one with --host, such as 127.0.0.1, or "
        "0.0.0.0 for all"
    )
