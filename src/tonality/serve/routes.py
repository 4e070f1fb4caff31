"""The routes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from fastapi import FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tonality._version import __version__
from tonality.serve import json_results, web_page
from tonality.serve.batch_queue import Batches, Compute
from tonality.serve.connection_limits import UNREAD
from tonality.serve.middleware import Gate, Handler
from tonality.serve.openapi import (
    BODY,
    DISK,
    KEY,
    TABLE,
    finish,
    json_body,
    plain_answer,
    plain_body,
    responses,
    secured,
    table_answer,
    table_body,
)
from tonality.serve.problems import ProblemError, problem_of, stopping
from tonality.serve.prometheus import Metrics
from tonality.serve.request_bodies import JSON, Bodies
from tonality.serve.schemas import Explanations, ModelInfo, Results, Status, texts_schema
from tonality.serve.score_upload import SHEETS_HEADER, Uploads
from tonality.serve.served_model import VERSION, ServedModel
from tonality.serve.settings import Settings
from tonality.serve.upload_query import check_query

logger = logging.getLogger(__name__)

# What anyone may ask, beside the page: the rest asks for a key, where there are keys.
OPEN = ("/healthz", "/readyz", "/openapi.json")

_METRICS = {
    "description": "In the format of Prometheus.",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}

_NO_PAGES: dict[str, Any] = {"docs_url": None, "redoc_url": None}  # they fetch from elsewhere


class Service:
    """One service: its model, its queue and its routes.

    Args:
        settings: its settings.
        model: the model that answers at first.

    Attributes:
        app: the ASGI application.
        model: the model that answers new requests.
        metrics: what it counts.
    """

    def __init__(self, settings: Settings, model: ServedModel) -> None:
        self.settings = settings
        self.model = model
        self.metrics = Metrics()
        self._batches = Batches(settings, self.metrics)
        self._bodies = Bodies(settings)
        self._uploads = Uploads(settings, self._batches)
        self._reloading = asyncio.Lock()
        self._reload_due = False
        direct: dict[str, Handler] = {
            "/v1/predict": self._predict,
            "/v1/explain": self._explain,
            "/v1/score": self._score,
            "/v1/table": self._plain,
        }
        routes = self._routes(direct)
        open_paths = {route.path: False for route in routes.routes if isinstance(route, Route)}
        open_paths |= dict.fromkeys([*OPEN, *web_page.FILES], True)
        self._gate = Gate(routes, settings, self.metrics, open_paths, direct, self._version)
        self.app: ASGIApp = self._gate
        if settings.cors_origins:
            self.app = CORSMiddleware(
                self._gate,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["Authorization", "Content-Type", "X-API-Key"],
                expose_headers=["Retry-After", VERSION, SHEETS_HEADER],
            )

    @property
    def draining(self) -> bool:
        """Whether the service is about to stop."""
        return self._gate.draining

    def drain(self) -> None:
        """Tells load balancers and clients to go elsewhere; requests are answered still."""
        self._gate.draining = True

    async def reload(self) -> None:
        """Loads the model anew from where it was; one that cannot be read changes nothing.

        Requests that were taken before are answered by the model that was there then.
        """
        if self._reload_due:  # one that is still to begin does for all who ask
            return
        self._reload_due = True
        async with self._reloading:
            self._reload_due = False
            try:
                model = await asyncio.to_thread(
                    ServedModel.load, self.settings.model, self.settings.abstain
                )
            except Exception as error:  # whatever it is, the model that is there answers
                logger.error("the model stays version %s: %s", self.model.version, error)
                self.metrics.reloads.labels("failed").inc()
                return
            self.model = model
        logger.info("model %s, version %s", model.name, model.version)
        self.metrics.reloads.labels("done").inc()

    def close(self) -> None:
        """Ends the threads."""
        self._uploads.close()
        self._batches.close()

    def _version(self) -> str:
        return self.model.version

    def _routes(self, direct: dict[str, Handler]) -> FastAPI:
        app = FastAPI(title="tonality", version=__version__, redirect_slashes=False, **_NO_PAGES)
        key = bool(self.settings.api_keys)

        def add(
            path: str, handler: Any, answer: Any, faults: dict[int, str] | None = None, **extra: Any
        ) -> None:
            keyed = key and path not in OPEN
            app.add_api_route(
                path,
                handler,
                methods=["POST" if extra else "GET"],
                response_model=None,
                responses=responses(
                    answer,
                    (faults or {}) | (KEY if keyed else {}),
                    version=path.startswith("/v1/"),
                ),
                openapi_extra=secured(extra, key=keyed),
                operation_id=path.rpartition("/")[2],
                summary=handler.__doc__,
                description="",
            )

        body = json_body(texts_schema(self.settings))
        add("/v1/predict", direct["/v1/predict"], Results, BODY, **body)
        add("/v1/explain", direct["/v1/explain"], Explanations, BODY, **body)
        add("/v1/score", direct["/v1/score"], table_answer(), BODY | TABLE | DISK, **table_body())
        add("/v1/table", direct["/v1/table"], plain_answer(), BODY | DISK, **plain_body())
        add("/v1/model", self._tell_model, ModelInfo)
        add("/healthz", self._tell_health, Status)
        add("/readyz", self._tell_readiness, Status)
        add("/metrics", self._tell_metrics, _METRICS)
        app.router.routes.extend(web_page.routes)
        app.add_exception_handler(ProblemError, self._tell_problem)
        app.add_exception_handler(HTTPException, self._tell_problem)
        app.add_exception_handler(Exception, self._tell_problem)
        finish(app, keys=key)
        return app

    async def _predict(self, request: Request) -> Response:
        """Tell how the writers of texts feel."""
        return await self._read(json_results.verdicts, request)

    async def _explain(self, request: Request) -> Response:
        """Tell which words made the verdicts on texts."""
        return await self._read(json_results.explanations, request)

    async def _score(self, request: Request) -> Response:
        """Score a table: the same rows come back, with their verdicts."""
        return await self._uploads.answer(request, self.model)

    async def _plain(self, request: Request) -> Response:
        """Unpack a table: the CSV, TSV or JSON Lines that a file holds, of a spreadsheet CSV."""
        return await self._uploads.plain(request)

    async def _read(self, compute: Compute, request: Request) -> Response:
        if not request.scope.get(UNREAD, bool)():  # else the connection could not be kept
            self._batches.check_room()
        check_query(request, (), JSON)
        texts = await self._bodies.read_texts(request)
        model = self.model
        results = await self._batches.run(model, compute, texts)
        body = json_results.document(model.name, results)
        return Response(body, headers=model.headers, media_type=JSON)

    async def _tell_model(self, request: Request) -> Response:
        """Tell which model answers."""
        model = self.model
        info = model.info() | {"max_text_length": self.settings.max_text_length}
        return Response(to_json(info, inf_nan_mode="null"), headers=model.headers, media_type=JSON)

    async def _tell_health(self, request: Request) -> Response:
        """Tell that the process lives."""
        return _json({"status": "ok"})

    async def _tell_readiness(self, request: Request) -> Response:
        """Tell whether requests are taken."""
        if self.draining:
            raise stopping()
        return _json({"status": "ready"})

    async def _tell_metrics(self, request: Request) -> Response:
        """Tell Prometheus what was done."""
        return Response(generate_latest(self.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def _tell_problem(self, request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        self.metrics.errors.labels(problem.code).inc()
        return problem.response()


def _json(values: dict[str, Any]) -> Response:
    return Response(to_json(values), media_type=JSON)
