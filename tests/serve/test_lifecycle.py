"""How the service starts, stops, and takes another model: no request is lost."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import Running, answer, post, running, texts

from reading_model import make_artifact
from tonality.artifact.model_folder import write
from tonality.cli import app
from tonality.environment_names import SERVICE
from tonality.errors import ArtifactError, ConfigError, DependencyError
from tonality.serve.routes import Service
from tonality.serve.served_model import ServedModel
from tonality.serve.settings import Settings, load_settings

LONG = "the film was not good " * 2000  # takes its time


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_well(model_folder: Path, number: signal.Signals) -> None:
    with running(model_folder, drain_seconds=0) as server:
        with server.client() as client:
            assert client.get("/readyz").status_code == 200
        server.signal(number)
        assert server.wait() == 0
    assert "ERROR" not in server.log


def test_connections_without_a_request_do_not_hold_it_up(model_folder: Path) -> None:
    """Browsers connect ahead of need."""
    with (
        running(model_folder, drain_seconds=0) as server,
        server.connect() as fresh,
        server.connect() as idle,
    ):
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer(idle).status == 200
        server.signal(signal.SIGTERM)
        assert fresh.recv(1) == b""
        # Not half closed, which is to say that the service would wait for what is still to come.
        fresh.sendall(b"G")
        time.sleep(0.1)
        with pytest.raises(ConnectionError):
            fresh.sendall(b"E")
        assert server.wait() == 0


def serve(model: Path) -> list[str]:
    """The command, on a free port."""
    return [sys.executable, "-m", "tonality", "serve", "--port", "0", "--model", str(model)]


def test_it_ends_with_its_terminal(model_folder: Path) -> None:
    master, slave = os.openpty()
    with subprocess.Popen(serve(model_folder), stderr=slave) as process, ExitStack() as stack:
        stack.callback(process.kill)
        os.close(slave)
        shown = b""
        while b" on http" not in shown:
            shown += os.read(master, 4096)
        os.close(master)
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 0


def test_before_it_ends_it_says_so_and_answers_all(model_folder: Path) -> None:
    with running(model_folder, drain_seconds=1.5, threads=1) as server:
        waiting = [server.connect() for _ in range(8)]
        for connection in waiting:
            connection.sendall(post(texts(*[LONG] * 30)))
        slow = server.connect()
        body = texts("I love it")
        slow.sendall(post(body)[: -len(body)])
        with server.client() as client:
            assert client.get("/readyz").status_code == 200
            server.signal(signal.SIGTERM)
            while (ready := client.get("/readyz")).status_code == 200:
                time.sleep(0.01)
            assert ready.json()["code"] == "stopping"
            assert ready.headers["connection"] == "close"
            # It takes requests still: load balancers need a while to notice.
            assert client.get("/healthz").status_code == 200
            assert client.post("/v1/predict", json={"texts": ["love"]}).status_code == 200
        slow.sendall(body)
        for connection in [*waiting, slow]:
            found = answer(connection)
            assert found.status == 200
            connection.close()
        assert server.wait() == 0
    assert "ERROR" not in server.log


def test_requests_under_way_are_answered_after_the_door_is_shut(model_folder: Path) -> None:
    with running(model_folder, drain_seconds=0) as server:
        slow = server.connect()
        body = texts("I love it")
        request = post(body)
        slow.sendall(request[: -len(body)])
        time.sleep(0.3)
        server.signal(signal.SIGTERM)
        for _ in range(600):
            try:
                server.connect().close()
                time.sleep(0.05)
            except ConnectionError:
                break
        slow.sendall(body)
        found = answer(slow)
        assert found.status == 200
        assert found.headers["connection"] == "close"
        slow.close()
        assert server.wait() == 0


def test_it_waits_for_requests_only_so_long(model_folder: Path) -> None:
    with (
        running(model_folder, drain_seconds=0, shutdown_seconds=0.5) as server,
        server.connect() as stuck,
        server.connect() as upload,
    ):
        stuck.sendall(post(texts("I love it"))[:-3])
        upload.sendall(post(b"", "/v1/score", Content_Type="text/csv", Content_Length="99"))
        time.sleep(0.3)
        server.signal(signal.SIGTERM)
        found = answer(stuck)
        assert (found.status, found.code) == (503, "stopping")
        assert server.wait() == 0


def test_the_third_signal_ends_it_at_once(model_folder: Path) -> None:
    with running(model_folder, drain_seconds=60) as server, server.connect() as stuck:
        stuck.sendall(post(texts("I love it"))[:-3])
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):
            time.sleep(0.5)
            server.signal(number)
        assert server.wait() == 0


@contextmanager
def asked_all_the_time(server: Running, statuses: list[int]) -> Iterator[None]:
    """Clients that ask one request after the other; what they get is collected."""
    over = threading.Event()

    def ask() -> None:
        with server.client() as client:
            while not over.is_set():
                try:
                    found = client.post("/v1/predict", json={"texts": ["I love it", "bad"]})
                    statuses.append(found.status_code)
                except httpx.HTTPError:
                    statuses.append(0)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_another_model_takes_over_and_no_request_is_lost(tmp_path: Path) -> None:
    folder = write(make_artifact(), tmp_path / "model")
    statuses: list[int] = []
    with running(folder) as server, server.client() as client:
        first = client.get("/v1/model").json()
        versions = {first["version"]}
        with asked_all_the_time(server, statuses):
            for seed in (4, 5, 6):
                write(make_artifact(seed=seed, max_tokens=seed), folder, overwrite=True)
                server.signal(signal.SIGHUP)
                deadline = time.monotonic() + 60
                while client.get("/v1/model").json()["max_tokens"] != seed:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                versions.add(client.get("/v1/model").json()["version"])
        newest = client.get("/v1/model").json()["version"]
        for path in ("/v1/model", "/v1/predict", "/v1/none"):
            assert client.get(path).headers["x-model-version"] == newest
        for path, body in (("predict", "good"), ("explain", "good"), ("predict", 1)):
            found = client.post(f"/v1/{path}", json={"texts": [body]})
            assert found.headers["x-model-version"] == newest
        table = {"Content-Type": "text/csv"}
        found = client.post("/v1/score", content=b"text\ngood\n", headers=table)
        assert found.headers.get_list("x-model-version") == [newest]
        assert "x-model-version" not in client.get("/healthz").headers
        long = client.post("/v1/predict", json={"texts": ["film " * 20]}).json()
        assert long["results"][0]["tokens_read"] == 6
        assert 'tonality_reloads_total{outcome="done"} 3.0' in client.get("/metrics").text
    assert len(versions) == 4
    assert set(statuses) == {200}


def test_the_service_may_say_when_a_verdict_is_uncertain(tmp_path: Path) -> None:
    """Also once the model is loaded anew."""
    folder = write(make_artifact(), tmp_path / "model")
    with running(folder, abstain=1) as server, server.client() as client:
        server.signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while 'tonality_reloads_total{outcome="done"} 1.0' not in client.get("/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert client.get("/v1/model").json()["abstain"] == 1
        found = client.post("/v1/predict", json={"texts": ["good"]}).json()
        assert found["results"][0]["label"] == "uncertain"
        table = {"Content-Type": "text/csv"}
        scored = client.post("/v1/score", content=b"text\ngood\n", headers=table).text
        assert scored.splitlines()[1].startswith("good,uncertain,")


def test_many_signals_at_once_are_one_reload_or_two(tmp_path: Path) -> None:
    folder = write(make_artifact(), tmp_path / "model")

    async def reload_often() -> Service:
        service = Service(load_settings(model=str(folder)), ServedModel.load(str(folder)))
        await asyncio.gather(*(service.reload() for _ in range(30)))
        service.close()
        return service

    metrics = asyncio.run(reload_often()).metrics
    assert metrics.registry.get_sample_value("tonality_reloads_total", {"outcome": "done"}) == 2


def test_a_broken_model_changes_nothing(tmp_path: Path) -> None:
    folder = write(make_artifact(), tmp_path / "model")
    with running(folder) as server, server.client() as client:
        before = client.get("/v1/model").json()
        (folder / "weights.safetensors").write_bytes(b"no weights")
        server.signal(signal.SIGHUP)
        failed = 'tonality_reloads_total{outcome="failed"} 1.0'
        deadline = time.monotonic() + 60
        while failed not in client.get("/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert client.get("/v1/model").json() == before
        assert client.post("/v1/predict", json={"texts": ["love"]}).status_code == 200
    assert "weights.safetensors" in server.log
    assert f"stays version {before['version']}" in server.log


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"^port {port} is taken; .* another with --port$"):
            CliRunner().invoke(app, ["serve", "--port", str(port)], catch_exceptions=False)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such.invalid", "a..b", "x" * 70, "fe80::1"])
def test_a_host_that_is_none_of_this_machine(host: str) -> None:
    with pytest.raises(ConfigError, match=f"^'{host}' is no address of this machine; .*--host"):
        CliRunner().invoke(app, ["serve", "--host", host, "--port", "0"], catch_exceptions=False)


def test_wrong_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArtifactError, match="no model folder"):
        CliRunner().invoke(app, ["serve", "--model", "none"], catch_exceptions=False)
    monkeypatch.setenv("TONALITY_MAX_TEXTS", "many")
    with pytest.raises(ConfigError, match="TONALITY_MAX_TEXTS: Input should be a valid integer"):
        CliRunner().invoke(app, ["serve"], catch_exceptions=False)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tonality.serve.server", None)
    with pytest.raises(DependencyError, match=r"pip install 'tonality\[serve\]'"):
        CliRunner().invoke(app, ["serve"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"PORT": "70000"}, "TONALITY_PORT: .*less than or equal to 65535"),
        ({"ABSTAIN": "1.5"}, "TONALITY_ABSTAIN: .*less than or equal to 1"),
        ({"THREADS": "0"}, "TONALITY_THREADS: "),
        ({"REQUEST_SECONDS": "inf"}, "TONALITY_REQUEST_SECONDS: "),
        ({"QUEUE_TEXTS": "10"}, "TONALITY_QUEUE_TEXTS is 10, less than TONALITY_MAX_TEXTS, 256"),
        ({"MAX_HELD_BYTES": "10"}, "TONALITY_MAX_HELD_BYTES is 10"),
        ({"LOG_LEVEL": "loud"}, "TONALITY_LOG_LEVEL: "),
    ],
)
def test_settings_out_of_range_are_named(
    variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"TONALITY_{name}", value)
    with pytest.raises(ConfigError, match=message):
        load_settings()


def test_options_go_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONALITY_PORT", "1000")
    monkeypatch.setenv("TONALITY_HOST", "0.0.0.0")
    monkeypatch.setenv("TONALITY_API_KEYS", " one, ,two ")
    monkeypatch.setenv("TONALITY_SOMETHING_ELSE", "x")
    settings = load_settings(port=2000, host=None)
    assert (settings.port, settings.host) == (2000, "0.0.0.0")
    assert [key.get_secret_value() for key in settings.api_keys] == ["one", "two"]
    assert "two" not in repr(settings)


def test_the_version_of_a_model_is_that_of_its_content(tmp_path: Path) -> None:
    one, same, other = (
        ServedModel.load(str(write(make_artifact(seed=seed), tmp_path / name)))
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    assert one.version == same.version
    assert one.version != other.version
    assert (one.name, same.name) == ("one", "same")


def test_every_setting_is_documented_with_its_default() -> None:
    page = Path(__file__).parents[2] / "docs" / "serving.md"
    rows = re.findall(r"^\| `TONALITY_(\w+)` \| ([^|]+) \|", page.read_text(), re.MULTILINE)
    words = {"the default one": None, "the model's": None, "cores less one": None, "none": ()}
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert [name for name, _ in rows] == list(fields)
    assert list(SERVICE) == list(fields)
    for name, written in rows:
        if written != "cores less one":
            default = fields[name].default
            assert words.get(written, written) in (default, str(default).removesuffix(".0"))


@pytest.mark.parametrize(
    "name", ["config.json", "vocabulary.json", "weights.safetensors", "README.md"]
)
def test_a_pipe_in_the_model_s_folder_holds_nothing_up(tmp_path: Path, name: str) -> None:
    """Nobody will ever write to it."""
    folder = write(make_artifact(), tmp_path / "model")
    with running(folder, drain_seconds=0) as server, server.client() as client:
        (folder / name).unlink()
        os.mkfifo(folder / name)
        server.signal(signal.SIGHUP)
        failed = 'tonality_reloads_total{outcome="failed"} 1.0'
        deadline = time.monotonic() + 60
        while failed not in client.get("/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert client.post("/v1/predict", json={"texts": ["love"]}).status_code == 200
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    assert "is not a regular file" in server.log
    again = subprocess.run(serve(folder), capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 1
    assert "is not a regular file" in again.stderr
