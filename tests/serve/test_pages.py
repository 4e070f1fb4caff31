"""The page's files as they are served: types, policy, caching, and nothing else of the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import running

from tonality.serve.web_page import TYPES, WEB


@pytest.fixture(scope="module")
def client(model_folder: Path) -> Iterator[httpx.Client]:
    with running(model_folder) as server, server.client() as client:
        yield client


def test_every_file_is_served_with_its_type(client: httpx.Client) -> None:
    files = [path for path in WEB.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= TYPES.keys()
    for path in files:
        found = client.get(f"/static/{path.relative_to(WEB)}")
        assert found.status_code == 200
        assert found.content == path.read_bytes()
        assert found.headers["content-type"] == TYPES[path.suffix]
        assert found.headers["x-content-type-options"] == "nosniff"


def test_the_page_may_load_and_ask_this_service_only(client: httpx.Client) -> None:
    found = client.get("/")
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(
        rule.strip().split(" ", 1) for rule in found.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in found.headers["content-security-policy"]
    assert found.headers["referrer-policy"] == "no-referrer"


def test_a_file_that_is_known_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/static/main.js")
    assert first.headers["cache-control"] == "no-cache"
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = client.get("/static/main.js", headers={"If-None-Match": known})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
    assert client.get("/static/main.js", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/none.js",
        "/static/%2e%2e/app.py",
        "/static/..%2fpages.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/main.js%00",
        "/static/main.js/",
        "/static/" + "x" * 5000 + ".js",
        "/static/\\..\\app.py",
    ],
)
def test_nothing_else_is_served(client: httpx.Client, path: str) -> None:
    found = client.get(path)
    assert found.status_code == 404
    assert found.headers["content-type"] == "application/problem+json"
