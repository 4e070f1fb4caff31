"""Puts a measured table on a page whose words are written by hand."""

from __future__ import annotations

from pathlib import Path

END = "<!-- end -->\n"


def put(table: str, page: Path, command: str) -> None:
    """Replaces what stands between the marks of a command; a page that is not there is begun.

    Args:
        table: Markdown.
        page: the file.
        command: the name in the first mark, ``<!-- begin: NAME -->``.
    """
    start = f"<!-- begin: {command} -->\n"
    text = page.read_text(encoding="utf-8") if page.exists() else start + END
    before, rest = text.split(start)
    _, after = rest.split(END, maxsplit=1)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"{before}{start}\n{table}\n\n{END}{after}", encoding="utf-8")
