"""Downloads from a local server: whole, cut, continued, wrong, and onto a full disk."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from file_server import FileServer, serve

from tonality.data.imdb import http_download
from tonality.data.imdb.http_download import Remote, fetch
from tonality.errors import DataError

CONTENT = random.Random(0).randbytes(1_000_000)
NAME = "aclImdb_v1.tar.gz"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serve(FileServer(CONTENT)) as running:
        yield running


def remote(server: FileServer, content: bytes = CONTENT) -> Remote:
    return Remote(server.url, NAME, len(content), hashlib.md5(content).hexdigest())


def get(server: FileServer, folder: Path, **options: Any) -> Path:
    return fetch(remote(server), folder, pause=0.0, **options)


def check_whole(path: Path) -> None:
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == [NAME]


def test_a_whole_file_and_its_progress(server: FileServer, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = get(server, tmp_path / "new" / "folder", progress=lambda *now: seen.append(now))
    check_whole(path)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)
    assert get(server, path.parent) == path
    assert len(server.requests) == 1  # the second call found it complete


def test_a_cut_connection_is_continued_where_it_stopped(
    server: FileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.cuts = [300_000, 0, 500_000]
    with caplog.at_level(logging.WARNING):
        check_whole(get(server, tmp_path))
    assert server.requests == ["", "bytes=300000-", "bytes=300000-", "bytes=800000-"]
    assert "cut after 300,000 of 1,000,000 bytes; trying again" in caplog.text


def test_connections_that_break(server: FileServer, tmp_path: Path) -> None:
    server.cuts, server.reset, server.garbled = [300_000, 300_000], True, 1
    check_whole(get(server, tmp_path))
    assert len(server.requests) == 4


def test_a_later_call_continues(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [400_000]
    with pytest.raises(DataError, match=r"cut after 400,000.*run the command again to go on"):
        get(server, tmp_path, attempts=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{NAME}.part", f"{NAME}.part.etag"]
    check_whole(get(server, tmp_path))
    assert server.requests[-1] == "bytes=400000-"


@pytest.mark.parametrize("kind", ["ignores ranges", "without etag", "weak etag", "no length"])
def test_servers_of_less_ability(server: FileServer, tmp_path: Path, kind: str) -> None:
    server.cuts = [400_000]
    server.ranges = kind != "ignores ranges"
    server.etag = {"without etag": "", "weak etag": 'W/"one"'}.get(kind, '"one"')
    server.length = kind != "no length"
    check_whole(get(server, tmp_path))
    assert len(server.requests) == 2


def test_a_file_that_changed_on_the_server_is_fetched_anew(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"from an older version")
    (tmp_path / f"{NAME}.part.etag").write_text('"zero"')
    check_whole(get(server, tmp_path))
    assert len(server.requests) == 1


def test_a_damaged_part_is_found_out_and_fetched_anew(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"x" * 500_000)
    check_whole(get(server, tmp_path))
    assert server.requests == ["bytes=500000-", ""]


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) + 1])
def test_a_damaged_part_that_is_full_already(server: FileServer, tmp_path: Path, size: int) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"x" * size)
    check_whole(get(server, tmp_path))


def test_a_server_that_continues_at_the_wrong_byte(server: FileServer, tmp_path: Path) -> None:
    server.cuts, server.shift = [400_000], 5
    check_whole(get(server, tmp_path))
    assert server.requests == ["", "bytes=400000-", ""]


def test_a_range_that_the_server_refuses(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:10])
    server.statuses = [416]
    check_whole(get(server, tmp_path))


def test_a_server_that_is_busy_for_a_while(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    check_whole(get(server, tmp_path))
    server.statuses = [503] * 5
    with pytest.raises(DataError, match="the server answers 503"):
        get(server, tmp_path / "other")
    assert not server.statuses


def test_a_file_that_is_not_there_is_not_asked_for_twice(
    server: FileServer, tmp_path: Path
) -> None:
    server.statuses = [404]
    with pytest.raises(DataError, match="the server answers 404 Not Found"):
        get(server, tmp_path)
    assert len(server.requests) == 1


def test_no_server(server: FileServer, tmp_path: Path) -> None:
    nowhere = Remote("http://127.0.0.1:9/x", NAME, 5, "")
    with pytest.raises(DataError, match=r"cannot fetch http://127.0.0.1:9/x: no connection"):
        fetch(nowhere, tmp_path, attempts=2, pause=0.0)


@pytest.mark.parametrize(
    "place", ["http://host:port/x", "http://[::1", "http://..bad/x", "file:///x"]
)
def test_a_redirect_to_nowhere_is_not_tried_again(
    server: FileServer, tmp_path: Path, place: str
) -> None:
    server.redirect = place
    with pytest.raises(DataError, match=r"cannot fetch http://127\.0\.0\.1"):
        get(server, tmp_path)
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_two_downloads_of_one_file_do_not_mix(server: FileServer, tmp_path: Path) -> None:
    refused: list[str] = []

    def again(done: int, total: int) -> None:
        if not refused:
            with pytest.raises(DataError, match="being downloaded by another command") as caught:
                get(server, tmp_path)
            refused.append(str(caught.value))

    check_whole(get(server, tmp_path, progress=again))
    assert refused[0].startswith(str(tmp_path / NAME))
    assert len(server.requests) == 1


def test_a_lock_left_behind_holds_nobody_up(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.lock").write_bytes(b"")
    check_whole(get(server, tmp_path))


def test_a_wrong_checksum(server: FileServer, tmp_path: Path) -> None:
    server.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(DataError, match="wrong checksum; expected MD5"):
        get(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_wrong_size_is_noticed_before_the_transfer(
    server: FileServer, tmp_path: Path, difference: int
) -> None:
    server.content = (CONTENT + b"x")[: len(CONTENT) + difference]
    with pytest.raises(DataError, match="bytes, expected 1,000,000: it is another file"):
        get(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_body_without_end(server: FileServer, tmp_path: Path) -> None:
    server.content, server.length = CONTENT * 3, False
    with pytest.raises(DataError, match="sends more than the 1,000,000 bytes"):
        get(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_in_place_is_replaced(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"x" * len(CONTENT))
    check_whole(get(server, tmp_path))


def test_too_little_room_is_said_before_the_transfer(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(http_download, "SPARE", free)
    with pytest.raises(DataError, match=r"not enough room.*--to"):
        get(server, tmp_path)
    assert server.requests == []


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tonality.data.imdb.http_download import Remote, fetch
from tonality.errors import DataError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
try:
    fetch(Remote(sys.argv[1], sys.argv[2], 1_000_000, sys.argv[3]), Path(sys.argv[4]))
except DataError as error:
    sys.exit(str(error))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs limits on file sizes")
def test_the_disk_fills_up_on_the_way(server: FileServer, tmp_path: Path) -> None:
    wanted = remote(server)
    found = subprocess.run(
        [sys.executable, "-c", FULL_DISK, wanted.url, wanted.name, wanted.md5, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "the disk is full" in found.stderr
    assert "run the command again to go on" in found.stderr
    check_whole(get(server, tmp_path))  # with room again, it goes on
    assert server.requests[-1].startswith("bytes=")


def test_a_folder_that_cannot_be_written(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot write"):
        get(server, tmp_path / "file")
    with pytest.raises(DataError, match="cannot write"):
        get(server, tmp_path / "file" / "folder")


KILLED = """
import os, sys
from pathlib import Path
from tonality.data.imdb.http_download import Remote, fetch
def stop(done, total):
    if done > 500_000:
        os.kill(os.getpid(), 9)
fetch(Remote(sys.argv[1], sys.argv[2], 1_000_000, sys.argv[3]), Path(sys.argv[4]), progress=stop)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_a_killed_download_leaves_no_file_and_continues(server: FileServer, tmp_path: Path) -> None:
    wanted = remote(server)
    arguments = [wanted.url, wanted.name, wanted.md5, str(tmp_path)]
    found = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert found.returncode == -9
    assert not (tmp_path / NAME).exists()
    check_whole(get(server, tmp_path))
