"""Rows in windows, each judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tonality.classifier import WINDOW, Classifier
from tonality.explain.passages import Passage
from tonality.given_numbers import whole_number
from tonality.prediction import Prediction, verdict_values
from tonality.score.language_detector import LanguageDetector
from tonality.score.output_columns import Layout, Switches
from tonality.tables.bad_rows import Fault
from tonality.tables.row_stream import Row

# A window ends after so many rows, or so many characters in them. Where windows end depends on
# the rows alone, so the answers do, to the last bit, however the bytes came.
ROWS = WINDOW
CHARACTERS = 2**22
CELL = 64  # characters that a cell takes the room of, whatever it holds
EXPLAINED = 128  # texts explained together: their tokens are in memory with their places

BETWEEN = " | "  # stands between phrases


class Scored(NamedTuple):
    """A row and what scoring adds.

    Attributes:
        row: the row.
        prediction: its verdict.
        added: the values of :attr:`Layout.added`, in their order; None without a text.
        language: the text's language; None without a text, or where none was asked for.
    """

    row: Row
    prediction: Prediction
    added: tuple[str | int | float | None, ...]
    language: str | None = None


def windows(items: Iterator[Row | Fault], layout: Layout) -> Iterator[list[Row | Fault]]:
    """Cuts rows into lists to score together, in order; what does not fit becomes a fault."""
    checked = (layout.check(item) or item if isinstance(item, Row) else item for item in items)
    return in_lists(checked, ROWS, CHARACTERS)


def in_lists(
    items: Iterator[Row | Fault], rows: int, characters: int
) -> Iterator[list[Row | Fault]]:
    """Cuts rows into lists, in order; a list ends with so many rows or characters."""
    window: list[Row | Fault] = []
    held = 0
    for item in items:
        held += size(item)
        window.append(item)
        if len(window) == rows or held >= characters:
            yield window
            window, held = [], 0
    if window:
        yield window


def size(item: Row | Fault) -> int:
    """How many characters take as much room as a row, about."""
    held: Any = item.raw if isinstance(item, Fault) else item.cells or item.text
    if isinstance(item, Row) and isinstance(item.native, str):
        return len(item.native) + CELL * len(item.cells)
    if isinstance(held, Mapping):
        held = held.values()
    elif not isinstance(held, list | tuple):
        held = (held,)
    return sum(CELL + (len(value) if isinstance(value, str) else 0) for value in held)


class Scorer:
    """Judges windows of rows.

    Args:
        classifier: the model.
        explain: how many phrases to add that speak for the verdict, and against it; 0 for none.
            True stands for 1, as the other switches are truth values.
        languages: whether to add the language of each text.
        valence: whether to add the feeling as one number.

    Raises:
        ConfigError: ``explain`` is no whole number from 0.
        DependencyError: languages are asked for, and the extra ``languages`` is missing.
    """

    def __init__(
        self,
        classifier: Classifier,
        explain: int = 0,
        languages: bool = False,
        valence: bool = False,
    ) -> None:
        self._classifier = classifier
        explain = int(explain) if isinstance(explain, bool) else explain
        self._explain = whole_number(explain, "explain", least=0)
        self._valence = valence
        self._detector = LanguageDetector() if languages else None

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels."""
        return self._classifier.labels

    @property
    def switches(self) -> Switches:
        """What it adds besides the verdict."""
        return Switches(
            valence=self._valence,
            explained=self._explain > 0,
            languages=self._detector is not None,
        )

    def score(self, window: Sequence[Row | Fault]) -> list[Scored | Fault]:
        """The rows of a window with their verdicts, its faults where they were."""
        rows = [item for item in window if isinstance(item, Row)]
        answers = iter(self._answers([row.text for row in rows]))
        return [
            item if isinstance(item, Fault) else self._scored(item, *next(answers))
            for item in window
        ]

    def columns(self, texts: Sequence[str | None]) -> list[list[Any]]:
        """What scoring adds to N texts: a list of N values for each of :attr:`Layout.added`.

        Their types are :attr:`Layout.kinds`; None where a row has no verdict.
        """
        if not texts:
            return [[] for _ in Layout.of([], self.labels, **self.switches).added]
        rows = (self._added(found, further) for found, further in self._answers(texts))
        return [list(column) for column in zip(*rows, strict=True)]

    def _scored(self, row: Row, prediction: Prediction, further: tuple[str | None, ...]) -> Scored:
        language = None if self._detector is None else further[0]
        return Scored(row, prediction, self._added(prediction, further), language)

    def _added(
        self, prediction: Prediction, further: tuple[str | None, ...]
    ) -> tuple[str | int | float | None, ...]:
        return (*verdict_values(prediction, valence=self._valence), *further)

    def _answers(
        self, texts: Sequence[str | None]
    ) -> Iterator[tuple[Prediction, tuple[str | None, ...]]]:
        """Of each text the verdict, and what is added besides."""
        if self._detector is None:
            yield from self._explained(texts)
            return
        for text, (prediction, words) in zip(texts, self._explained(texts), strict=True):
            language = None if prediction.label is None else self._detector.language(text or "")
            yield prediction, (language, *words)

    def _explained(
        self, texts: Sequence[str | None]
    ) -> Iterator[tuple[Prediction, tuple[str | None, ...]]]:
        if not self._explain:
            for prediction in self._classifier.predict(texts):
                yield prediction, ()
            return
        for begin in range(0, len(texts), EXPLAINED):
            for explanation in self._classifier.explain(texts[begin : begin + EXPLAINED]):
                prediction = explanation.prediction
                if prediction.label is None:
                    yield prediction, (None, None)
                else:
                    said, against = explanation.top(self._explain)
                    yield prediction, (_joined(said), _joined(against))


def _joined(passages: Sequence[Passage]) -> str:
    return BETWEEN.join(" ".join(passage.text.split()) for passage in passages)
