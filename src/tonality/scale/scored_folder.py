"""The folder of a scored table in parts: whatever stops the work, a part that is there is whole.

``part-TABLE-NUMBER.parquet`` is a part of the rows, put there in one step. What was counted of it
stands in its own metadata, so nothing else needs to be kept in step with it. ``_job.json`` says
what the job is, from its start. ``_manifest.json`` lists the parts, once all are there. Rows that
cannot be read are in ``_bad_rows``. Readers of folders of Parquet skip names that begin with ``_``.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tonality import plain_json
from tonality.durable_files import sync_folder
from tonality.errors import DataError
from tonality.file_lock import BUSY, hold
from tonality.scale.located_tables import arrow_fs, check_apart, filesystem, reading
from tonality.score.files.resumable_output import check_same
from tonality.score.tally import Tally
from tonality.tables.parquet_rows import require_pyarrow

JOB, MANIFEST, BAD_ROWS, LOCK = "_job.json", "_manifest.json", "_bad_rows", "_lock"
KEY = b"tonality"  # of a part's metadata
_PART = "part-[0-9]{5,}-[0-9]{7,}"
_NEW = r"\.new-[0-9a-f]{16}"  # half written
_OWN = re.compile(
    rf"{_PART}\.parquet|{_NEW}|_job\.json|_manifest\.json|_lock|_bad_rows|_bad_rows/{_PART}\.jsonl"
)
_BEFORE_JOB = re.compile(f"{_NEW}|_lock|_bad_rows")  # what there can be before a job is written
_STORES = ("s3", "gcs", "abfs")  # where a file appears when it is whole
_READERS = 16  # footers read at the same time


class PartRecord(NamedTuple):
    """What is known of a part that is done.

    Attributes:
        table: the number of its table.
        number: its own.
        last: whether its table ends with it.
        rows: how many rows it has.
        tally: what was counted, as :meth:`Tally.state` gives it.
    """

    table: int
    number: int
    last: bool
    rows: int
    tally: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The part's file, without its suffix."""
        return f"part-{self.table:05d}-{self.number:07d}"


