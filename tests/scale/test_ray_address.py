"""Which Ray cluster is meant, told without Ray."""

from __future__ import annotations

import socket

import pytest

from tonality.errors import ConfigError, DataError
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
    "address", ["nonsense", "", "a:b", "a:0", "a:70000", "http://a:1", "a", "a:1:2", "a b:1"]
)
def test_what_is_no_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"^--address .*: expected auto or HOST:PORT"):
        ray_address(address)
    if address:
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(ConfigError, match=r"^RAY_ADDRESS .*: expected auto"):
            ray_address(None)


def test_a_client_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"ray://head:10001: Ray Data does not work through"):
        ray_address("ray://head:10001")


def test_a_cluster_that_is_not_there_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for address in (f"127.0.0.1:{port}", "auto", "local"):
            check_answers(address)
    for address in (f"127.0.0.1:{port}", f"[::1]:{port}"):
        with pytest.raises(DataError, match=r"no Ray cluster can be used there: .*`ray start"):
            check_answers(address)


def test_what_ray_says_becomes_one_line() -> None:
    assert "\n" not in str(no_cluster("a:1", RuntimeError("Version mismatch:\n  2.1\n  2.2")))
    assert "needs RAY_AUTH_MODE=token" in str(no_cluster("a:1", ConnectionError("no")))
    assert "does not start on this machine" in str(no_cluster("local", ValueError()))
