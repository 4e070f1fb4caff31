"""Writes the pages as the site builds them into a folder: python docs/stage_site.py build/pages

A page links to files beside ``docs/``, such as the changelog or a recipe, so that its links work in
a checkout. The site has the changelog and the benchmarks as pages of their own. Of every other such
link it has the words alone.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Pages that lie elsewhere, by the name that they have in the site.
FROM_ELSEWHERE = {"changelog.md": "CHANGELOG.md", "benchmarks.md": "benchmarks/README.md"}
IN_SITE = {source: name for name, source in FROM_ELSEWHERE.items()}
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def staged(text: str, source: str, name: str) -> str:
    """A page with its links as the site needs them.

    Args:
        text: the page.
        source: where it lies, from the root of the checkout.
        name: where it will lie, from the root of the site.
    """

    def link(match: re.Match[str]) -> str:
        words, target, anchor = match.groups()
        place = os.path.normpath(PurePosixPath(source).parent / target)
        page = IN_SITE.get(place, place.removeprefix("docs/") if place.startswith("docs/") else "")
        if not page:
            return words
        return f"[{words}]({os.path.relpath(page, PurePosixPath(name).parent)}{anchor or ''})"

    return LINK.sub(link, text)


def pages() -> dict[str, str]:
    """Where each page of the site lies in the checkout, by its name in the site."""
    own = {path.relative_to(DOCS).as_posix(): path for path in DOCS.rglob("*.md")}
    return {name: path.relative_to(ROOT).as_posix() for name, path in own.items()} | FROM_ELSEWHERE


def stage(folder: Path) -> None:
    """Writes all pages, and the pictures and data beside them, into a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    unwanted = shutil.ignore_patterns("*.py", "*.md", "__pycache__", ".*")
    shutil.copytree(DOCS, folder, ignore=unwanted)
    for name, source in pages().items():
        text = (ROOT / source).read_text(encoding="utf-8")
        (folder / name).write_text(staged(text, source, name), encoding="utf-8")


if __name__ == "__main__":
    stage(Path(sys.argv[1]))
