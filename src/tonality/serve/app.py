"""The routes."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from tonality import __version__
from tonality.serve import answers, pages
from tonality.serve.batches import Batches, Compute
from tonality.serve.bodies import read_json
from tonality.serve.gate import Gate
from tonality.serve.metrics import Metrics
from tonality.serve.model import ServedModel
from tonality.serve.problems import ProblemError
from tonality.serve.schemas import texts_adapter
from tonality.serve.settings import Settings

JSON = "application/json"


class Service:
    """One service: its model, its queue and its routes.

    Args:
        settings: its settings.
        model: the model that answers at first.

    Attributes:
        model: the model that answers new requests; set another one at any time.
        app: the ASGI application.
        draining: whether the service is about to stop: ``/readyz`` says so.
    """

    def __init__(self, settings: Settings, model: ServedModel) -> None:
        self.settings = settings
        self.model = model
        self.metrics = Metrics()
        self.batches = Batches(settings, self.metrics)
        self._texts = texts_adapter(settings)
        self.routes = self._routes()
        paths = frozenset(r.path for r in self.routes.routes if isinstance(r, Route))
        self.app = Gate(self.routes, settings, self.metrics, paths)

    @property
    def draining(self) -> bool:
        return self.app.draining

    def drain(self) -> None:
        """Tells load balancers and clients to go elsewhere; requests are answered still."""
        self.app.draining = True

    def _routes(self) -> FastAPI:
        app = FastAPI(title="tonality", version=__version__, docs_url=None, redoc_url=None)
        add = app.add_api_route
        add("/v1/predict", partial(self._read, answers.verdicts), methods=["POST"])
        add("/v1/explain", partial(self._read, answers.explanations), methods=["POST"])
        add("/v1/model", self._model, methods=["GET"])
        add("/healthz", self._health, methods=["GET"])
        add("/readyz", self._ready, methods=["GET"])
        add("/metrics", self._metrics, methods=["GET"])
        app.router.routes.extend(pages.routes)
        app.add_exception_handler(ProblemError, self._problem)
        app.add_exception_handler(HTTPException, self._problem)
        app.add_exception_handler(ClientDisconnect, self._gone)
        return app

    async def _read(self, compute: Compute, request: Request) -> Response:
        body = await read_json(request, self._texts, self.settings.max_body_bytes)
        model = self.model
        results = await self.batches.run(model, compute, body.texts)
        return Response(answers.document(model.name, results), media_type=JSON)

    async def _model(self, request: Request) -> Response:
        return JSONResponse(self.model.info())

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _ready(self, request: Request) -> Response:
        if self.draining:
            raise ProblemError(503, "draining", "The service stops.", "Ask another one.")
        return JSONResponse({"status": "ready"})

    async def _metrics(self, request: Request) -> Response:
        return Response(generate_latest(self.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def _problem(self, request: Request, error: Exception) -> Response:
        problem = error if isinstance(error, ProblemError) else _routing(error)
        self.metrics.errors.labels(problem.code).inc()
        return problem.response()

    async def _gone(self, request: Request, error: Exception) -> Response:
        return Response(status_code=499)


def _routing(error: Exception) -> ProblemError:
    """The problem of a path or a method that is not there."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return ProblemError(
            405,
            "method_not_allowed",
            "This path does not take that method.",
            "See /openapi.json.",
            dict(error.headers or {}),
        )
    return ProblemError(404, "not_found", "There is nothing at this path.", "See /openapi.json.")
