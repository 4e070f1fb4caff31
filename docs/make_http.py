"""Writes docs/http.md from the OpenAPI description of the service: python docs/make_http.py"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from tonality.serve.routes import Service
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import Settings

TARGET = Path(__file__).with_name("http.md")
BEGINNING = """# HTTP

`tonality serve` answers these requests. For example:

<!-- not run: no service answers here; the tutorial on serving runs it -->
```sh
curl localhost:8000/v1/predict -H 'Content-Type: application/json' \\
  -d '{"texts": ["The zip broke."]}'
```

This page lists what each request takes and what comes back. [Run the service](serving.md) has more
examples, limits and settings. The service describes itself at `/openapi.json`, and
`python docs/make_http.py` writes this page from there.
"""
# It describes itself in no path of the description.
ITSELF = """## GET /openapi.json

Describe the service, in OpenAPI.

Answer: `application/json`.

Other statuses: 400, 408, 421, 431, 500, 503.
"""
# No path answers these; other paths and methods do.
ELSEWHERE = {
    "404": "There is no such path.",
    "405": "The path does not take that method; the header `Allow` says which.",
}
PROBLEMS = """## Problems

An answer other than 200 is JSON of the type `application/problem+json` (RFC 9457). Compare the
`code` in a program, and show `detail` and `remedy` to a person.
"""


def description() -> dict[str, Any]:
    """What the service says at ``/openapi.json``."""
    service = Service(Settings(api_keys=(SecretStr("KEY"),)), ServedModel.load("general"))

    async def ask() -> dict[str, Any]:
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer: dict[str, Any] = (await client.get("/openapi.json")).json()
        return answer

    return asyncio.run(ask())


def kind(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    if "minimum" in schema and "maximum" in schema:
        return f"{schema['type']}, {schema['minimum']:g} to {schema['maximum']:g}"
    return str(schema.get("type", "any"))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table in Markdown."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def fields(schema: dict[str, Any]) -> Iterator[str]:
    """The members of an object."""
    members = schema["properties"].items()
    rows = [(f"`{name}`", kind(each), each.get("description", "")) for name, each in members]
    yield from table(("member", "type", "meaning"), rows)


def operation(path: str, method: str, told: dict[str, Any]) -> Iterator[str]:
    """One request: what it takes, and what it answers."""
    yield f"## {method.upper()} {path}\n\n{told['summary']}\n"
    if told.get("parameters"):
        rows = [(f"`{each['name']}`", each["description"]) for each in told["parameters"]]
        yield from table(("in the query", "meaning"), rows)
    bodies = told.get("requestBody", {}).get("content", {})
    if bodies:
        yield f"Body: {', '.join(f'`{media_type}`' for media_type in bodies)}.\n"
    for body in bodies.values():
        if "properties" in body.get("schema", {}):
            yield from fields(body["schema"])
    answers = told["responses"]["200"]["content"]
    known = {key: each for key, each in answers.items() if each != {"schema": {}}}
    shapes = {kind(each["schema"]) for each in known.values() if "$ref" in each.get("schema", {})}
    yield f"Answer: {', '.join([*(f'`{media_type}`' for media_type in known), *shapes])}.\n"
    others = ", ".join(status for status in told["responses"] if status != "200")
    yield f"Other statuses: {others}.\n"


def reference() -> str:
    """The page."""
    told = description()
    lines = [BEGINNING]
    statuses: dict[str, str] = {}
    for path, methods in told["paths"].items():
        for method, each in methods.items():
            lines += operation(path, method, each)
            statuses |= {key: answer["description"] for key, answer in each["responses"].items()}
    lines += [ITSELF, PROBLEMS]
    del statuses["200"]
    lines += table(("status", "when"), sorted((statuses | ELSEWHERE).items()))
    lines.append("## Objects\n")
    for name, schema in sorted(told["components"]["schemas"].items()):
        lines += [f"### {name}\n", schema.get("description", "") + "\n", *fields(schema)]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
