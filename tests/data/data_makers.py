"""Small files of the shapes that users have."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

REVIEWS = {
    "train/pos/0_9": "A joy from start to end.<br /><br />See it.",
    "train/pos/1_10": "Café scenes shot with love — superb.",
    "train/neg/0_2": "Dull. I left early.",
    "train/neg/1_1": "Two hours of my life, gone.",
    "train/unsup/0_0": "I saw this on a plane.",
    "train/unsup/1_0": "Made in 1952.",
    "test/pos/0_7": "Quite good, all told.",
    "test/neg/0_4": "Not for me.",
}
MOVIES = {
    "train/pos": ["tt0000001", "tt0000002"],
    "train/neg": ["tt0000001", "tt0000003"],
    "train/unsup": ["tt0000004", "tt0000004"],
    "test/pos": ["tt0000005"],
    "test/neg": ["tt0000006"],
}


def stanford_files(
    reviews: Mapping[str, str] = REVIEWS, movies: Mapping[str, Sequence[str]] = MOVIES
) -> dict[str, bytes]:
    """The files of Stanford's collection, by path inside ``aclImdb``."""
    files = {f"{name}.txt": text.encode() for name, text in reviews.items()}
    for place, titles in movies.items():
        split, kind = place.split("/")
        lines = "".join(f"http://www.imdb.com/title/{t}/usercomments\n" for t in titles)
        files[f"{split}/urls_{kind}.txt"] = lines.encode()
    files["README"] = b"Large Movie Review Dataset v1.0"
    files["train/labeledBow.feat"] = b"9 0:9 1:1\n"
    return files


def stanford_folder(place: Path, files: Mapping[str, bytes] | None = None) -> Path:
    """Writes the collection as the folder ``place/aclImdb``."""
    for name, content in (stanford_files() if files is None else files).items():
        path = place / "aclImdb" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place / "aclImdb"


def entry(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """An entry for ``write_tar``; ``fields`` override what its header says."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def write_tar(
    path: Path,
    entries: Sequence[tuple[tarfile.TarInfo, bytes]] = (),
    files: Mapping[str, bytes] | None = None,
) -> Path:
    """Writes a tar archive (gzipped if so named): the collection, then ``entries``."""
    mode = "w:gz" if path.suffix in (".gz", ".tgz") else "w"
    # GNU's format writes sizes beyond 8 GiB into the header itself, where a hostile one would be.
    with tarfile.open(path, mode, format=tarfile.GNU_FORMAT) as tar:  # type: ignore[call-overload]
        for name, content in (stanford_files() if files is None else files).items():
            tar.addfile(*_file(f"aclImdb/{name}", content))
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content) if content else None)
    return path


def _file(name: str, content: bytes) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, io.BytesIO(content)
