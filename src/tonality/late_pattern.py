"""Regular expressions that are compiled when they are first used.

Compiling all of a module's patterns takes longer than a first verdict does, and most texts need
few of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast


class _LatePattern:
    """Stands for a pattern until one of its methods is asked for, and keeps those that were."""

    def __init__(self, source: str | Callable[[], str], flags: re.RegexFlag) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what copying or pickling looks for
            raise AttributeError(name)
        source = self._source if isinstance(self._source, str) else self._source()
        found = getattr(re.compile(source, self._flags), name)  # re keeps what it has compiled
        setattr(self, name, found)
        return found


def late_pattern(
    source: str | Callable[[], str], flags: re.RegexFlag = re.NOFLAG
) -> re.Pattern[str]:
    """What ``re.compile`` gives, but nothing is compiled before one of its methods is used.

    Args:
        source: the regular expression, or what makes it when it is needed.
        flags: as for ``re.compile``.
    """
    return cast("re.Pattern[str]", _LatePattern(source, flags))
