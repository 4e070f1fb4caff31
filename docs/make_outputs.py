"""Writes what commands print onto the pages: python docs/make_outputs.py docs/index.md ..."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from page_snippets import Run, agree, needs_service, service, snippets
from sample_files import write_samples


def renewed(page: str, run: Run) -> str:
    """The page with what its snippets print now, where that is something else."""
    for snippet in snippets(page):
        printed = run.run(snippet)
        if snippet.shown is None or snippet.note or agree(snippet.shown, printed):
            continue
        if "\n...\n" in f"\n{snippet.shown}":
            sys.exit(f"shorten this by hand:\n{printed}")
        lines = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
        start = page.index(snippet.code) + len(snippet.code)
        shown = page.index("```text\n", start) + len("```text\n")
        page = page[:shown] + lines + page[shown + len(snippet.shown) :]
    return page


def renew(path: Path) -> None:
    """Runs a page in a new folder, and writes it."""
    page = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        write_samples(Path(folder))
        if needs_service(page):
            with service() as address:
                page = renewed(page, Run(Path(folder), address))
        else:
            page = renewed(page, Run(Path(folder)))
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        renew(Path(name))
