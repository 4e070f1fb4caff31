"""Who may ask what: keys, names of the service, paths, versions of HTTP."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import Answer, Running, answer, running

from tonality.errors import ConfigError
from tonality.serve.allowed_hosts import checker
from tonality.serve.settings import load_settings

KEYED = ["/metrics", "/v1/model", "/v1/predict", "/v1/explain", "/v1/score", "/v1/"]
OPEN = ["/", "/healthz", "/readyz", "/openapi.json", "/static/main.js"]


@pytest.fixture(scope="module")
def keyed(model_folder: Path) -> Iterator[Running]:
    with running(model_folder, api_keys="a-key") as server:
        yield server


@pytest.fixture(scope="module")
def named(model_folder: Path) -> Iterator[Running]:
    with running(model_folder, allowed_hosts="Sentiment.example, *.inner.example,::1") as server:
        yield server


def ask(server: Running, path: str, *, host: str = "localhost", version: str = "1.1") -> Answer:
    """Asks for a path exactly as it is written."""
    lines = [f"GET {path} HTTP/{version}", *([f"Host: {host}"] if host else []), "", ""]
    with server.connect() as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        return answer(connection)


@settings(max_examples=150)
@given(
    path=st.sampled_from([*KEYED, *OPEN]),
    before=st.text(max_size=3),
    after=st.text(max_size=3),
    safe=st.sampled_from(["/", ""]),
)
@example(path="/metrics", before="", after="\n", safe="/")
@example(path="/v1/model", before="", after="\n", safe="/")
@example(path="/metrics", before="/", after="", safe="/")
@example(path="/metrics", before="", after="/", safe="/")
@example(path="/healthz", before="", after="/../metrics", safe="/")
@example(path="/static/main.js", before="", after="/../../metrics", safe="")
def test_without_a_key_only_the_open_paths_answer(
    keyed: Running, path: str, before: str, after: str, safe: str
) -> None:
    asked = "/" + quote(before, safe) + quote(path.removeprefix("/"), safe) + quote(after, safe)
    found = ask(keyed, asked)
    reached = "/" + before + path.removeprefix("/") + after
    if found.status == 200:
        assert reached in OPEN
    elif any(unicodedata.category(character) == "Cc" for character in reached):
        assert (found.status, found.code) == (404, "not_found")
    else:
        assert (found.status, found.code) == (401, "key_missing")


def test_with_a_key_there_is_still_nothing_beside_the_paths(keyed: Running) -> None:
    with keyed.client(headers={"X-API-Key": "a-key"}) as client:
        assert client.get("/metrics").status_code == 200
        for path in ("/metrics%0A", "/metrics%0a%0d", "/healthz%00", "/%7F", "/nothing"):
            assert client.get(path).json()["code"] == "not_found"


@pytest.mark.parametrize("name", ["API_KEYS", "CORS_ORIGINS", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("value", ["", ",", " , ", ",,"])
def test_a_list_that_is_set_and_empty_is_an_error(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"TONALITY_{name}", value)
    with pytest.raises(ConfigError, match=f"TONALITY_{name}: it is set but empty"):
        load_settings()


@pytest.mark.parametrize(
    "value",
    ["http://example.com", "example.com:80", "example.com/x", "a b", "*.*", "a*", "ü.example"],
)
def test_what_is_no_host_name(value: str) -> None:
    with pytest.raises(ConfigError, match="TONALITY_ALLOWED_HOSTS: expected a host name"):
        load_settings(allowed_hosts=value)


@pytest.mark.parametrize(
    "value",
    [
        "a.example",
        "https://*.example.com",
        "https://a.example/x",
        "http://a:99999",
        "http://a:\u0663",  # a digit, but no browser's
        "https://",
        "*.*",
    ],
)
def test_what_is_no_origin(value: str) -> None:
    with pytest.raises(ConfigError, match="TONALITY_CORS_ORIGINS: expected an origin"):
        load_settings(cors_origins=value)


def test_the_origin_of_any_file_is_refused_for_safety() -> None:
    with pytest.raises(ConfigError, match="got 'null', which is refused for safety"):
        load_settings(cors_origins="null")


def test_origins_are_compared_as_browsers_write_them() -> None:
    given = "https://A.example/, http://localhost:3000, https://b.example:0443, http://[::1]:80, *"
    given += ", http://c.example:0"
    assert load_settings(cors_origins=given).cors_origins == (
        "https://a.example",
        "http://localhost:3000",
        "https://b.example",
        "http://[::1]",
        "*",
        "http://c.example:0",
    )


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "localhost.:80", "127.0.0.1", "127.3.2.1:8000", "[::1]:8000"],
)
def test_on_the_loopback_it_answers_to_the_loopback_s_names(keyed: Running, host: str) -> None:
    assert ask(keyed, "/healthz", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "localhost:80:80",
        "0.0.0.0",
        "[::1",
    ],
)
@pytest.mark.parametrize("path", ["/healthz", "/", "/v1/model", "/metrics"])
def test_a_page_that_gives_its_name_this_address_reads_nothing(
    keyed: Running, host: str, path: str
) -> None:
    found = ask(keyed, path, host=host)
    assert (found.status, found.code) == (421, "host_not_allowed")
    assert found.headers["connection"] == "close"
    assert b"evil" not in found.body


def test_the_name_in_the_target_counts_before_the_header(keyed: Running) -> None:
    assert ask(keyed, "http://evil.example/healthz").status == 421
    assert ask(keyed, "http://localhost/healthz", host="evil.example").status == 200
    assert ask(keyed, "http://[::1]:80/healthz").status == 200


@given(host=st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), min_size=1))
def test_no_other_name_is_of_the_loopback(host: str) -> None:
    allows = checker("127.0.0.1", "127.0.0.1", ())
    if allows(host.encode("latin-1")):
        name = host.lower().rpartition(":")[0] or host.lower()
        assert "localhost" in name or name.strip("[]").startswith(("127.", "::1", "::ffff:127."))


def test_the_names_that_are_set_take_the_place_of_the_default(named: Running) -> None:
    for host in ("sentiment.example", "SENTIMENT.example.:443", "a.b.inner.example", "[0:0::1]"):
        assert ask(named, "/healthz", host=host).status == 200
    for host in ("localhost", "127.0.0.1", "inner.example", "xinner.example", "example"):
        assert ask(named, "/healthz", host=host).status == 421


def test_elsewhere_than_on_the_loopback_any_name_is_right_unless_it_is_said() -> None:
    anyone = checker("0.0.0.0", "0.0.0.0", ())
    assert anyone(b"sentiment.example:80")
    assert not checker("0.0.0.0", "0.0.0.0", ("a.example",))(b"sentiment.example")
    assert checker("127.0.0.1", "127.0.0.1", ("*",))(b"sentiment.example")
    assert checker("My-Machine", "127.0.1.1", ())(b"my-machine:8000")


def test_versions_of_http(keyed: Running) -> None:
    with keyed.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert answer(connection).status == 200
        assert connection.recv(1) == b""  # closed
    assert ask(keyed, "/healthz", host="", version="1.0").status == 200  # a load balancer's check
    assert ask(keyed, "/healthz", host="evil.example", version="1.0").status == 421
    for version in ("0.9", "2.0", "3.0", "1.2", "1", "1.10"):
        found = ask(keyed, "/healthz", version=version)
        assert (found.status, found.code) == (400, "bad_request")
