"""Fails where a page of the built site would ask another host: python docs/check_site.py build/site

A reader's browser loads what ``src`` of any element, ``href`` of a ``link``, ``srcset``, ``poster``
and ``data`` name, and what ``url()`` and ``@import`` of style sheets do. A link that a person
follows is no such request.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

_LOADED = {"src", "srcset", "poster", "data", "background", "formaction"}
# `link` elements that say something about the page, and load nothing.
_TOLD = {"canonical", "alternate", "next", "prev", "author", "license", "edit"}
_ELSEWHERE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
_IN_CSS = re.compile(r"(?:url\(|@import\s+)\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)


class _Loads(HTMLParser):
    """Collects the addresses that a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        told = tag == "link" and _TOLD & set(values.get("rel", "").split())
        loaded = _LOADED | (set() if told or tag != "link" else {"href"})
        for name in loaded & set(values):
            parts = values[name].split(",") if name == "srcset" else [values[name]]
            self.found += [part.strip() for part in parts if _ELSEWHERE.match(part)]
        self.found += _IN_CSS.findall(values.get("style", ""))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += _IN_CSS.findall(data)


def requests_of_page(html: str) -> list[str]:
    """The addresses on other hosts that a page loads."""
    parser = _Loads()
    parser.feed(html)
    parser.close()
    return parser.found


def requests_of_styles(css: str) -> list[str]:
    """The addresses on other hosts that a style sheet loads."""
    return _IN_CSS.findall(css)


def main(folder: str) -> int:
    """Says which files of a site ask other hosts."""
    pages = sorted(Path(folder).rglob("*.html"))
    if not pages:
        print(f"{folder}: expected a site, got no pages; run make docs")
        return 1
    sheets = sorted(Path(folder).rglob("*.css"))
    found = [
        *((page, requests_of_page(page.read_text(encoding="utf-8"))) for page in pages),
        *((sheet, requests_of_styles(sheet.read_text(encoding="utf-8"))) for sheet in sheets),
    ]
    asking = [(path, address) for path, addresses in found for address in addresses]
    for path, address in asking:
        print(f"{path}: expected no request to another host, got {address}")
    return int(bool(asking))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
