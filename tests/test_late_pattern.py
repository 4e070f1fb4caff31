"""Patterns that are compiled late do what compiled ones do."""

from __future__ import annotations

import re
from copy import deepcopy

from tonality.late_pattern import late_pattern


def test_it_finds_what_the_compiled_pattern_finds() -> None:
    pattern, late = re.compile("(a)b+", re.IGNORECASE), late_pattern("(a)b+", re.IGNORECASE)
    for text in ("", "ab", "xABBy", "b"):
        assert late.findall(text) == pattern.findall(text)
        assert late.sub(r"\1", text) == pattern.sub(r"\1", text)
        assert bool(late.search(text)) == bool(pattern.search(text))
        assert bool(deepcopy(late).match(text)) == bool(pattern.match(text))


def test_nothing_is_made_before_it_is_used() -> None:
    made = []

    def source() -> str:
        made.append("a|b")
        return made[0]

    late = late_pattern(source)
    assert made == []
    assert late.findall("cab") == ["a", "b"]
    assert late.findall("b") == ["b"]
    assert len(made) == 1
