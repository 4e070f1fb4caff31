"""What is counted while scoring."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tonality.prediction import UNCERTAIN
from tonality.score.scorer import Scored
from tonality.tables.bad_rows import Fault

REASONS = 20  # reasons counted one by one; a file can have as many as rows
EXAMPLES = 3
OTHERS = "other reasons"


@dataclass
class Tally:
    """Counts and sums over the rows of a job.

    Attributes:
        rows: rows that were scored, those without a text included.
        labels: how many got each label, ``uncertain`` included.
        scores: the sum of their scores.
        probabilities: the sum of each label's probability.
        truncated: how many texts were too long to be read whole.
        empty: how many had no token to read, and so no verdict; nothing else counts them.
        unfamiliar: how many texts the model knows too few words of, as in another language.
        languages: how many texts are in each language, where that was asked for.
        unreadable: rows that could not be read.
        reasons: how many of them for which reason.
        examples: the first of them, in words.
    """

    rows: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    scores: float = 0.0
    probabilities: dict[str, float] = field(default_factory=dict)
    truncated: int = 0
    empty: int = 0
    unfamiliar: int = 0
    languages: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, labels: Sequence[str], abstain: float) -> Tally:
        """Nothing counted yet.

        Args:
            labels: the model's labels.
            abstain: the score under which a verdict is ``uncertain``.
        """
        names = [*labels, UNCERTAIN] if abstain else labels
        return cls(labels=dict.fromkeys(names, 0), probabilities=dict.fromkeys(labels, 0.0))

    def add(self, item: Scored | Fault, source: str) -> None:
        """Counts a row of the input ``source``."""
        if isinstance(item, Fault):
            self._add_fault(item, source)
            return
        prediction = item.prediction
        self.rows += 1
        if prediction.label is None:
            self.empty += 1
            return
        self.labels[prediction.label] = self.labels.get(prediction.label, 0) + 1
        self.scores += prediction.score
        for label, share in prediction.probabilities.items():
            self.probabilities[label] += share
        self.truncated += prediction.tokens_left_out > 0
        self.unfamiliar += prediction.unfamiliar
        if item.language is not None:
            self.languages[item.language] = self.languages.get(item.language, 0) + 1

    def _add_fault(self, fault: Fault, source: str) -> None:
        self.unreadable += 1
        self._add_reason(fault.reason, 1)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{source}, {fault}")

    def _add_reason(self, reason: str, count: int) -> None:
        known = reason if reason in self.reasons or len(self.reasons) < REASONS else OTHERS
        self.reasons[known] = self.reasons.get(known, 0) + count

    def merge(self, other: Tally) -> None:
        """Takes in what was counted of other rows."""
        self.rows += other.rows
        self.scores += other.scores
        self.truncated += other.truncated
        self.empty += other.empty
        self.unfamiliar += other.unfamiliar
        self.unreadable += other.unreadable
        self.examples += other.examples[: EXAMPLES - len(self.examples)]
        for name in ("labels", "languages", "probabilities"):
            sums = getattr(self, name)
            for key, value in getattr(other, name).items():
                sums[key] = sums.get(key, 0) + value
        for reason, count in other.reasons.items():
            self._add_reason(reason, count)

    @property
    def judged(self) -> int:
        """Rows with a verdict."""
        return self.rows - self.empty

    @property
    def none_read(self) -> bool:
        """Whether there were rows, and none of them could be read."""
        return self.unreadable > 0 and not self.rows

    def state(self) -> dict[str, Any]:
        """Everything, as JSON has it; ``Tally(**state)`` is the inverse."""
        return dataclasses.asdict(self)

    def to_json(self) -> dict[str, Any]:
        """What a program would want to know; shares are of the rows with a verdict, if any."""
        return {
            "rows": self.rows,
            "labels": self.labels,
            "mean_score": self._share(self.scores),
            "mean_probabilities": {
                name: self._share(total) for name, total in self.probabilities.items()
            },
            "uncertain": self._share(self.labels.get(UNCERTAIN, 0)),
            "truncated": self._share(self.truncated),
            "empty": self.empty,
            "unfamiliar": self.unfamiliar,
            "languages": self.languages,
            "unreadable": self.unreadable,
            "reasons": self.reasons,
        }

    def _share(self, value: float) -> float | None:
        return round(value / self.judged, 6) if self.judged else None
