"""Files handed to the page, and what comes back."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tonality import load
from tonality.score import read_rows, score_stream

DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  for (const kind of ['dragenter', 'dragover', 'drop']) {
    document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true,
      cancelable: true}));
  }
}"""


def scored(
    model: Path, content: str | bytes, kind: str, *, text_column: str | None = None
) -> bytes:
    """What the library makes of a file."""
    data = content if isinstance(content, bytes) else content.encode()
    rows = read_rows(io.BytesIO(data), kind, text_column=text_column)
    return b"".join(score_stream(load(model), rows, kind))


def same(part: bytes, whole: bytes) -> bool:
    """Whether a table begins another; batches of other sizes round other last digits."""
    one, other = (re.split(rb"(\d+(?:\.\d+)?(?:e-?\d+)?)", table) for table in (part, whole))
    last = len(one) - 1
    if len(one) > len(other) or one[:last:2] != other[:last:2]:
        return False
    pairs = zip(one[1::2], other[1:last:2], strict=True)
    close = all(math.isclose(float(a), float(b), abs_tol=1e-6) for a, b in pairs)
    return close and other[last].startswith(one[last])


def equal(one: bytes, other: bytes) -> bool:
    return same(one, other) and same(other, one)


def drop(page: Page, name: str, content: str, *others: tuple[str, str]) -> None:
    page.evaluate(DROP, [(name, content), *others])


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_bytes()


def state(page: Page, words: str) -> None:
    expect(page.locator(".state")).to_contain_text(words)


def hand_in(page: Page, path: Path) -> None:
    page.locator("#file-input").set_input_files(path)
