"""The Large Movie Review Dataset (Maas et al. 2011) as Stanford gives it out.

A folder ``aclImdb``, or ``aclImdb_v1.tar.gz`` read as a stream: nothing is unpacked to disk, so
no name in an archive can lead anywhere. ``{train,test}/{pos,neg}/INDEX_RATING.txt`` hold one
review each; line INDEX of ``urls_pos.txt`` is the page of the movie it is about.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tonality.data.imdb.tar_archive import members
from tonality.durable_files import read_regular
from tonality.errors import DataError
from tonality.tables.bad_rows import BadRows, Fault
from tonality.tables.build_table import build_table
from tonality.tables.column_names import Wanted
from tonality.tables.dataset import Dataset
from tonality.tables.encoding import decoded
from tonality.tables.open_file import sha256_of, unreadable
from tonality.tables.row_stream import Row, Rows, invalid, is_undecoded

logger = logging.getLogger(__name__)

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar")
LABELS: Mapping[str, str] = {"pos": "positive", "neg": "negative"}

_WANTED = re.compile(
    r"(?:\./)?(?:aclImdb/)?(?P<split>train|test)/"
    r"(?:(?P<kind>pos|neg|unsup)/(?P<line>\d{1,9})_(?P<rating>\d{1,2})\.txt"
    r"|urls_(?P<urls>pos|neg|unsup)\.txt)"
)
_MOVIE = re.compile(r"/title/(tt\d+)")


class _Review(NamedTuple):
    kind: str
    line: int  # of urls_*.txt, from 0
    rating: int
    content: bytes

    @property
    def name(self) -> str:
        return f"{self.line}_{self.rating}"


@dataclass
class _Part:
    """The files of one split and kind, such as train/pos."""

    reviews: list[_Review] = field(default_factory=list)
    movies: list[str] | None = None


Parts = dict[tuple[str, str], _Part]


def _reviews_as_rows(
    name: str, split: str, parts: Mapping[str, _Part], encoding: str | None
) -> Rows:
    """Reviews of one split, in the order of their names."""
    labelled = parts.keys() <= LABELS.keys()
    movies = all(part.movies is not None for part in parts.values())
    if not movies:
        logger.warning("%s: no urls_*.txt for %s, so movies are not known", name, split)
    columns = ["id", "text", *(("label", "rating") if labelled else ())]
    columns += ["movie"] if movies else []

    def items() -> Iterator[Row | Fault]:
        number = 0
        for kind, part in sorted(parts.items()):
            for review in sorted(part.reviews, key=lambda review: review.name):
                number += 1
                text = decoded(review.content, encoding)
                cells = {
                    "id": f"{split}/{kind}/{review.name}",
                    "label": LABELS.get(kind),
                    "rating": review.rating,
                    "text": text,
                }
                lines = part.movies if movies else None
                if lines is not None and review.line < len(lines):
                    cells["movie"] = lines[review.line]
                if lines is not None and review.line >= len(lines):
                    reason = f"urls_{kind}.txt has no line {review.line + 1}"
                    yield Fault(number, reason, cells, "movie")
                elif is_undecoded(text):
                    yield Fault(number, invalid(encoding), cells, "text")
                else:
                    yield Row(number, text, cells)

    return Rows(name, columns, "text", items())


def is_archive(path: Path) -> bool:
    """Whether the name is that of a tar archive."""
    return path.name.casefold().endswith(ARCHIVE_SUFFIXES)


def find_folder(path: Path) -> Path | None:
    """Returns the folder with ``train/pos``: ``path`` or ``path/aclImdb``, else ``None``."""
    candidates = (path, path / "aclImdb")
    return next((folder for folder in candidates if (folder / "train" / "pos").is_dir()), None)


def load_stanford(path: Path, wanted: Wanted, bad_rows: BadRows) -> Dataset:
    """Reads the collection from its folder or its archive.

    Args:
        path: the folder ``aclImdb`` or the archive.
        wanted: column names and label map, as for any other file.
        bad_rows: where reviews that are no UTF-8 or blank go.

    Returns:
        Train, test and unlabelled reviews with their movies and ratings. A folder's SHA-256 is
        that of the names and contents of all files read, in the order of their names.

    Raises:
        DataError: no training reviews there; a damaged or unsafe archive.
    """
    parts, digest = _read(path)
    train = test = unsup = None
    if {("train", "pos"), ("train", "neg")} <= parts.keys():
        train = _reviews(path, parts, "train", ("pos", "neg"), wanted.encoding)
        test = _reviews(path, parts, "test", ("pos", "neg"), wanted.encoding)
        unsup = _reviews(path, parts, "train", ("unsup",), wanted.encoding)
    if train is None:
        raise DataError("no reviews in train/pos and train/neg", path=path)
    no_label = dataclasses.replace(wanted, label="", extras=())
    return Dataset(
        train=build_table(train, wanted, bad_rows),
        test=None if test is None else build_table(test, wanted, bad_rows),
        unlabelled=None if unsup is None else build_table(unsup, no_label, bad_rows),
        name="imdb",
        sha256={path.name: digest},
    )


def _read(path: Path) -> tuple[Parts, str]:
    """The files of a folder or an archive, and the SHA-256 of it all."""
    parts: Parts = {}
    if is_archive(path):
        digest = sha256_of(path)
        for name, content in members(path, lambda name: _WANTED.fullmatch(name) is not None):
            _sort_in(parts, name, content)
        return parts, digest
    whole = hashlib.sha256()
    for name, content in _folder_files(path):
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
        _sort_in(parts, name, content)
    return parts, whole.hexdigest()


def _reviews(
    path: Path, parts: Parts, split: str, kinds: Sequence[str], encoding: str | None
) -> Rows | None:
    """The reviews of some kinds as rows; ``None`` where there are none."""
    chosen = {kind: parts[split, kind] for kind in kinds if (split, kind) in parts}
    if not any(part.reviews for part in chosen.values()):
        return None
    name = f"{path}/{split}" + ("/unsup" if "unsup" in kinds else "")
    return _reviews_as_rows(name, split, chosen, encoding)


def _sort_in(parts: Parts, name: str, content: bytes) -> None:
    match = _WANTED.fullmatch(name)
    assert match is not None
    kind = match["kind"] or match["urls"]
    part = parts.setdefault((match["split"], kind), _Part())
    if match["urls"]:
        lines = content.decode("utf-8", "replace").splitlines()
        part.movies = [found[1] if (found := _MOVIE.search(line)) else line for line in lines]
    else:
        part.reviews.append(_Review(kind, int(match["line"]), int(match["rating"]), content))


def _folder_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    try:
        for split in ("test", "train"):
            for place in (".", "neg", "pos", "unsup"):
                for file in sorted((folder / split / place).glob("*.txt")):
                    name = file.relative_to(folder).as_posix()
                    if _WANTED.fullmatch(name):
                        yield name, read_regular(file)
    except OSError as error:
        raise unreadable(Path(error.filename or folder), error) from error
