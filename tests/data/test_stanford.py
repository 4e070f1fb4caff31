"""Stanford's IMDB collection as a folder and as an archive, whole, damaged and hostile."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
from pathlib import Path

import pytest
from data_makers import MOVIES, REVIEWS, entry, stanford_files, stanford_folder, write_tar

from tonality.data import Dataset, Table, load_dataset
from tonality.data.imdb import tar_archive as archive_module
from tonality.errors import DataError


def rows(table: Table | None) -> list[tuple[str, str, str]]:
    assert table is not None
    assert table.ids is not None
    assert table.groups is not None
    return list(zip(table.ids, table.texts, table.groups, strict=True))


def expected(*places: str) -> list[tuple[str, str, str]]:
    return [
        (name, text, MOVIES[place][int(name.rpartition("/")[2].split("_")[0])])
        for place in places
        for name, text in REVIEWS.items()
        if name.startswith(place + "/")
    ]


def check_whole(data: Dataset) -> None:
    assert rows(data.train) == expected("train/neg", "train/pos")
    assert data.train.labels == ["negative", "negative", "positive", "positive"]
    assert data.train.ratings == [2, 1, 9, 10]
    assert rows(data.test) == expected("test/neg", "test/pos")
    assert rows(data.unlabelled) == expected("train/unsup")
    assert data.unlabelled is not None
    assert (data.unlabelled.labels, data.unlabelled.ratings) == (None, None)
    assert data.name == "imdb"


def test_the_folder(tmp_path: Path) -> None:
    folder = stanford_folder(tmp_path)
    for spec in (folder, str(tmp_path)):
        data = load_dataset(spec)
        check_whole(data)
        assert list(data.sha256) == ["aclImdb"]
    before = data.sha256
    (folder / "test" / "pos" / "0_7.txt").write_text("Changed.")
    assert load_dataset(folder).sha256 != before


@pytest.mark.parametrize("name", ["aclImdb_v1.tar.gz", "a.tgz", "a.tar"])
def test_the_archive_is_read_and_nothing_is_unpacked(tmp_path: Path, name: str) -> None:
    folders = [entry(folder, type=tarfile.DIRTYPE) for folder in ("./", "aclImdb/train")]
    path = write_tar(tmp_path / name, folders)
    check_whole(load_dataset(path))
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_folder_that_holds_the_archive(tmp_path: Path) -> None:
    write_tar(tmp_path / "aclImdb_v1.tar.gz")
    check_whole(load_dataset(tmp_path))


def test_bad_reviews_are_counted(tmp_path: Path) -> None:
    files = stanford_files()
    files["train/pos/0_9.txt"] = b"caf\xe9"
    files["train/neg/7_1.txt"] = b"a movie that is not listed"
    files["train/unsup/0_0.txt"] = b" \n"
    path = write_tar(tmp_path / "a.tar.gz", files=files)
    data = load_dataset(path, bad_rows=tmp_path / "bad.jsonl")
    assert len(data.train) == 3
    assert data.train.bad_reasons == {"invalid UTF-8": 1, "urls_neg.txt has no line 8": 1}
    assert data.unlabelled is not None
    assert (data.unlabelled.bad_reasons, data.unlabelled.without_text) == ({}, 1)
    lines = (tmp_path / "bad.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["reason"] for line in lines) == sorted(data.train.bad_reasons)


def test_without_lists_of_movies_or_unlabelled_or_test_reviews(tmp_path: Path) -> None:
    files = {
        name: content
        for name, content in stanford_files().items()
        if name.startswith(("train/pos", "train/neg"))
    }
    data = load_dataset(stanford_folder(tmp_path, files), label_map={"positive": "1"})
    assert data.train.groups is None
    assert data.train.labels == ["negative", "negative", "1", "1"]
    assert (data.test, data.unlabelled) == (None, None)


@pytest.mark.parametrize(
    "names", [["test/pos/0_7.txt"], ["train/urls_pos.txt", "train/urls_neg.txt"]]
)
def test_without_training_reviews(tmp_path: Path, names: list[str]) -> None:
    files = {name: stanford_files().get(name, b"http://x\n") for name in names}
    with pytest.raises(DataError, match="no reviews in train/pos and train/neg"):
        load_dataset(write_tar(tmp_path / "a.tar.gz", files=files))


def test_a_review_that_cannot_be_read(tmp_path: Path) -> None:
    folder = stanford_folder(tmp_path)
    (folder / "train" / "pos" / "5_9.txt").mkdir()
    with pytest.raises(DataError, match=r"5_9\.txt: cannot be read"):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("hostile", "message"),
    [
        (entry("../../.bashrc", b"x"), "leads out of its folder"),
        (entry("aclImdb/../../x", b"x"), "leads out of its folder"),
        (entry("/etc/cron.d/x", b"x"), "leads out of its folder"),
        (entry("..\\..\\x.txt", b"x"), "leads out of its folder"),
        (entry("C:\\x.txt", b"x"), "leads out of its folder"),
        (entry("aclImdb/l", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "link, device"),
        (entry("aclImdb/train/pos/9_9.txt", type=tarfile.LNKTYPE, linkname="x"), "link, device"),
        (entry("aclImdb/d", type=tarfile.CHRTYPE, devmajor=1, devminor=5), "link, device"),
        (entry("aclImdb/b", type=tarfile.BLKTYPE), "link, device"),
        (entry("aclImdb/f", type=tarfile.FIFOTYPE), "link, device"),
        (entry("aclImdb/train/pos/0_9.txt", b"again"), "twice"),
        (entry("aclImdb/train/pos/9_9.txt", size=2**50), "declares 1,125,899,906,842,624 bytes"),
        (entry("aclImdb/train/pos/9_9.txt", size=2**30), "has 1,073,741,824 bytes"),
        (entry("aclImdb/other.bin", size=2**30), "damaged or cut short"),
        (entry("x" * 50, type=tarfile.GNUTYPE_LONGNAME, size=2**40), "damaged or cut short"),
        (entry("x", type=tarfile.XHDTYPE, size=2**40), "declares 1,099,511,627,776 bytes"),
    ],
)
@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar"])
def test_hostile_entries_are_refused(
    tmp_path: Path, name: str, hostile: tuple[tarfile.TarInfo, bytes], message: str
) -> None:
    path = write_tar(tmp_path / name, [hostile])
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(path)
    assert str(path) in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_headers_nested_without_end_are_refused(tmp_path: Path) -> None:
    nested = [entry("x", b"y", type=tarfile.GNUTYPE_LONGNAME) for _ in range(3000)]
    with pytest.raises(DataError, match="damaged"):
        load_dataset(write_tar(tmp_path / "a.tar.gz", nested))


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_ARCHIVE", 2**20)
    path = write_tar(tmp_path / "a.tar.gz", [entry("aclImdb/zeros", bytes(2**21))])
    with pytest.raises(DataError, match="declares 2,097,152 bytes"):
        load_dataset(path)
    padded = tmp_path / "b.tar.gz"
    padded.write_bytes(
        gzip.compress(gzip.decompress(write_tar(padded).read_bytes()) + bytes(2**21))
    )
    with pytest.raises(DataError, match="more than 1,048,576 bytes"):
        load_dataset(padded)
    many = [entry(f"aclImdb/{i}", bytes(400_000)) for i in range(3)]
    with pytest.raises(DataError, match="declares 400,000 bytes"):
        load_dataset(write_tar(tmp_path / "c.tar.gz", many))


def test_an_archive_cut_anywhere_or_altered_is_refused(tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "whole.tar.gz").read_bytes()
    path = tmp_path / "a.tar.gz"
    for cut in range(0, len(whole), 97):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError, match=r"a\.tar\.gz"):
            load_dataset(path)
    plain = bytearray(write_tar(tmp_path / "whole.tar").read_bytes())
    plain[1024 + 10] ^= 1  # a name of the second entry: its header's checksum is wrong now
    path.write_bytes(gzip.compress(bytes(plain)))
    with pytest.raises(DataError, match="a header is damaged"):
        load_dataset(path)


def test_any_damage_gives_a_data_error_or_a_dataset(tmp_path: Path) -> None:
    extended = tarfile.TarInfo("aclImdb/" + "n" * 200)
    extended.pax_headers = {"comment": "x" * 50}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(extended)
        for name, content in stanford_files().items():
            info = tarfile.TarInfo(f"aclImdb/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    whole = buffer.getvalue()
    path = tmp_path / "a.tar"
    dice = random.Random(5)
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(0, 4096)] = dice.choice(b"\0\xff\x80-0179x=\n ")
        _mend_checksums(damaged)
        path.write_bytes(bytes(damaged))
        try:
            load_dataset(path)
        except DataError:
            refused += 1
    assert refused > 10


def _mend_checksums(archive: bytearray) -> None:
    """Makes damaged headers valid again, so that the damage gets past the first check."""
    for start in range(0, 4096, 512):
        block = archive[start : start + 512]
        if block[257:262] == b"ustar":
            total = sum(block) - sum(block[148:156]) + 8 * 32
            archive[start + 148 : start + 156] = b"%06o\0 " % total
