"""Packed tables of every kind: read by name and through pipes; damaged, cut short, bombs."""

from __future__ import annotations

import bz2
import lzma
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from score_tables import Drips
from tonality.data import read_table
from tonality.errors import DataError, DependencyError
from tonality.score.files.input_files import find_inputs
from tonality.tables.byte_lines import Peeked
from tonality.tables.compression import PACKS, packed, packing, require_zstd, unpacking

TABLE = b"text,label\n" + b"".join(b"film %d,good\n" % n for n in range(500))


@pytest.fixture(params=PACKS)
def pack(request: pytest.FixtureRequest) -> str:
    suffix: str = request.param
    if suffix == ".zst":
        try:
            require_zstd()
        except DependencyError:
            pytest.skip("backports.zstd is not installed")
    return suffix


def unpacked(data: bytes, suffix: str) -> bytes:
    stream = unpacking(Drips(data, [1, 700, 5]), suffix)
    found = b""
    while piece := stream.read(1000):
        assert len(piece) <= 1000
        found += piece
    return found


def test_files_are_read_by_their_suffix(tmp_path: Path, pack: str) -> None:
    path = tmp_path / f"a.csv{pack.upper()}"
    path.write_bytes(packed(TABLE, pack))
    assert len(read_table(path).texts) == 500
    other = tmp_path / "a.csv"
    other.write_bytes(packed(TABLE, pack))
    assert len(read_table(other).texts) == 500  # its bytes tell, too
    (source,) = find_inputs([str(path)])
    assert source.format == "csv"


@given(parts=st.lists(st.binary(max_size=3000), max_size=4), suffix=st.sampled_from(PACKS[:3]))
def test_parts_packed_one_by_one_are_one_file(parts: list[bytes], suffix: str) -> None:
    data = b"".join(packed(part, suffix) for part in parts)
    assert unpacked(data, suffix) == b"".join(parts)
    assert packing(data) == (suffix if any(parts) else "")


def test_parts_of_zstandard_are_one_file(pack: str) -> None:
    assert unpacked(packed(TABLE, pack) + packed(b"more", pack), pack) == TABLE + b"more"


def test_damaged_and_cut_short(tmp_path: Path, pack: str) -> None:
    whole = packed(TABLE, pack)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for content in (whole[: len(whole) // 2], bytes(damaged), whole + b"and more"):
        path = tmp_path / f"a.csv{pack}"
        path.write_bytes(content)
        with pytest.raises(DataError, match="cannot be unpacked"):
            read_table(path)
    (tmp_path / f"b.csv{pack}").write_bytes(TABLE)
    with pytest.raises(DataError, match=f"cannot be unpacked: it is no {pack} file"):
        read_table(tmp_path / f"b.csv{pack}")


def test_a_bomb_takes_no_memory(pack: str) -> None:
    """A hundred megabytes of one letter, a piece at a time."""
    piece = packed(b"a" * 2**20, pack)
    stream = Peeked(unpacking(Drips(piece * 100, [2**16]), pack))
    tracemalloc.start()
    size = 0
    while found := stream.read(2**16):
        size += len(found)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 100 * 2**20
    assert most < 2**24


def test_xz_that_claims_a_large_dictionary_is_refused() -> None:
    writer = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "preset": 0}])
    data = bytearray(writer.compress(b"text") + writer.flush())
    place = data.index(b"\x21\x01") + 2  # LZMA2's properties, in the block's header
    data[place] = 34  # 2 ** 29 bytes
    crc = zlib.crc32(bytes(data[12 : 12 + 8]))
    data[20:24] = crc.to_bytes(4, "little")
    with pytest.raises(DataError, match=r"cannot be unpacked: .*[Mm]emory"):
        unpacked(bytes(data), ".xz")


def test_a_text_that_begins_as_bzip2_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"BZh,text\n1,love\n")
    assert read_table(path).texts == ["love"]
    assert packing(bz2.compress(b"")) == ".bz2"


def test_without_zstandard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "backports", None)
    with pytest.raises(DependencyError, match=r"\.zst needs an extra: pip install 'tonality\[zstd"):
        packed(b"a", ".zst")