class ScoredFolder:
    """A folder of parts, on this machine or anywhere that pyarrow reaches.

    Args:
        uri: the path, or a URI such as ``s3://bucket/scored``.
        resume: whether to go on where an earlier run of a job stopped, if there is one.
        overwrite: whether what an earlier run wrote is thrown away.

    Attributes:
        begun: whether the job has begun, so that there may be something to go on with.
    """

    def __init__(self, uri: str, *, resume: bool = False, overwrite: bool = False) -> None:
        self.uri = uri
        self.begun = False
        self._resume, self._overwrite = resume, overwrite
        self._system, self._root = filesystem(uri)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> ScoredFolder:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def begin(self, job: Mapping[str, Any]) -> None:
        """Starts a job, or goes on with it.

        Args:
            job: all that the output depends on, by the names that a message calls it by.

        Raises:
            ConfigError: the folder holds one of the inputs.
            DataError: the output is there, another run is at work, the job is another one, the
                folder holds other files, or the system cannot write.
        """
        check_apart([uri for uri, *_ in job["the inputs"]], self.uri)
        with reading(self.uri):
            self._check_own()  # before anything is written: what is not ours is left as it is
            self._make()
            names, before = self._check_own()  # again: now no other run can change it
            if before is not None and not self._overwrite:
                self._check_place(before, job, whole=MANIFEST in names)
            self._clear(names, parts=self._overwrite)
            self._put(JOB, plain_json.dumps(job).encode())
        self.begun = True

    def _check_own(self) -> tuple[set[str], Mapping[str, Any] | None]:
        """The names of what is there, which is all ours, and the job that is there, if one is.

        Raises:
            DataError: there is what no job of ours has written, or its job is damaged.
        """
        if self._system.get_file_info(self._root).is_file:
            raise DataError("is a file; name a folder, which --engine ray writes", path=self.uri)
        names = self._names()
        found = names | {f"{BAD_ROWS}/{name}" for name in self._names(BAD_ROWS)}
        if strange := sorted(name for name in found if not _OWN.fullmatch(name)):
            reason = f"holds {strange[0]!r}, which is no part of a scored table"
            raise DataError(f"{reason}; name a new folder", path=self.uri)
        if JOB in names:
            return names, self._job_before()
        if strange := sorted(name for name in found if not _BEFORE_JOB.fullmatch(name)):
            reason = f"holds {strange[0]!r}, and no {JOB} says that tonality wrote it"
            raise DataError(f"{reason}; name a new folder", path=self.uri)
        return names, None

    def _job_before(self) -> Mapping[str, Any] | None:
        """The job that is there; None where it is damaged and is to be overwritten."""
        try:
            job = json.loads(self._read(JOB))
        except ValueError as error:
            if self._overwrite:
                return None
            reason = f"{JOB} is damaged: {error}; start over with --overwrite"
            raise DataError(reason, path=self.uri) from error
        if not isinstance(job, dict) or not {"the inputs", "tonality's version"} <= job.keys():
            reason = f"holds a {JOB} that tonality did not write"
            raise DataError(f"{reason}; name a new folder", path=self.uri)
        return job

    def _check_place(
        self, before: Mapping[str, Any], job: Mapping[str, Any], *, whole: bool
    ) -> None:
        if self._resume:
            check_same(before, job, self.uri)
        elif whole:
            raise DataError("exists already; --overwrite replaces it", path=self.uri)
        else:
            raise DataError(
                "an earlier run scored a part of it; go on with --resume, or start over with "
                "--overwrite",
                path=self.uri,
            )

    def _make(self) -> None:
        self._system.create_dir(f"{self._root}/{BAD_ROWS}", recursive=True)
        if self._is_local:
            path = Path(self._root, LOCK)
            lock = self._stack.enter_context(path.open("a+b", buffering=0))
            hold(lock.fileno(), path, DataError(BUSY, path=self._root))

    @property
    def _is_local(self) -> bool:
        return bool(self._system.type_name == "local")

    def _names(self, inside: str = "") -> set[str]:
        path = f"{self._root}/{inside}".rstrip("/")
        selector = arrow_fs().FileSelector(path, allow_not_found=True)
        return {info.base_name for info in self._system.get_file_info(selector)}

    def _clear(self, names: set[str], *, parts: bool) -> None:
        """Removes what was half written, and the parts too if they are to be overwritten."""
        for name in names:
            if name.startswith(".new-") or (parts and name.endswith(".parquet")):
                self._system.delete_file(f"{self._root}/{name}")
        if parts and MANIFEST in names:
            self._system.delete_file(f"{self._root}/{MANIFEST}")
        for name in self._names(BAD_ROWS) if parts else ():
            self._system.delete_file(f"{self._root}/{BAD_ROWS}/{name}")

    def _read(self, name: str) -> bytes:
        with self._system.open_input_stream(f"{self._root}/{name}", compression=None) as file:
            return bytes(file.read())

    def _put(self, name: str, data: Any) -> None:
        """Writes a file that appears when it is whole, and stays when the power goes."""
        target = f"{self._root}/{name}"
        if self._system.type_name in _STORES:
            with self._system.open_output_stream(target, compression=None) as file:
                file.write(data)
            return
        new = f"{self._root}/.new-{secrets.token_hex(8)}"
        with self._system.open_output_stream(new, compression=None) as file:
            file.write(data)
        if self._is_local:
            with Path(new).open("rb") as written:
                os.fsync(written.fileno())
        self._system.move(new, target)

    def write(self, record: PartRecord, batch: Any, faults: bytes) -> None:
        """Writes a part; it counts as done once this returns. Writing it again changes nothing.

        Args:
            record: what is known of it.
            batch: its rows with verdicts.
            faults: its rows that could not be read, as lines.

        Raises:
            DataError: the system cannot write.
        """
        arrow = require_pyarrow()
        known = {**(batch.schema.metadata or {}), KEY: plain_json.dumps(record._asdict())}
        table = arrow.Table.from_batches([batch.replace_schema_metadata(known)])
        sink = io.BytesIO()
        arrow.parquet.write_table(table, sink, compression="zstd")
        with reading(self.uri):
            if faults:
                self._put(f"{BAD_ROWS}/{record.name}.jsonl", faults)
            self._put(f"{record.name}.parquet", sink.getbuffer())

    def done(self) -> list[PartRecord]:
        """The parts that are done, in order.

        Raises:
            DataError: one is damaged.
        """
        with reading(self.uri), ThreadPoolExecutor(_READERS) as pool:
            names = sorted(name for name in self._names() if name.endswith(".parquet"))
            return sorted(pool.map(self._record, names))

    def _record(self, name: str) -> PartRecord:
        arrow = require_pyarrow()
        try:
            with self._system.open_input_file(f"{self._root}/{name}") as file:
                known = arrow.parquet.read_metadata(file).metadata
            return PartRecord(**json.loads(known[KEY]))
        except (arrow.ArrowException, KeyError, TypeError, ValueError) as error:
            reason = f"part {name} is damaged: {error}; remove it, then go on with --resume"
            raise DataError(reason, path=self.uri) from error

    def finish(self, job: Mapping[str, Any], total: Tally) -> Tally:
        """Checks that every part is there, and lists them in the manifest.

        Args:
            job: as for :meth:`begin`.
            total: what nothing was added to yet.

        Returns:
            What was counted of all rows.

        Raises:
            DataError: a part is missing, or the system cannot write.
        """
        records = self.done()
        check_whole(records, len(job["the inputs"]), self.uri)
        for record in records:
            total.merge(Tally(**record.tally))
        parts = [
            {"file": f"{record.name}.parquet", "table": record.table, "rows": record.rows}
            for record in records
        ]
        manifest = {"job": job, "parts": parts, "summary": total.to_json()}
        with reading(self.uri):
            self._put(MANIFEST, plain_json.dumps(manifest, indent=1).encode())
        if self._is_local:
            Path(self._root, LOCK).unlink(missing_ok=True)
            sync_folder(Path(self._root))
        return total


def check_whole(records: Sequence[PartRecord], tables: int, uri: str) -> None:
    """Checks that no part of any table is missing.

    Raises:
        DataError: one is.
    """
    numbers: dict[int, list[int]] = {table: [] for table in range(tables)}
    ends: dict[int, int] = {}
    for record in records:
        numbers.setdefault(record.table, []).append(record.number)
        if record.last:
            ends[record.table] = record.number
    for table, found in numbers.items():
        if table not in ends or sorted(found) != list(range(ends[table] + 1)):
            reason = f"lacks parts of input {table + 1}; go on with --resume"
            raise DataError(reason, path=uri)
