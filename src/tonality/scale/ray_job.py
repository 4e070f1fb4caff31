"""``tonality score --engine ray``: tables in, a folder of scored parts out, on many machines.

Ray Data moves the parts: a task a table cuts it, and an actor a core scores them. Ray holds back
the cutting while the actors are behind, starts anew what died, and gives it the same part again.
All that decides what the output is lies elsewhere: :mod:`tonality.scale.table_parts` and
:mod:`tonality.scale.scored_folder`.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tonality.classifier import load
from tonality.cores import available_cores
from tonality.errors import TonalityError
from tonality.scale.batch_scorer import BatchOptions
from tonality.scale.job_plan import JobInputs, description, plan_of
from tonality.scale.located_tables import LocatedTable
from tonality.scale.part_scorer import PartScorer
from tonality.scale.ray_address import LOCAL, check_answers, no_cluster, ray_address
from tonality.scale.ray_dataset import SharedModel, free_workers, require_ray
from tonality.scale.scored_folder import PartRecord, ScoredFolder
from tonality.scale.table_parts import ScoringPlan, TablePart
from tonality.score.tally import Tally
from tonality.tables.parquet_rows import require_pyarrow

# A task that cuts tables takes this share of a core. Another share than the actors' also keeps Ray
# from cutting inside the actors, where a table would stay with one of them.
READER_CORES = 0.5
IN_FLIGHT = 2  # parts that an actor has: the one it scores and the one that comes next

# Called with the rows that are done.
Progress = Callable[[int], None]


@dataclass(frozen=True)
class RayEngine:
    """Where to work.

    Attributes:
        address: of a Ray cluster, as :func:`ray_address` takes it; by default Ray is started on
            this machine.
        workers: processes with one core each; by default one less than the cluster's cores, or
            one a core of this machine.
    """

    address: str | None = None
    workers: int | None = None

    @contextmanager
    def connected(self) -> Iterator[Any]:
        """``ray``, connected; what was connected before stays so.

        Raises:
            ConfigError: the address is none.
            DataError: there is no such cluster.
            DependencyError: Ray is not installed.
        """
        ray = require_ray("--engine ray")
        if ray.is_initialized():
            yield ray
            return
        # Ray's own log files tell the rest; what stops the job is raised here.
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        address = ray_address(self.address)
        if address == LOCAL:
            workers = available_cores() if self.workers is None else self.workers
            # One more than there are workers: cutting tables is light, but must go on.
            settings |= {"num_cpus": workers + 1, "include_dashboard": False}
        else:
            check_answers(address)
            # Ray tries twenty times, half a minute each, where what answers is no Ray cluster.
            os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")
        try:
            ray.init(address=address, **settings)
        except Exception as error:  # of many classes, by what Ray tried
            raise no_cluster(address, error) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def score_with_ray(
    inputs: JobInputs,
    output: ScoredFolder,
    options: BatchOptions,
    engine: RayEngine,
    progress: Progress,
) -> tuple[Tally, int]:
    """Scores tables into a folder.

    Args:
        inputs: what to score.
        output: the folder.
        options: how.
        engine: where.
        progress: told how many rows are done.

    Returns:
        What was counted of all rows, and how many of them earlier runs had done.

    Raises:
        ConfigError: a column is not there, or there are not that many cores.
        DataError: an input cannot be read, or the output cannot be written.
        DependencyError: Ray is not installed.
    """
    read = inputs.read
    options = replace(options, threads=1, nulls=read.nulls, named_nulls=read.named_nulls)
    classifier = load(options.model, abstain=options.abstain)
    with engine.connected() as ray:
        workers = free_workers(ray, engine.workers)
        plan = plan_of(inputs, options, classifier, lambda work, tables: _spread(ray, work, tables))
        job = description(plan, options, classifier)
        output.begin(job)
        before = output.done()
        rows = done = sum(record.rows for record in before)
        if any(not _finished(before, table) for table in range(len(plan.tables))):
            work = _Work(SharedModel.of(classifier.artifact), options, plan, output.uri)
            for found in _results(ray, work, before, workers):
                rows += found
                progress(rows)
    return output.finish(job, Tally.start(classifier.labels, classifier.artifact.abstain)), done


def _finished(records: Sequence[PartRecord], table: int) -> bool:
    """Whether all parts of a table are done."""
    numbers = {record.number: record.last for record in records if record.table == table}
    return any(numbers.values()) and len(numbers) == max(numbers) + 1


def _spread(
    ray: Any, work: Callable[[LocatedTable], Any], tables: Sequence[LocatedTable]
) -> list[Any]:
    """What a function gives for each table, found by tasks."""
    task = ray.remote(num_cpus=READER_CORES)(lambda table: work(table))
    found: list[Any] = _or_own_error(lambda: ray.get([task.remote(table) for table in tables]))
    return found


def _or_own_error(call: Callable[[], Any]) -> Any:
    """What a call gives; of an error in a worker, the one that tonality raised there."""
    try:
        return call()
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            own = getattr(cause, "cause", None)  # of Ray's errors, which are of its class, too
            for found in (own, cause):
                if isinstance(found, TonalityError):
                    raise found from None
            cause = own if isinstance(own, BaseException) else cause.__cause__
        raise


@dataclass(frozen=True)
class _Work:
    """What every actor gets."""

    model: SharedModel
    options: BatchOptions
    plan: ScoringPlan
    output: str


def _results(ray: Any, work: _Work, before: Sequence[PartRecord], workers: int) -> Iterator[int]:
    """Does what is missing; gives the rows of each part when it is done."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    # A block a part: else Ray would put several together, and one actor would get them all.
    context.target_max_block_size = context.target_min_block_size = 1
    source = parts_source(ray, work.plan, before)
    dataset = ray.data.read_datasource(
        source, override_num_blocks=len(source.missing), num_cpus=READER_CORES
    ).map_batches(
        _Actor,
        fn_constructor_args=(work,),
        batch_format="pyarrow",
        batch_size=None,
        compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=IN_FLIGHT),
        num_cpus=1,
    )
    rows = iter(dataset.iter_rows())
    while (row := _or_own_error(lambda: next(rows, None))) is not None:
        yield row["rows"]


