"""Bytes that are no UTF-8: what Windows wrote is recognised, damage is not taken for it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.tables.utf8_stream import LINE, SAMPLE, ByteStream, Utf8Stream


class Drips:
    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = data, step

    def read(self, size: int, /) -> bytes:
        step = min(size, self._step)
        piece, self._data = self._data[:step], self._data[step:]
        return piece


def told(stream: ByteStream) -> tuple[bytes, list[int]]:
    lines: list[int] = []
    found = Utf8Stream(stream, lines.append)
    return b"".join(iter(lambda: found.read(1000), b"")), lines


@pytest.mark.parametrize(
    "text",
    [
        "caf\u00e9",
        "\u201cgood\u201d \u2013 it\u2019s",
        "\u20ac 5",
        "na\u00efve\nplain\r\n\u00fcber",
        "CAF\u00c9\u2019S " + "na\u00efve " * 20,
    ],
)
def test_windows_1252_is_recognised(text: str) -> None:
    data = f"text,label\nplain,1\n{text}\n".encode("cp1252")
    assert told(io.BytesIO(data)) == (f"text,label\nplain,1\n{text}\n".encode(), [3])


@pytest.mark.parametrize(
    "data",
    [
        "caf\u00e9\n".encode() + b"caf\xe9\n",  # some of it is good
        b"caf\xe9\n" + "caf\u00e9\n".encode(),  # also where that comes later
        b"cut: \xe2\x80\n",
        b"cut: \xf0\x9f\x98\n",
        b"\x81\xe9\n",  # no letter of Windows-1252
        "\u043f\u043b\u043e\u0445\u043e".encode("cp1251"),
        "\u60aa\u3044\u6620\u753b".encode("shift_jis"),
    ],
)
def test_damage_and_other_encodings_stay_as_they_are(data: bytes) -> None:
    assert told(io.BytesIO(data)) == (data, [])


def test_good_text_that_comes_after_the_sample_is_read_as_it_is() -> None:
    early, late = b"caf\xe9\n" + b"x" * 100 + b"\n", "caf\u00e9 \u2615\n".encode()
    fill = b"plain\n" * (SAMPLE // 6)
    assert told(io.BytesIO(early + fill + late))[0] == early.decode("cp1252").encode() + fill + late


def test_a_line_without_end_is_not_held() -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += 65_536
            return b"\xc3\xa9x" * 21_845 + b"y"

    source = Endless()
    stream = Utf8Stream(source, lambda line: None)
    for _ in range(300):
        assert stream.read(65_536)
    assert source.given < 300 * 65_536 + 3 * LINE


@settings(deadline=None)
@given(
    data=st.lists(
        st.sampled_from(
            [
                b"\xe9",
                "\u00e9".encode(),
                "\u2615".encode(),
                b"\n",
                b"\r\n",
                b"ab",
                b"\x93",
                b"\xe2\x80",
            ]
        )
        | st.binary(max_size=2),
        max_size=30,
    ).map(b"".join),
    step=st.integers(1, 7),
)
def test_the_answer_depends_on_the_bytes_alone(data: bytes, step: int) -> None:
    assert told(Drips(data, step)) == told(io.BytesIO(data))


@settings(deadline=None)
@given(text=st.text(max_size=40))
def test_utf_8_stays(text: str) -> None:
    data = text.encode("utf-8", "replace")
    assert told(Drips(data, 3)) == (data, [])
