"""The scored file while it grows: whatever stops the work, what is done is kept.

Beside the output NAME lie ``.NAME.tonality-part``, to which a part of the rows is appended at a
time, and ``.NAME.tonality-journal``, one line of JSON for the job and then one a part: how far the
inputs were read, how large the files were, what was counted. Both are synced, the journal last, so
its last whole line holds. To go on, the files are cut to what it says. When all is done the part
file takes the output's name in one step. So do the rows that could not be read; what earlier runs
wrote stays until then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonality import plain_json
from tonality.durable_files import resolved, sync_folder
from tonality.errors import DataError
from tonality.file_lock import BUSY, hold
from tonality.score.files.output_target import is_stream, open_stream
from tonality.tables.bad_rows import check_way, make_way, writing_side


@dataclass(frozen=True)
class Mark:
    """How far a job is.

    Attributes:
        input: the index of the input being read.
        row: how many of its rows, readable or not, are done.
        size: bytes of the output so far.
        side: bytes of the file of unreadable rows so far.
        summary: what was counted.
        done: whether that was all.
    """

    input: int
    row: int
    size: int
    side: int
    summary: Mapping[str, Any]
    done: bool


class Output:
    """A scored file being written; use it as a context manager.

    Args:
        path: where it shall be; a link to a file is followed.
        side: where rows that cannot be read shall be; a pipe or device gets them at the end.
        build: makes the final file of the part file, where that is of another kind.

    Attributes:
        mark: how far an earlier run came; None at the start.
        kept: whether there is a part from which a run can go on.
    """

    def __init__(
        self, path: Path, side: Path, build: Callable[[Path, Path], None] | None = None
    ) -> None:
        self._path = resolved(path)
        self._piped = is_stream(str(side))
        # Where a pipe's name leads is no place in a folder.
        self._side = side if self._piped else resolved(side)
        self._build = build
        self._part = _beside(self._path, "part")
        self._built = _beside(self._path, "built")
        self._journal = _beside(self._path, "journal")
        self._side_part = (
            _beside(self._path, "bad-rows") if self._piped else _beside(self._side, "part")
        )
        self._stack = contextlib.ExitStack()
        self._files = self._stack.enter_context(contextlib.ExitStack())
        self._begun = False
        self._overwrite = False
        self.mark: Mark | None = None
        self.kept = False

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *error: object) -> None:
        if self._begun and not self.kept:  # there is nothing to go on with
            for path in (self._part, self._built, self._side_part, self._journal):
                with contextlib.suppress(OSError):  # what stopped the work is to be told
                    path.unlink()
        self._stack.close()

    def begin(self, job: Mapping[str, Any], *, resume: bool, overwrite: bool) -> None:
        """Starts a job, or goes on with it.

        Args:
            job: all that the output depends on, as JSON has it, by the names that a message
                calls it by.
            resume: whether to go on where an earlier run of this job stopped, if there is one.
            overwrite: whether an output that is there may be replaced, and what an earlier run
                left be thrown away.

        Raises:
            DataError: the output is there, another run is at work, the job is another one, or
                the system cannot write.
        """
        with self._writing():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.is_dir():
                raise DataError("is a folder; name a file", path=self._path)
            self._lines = self._stack.enter_context(self._journal.open("a+b", buffering=0))
            hold(self._lines.fileno(), self._journal, DataError(BUSY, path=self._path))
            begun, marks = self._read_journal()
            try:
                if begun is not None and resume:
                    check_same(begun["job"], job, self._path)
                    overwrite = overwrite or begun["overwrite"]
                    self.mark = marks[-1] if marks else None
                self._check_place(begun, marks, resume=resume, overwrite=overwrite)
                self._overwrite = overwrite
                self._open(job, overwrite=overwrite)
            except DataError:
                if begun is None:
                    self._journal.unlink(missing_ok=True)
                raise

    def _check_place(
        self,
        begun: Mapping[str, Any] | None,
        marks: Sequence[Mark],
        *,
        resume: bool,
        overwrite: bool,
    ) -> None:
        if begun is not None and not resume and not overwrite:
            rows = marks[-1].summary.get("rows", 0) if marks else 0
            raise DataError(
                f"an earlier run scored {rows:,} rows of it; go on with --resume, or start over "
                "with --overwrite",
                path=self._path,
            )
        done = self.mark is not None and self.mark.done
        published = done and not self._part.exists() and not self._built.exists()
        if self._path.exists() and not overwrite and not published:
            if begun is not None:
                raise self._appeared()
            whole = ", and no stopped run lies beside it to go on with" * resume
            raise DataError(f"exists already{whole}; --overwrite replaces it", path=self._path)

    def append(self, data: bytes, faults: bytes, mark: Mark) -> None:
        """Adds a part; it is safe once this returns.

        Args:
            data: the rows.
            faults: those that could not be read.
            mark: how far that is; its sizes are set here.

        Raises:
            DataError: the system cannot write.
        """
        with self._writing():
            for file, content in ((self._rows, data), (self._faults, faults)):
                if content:
                    _write(file, content)
            mark = dataclasses.replace(mark, size=self._rows.tell(), side=self._faults.tell())
            _write(self._lines, _line(dataclasses.asdict(mark)))
            self.kept = True

    def publish(self, *, rows: bool = True) -> None:
        """Puts the output and, if there is one, the file of unreadable rows in place.

        Args:
            rows: whether there is a row; if not, an output that is there stays as it is.

        Raises:
            DataError: an output appeared meanwhile that is not to be replaced, or the system cannot
                write.
        """
        with self._writing():
            self._files.close()  # Windows renames no open file
            whole = self._part if self._build is None else self._built
            if not rows:
                self._part.unlink(missing_ok=True)
                self._built.unlink(missing_ok=True)
            # Without the part file an earlier run came so far that what it built is whole.
            if self._build is not None and self._part.exists():
                self._build(self._part, self._built)
            if whole.exists() and self._path.exists() and not self._overwrite:
                raise self._appeared()
            if self._side_part.exists():  # otherwise an earlier run came as far as here
                self._publish_side()
            if self._build is not None:
                self._part.unlink(missing_ok=True)
            if whole.exists():
                whole.replace(self._path)
            for folder in {self._path.parent, self._side.parent}:
                sync_folder(folder)
            if sys.platform == "win32":
                self._lines.close()
            self._journal.unlink()

    def _appeared(self) -> DataError:
        return DataError(
            "appeared while this was scored; move it away and go on with --resume, or start over "
            "with --overwrite",
            path=self._path,
        )

    def _publish_side(self) -> None:
        with writing_side(self._side):
            if self._piped:  # also without any row: its reader waits for the end
                with self._side_part.open("rb") as part, open_stream(str(self._side)) as side:
                    shutil.copyfileobj(part, side)
            elif self._side_part.stat().st_size:
                check_way(self._side)
                self._side_part.replace(self._side)
            else:  # what an earlier run wrote would be taken for this one's
                make_way(self._side)
        self._side_part.unlink(missing_ok=True)

    def _open(self, job: Mapping[str, Any], *, overwrite: bool) -> None:
        mark, self._begun, self.kept = self.mark, True, self.mark is not None
        if mark is None:
            if not self._piped:
                with writing_side(self._side):
                    check_way(self._side)
            self._lines.truncate(0)
            _write(self._lines, _line({"job": job, "overwrite": overwrite}))
        if mark is None or not mark.done:
            self._rows = self._cut(self._part, 0 if mark is None else mark.size)
            self._faults = self._cut(self._side_part, 0 if mark is None else mark.side)
            sync_folder(self._path.parent)

    def _cut(self, path: Path, size: int) -> io.FileIO:
        """A file of which only the first ``size`` bytes are kept, open at its end."""
        if size and (not path.exists() or path.stat().st_size < size):
            reason = "is shorter than it was; start over with --overwrite"
            raise DataError(reason, path=path)
        file = self._files.enter_context(path.open("ab", buffering=0))
        file.truncate(size)
        file.seek(size)
        return file

    def _read_journal(self) -> tuple[dict[str, Any] | None, list[Mark]]:
        """The job that an earlier run had begun, and its marks."""
        self._lines.seek(0)
        lines = self._lines.readall().split(b"\n")[:-1]  # what follows was cut short
        self._lines.truncate(sum(len(line) + 1 for line in lines))
        try:
            begun, *marks = map(json.loads, lines)
            return dict(begun), [Mark(**mark) for mark in marks]
        except (ValueError, TypeError) as error:
            if not lines:
                return None, []
            reason = "is damaged; start over: remove it"
            raise DataError(reason, path=self._journal) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = f"cannot be written: {error.strerror or error}"
            raise DataError(reason, path=self._path) from error


def check_same(before: Mapping[str, Any], job: Mapping[str, Any], path: Path | str) -> None:
    """Checks that a job is the one that an earlier run had begun.

    Args:
        before: the earlier one, as JSON has it.
        job: this one; its keys are what a message calls them by.
        path: the output, for the message.

    Raises:
        DataError: it is another one; the message says what changed.
    """
    now = json.loads(plain_json.dumps(job))
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if changed:
        raise DataError(
            f"the earlier run cannot be gone on with: changed since then: "
            f"{', '.join(changed)}; start over with --overwrite",
            path=path,
        )


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f".{path.name}.tonality-{kind}")


def _line(entry: Mapping[str, Any]) -> bytes:
    return plain_json.dumps(entry, ascii_only=True).encode() + b"\n"


def _write(file: io.FileIO, data: bytes) -> None:
    """Writes all of it, and on to the disk. Unbuffered: nothing is left to fail again later."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())
