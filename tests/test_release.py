"""A release could be published: versions agree, and the workflows run commands that exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tonality import __version__

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
WHEELS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "cibuildwheel"
]
PLATFORMS = ("linux", "macos", "windows")
# A name and at least a major version. The action that publishes calls its own `release/v1`.
ACTION = re.compile(r"[\w.-]+/[\w./-]+@(release/)?v\d+(\.\d+)*|\./\.github/workflows/[\w-]+\.yml")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(path: Path) -> Iterator[dict[str, Any]]:
    yield from load(path)["jobs"].values()


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path):
        yield from job.get("steps", ())


def targets_named(path: Path) -> set[str]:
    """What the workflow asks make for."""
    named = {
        target
        for job in jobs(path)
        for target in job.get("strategy", {}).get("matrix", {}).get("target", ())
    }
    for step in steps(path):
        named |= set(re.findall(r"\bmake ([a-z][\w-]*)", step.get("run", "")))
    return named


def makefile_targets() -> set[str]:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert phony
    return set(phony[1].split())


def test_the_version_is_the_same_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert load(ROOT / "CITATION.cff")["version"] == __version__
    assert re.findall(r"^## \[(.+)\]", changelog, flags=re.MULTILINE)[:2] == [
        "Unreleased",
        __version__,
    ]


def test_the_workflows_run_what_the_makefile_has() -> None:
    named = set().union(*(targets_named(path) for path in WORKFLOWS))
    assert named <= makefile_targets()
    assert {"sanitize", "lowest", "test-engines", "sbom", "docs"} <= named


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_workflows_name_files_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"(?:\.ci/|tests/|\./\.github/|src/)[\w./-]*\w", text):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    used = [entry["uses"] for entry in (*jobs(path), *steps(path)) if "uses" in entry]
    assert used
    assert [name for name in used if not ACTION.fullmatch(name)] == []


def test_only_the_jobs_that_publish_may_do_more_than_read() -> None:
    allowed = {
        "publish.yml": [{"id-token": "write"}],
        "docs.yml": [{"id-token": "write", "pages": "write"}],
    }
    for path in WORKFLOWS:
        assert load(path)["permissions"] == {"contents": "read"}
        more = [job["permissions"] for job in jobs(path) if "permissions" in job]
        assert more == allowed.get(path.name, [])


def test_there_is_a_wheel_for_each_platform_and_none_without_the_kernel() -> None:
    job = load(ROOT / ".github" / "workflows" / "wheels.yml")["jobs"]["wheels"]
    built = {each["arch"] for each in job["strategy"]["matrix"]["include"]}
    assert built == {arch for name in PLATFORMS for arch in WHEELS[name]["archs"]}
    for name in PLATFORMS:
        environment = WHEELS[name].get("environment", WHEELS["environment"])
        assert environment["TONALITY_COMPILE"] == "require"
    assert (ROOT / WHEELS["test-command"].partition("{project}/")[2]).exists()


@pytest.mark.parametrize(
    "path", [path for path in FORMS if path.name != "config.yml"], ids=lambda path: path.name
)
def test_each_issue_form_can_be_filled_in(path: Path) -> None:
    form = load(path)
    assert form["name"]
    assert form["description"]
    fields = [each for each in form["body"] if each["type"] != "markdown"]
    assert any(each["validations"]["required"] for each in fields)
    assert len({each["id"] for each in fields}) == len(fields)
