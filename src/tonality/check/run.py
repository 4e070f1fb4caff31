"""Runs the behaviour tests on a model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from tonality.check.suite import Behaviour, Case, Verdict
from tonality.errors import ConfigError
from tonality.label_spellings import fold
from tonality.messages import NO_TEXT

if TYPE_CHECKING:
    from tonality.prediction import Prediction

# No label as likely as this: the model is in doubt, as neutral texts may leave one without a label
# for them.
SURE = 2 / 3
# A change of probability up to this is none.
TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and what the model said.

    Attributes:
        case: the case.
        passed: whether what was expected held.
        label: the verdict on the text.
        probability: how likely it is that the text is positive.
        changed_label: the verdict on the changed text, if there is one.
        changed_probability: how likely it is that the changed text is positive.
    """

    case: Case
    passed: bool
    label: str
    probability: float
    changed_label: str | None = None
    changed_probability: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values: dict[str, Any] = {
            "text": self.case.text,
            "label": self.label,
            "positive": round(self.probability, 4),
        }
        if self.changed_probability is not None:
            values["changed"] = self.case.changed
            values["changed_label"] = self.changed_label
            values["changed_positive"] = round(self.changed_probability, 4)
        return values


@dataclass(frozen=True)
class CheckReport:
    """The outcomes of every test, in the suite's order."""

    results: list[tuple[Behaviour, list[Outcome]]]

    @property
    def rates(self) -> dict[str, tuple[int, int]]:
        """For each capability how many cases passed, and of how many."""
        rates: dict[str, tuple[int, int]] = {}
        for test, outcomes in self.counted():
            passed, total = rates.get(test.capability, (0, 0))
            passed += sum(outcome.passed for outcome in outcomes)
            rates[test.capability] = passed, total + len(outcomes)
        return rates

    def counted(self, capability: str | None = None) -> list[tuple[Behaviour, list[Outcome]]]:
        """The results that count, of one capability or of all."""
        return [
            (test, outcomes)
            for test, outcomes in self.results
            if test.counts and capability in (None, test.capability)
        ]

    def above_chance(self, capability: str | None = None) -> float | None:
        """How far the pass rate of a capability, or of all, lies above that of a constant answer.

        1 where every case passed; 0 where no more did than with the best of the answers that are
        always positive, always negative or always neutral. None where such an answer passes all.
        """
        results = self.counted(capability)
        total = sum(len(outcomes) for _, outcomes in results)
        passed = sum(outcome.passed for _, outcomes in results for outcome in outcomes)
        constant = max(
            sum(_constant_passes(test, o.case, answer) for test, each in results for o in each)
            for answer in get_args(Verdict)
        )
        return max(0.0, (passed - constant) / (total - constant)) if total > constant else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON: pass rates, and every case that failed."""
        return {
            "capabilities": {
                name: {
                    "passed": passed,
                    "cases": total,
                    "rate": round(passed / total, 4),
                    "above_chance": _rounded(self.above_chance(name)),
                }
                for name, (passed, total) in self.rates.items()
            },
            "above_chance": _rounded(self.above_chance()),
            "tests": [
                {
                    "capability": test.capability,
                    "name": test.name,
                    "expect": test.expect,
                    "counts": test.counts,
                    "unchanged": test.unchanged,
                    "cases": len(outcomes),
                    "passed": sum(outcome.passed for outcome in outcomes),
                    "failures": [each.to_json() for each in outcomes if not each.passed],
                }
                for test, outcomes in self.results
            ],
        }


class Labels(NamedTuple):
    """What the model calls its labels."""

    positive: str
    negative: str
    neutral: str


def run(
    suite: Sequence[Behaviour],
    predict: Callable[[list[str]], Sequence[Prediction]],
    *,
    positive: str = "positive",
    negative: str = "negative",
    neutral: str | None = None,
) -> CheckReport:
    """What a model makes of the suite.

    Args:
        suite: the tests.
        predict: the model's predictions for a list of texts.
        positive: its label of positive texts.
        negative: its label of negative texts.
        neutral: its label of neutral texts, by default ``neutral`` where it has one; without one,
            being in doubt passes.

    Raises:
        ConfigError: the model has no such label, or one label is given twice.
    """
    texts = _texts(suite)
    found = dict(zip(texts, predict(texts), strict=True))
    known = {label for prediction in found.values() for label in prediction.probabilities}
    names = (positive, negative, "neutral" if neutral is None else neutral)
    labels = Labels(*(_spelt(name, known) for name in names))
    if found:
        _check_labels(labels, known, neutral_too=neutral is not None)
    return CheckReport(
        [(test, [_outcome(test, case, found, labels) for case in test.cases]) for test in suite]
    )


def _check_labels(labels: Labels, known: Collection[str], *, neutral_too: bool) -> None:
    """Whether the model has the labels, a different one for each side; only neutral may lack."""
    for number, (side, name) in enumerate(labels._asdict().items()):
        if name not in known and (side != "neutral" or neutral_too):
            raise ConfigError(
                f"the model has no label {name!r} for {side} texts; "
                f"it has {', '.join(sorted(known))} (--{side} LABEL says which)"
            )
        if name in labels[:number]:
            other = labels._fields[labels.index(name)]
            raise ConfigError(
                f"expected a label of its own for each side, got {name!r} for {other} and for "
                f"{side} texts (--{other} LABEL and --{side} LABEL say which)"
            )


def _spelt(name: str, known: Collection[str]) -> str:
    """A label as the model spells it, such as ``Positive``."""
    same = [label for label in known if fold(label) == fold(name)]
    return same[0] if name not in known and len(same) == 1 else name


def _texts(suite: Sequence[Behaviour]) -> list[str]:
    """All that the suite asks about, each text once."""
    pairs = ((case.text, case.changed) for test in suite for case in test.cases)
    return list(dict.fromkeys(text for pair in pairs for text in pair if text is not None))


def _outcome(test: Behaviour, case: Case, found: dict[str, Prediction], labels: Labels) -> Outcome:
    prediction = found[case.text]
    label, chance = prediction.verdict or NO_TEXT, prediction.probabilities[labels.positive]
    if case.changed is None:
        return Outcome(case, _as_expected(test, prediction, labels), label, chance)
    changed = found[case.changed]
    changed_chance = changed.probabilities[labels.positive]
    right = case.verdict is None or label == getattr(labels, case.verdict)
    passed = (
        right
        and {
            "same": (changed.verdict or NO_TEXT) == label,
            "not_less": changed_chance >= chance - TOLERANCE,
            "not_more": changed_chance <= chance + TOLERANCE,
        }[test.expect]
    )
    return Outcome(case, passed, label, chance, changed.verdict or NO_TEXT, changed_chance)


def _as_expected(test: Behaviour, prediction: Prediction, labels: Labels) -> bool:
    label, doubtful = prediction.verdict, prediction.score < SURE
    says_neutral = labels.neutral in prediction.probabilities  # then doubt does not say it
    return {
        "positive": label == labels.positive,
        "negative": label == labels.negative,
        "neutral": label == labels.neutral if says_neutral else doubtful,
        "not_positive": label != labels.positive or doubtful,
        "not_negative": label != labels.negative or doubtful,
        "doubtful": label == labels.neutral or doubtful,
    }[test.expect]


def _constant_passes(test: Behaviour, case: Case, answer: Verdict) -> bool:
    """Whether a case passes for who answers all texts alike, and neutral where in doubt."""
    if case.changed is not None:
        return case.verdict in (None, answer)
    return {
        "not_positive": answer != "positive",
        "not_negative": answer != "negative",
        "doubtful": answer == "neutral",
    }.get(test.expect, answer == test.expect)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
