"""The recipes and plans that ship with the package, by their names."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "recipes"
PLANS = Path(__file__).parents[1] / "plans"


def shipped() -> list[str]:
    """The names of the recipes that ship with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def shipped_plans() -> list[str]:
    """The names of the plans (:mod:`tonality.train.settings.plan`) that ship with the package."""
    return sorted(path.stem for path in PLANS.glob("*.toml"))
