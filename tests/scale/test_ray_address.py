"""Which Ray cluster is meant, told without Ray."""

from __future__ import annotations

import importlib.util
import socket

import pytest

from tonality.cli.ray_engine import RayRun
from tonality.errors import ConfigError, DataError, DependencyError
from tonality.scale.ray_address import check_answers, no_cluster, ray_address


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def test_the_environment_stands_in_as_ray_users_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [ray_address(asked) for asked in (None, "auto", "a:1")] == ["local", "auto", "a:1"]
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    found = [ray_address(asked) for asked in (None, "auto", "a:1", "local")]
    assert found == ["head:6379", "head:6379", "a:1", "local"]
    monkeypatch.setenv("RAY_ADDRESS", "")
    assert ray_address(None) == "local"


@pytest.mark.parametrize(
    "address", ["nonsense", "", "a:b", "a:0", "a:70000", "http://a:1", "ray://", "a:1:2", "a b:1"]
)
def test_what_is_no_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"^--address .*: expected auto, HOST:PORT or ray://"):
        ray_address(address)
    if address:
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(ConfigError, match=r"^RAY_ADDRESS .*: expected auto"):
            ray_address(None)


def test_a_client_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert ray_address("head:6379") == "head:6379"
    with pytest.raises(DependencyError, match=r"ray://head needs an extra: .*tonality\[ray\]"):
        ray_address("ray://head")


def test_a_cluster_that_is_not_there_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for address in (f"127.0.0.1:{port}", "auto", "local"):
            check_answers(address)
    for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}", f"[::1]:{port}"):
        with pytest.raises(DataError, match=r"no Ray cluster can be used there: .*`ray start"):
            check_answers(address)


def test_what_ray_says_becomes_one_line() -> None:
    assert "\n" not in str(no_cluster("a:1", RuntimeError("Version mismatch:\n  2.1\n  2.2")))
    assert "does not start on this machine" in str(no_cluster("local", ValueError()))


def test_the_rows_put_aside_of_a_uri_are_named_by_it() -> None:
    assert RayRun.bad_rows("s3://bucket/scored/") == "s3://bucket/scored/_bad_rows"
    assert RayRun.bad_rows("out") == "out/_bad_rows"
