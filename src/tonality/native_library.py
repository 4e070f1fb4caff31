"""The compiled part of the package, whose C is in ``native/``; loaded with ctypes.

So it needs no headers of Python, and a call lets go of the interpreter's lock. A wheel that was
built without a C compiler has none. ``TONALITY_KERNEL=numpy`` leaves it aside.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

from tonality.errors import ConfigError

KERNEL = "TONALITY_KERNEL"
KERNELS = ("numpy", "native")
INSTRUCTIONS = "TONALITY_INSTRUCTIONS"
LIBRARY = Path(__file__).parent / "native" / "_kernel.so"
# Of kernel.h.
INTERFACE = 2
FAILED_MEMORY, FAILED_INPUT = -1, -2


@cache
def library() -> ctypes.CDLL | None:
    """The compiled library, or None where there is none."""
    try:
        found = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    if getattr(found, "tonality_interface", lambda: 0)() != INTERFACE:
        # A checkout that has moved on since it was installed. Calls would crash.
        import logging

        logging.getLogger(__name__).warning(
            "the compiled kernel is of another build, and numpy does without it; "
            "install tonality anew"
        )
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    for name, result, arguments in (
        ("instructions", ctypes.c_char_p, [number]),
        ("make", pointer, [pointer, number]),
        ("free", None, [pointer]),
        ("pooled", number, [pointer, number, *[pointer] * 4]),
        ("trace", number, [pointer, number, *[pointer] * 6]),
        ("powers", None, [number, pointer, number]),
        ("words", pointer, [number, ctypes.c_char_p, number, pointer]),
        ("words_free", None, [pointer]),
        ("encode", number, [pointer, ctypes.c_char_p, *[number] * 7, *[pointer] * 4]),
        ("intended", number, [pointer, ctypes.c_char_p, number]),
        (
            "ngrams",
            None,
            [pointer, pointer, *[number] * 3, *[pointer] * 2, number, number, pointer],
        ),
    ):
        function = getattr(found, f"tonality_{name}")
        function.restype, function.argtypes = result, arguments
    return found


def asking_variable() -> str | None:
    """The variable that asks for a kernel; instructions are those of the compiled one."""
    return next((name for name in (KERNEL, INSTRUCTIONS) if os.environ.get(name)), None)


def library_in_use() -> ctypes.CDLL | None:
    """The compiled library, unless there is none or ``TONALITY_KERNEL`` is ``numpy``.

    Raises:
        ConfigError: ``TONALITY_KERNEL`` names no kernel, or the environment asks for the compiled
            one, which was not built.
    """
    name = os.environ.get(KERNEL) or "native"
    if name not in KERNELS:
        raise ConfigError(
            f"expected {KERNEL} to be {' or '.join(KERNELS)}, got {name!r}; "
            "unset it for the fastest kernel"
        )
    if name == "numpy":
        return None
    asking = asking_variable()
    if library() is None and asking:
        raise ConfigError(
            f"{asking} is {os.environ[asking]!r}, but this installation has no compiled kernel; "
            "install a C compiler, then tonality anew"
        )
    return library()
