"""The description of the service is exact: schemathesis finds nothing wrong with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the service needs tonality[serve]")
pytest.importorskip("schemathesis", reason="it is in the extra dev")

from service import running

from uncovered import uncovered

CONFIG = Path(__file__).parent / "schemathesis.toml"
AUTH = """
[auth.openapi]
key.api_key = "{key}"
bearer.bearer = "{key}"
"""


def test_every_member_has_a_meaning(model_folder: Path) -> None:
    with running(model_folder) as server, server.client() as client:
        described = client.get("/openapi.json").json()
    schemas = described["components"]["schemas"]
    for path in ("/v1/predict", "/v1/explain"):
        body = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        schemas[f"body of {path}"] = body["schema"]
    mute = [
        f"{name}.{member}"
        for name, schema in schemas.items()
        for member, each in schema["properties"].items()
        if not each.get("description")
    ]
    assert len(schemas) > 8
    assert mute == []


@pytest.mark.parametrize("key", ["", "a-key"])
def test_schemathesis_finds_nothing(model_folder: Path, tmp_path: Path, key: str) -> None:
    settings = CONFIG.read_text() + (AUTH.format(key=key) if key else "")
    (tmp_path / "schemathesis.toml").write_text(settings)
    keys: dict[str, Any] = {"api_keys": key} if key else {}
    with running(model_folder, max_texts=9, max_text_length=99, **keys) as server, uncovered():
        found = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis",
                "run",
                f"{server.url}/openapi.json",
                "--checks=all",
                "--max-examples=30",
                "--seed=5",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 0, found.stdout
    assert "ERROR" not in server.log
