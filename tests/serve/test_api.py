"""What the service answers to honest clients, and to wrong requests."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")

from service import JSON, Running, answer, running, texts

from tonality import load

TEXTS = ["I love the film.", None, "", "the plot was bad, bad, bad " * 20, "<b>&amp; 🙂"]


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Running]:
    with running(model_folder, max_texts=20, max_text_length=1000, max_body_bytes=20_000) as one:
        yield one


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def test_the_documented_asynchronous_client_works(
    server: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parents[2] / "docs" / "serving.md"
    code = page.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    exec(compile(code.replace("http://127.0.0.1:8000", server.url), "serving.md", "exec"), {})
    results = ast.literal_eval(capsys.readouterr().out)
    assert [result["label"] is None for result in results] == [False, True]


@pytest.mark.parametrize("path", ["predict", "explain"])
@pytest.mark.parametrize(
    ("query", "remedy"),
    [
        ("abstain=0.99", "tonality serve --abstain"),
        ("model=imdb", "tonality serve --model"),
        ("nonsense=1", "leave the query out"),
        ("text_column=text", "leave the query out"),
    ],
)
def test_a_query_that_would_change_nothing_is_refused(
    client: httpx.Client, path: str, query: str, remedy: str
) -> None:
    found = client.post(f"/v1/{path}?{query}", json={"texts": ["good"]})
    assert (found.status_code, found.json()["code"]) == (422, "invalid")
    assert f"no parameter '{query.partition('=')[0]}'" in found.json()["detail"]
    assert remedy in found.json()["remedy"]


def test_verdicts_are_those_of_the_library(client: httpx.Client, model_folder: Path) -> None:
    answer = client.post("/v1/predict", json={"texts": TEXTS})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["model"] == "small"
    for result, expected in zip(
        answer.json()["results"], load(model_folder).predict(TEXTS), strict=True
    ):
        assert list(result) == [
            "label",
            "score",
            "probabilities",
            "tokens_read",
            "tokens_left_out",
            "tokens_known",
            "unfamiliar",
        ]
        assert result["label"] == expected.label
        assert result["score"] == pytest.approx(expected.score, abs=1e-6)
        assert result["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
        assert result["tokens_read"] == expected.tokens_read
        assert result["tokens_left_out"] == expected.tokens_left_out
        assert result["tokens_known"] == expected.tokens_known


def test_explanations_are_those_of_the_library(client: httpx.Client, model_folder: Path) -> None:
    answer = client.post("/v1/explain", json={"texts": TEXTS})
    expected = [e.to_json() for e in load(model_folder).explain(TEXTS)]
    results = answer.json()["results"]
    assert [result.keys() for result in results] == [each.keys() for each in expected]
    for result, each in zip(results, expected, strict=True):
        assert result["text"] == each["text"]
        assert result["score"] == pytest.approx(each["score"], abs=1e-6)
        assert [t["text"] for t in result["tokens"]] == [t["text"] for t in each["tokens"]]
        assert [t["weight"] for t in result["sentences"]] == pytest.approx(
            [t["weight"] for t in each["sentences"]], abs=1e-5
        )


def test_no_texts_have_no_verdicts(client: httpx.Client) -> None:
    assert client.post("/v1/predict", json={"texts": []}).json()["results"] == []


def test_the_model_tells_about_itself(client: httpx.Client) -> None:
    info = client.get("/v1/model").json()
    assert info["name"] == "small"
    assert len(info["version"]) == 12
    assert info["labels"] == ["negative", "positive"]
    assert info["accuracy"] is None
    assert info["max_tokens"] == 50
    assert info["card"] == "# A small model for tests\n"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "not_json"),
        (b"{", 400, "not_json"),
        (b'{"texts": ["a"]} x', 400, "not_json"),
        (b'{"texts": ["\xff"]}', 400, "not_json"),
        (b'{"texts": ["\\ud800"]}', 400, "not_json"),
        (b'{"texts": ["\\udc00 \\ud800"]}', 400, "not_json"),
        (b'{"texts": ["a\x00b"]}', 400, "not_json"),
        (b'\xef\xbb\xbf{"texts": []}', 400, "not_json"),
        ('{"texts": ["a"]}'.encode("utf-16"), 400, "not_json"),
        (b"[" * 10_000, 400, "not_json"),
        (b'{"texts":' * 1000 + b"0" + b"}" * 1000, 400, "not_json"),
        (b'{"texts": [' + b"9" * 10_000 + b"]}", 400, "not_json"),
        (b'{"texts": [NaN]}', 422, "invalid"),
        (b'{"texts": Infinity}', 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"texts": "a"}', 422, "invalid"),
        (b'{"texts": [1]}', 422, "invalid"),
        (b'{"texts": [["a"]]}', 422, "invalid"),
        (b'{"texts": [], "more": 1}', 422, "invalid"),
        (b"{" + b",".join(b'"%d":0' % n for n in range(2000)) + b"}", 422, "invalid"),
        (texts(*[""] * 21), 422, "invalid"),
        (texts("x" * 1001), 422, "invalid"),
        (texts(*["x" * 999] * 20), 413, "body_too_large"),
    ],
)
def test_wrong_bodies(client: httpx.Client, body: bytes, status: int, code: str) -> None:
    for path in ("/v1/predict", "/v1/explain"):
        answer = client.post(path, content=body, headers=JSON)
        assert_problem(answer, status, code)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"null", "The document is null, not an object."),
        (b"{}", "The member texts is missing."),
        (b'{"texts": [], "x": 1}', "There is another member beside texts."),
        (b'{"texts": [], "x": 1, "y": 2}', "There are 2 others beside texts."),
        (b'{"texts": {}}', "texts is an object, not a list."),
        (b'{"texts": ["a", true]}', "texts[1] is a boolean, not a string or null."),
        (b'{"texts": [null, 1.5]}', "texts[1] is a number, not a string or null."),
        (texts("", "x" * 1001), "texts[1] has 1,001 characters; 1,000 are the most."),
    ],
)
def test_what_is_wrong_is_told(client: httpx.Client, body: bytes, detail: str) -> None:
    answer = client.post("/v1/predict", content=body, headers=JSON)
    assert answer.json()["detail"] == detail


def test_bodies_at_the_limits(client: httpx.Client) -> None:
    assert client.post("/v1/predict", json={"texts": [""] * 20}).status_code == 200
    assert client.post("/v1/predict", json={"texts": ["x" * 1000]}).status_code == 200
    exact = texts("love").ljust(20_000)
    assert client.post("/v1/predict", content=exact, headers=JSON).status_code == 200
    assert client.post("/v1/predict", content=exact + b" ", headers=JSON).status_code == 413


def test_odd_json_that_is_json(client: httpx.Client) -> None:
    last = client.post("/v1/predict", content=b'{"texts":["a","b"],"texts":["c"]}', headers=JSON)
    assert len(last.json()["results"]) == 1
    nul = client.post(
        "/v1/explain", content=b'{"texts":["a\\u0000b \\ud83d\\ude42"]}', headers=JSON
    )
    assert nul.json()["results"][0]["text"] == "a\0b 🙂"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-Type": "text/plain"}, "unsupported_media_type"),
        ({"Content-Type": ""}, "unsupported_media_type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "unsupported_media_type"),
        ({"Content-Type": "application/json; charset=latin-1"}, "unsupported_media_type"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "unsupported_media_type"),
        ({**JSON, "Content-Encoding": "gzip"}, "unsupported_media_type"),
        ({**JSON, "Content-Encoding": "br, gzip"}, "unsupported_media_type"),
    ],
)
def test_other_media_types(client: httpx.Client, headers: dict[str, str], code: str) -> None:
    found = client.post("/v1/predict", content=texts("a"), headers=headers)
    assert_problem(found, 415, code)
    curl = "form-urlencoded" in headers["Content-Type"]
    assert ("add -H 'Content-Type: application/json'" in found.json()["remedy"]) == curl


def test_media_types_are_read_with_parameters(client: httpx.Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8", "Content-Encoding": "identity"}
    assert client.post("/v1/predict", content=texts("a"), headers=headers).status_code == 200


def test_paths_and_methods(client: httpx.Client) -> None:
    assert_problem(client.get("/v2/predict"), 404, "not_found")
    assert_problem(client.get("/v1/model/"), 404, "not_found")
    assert_problem(client.get("/v1/predict"), 405, "method_not_allowed")
    assert client.get("/v1/predict").headers["allow"] == "POST"
    assert_problem(client.post("/v1/model"), 405, "method_not_allowed")
    assert_problem(client.delete("/"), 405, "method_not_allowed")
    assert client.get("/docs").status_code == 404


def test_head_is_get_without_a_body(client: httpx.Client) -> None:
    for path in ("/", "/healthz", "/v1/model", "/static/main.js"):
        whole, head = client.get(path), client.head(path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == str(len(whole.content))


def test_health(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_every_answer_has_the_headers_of_security(client: httpx.Client) -> None:
    answers = [
        client.get("/healthz"),
        client.get("/nowhere"),
        client.post("/v1/predict", json={"texts": []}),
        client.post("/v1/predict", json={}),
    ]
    for each in answers:
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["cross-origin-resource-policy"] == "same-origin"
        assert each.headers["content-security-policy"].startswith("default-src 'none'")
        assert each.headers["cache-control"] == "no-store"
        assert "server" not in each.headers
        assert "access-control-allow-origin" not in each.headers


def test_metrics_tell_what_was_done(model_folder: Path) -> None:
    with running(model_folder) as server, server.client() as client:
        client.post("/v1/predict", json={"texts": ["love", "hate", None]})
        client.post("/v1/predict", content=b"{", headers=JSON)
        client.get("/some/where")
        client.get("/static/main.js")
        with server.connect() as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            assert answer(connection).status == 400
        told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    for line in (
        'tonality_requests_total{path="/v1/predict",status="200"} 1.0',
        'tonality_requests_total{path="/v1/predict",status="400"} 1.0',
        'tonality_requests_total{path="other",status="404"} 1.0',
        'tonality_requests_total{path="other",status="400"} 1.0',
        'tonality_requests_total{path="/static",status="200"} 1.0',
        'tonality_errors_total{code="not_json"} 1.0',
        'tonality_request_seconds_count{path="/v1/predict"} 2.0',
        "tonality_batch_texts_sum 3.0",
        "tonality_batch_seconds_count 1.0",
        "tonality_texts_total 3.0",
        "tonality_tokens_total 2.0",
        "tonality_queue_texts 0.0",
        "tonality_connections 1.0",
    ):
        assert line in told.text.splitlines()


def test_keys(model_folder: Path) -> None:
    with running(model_folder, api_keys="first-key, second-key") as server:
        with server.client() as client:
            both = {"X-API-Key": "first-key", "Authorization": "Bearer nonsense"}
            wrong = ({"X-API-Key": "first"}, {"Authorization": "Bearer first-keys"}, both)
            for headers in ({}, *wrong):
                for path in ("/v1/model", "/metrics", "/v1/nothing"):
                    answer = client.get(path, headers=headers)
                    assert_problem(answer, 401, "key_unknown" if headers else "key_missing")
                    assert answer.headers["www-authenticate"] == "Bearer"
                    assert "x-model-version" not in answer.headers
                body = client.post("/v1/predict", json={"texts": []}, headers=headers)
                assert body.status_code == 401
            for headers in ({"X-API-Key": "second-key"}, {"Authorization": "bearer first-key"}):
                assert client.get("/v1/model", headers=headers).status_code == 200
                assert client.post("/v1/predict", json={"texts": []}, headers=headers).is_success
            for path in ("/", "/static/main.js", "/healthz", "/readyz", "/openapi.json"):
                assert client.get(path).status_code == 200
            document = client.get("/openapi.json").json()
        assert document["paths"]["/v1/predict"]["post"]["security"] == [{"bearer": []}, {"key": []}]
        assert "security" not in document["paths"]["/healthz"]["get"]
        assert "401" in document["paths"]["/v1/predict"]["post"]["responses"]
        assert "-key" not in server.log


def test_cors_where_it_is_asked_for(model_folder: Path) -> None:
    origin = {"Origin": "https://shop.example"}
    preflight = {**origin, "Access-Control-Request-Method": "POST"}
    preflight |= {"Access-Control-Request-Headers": "Content-Type, X-API-Key"}
    settings: dict[str, Any] = {"cors_origins": "https://shop.example", "api_keys": "k"}
    with running(model_folder, **settings) as server, server.client() as client:
        allowed = client.options("/v1/predict", headers=preflight)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
        other = {**preflight, "Origin": "https://evil.example"}
        assert client.options("/v1/predict", headers=other).status_code == 400
        refused = client.post("/v1/predict", json={"texts": []}, headers=origin)
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://shop.example"
        assert "X-Model-Version" in refused.headers["access-control-expose-headers"]


def test_texts_and_keys_are_never_logged(model_folder: Path) -> None:
    secret = "Xylophon-Geheimnis"
    with running(model_folder, log_level="debug", api_keys="k") as server:
        with server.client(headers={"X-API-Key": "k"}) as client:
            for path in ("/v1/predict", "/v1/explain"):
                client.post(path, json={"texts": [secret]})
                client.post(path, json={"texts": [secret, 1]})
                client.post(path, json={"texts": {secret: secret}})
                client.post(path, json={secret: secret})
                client.post(path, content=secret.encode(), headers=JSON)
                wrong = client.post(path, json={"texts": [], secret: 1})
                assert secret not in wrong.text
            table = f"{secret},text\n1,{secret}\n".encode()
            client.post("/v1/score", content=table, headers={"Content-Type": "text/csv"})
            client.get(f"/{secret}", headers={"X-API-Key": secret})
            assert secret not in client.get("/metrics").text
        assert secret not in server.log


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.text)
    assert list(problem) == ["type", "title", "status", "code", "detail", "remedy"]
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["detail"]
    assert problem["remedy"]
