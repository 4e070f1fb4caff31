"""The manifests in `deploy/`: valid by the schemas of what reads them, and true of the service."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

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
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
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


def test_the_ray_cluster_is_valid_by_rays_own_schema() -> None:
    ray, jsonschema = pytest.importorskip("ray"), pytest.importorskip("jsonschema")
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    cluster = yaml.safe_load((DEPLOY / "ray-cluster.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(cluster, schema)
    assert cluster["head_node_type"] in cluster["available_node_types"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**cluster, "max_worker": 3}, schema)
