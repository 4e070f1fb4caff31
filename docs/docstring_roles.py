"""Turns what docstrings say for Sphinx, such as ``:func:`load```, into Markdown for the site."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):`~?(?:[\w.]+\.)?(\w+)`")


def markdown(docstring: str) -> str:
    """A docstring with names in backticks alone, and one colon before a block of code."""
    return re.sub(r"::$", ":", _ROLE.sub(r"`\1`", docstring), flags=re.MULTILINE)


class MarkdownRoles(griffe.Extension):  # type: ignore[misc]
    """Does so for every docstring that is read."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Changes the docstring of an object."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
