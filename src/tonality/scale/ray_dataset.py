"""Ray Data: a dataset in, the same dataset with verdicts out."""

from __future__ import annotations

import dataclasses
from typing import Any

from tonality._version import __version__
from tonality.artifact.model_folder import Artifact
from tonality.classifier import Classifier, load
from tonality.errors import ArtifactError, ConfigError, DependencyError
from tonality.scale.batch_scorer import BatchOptions, BatchScorer


def require_ray(what: str) -> Any:
    """Loads ``ray`` with Ray Data.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise DependencyError(what, extra="ray") from error
    return ray


@dataclasses.dataclass(frozen=True)
class SharedModel:
    """A model in Ray's object store: a machine has its weights in memory once, for all workers.

    Attributes:
        weights: the reference of the :class:`Artifact`.
        version: of tonality, where it was read.
    """

    weights: Any
    version: str

    @classmethod
    def of(cls, artifact: Artifact) -> SharedModel:
        """Puts a model there."""
        return cls(require_ray("sharing a model").put(artifact), __version__)

    def classifier(self, threads: int | None) -> Classifier:
        """The classifier, made from the weights that are there.

        Raises:
            ArtifactError: this machine has another version of tonality.
        """
        if self.version != __version__:
            raise ArtifactError(
                f"expected tonality {self.version}, as where the work began, got {__version__}; "
                "install the same version on every machine",
                path="model",
            )
        return Classifier(require_ray("scoring").get(self.weights), threads=threads)


class RayScorer:
    """What an actor of :func:`score_dataset` does; it makes its classifier once."""

    def __init__(self, model: SharedModel, options: BatchOptions) -> None:
        self._scorer = BatchScorer(model.classifier(options.threads), options)

    def __call__(self, table: Any) -> Any:
        """A ``pyarrow.Table`` with verdicts."""
        import pyarrow

        # One batch even of no rows, else the columns would be missing.
        batches = table.combine_chunks().to_batches()
        batches = batches or [pyarrow.RecordBatch.from_pylist([], schema=table.schema)]
        return pyarrow.Table.from_batches([self._scorer.score(batch)[0] for batch in batches])


def score_dataset(dataset: Any, *, workers: int | None = None, **how: Any) -> Any:
    """Adds the columns of ``tonality score`` to a dataset of Ray.

    It is lazy, as Ray Data is: write it, or iterate over it. Ray retries a batch whose worker died.

    Args:
        dataset: a ``ray.data.Dataset``.
        workers: processes with one core each; by default one less than the cores of the cluster,
            for reading needs one, too.
        how: the attributes of :class:`tonality.scale.BatchOptions`; ``threads`` is 1 unless said
            otherwise.

    Returns:
        A ``ray.data.Dataset``.

    Raises:
        ArtifactError: there is no such model.
        ConfigError: more workers than the cluster has cores for.
        DependencyError: Ray is not installed.
    """
    ray = require_ray("scoring datasets of Ray")
    options = BatchOptions(**{"threads": 1, **how})
    model = SharedModel.of(load(options.model, abstain=options.abstain).artifact)
    return dataset.map_batches(
        RayScorer,
        fn_constructor_args=(model, options),
        batch_format="pyarrow",  # the default format changes missing values
        batch_size=None,  # a batch over two blocks fails where their guessed types differ
        compute=ray.data.ActorPoolStrategy(size=free_workers(ray, workers)),
        num_cpus=1,
    )


def free_workers(ray: Any, asked: int | None) -> int:
    """How many workers there can be with a core each, so that a core is left to reading.

    Raises:
        ConfigError: fewer than were asked for.
    """
    cores = int(ray.cluster_resources().get("CPU", 1))
    if asked is not None and asked > cores - 1:
        raise ConfigError(
            f"{asked} workers: expected at most {cores - 1}, for the cluster has {cores} cores and "
            "one of them reads; give fewer, or add nodes"
        )
    return max(1, cores - 1) if asked is None else asked
