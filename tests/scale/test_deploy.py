"""The manifests in `deploy/`: valid by the schemas of what reads them, and true of the service."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tonality.errors import ConfigError
from tonality.scale.ray_dataset import free_workers
from tonality.serve.allowed_hosts import checker, pattern

yaml = pytest.importorskip("yaml")

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVE = Path(__file__).parents[2] / "src" / "tonality" / "serve"
MODELS = {
    "Service": "V1Service",
    "Deployment": "V1Deployment",
    "PodDisruptionBudget": "V1PodDisruptionBudget",
    "HorizontalPodAutoscaler": "V2HorizontalPodAutoscaler",
}


def documents() -> dict[str, Any]:
    found = yaml.safe_load_all((DEPLOY / "service.yaml").read_text(encoding="utf-8"))
    return {document["kind"]: document for document in found}


def checked(kind: str, document: Any) -> None:
    """Checks a manifest by the models of Kubernetes' own client, which know every field."""
    client = pytest.importorskip("kubernetes.client")
    getattr(client, MODELS[kind]).model_validate(document)


@pytest.mark.parametrize("kind", MODELS)
def test_kubernetes_knows_every_field(kind: str) -> None:
    checked(kind, documents()[kind])


def test_the_check_finds_what_is_wrong() -> None:
    broken = documents()["Deployment"]
    container = broken["spec"]["template"]["spec"]["containers"][0]
    container["livenessProb"] = container.pop("livenessProbe")
    with pytest.raises(ValueError, match=r"livenessProb\n +Extra inputs are not permitted"):
        checked("Deployment", broken)
    del broken["spec"]["selector"]
    with pytest.raises(ValueError, match=r"spec.selector\n +Field required"):
        checked("Deployment", broken)


def test_the_manifest_is_true_of_the_service() -> None:
    found = documents()
    pod = found["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    settings = (SERVE / "settings.py").read_text(encoding="utf-8")
    environment = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
    for name in environment:
        assert re.search(rf"^    {name.removeprefix('TONALITY_').lower()}: ", settings, re.M), name
    probes = {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness")}
    assert probes == {"/healthz"}
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    routes = "".join(path.read_text(encoding="utf-8") for path in SERVE.glob("*.py"))
    assert all(f'"{path}"' in routes for path in ("/healthz", "/readyz", "/metrics"))
    times = [float(environment[f"TONALITY_{name}_SECONDS"]) for name in ("DRAIN", "SHUTDOWN")]
    assert pod["terminationGracePeriodSeconds"] > sum(times)
    hosts = environment["TONALITY_ALLOWED_HOSTS"].split(",")
    for kind in ("startup", "liveness", "readiness"):
        (header,) = container[f"{kind}Probe"]["httpGet"]["httpHeaders"]
        assert header["value"] in hosts
    (metric,) = found["HorizontalPodAutoscaler"]["spec"]["metrics"]
    assert f'"{metric["pods"]["metric"]["name"]}"' in routes
    assert {"cpu", "memory"} == set(container["resources"]["limits"])


@pytest.mark.parametrize(
    ("address", "authority"), [("10.42.0.7", b"10.42.0.7:8000"), ("fd00::7", b"[fd00::7]:8000")]
)
def test_prometheus_may_ask_for_a_pod_by_its_address(address: str, authority: bytes) -> None:
    template = documents()["Deployment"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    entries = container["env"]
    names = [entry["name"] for entry in entries]
    # Kubernetes fills in the variables that stand before the one that names them.
    before = entries[: names.index("TONALITY_ALLOWED_HOSTS")]
    assert {"fieldRef": {"fieldPath": "status.podIP"}} in [one.get("valueFrom") for one in before]
    value = entries[len(before)]["value"].replace("$(POD_IP)", address)
    allows = checker("0.0.0.0", "0.0.0.0", [pattern(name) for name in value.split(",")])
    assert template["metadata"]["annotations"]["prometheus.io/port"] == "8000"
    assert allows(authority)
    assert allows(b"tonality")
    assert allows(b"tonality.default.svc.cluster.local:80")
    assert not allows(b"10.42.0.8:8000")
    assert not allows(b"evil.example")


def cluster() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "ray-cluster.yaml").read_text("utf-8"))
    return found


def test_the_ray_cluster_takes_the_command_in_it() -> None:
    types = cluster()["available_node_types"]
    head = types.pop(cluster()["head_node_type"])
    assert head["resources"] == {"CPU": 0}  # all that reads and scores is on the others
    assert all(one["min_workers"] == one["max_workers"] > 0 for one in types.values())
    there = sum(one["min_workers"] * one["resources"]["CPU"] for one in types.values())
    page = (DEPLOY / "ray-cluster.yaml").read_text("utf-8")
    (asked,) = re.findall(r"--workers (\d+)", page)
    assert f"{there} CPU" in page
    ray = SimpleNamespace(cluster_resources=lambda: {"CPU": float(there)})
    assert free_workers(ray, int(asked)) == int(asked)
    with pytest.raises(ConfigError, match="expected at most"):
        free_workers(ray, there)


def test_the_ray_cluster_installs_the_wheel_that_is_built(tmp_path: Path) -> None:
    ((target, source),) = cluster()["file_mounts"].items()
    assert re.search(rf"rm -rf {source} ", (DEPLOY.parent / "Makefile").read_text("utf-8"))
    (setup,) = cluster()["setup_commands"]
    wheel = tmp_path / "tonality-1.2.3-py3-none-any.whl"
    wheel.touch()
    said = setup.replace("python3 -m pip", "echo").replace(target, str(tmp_path))
    shown = subprocess.run(["sh", "-c", said], capture_output=True, text=True, check=True).stdout
    assert shown == f"install {wheel}[ray]\n"
    constraints = (DEPLOY.parent / "constraints.txt").read_text("utf-8")
    (version,) = re.findall(r"^ray==(.+)$", constraints, re.M)
    assert cluster()["docker"]["image"].startswith(f"rayproject/ray:{version}-py3")


def test_the_ray_cluster_is_valid_by_rays_own_schema() -> None:
    ray, jsonschema = pytest.importorskip("ray"), pytest.importorskip("jsonschema")
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(cluster(), schema)
    assert cluster()["head_node_type"] in cluster()["available_node_types"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**cluster(), "max_worker": 3}, schema)
