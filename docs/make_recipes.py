"""Writes docs/recipes.md from the settings' own docstrings: python docs/make_recipes.py"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tonality.train.settings.recipe import Recipe
from tonality.train.settings.sections import SECTIONS
from tonality.train.settings.toml_text import toml_value

TARGET = Path(__file__).with_name("recipes.md")
SHOWN = ("quick", "base")  # the recipes whose values stand beside the defaults
_ROLE = re.compile(r":mod:`")
BEGINNING = """# Recipes

A recipe holds every setting of a training. `--set SECTION.KEY=VALUE` changes one:

<!-- not run: it trains for a minute -->
```shell
tonality train --data reviews.csv --recipe quick -o runs/mine \\
  --set training.epochs=8 --set network.layers=2
```

A recipe of your own is a TOML file. What it leaves out has its default:

```toml
[training]
epochs = 8
batch_size = 16

[network]
hidden_size = 64
```

Name it with `--recipe mine.toml`. The folder of each run holds its settings in `recipe.toml`. A
misspelt name is an error, which lists the names that there are. [Objectives](objectives.md) says
what some settings cost.

The tables have the default of each setting, and what the recipes `quick` and `base` set in its
place. `python docs/make_recipes.py` writes this page.
"""


def meanings(kind: type) -> dict[str, str]:
    """What the docstring of a dataclass says of each of its fields."""
    text = inspect.getdoc(kind) or ""
    listed = re.split(r"^(?:Attributes|Args):\n", text, flags=re.MULTILINE)[1].split("\n\n")[0]
    entries = re.split(r"^    (?=\w)", listed, flags=re.MULTILINE)[1:]
    found = {}
    for entry in entries:
        name, _, meaning = entry.partition(": ")
        plain = _ROLE.sub("`", " ".join(meaning.split())).replace("``", "`").replace("|", "\\|")
        found[name] = plain[0].upper() + plain[1:]
    return found


def section(name: str, kind: type) -> Iterator[str]:
    """One section of a recipe."""
    told = meanings(kind)
    yield f"## {name}\n"
    heads = ["setting", "default", *(f"`{recipe}`" for recipe in SHOWN), "meaning"]
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    recipes = [getattr(Recipe.load(recipe), name) for recipe in SHOWN]
    for each in dataclasses.fields(kind):
        default = getattr(kind(), each.name)
        others = [getattr(recipe, each.name) for recipe in recipes]
        cells = ["" if value == default else _code(value) for value in others]
        row = [f"`{name}.{each.name}`", _code(default), *cells, told[each.name]]
        yield f"| {' | '.join(row)} |"
    yield ""


def _code(value: Any) -> str:
    return f"`{toml_value(value)}`"


def reference() -> str:
    """The page."""
    lines = [BEGINNING]
    for name, kind in SECTIONS.items():
        if name != "expected":
            lines += section(name, kind)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
