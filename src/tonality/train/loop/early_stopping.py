"""Which evaluation is the best, and when to stop for want of a better one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class EarlyStopping:
    """Keeps the best score and counts the evaluations since.

    Attributes:
        patience: evaluations in a row without a new best after which to stop; 0 for never.
        best: the best score so far; scores compare as tuples, higher is better.
        waited: evaluations since.
    """

    patience: int = 0
    best: tuple[float, ...] | None = None
    waited: int = 0

    def improved(self, score: tuple[float, ...]) -> bool:
        """Takes the score of an evaluation and tells whether it is the best so far."""
        better = self.best is None or score > self.best
        if better:
            self.best = score
        self.waited = 0 if better else self.waited + 1
        return better

    @property
    def stop(self) -> bool:
        """Whether to stop now."""
        return 0 < self.patience <= self.waited

    def state_dict(self) -> dict[str, Any]:
        """What :meth:`load_state_dict` needs to go on from here."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a saved state; the patience stays the recipe's."""
        self.best = None if state["best"] is None else tuple(state["best"])
        self.waited = state["waited"]
