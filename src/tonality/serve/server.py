"""The process: its socket, its signals, and how it stops."""

from __future__ import annotations

import logging
import socket

import uvicorn

from tonality.blas import one_thread
from tonality.serve.app import Service
from tonality.serve.model import ServedModel
from tonality.serve.settings import Settings

logger = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Serves until it is told to stop by SIGTERM or Ctrl-C.

    Raises:
        ArtifactError: there is no such model, or its folder is damaged.
        OSError: the address cannot be listened on.
    """
    model = ServedModel.load(settings.model)
    service = Service(settings, model)
    listener = _listen(settings)
    config = uvicorn.Config(
        service.app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        proxy_headers=False,
        ws="none",
    )
    host, port = listener.getsockname()[:2]
    logger.info(
        "%s %s on http://%s:%d",
        model.name,
        model.version,
        f"[{host}]" if ":" in host else host,
        port,
    )
    with one_thread():
        uvicorn.Server(config).run([listener])
    service.batches.close()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
