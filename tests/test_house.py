"""The shape of the code: which room may import which, and what a reader can rely on in each.

``docs/design.md`` draws the rooms; this is where their order is held.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import tonality

PACKAGE = Path(tonality.__file__).parent

# In the order in which a text travels. A room imports only rooms that stand before it.
ROOMS = (
    (
        "_version",
        "environment_names",
        "cores",
        "late_pattern",
        "errors",
        "messages",
        "plain_json",
        "file_lock",
        "durable_files",
        "palette",
        "drawing",
        "progress_bar",
        "verdict_frame",
        "verdict_html",
        "verdict_index",
        "prediction",
        "given_numbers",
        "given_texts",
        "model_names",
        "label_spellings",
        "label_meanings",
        "label_valences",
        "number_labels",
    ),
    ("native_library",),
    ("text",),
    ("network",),
    ("artifact",),
    ("explain",),
    ("classifier",),
    ("tables",),
    ("data",),
    ("score",),
    ("scale",),
    ("measures",),
    ("summarise",),
    ("evaluate",),
    ("train.settings",),
    ("train.records",),
    ("train.networks",),
    ("train.start",),
    ("train.prepare",),
    ("train.teachers",),
    ("train.objectives",),
    ("train.loop",),
    ("train",),
    ("serve",),
    ("sklearn",),
    ("check",),
    ("",),  # the façade: tonality itself
    ("cli",),
    ("__main__",),
)
STOREY = {room: number for number, rooms in enumerate(ROOMS) for room in rooms}

# Some functions may be longer, or take more: those with many documented arguments. That they are
# few is held here, not which ones they are.
LONG, MOST_LONG = 40, 10
WIDE, MOST_WIDE = 6, 8


class Module(NamedTuple):
    """One file: its name without ``tonality.``, and its syntax tree."""

    name: str
    tree: ast.Module


@cache
def modules() -> tuple[Module, ...]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found.append(Module(name, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def room_of(name: str) -> str:
    """The room in which a module lies: the longest of its prefixes that is one."""
    parts = name.split(".")
    return next(
        room for end in range(len(parts), -1, -1) if (room := ".".join(parts[:end])) in STOREY
    )


def imports(module: Module) -> Iterator[str]:
    """The modules of this package that a module imports, late imports included."""
    names = {other.name for other in modules()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "tonality":
                    yield alias.name.removeprefix("tonality").removeprefix(".")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tonality":
            source = (node.module or "").removeprefix("tonality").removeprefix(".")
            for alias in node.names:
                inner = f"{source}.{alias.name}".lstrip(".")
                yield inner if inner in names else source


def test_each_room_imports_only_rooms_before_it() -> None:
    upwards = [
        f"{module.name} imports {target}"
        for module in modules()
        for target in imports(module)
        if STOREY[room_of(target)] > STOREY[room_of(module.name)]
    ]
    assert upwards == []


def test_no_circle_of_imports() -> None:
    # A package's __init__ re-exports its files, which may name it: only files count.
    packages = {".".join(m.name.split(".")[:-1]) for m in modules()}
    graph = {m.name: {t for t in imports(m) if t not in packages} for m in modules()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"circle: {' -> '.join((*path[path.index(name) :], name))}"
        if name not in done:
            for target in sorted(graph.get(name, ())):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_no_file_name_stands_twice() -> None:
    names = Counter(
        path.name
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py" and path.parent.name != "cli"
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_public_class_name_stands_twice() -> None:
    places = defaultdict(list)
    for module in modules():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module.name)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function by its name, with its room before it."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{module.name}.{node.name}", node


def test_functions_fit_on_a_screen() -> None:
    long = []
    for name, node in functions():
        # A command's signature is its interface; what it does starts after it.
        first = node.body[0].lineno if room_of(name) == "cli" else node.lineno
        size = (node.end_lineno or node.lineno) - first + 1
        if size > LONG:
            long.append(f"{name}: {size} lines")
    assert len(long) <= MOST_LONG, long


def test_functions_take_few_parameters() -> None:
    wide = []
    for name, node in functions():
        # The options of a command, and the estimator's parameters, are their interface.
        if room_of(name) == "cli" or name.startswith("sklearn.estimator."):
            continue
        arguments = node.args
        each = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        count = sum(argument.arg not in ("self", "cls") for argument in each)
        if count > WIDE:
            wide.append(f"{name}: {count} parameters")
    assert len(wide) <= MOST_WIDE, wide


def test_links_are_followed_in_one_way() -> None:
    """``Path.resolve`` ends in a RuntimeError at a loop of links."""
    calls = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "resolve"
    ]
    assert not calls