class _Actor:
    """What a worker does."""

    def __init__(self, work: _Work) -> None:
        classifier = work.model.classifier(work.options.threads)
        self._scorer = PartScorer(classifier, work.options, work.plan, ScoredFolder(work.output))

    def __call__(self, block: Any) -> Any:
        parts = zip(block["part"], block["batch"], strict=True)
        rows = [self._scorer.score(unpacked_part(*part)).rows for part in parts]
        return require_pyarrow().table({"rows": rows})


def parts_source(ray: Any, plan: ScoringPlan, before: Sequence[PartRecord]) -> Any:
    """A source of Ray Data that gives the parts that are not done, a row a part."""
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask

    class Parts(Datasource):  # type: ignore[misc]
        """The missing parts."""

        def __init__(self) -> None:
            super().__init__()
            tables = range(len(plan.tables))
            self.missing = [table for table in tables if not _finished(before, table)]

        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[Any]:
            return [
                ReadTask(_Cutter(plan, table, done), BlockMetadata(None, None, None))
                for table in self.missing
                for done in [{r.number for r in before if r.table == table}]
            ]

    return Parts()


@dataclass(frozen=True)
class _Cutter:
    """Cuts one table."""

    plan: ScoringPlan
    table: int
    done: set[int]

    def __call__(self) -> Iterator[Any]:
        for part in self.plan.parts(self.table):
            if part.number not in self.done:
                yield packed_part(part)


def packed_part(part: TablePart) -> Any:
    """A part as a table of one row, of bytes: Ray leaves the types in it alone."""
    arrow = require_pyarrow()
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, part.batch.schema) as writer:
        writer.write_batch(part.batch)
    rest = pickle.dumps(part._replace(batch=None))
    kind = arrow.large_binary()
    return arrow.table(
        {
            "part": arrow.array([rest], kind),
            "batch": arrow.array([sink.getvalue().to_pybytes()], kind),
        }
    )


def unpacked_part(rest: Any, batch: Any) -> TablePart:
    """The part that :func:`packed_part` packed, from the two values of its row."""
    part: TablePart = pickle.loads(rest.as_py())
    with require_pyarrow().ipc.open_stream(batch.as_buffer()) as reader:
        return part._replace(batch=reader.read_next_batch())
