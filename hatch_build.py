"""Compiles the kernel when a wheel is built, where there is a C compiler.

    python hatch_build.py [--sanitize]

compiles it in place, as an editable install does. ``TONALITY_COMPILE=require`` makes a build fail
where nothing can be compiled, as releases must; ``skip`` builds the pure wheel on purpose.
``CC`` and ``CFLAGS`` are heeded; the compiler must take GCC's options, as Clang does.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NATIVE = Path(__file__).parent / "src" / "tonality" / "native"
LIBRARY = "_kernel.so"
OPTIONS = (
    *("-std=c11", "-O3", "-fPIC", "-fvisibility=hidden", "-D_GNU_SOURCE"),
    "-ffp-contract=off",  # every instruction set is to round alike
)
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

_AVX512 = ("-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mfma")
# Those that a compiler, or a machine of another kind, does not know are left out.
INSTRUCTION_SETS = {
    "avx512vnni": (*_AVX512, "-mavx512vnni"),
    "avx512": _AVX512,
    "avxvnni": ("-mavx2", "-mfma", "-mavxvnni"),
    "avx2": ("-mavx2", "-mfma"),
    "neon": (),
}


TEXT_SOURCES = ("tokens", "typing_errors", "cleaning", "vocabulary", "ngrams")
SOURCES = (
    *("isa_portable", "dispatch", "kernel", "model", "inputs", "steps", "attention"),
    *TEXT_SOURCES,
)


class CompileError(Exception):
    """There is no compiler, or it failed."""


def compile_kernel(target: Path, *, sanitize: bool = False) -> list[str]:
    """Compiles the kernel to ``target``; returns the instruction sets that it has.

    Raises:
        CompileError: with what the compiler said.
    """
    name = os.environ.get("CC") or next(filter(shutil.which, ("cc", "gcc", "clang")), "")
    if not name:
        raise CompileError("there is no C compiler (cc, gcc or clang; CC names another)")
    flags = [
        *OPTIONS,
        *(SANITIZE if sanitize else ()),
        *shlex.split(os.environ.get("CFLAGS", "")),
        *shlex.split(os.environ.get("ARCHFLAGS", "")),
    ]
    compiler = [*shlex.split(name), *flags]
    with tempfile.TemporaryDirectory() as place:
        objects, found = [], []
        for each, options in INSTRUCTION_SETS.items():
            made = Path(place, f"{each}.o")
            if _run([*compiler, *options, "-c", f"isa_{each}.c", "-o", str(made)]) is None:
                objects.append(str(made))
                found.append(each)
        known = [f"-DHAVE_{each.upper()}" for each in found]
        for each in SOURCES:
            made = Path(place, f"{each}.o")
            objects.append(str(made))
            fault = _run([*compiler, *known, "-c", f"{each}.c", "-o", str(made)])
            if fault is not None:
                raise CompileError(fault)
        libraries = [] if os.name == "nt" else ["-lm"]
        linked = Path(place, LIBRARY)
        fault = _run([*compiler, "-shared", "-o", str(linked), *objects, *libraries])
        if fault is not None:
            raise CompileError(fault)
        # Beside it and then renamed: a program that runs keeps the kernel that it has mapped.
        beside = target.with_suffix(".new")
        shutil.copyfile(linked, beside)
        beside.replace(target)
    return [*found, "portable"]


def _run(command: list[str]) -> str | None:
    """What a command that fails says, or None."""
    try:
        done = subprocess.run(command, cwd=NATIVE, capture_output=True, text=True, errors="replace")
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return None if done.returncode == 0 else f"{shlex.join(command)}\n{done.stderr.strip()}"


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled kernel to a wheel, whose tag then names the platform but no Python."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles, in place for an editable install, and else to a folder of its own."""
        wish = os.environ.get("TONALITY_COMPILE", "")
        if wish not in ("", "require", "skip"):
            sys.exit(f"expected TONALITY_COMPILE to be 'require' or 'skip', got {wish!r}; unset it")
        if wish == "skip":
            return
        editable = version == "editable"
        self._place = tempfile.mkdtemp()
        target = (NATIVE if editable else Path(self._place)) / LIBRARY
        try:
            found = compile_kernel(target)
        except CompileError as fault:
            if wish == "require":
                sys.exit(f"the kernel cannot be compiled: {fault}")
            self.app.display_warning(
                f"tonality is built without its compiled kernel, and is slower: {fault}"
            )
            return
        self.app.display_info(f"compiled the kernel for {', '.join(found)}")
        if not editable:
            build_data["force_include"][str(target)] = f"tonality/native/{LIBRARY}"
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the folder that was compiled to."""
        shutil.rmtree(getattr(self, "_place", ""), ignore_errors=True)


if __name__ == "__main__":
    print(*compile_kernel(NATIVE / LIBRARY, sanitize="--sanitize" in sys.argv[1:]))
