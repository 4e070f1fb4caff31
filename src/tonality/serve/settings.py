"""The settings of the service: environment variables ``TONALITY_…``, or options of the command."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tonality.cores import available_cores
from tonality.errors import ConfigError
from tonality.serve.allowed_hosts import pattern

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
Bytes = Annotated[int, Field(ge=1, le=2**40)]


# As browsers write it (RFC 6454, 6.2): in small letters, and without the usual port.
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\]))(?::([0-9]{1,5}))?")


def _origin(text: str) -> str:
    """An origin as a browser writes it in the header ``Origin``, or ``*``.

    Raises:
        ValueError: no browser names an origin so, and it would never fit; or it is ``null``.
    """
    found = _ORIGIN.fullmatch(text.lower().removesuffix("/"))
    if text == "*":
        return text
    if text.lower() == "null":
        raise ValueError(
            "expected the origin of a host, got 'null', which is refused for safety: it is that of "
            "any file and of any page in a sandbox; serve the page from a host and name that"
        )
    if found is None or int(found[2] or 0) > 65_535:
        raise ValueError(
            "expected an origin such as https://example.com or http://localhost:3000, or * for "
            f"any, got {text!r}; name each host, without a path"
        )
    host, port = found[1], found[2] and int(found[2])
    usual = {"http": 80, "https": 443}.get(host.partition(":")[0])
    return host if port in (None, usual) else f"{host}:{port}"


def _threads() -> int:
    """One a core, but for the one that connections keep busy.

    Tweets of 20 tokens, two cores shared with the client (``python -m benchmarks.serve_load``):
    1,932 requests a second with one thread, 1,394 with two, which take turns in Python and leave
    small batches.
    """
    return max(1, available_cores() - 1)


class Settings(BaseSettings):
    """How the service runs. Each field is also the variable ``TONALITY_`` and its name.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        model: a bundled model's name or a model folder.
        abstain: the confidence under which a verdict is ``uncertain``; by default the model's.
        threads: batches computed at the same time.
        api_keys: keys separated by commas; with any set, ``/v1`` and ``/metrics`` ask for one.
        cors_origins: origins separated by commas whose pages may call the service, such as
            ``https://example.com``; ``*`` for any page.
        allowed_hosts: host names separated by commas that requests may be addressed to, on any
            port (421 otherwise); ``*.example.com`` allows all names below, ``*`` any name. By
            default those of the loopback where the service listens there, otherwise any.
        log_level: what is logged, on stderr.
        batch_texts: most texts computed side by side.
        batch_characters: most characters of them, unless one text alone has more.
        batch_wait_ms: how long a busy server waits for more texts before it computes a batch.
        queue_texts: texts that may wait; past it 503 at once.
        max_texts: most texts of one request (422).
        max_text_length: most characters of one text (422).
        max_body_bytes: most bytes of a JSON body (413).
        max_held_bytes: most bytes of JSON bodies that are arriving at a time (503).
        max_upload_bytes: most bytes of a file to score (413).
        max_uploads: most files scored at a time (503).
        max_columns: most columns of a file to score (413).
        max_header_bytes: most bytes of a request's line and headers (431).
        max_connections: most connections at a time (503).
        request_seconds: most time that the answer to one request may take (503).
        header_seconds: most time for a request's line and headers to arrive (408).
        body_seconds: in each such span a body must end, or 16 KiB of it arrive a second (408).
        write_seconds: in each such span of waiting for a client to read, it must read as much of
            the answer, or send as much of a body (closed). What comes behind an error in a file to
            score is dropped for as long.
        keep_alive_seconds: how long a connection may be idle between requests (closed).
        drain_seconds: on SIGTERM, how long ``/readyz`` says 503 while requests are still taken.
        shutdown_seconds: after that, how long requests that are under way may take to finish.

    Raises:
        pydantic.ValidationError: a value out of range; :func:`load_settings` words it for a user.
    """

    model_config = SettingsConfigDict(env_prefix="TONALITY_", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    model: str | None = None
    abstain: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    threads: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=_threads)
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    batch_texts: Annotated[int, Field(ge=1, le=4096)] = 128
    batch_characters: Count = 65_536
    batch_wait_ms: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 2.0
    queue_texts: Count = 512

    max_texts: Count = 256
    max_text_length: Count = 50_000
    max_body_bytes: Bytes = 4 * 2**20
    max_held_bytes: Bytes = 64 * 2**20
    max_upload_bytes: Bytes = 2**30
    max_uploads: Annotated[int, Field(ge=1, le=64)] = 4
    max_columns: Count = 2000
    max_header_bytes: Annotated[int, Field(ge=1024, le=2**20)] = 16 * 2**10
    max_connections: Count = 1024

    request_seconds: Seconds = 10.0
    header_seconds: Seconds = 10.0
    body_seconds: Seconds = 20.0
    write_seconds: Seconds = 30.0
    keep_alive_seconds: Seconds = 30.0
    drain_seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 1.0
    shutdown_seconds: Seconds = 30.0

    @field_validator("api_keys", "cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """The parts of a list. One that is set and empty was meant to hold something."""
        if isinstance(value, str):
            value = tuple(part.strip() for part in value.split(",") if part.strip())
            if not value:
                raise ValueError("it is set but empty; give it a value or unset it")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_origin, values))

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(pattern, values))

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        for whole, part in (("queue_texts", "max_texts"), ("max_held_bytes", "max_body_bytes")):
            if getattr(self, whole) < getattr(self, part):
                raise ValueError(
                    f"TONALITY_{whole.upper()} is {getattr(self, whole)}, less than "
                    f"TONALITY_{part.upper()}, {getattr(self, part)}: no request that large "
                    "could ever be taken"
                )
        return self


def load_settings(**options: object) -> Settings:
    """The settings from the environment; options that are not None go before it.

    Raises:
        ConfigError: a value is out of range; names the variable, and never shows a key.
    """
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = "_".join(str(part) for part in first["loc"][:1]).upper()
        where = f"TONALITY_{name}: " if name else ""
        raise ConfigError(f"{where}{first['msg'].removeprefix('Value error, ')}") from None
