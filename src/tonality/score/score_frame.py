"""Data frames in, the same frames with verdicts out."""

from __future__ import annotations

import datetime
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tonality.classifier import WINDOW, Classifier, load
from tonality.errors import DataError
from tonality.given_texts import at_index, is_missing, row_index
from tonality.progress_bar import LateBar
from tonality.score.column_kind import unlike_texts
from tonality.score.frame_kinds import as_given, of_subclass, wrapped
from tonality.score.output_columns import Layout
from tonality.score.scorer import Scorer
from tonality.tables.bad_rows import Fault
from tonality.tables.column_names import Wanted, choose, several
from tonality.tables.row_stream import NO_STRING, Row, TextOf
from tonality.tables.sheet_to_csv import written
from tonality.tables.spelled_names import listed

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

Frame = TypeVar("Frame")
logger = logging.getLogger(__name__)

_NAME = "the frame"
# What may stand among texts, as a number does where somebody answered with one.
_WRITTEN = (int, float, datetime.date, datetime.time, datetime.timedelta)


def score_frame(
    frame: Frame,
    text_column: str | Sequence[str] | None = None,
    model: Classifier | str | os.PathLike[str] | None = None,
    *,
    columns: str | Sequence[str] | None = None,
    explain: int = 0,
    languages: bool = False,
    valence: bool = False,
    progress: bool = True,
) -> Frame:
    """The frame with the verdict on every row: the columns that ``tonality score`` adds to a file.

    Rows, their order and the index stay, and the given frame is not changed. A row without a text
    has no verdict. If the frame keeps a column of a name that is added, all that is added begins
    with ``tonality_``.

    Args:
        frame: of pandas, polars, pyarrow or another that narwhals takes, or one of narwhals. A
            ``LazyFrame`` of polars stays lazy, and is scored in pieces when it is collected.
        text_column: the column of the texts, or several to join; by default it is found by its
            usual names, such as ``review``.
        model: a classifier, a bundled model's name or a model folder; by default ``general``.
            ``tonality.load("general", abstain=0.7)`` answers ``uncertain`` under 0.7.
        columns: the columns of the frame to keep, or the one; by default all.
        explain: how many phrases to add for the verdict (``words_for``), and against it; True is 1.
        languages: whether to add the language of each text, such as ``en``.
        valence: whether to add the feeling as one number, from -1 to 1.
        progress: whether long work shows a bar. A lazy frame shows none.

    Raises:
        ArtifactError: there is no such model, or its folder is damaged.
        ConfigError: a column to keep is missing, ``explain`` is no whole number from 0, or
            labels have no valence.
        DataError: it is no such frame, its column of texts is not found, or a value there is
            neither a string, a number or date among strings, nor missing.
        DependencyError: narwhals, or what tells languages, is not installed.
    """
    narwhals, found = wrapped(frame)
    classifier = model if isinstance(model, Classifier) else load(model)
    scorer = Scorer(classifier, explain, languages, valence)
    return _FrameScoring(narwhals, scorer, text_column, columns, progress).given(frame, found)


@dataclass(frozen=True)
class _FrameScoring:
    """How frames are scored.

    Attributes:
        narwhals: the library by which frames of all kinds are read and made.
        scorer: judges the texts.
        text_column: the column of the texts, or several; None to find it.
        columns: the columns to keep, or the one; None for all.
        progress: whether long work shows a bar.
        whole: whether frames are no pieces of others: in a piece numbers may stand alone.
    """

    narwhals: Any
    scorer: Scorer
    text_column: str | Sequence[str] | None
    columns: str | Sequence[str] | None
    progress: bool
    whole: bool = True

    def given(self, frame: Frame, read: nw.DataFrame[Any] | None) -> Frame:
        """The frame as it was given with its verdicts; ``read`` is narwhals' one, None if lazy."""
        native = self.narwhals.to_native(frame, pass_through=True)
        if read is None:
            return as_given(_lazily(native, self), frame)  # type: ignore[no-any-return]
        scored = of_subclass(self.narwhals, self.score(read).to_native(), native)
        return as_given(scored, frame)  # type: ignore[no-any-return]

    def score(self, frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
        """The frame with its verdicts.

        Raises:
            ConfigError: it lacks a column to keep, or a setting is wrong.
            DataError: it has no texts.
        """
        names = _names(frame)
        layout = Layout.of(
            list(names),
            self.scorer.labels,
            keep=None if self.columns is None else [str(name) for name in several(self.columns)],
            **self.scorer.switches,
        )
        added = self._added(frame, self._texts(frame, names), layout)
        scored = frame.with_columns(*added.iter_columns())
        if self.columns is None:
            return scored
        # A column that is not kept may have the name of one that is added.
        kept = [names[name] for name in layout.columns]
        return scored.select(*map(self.narwhals.col, [*kept, *layout.added]))

    def _texts(
        self, frame: nw.DataFrame[Any], names: dict[str, Any]
    ) -> Callable[[int], list[str | None]]:
        """Gives the texts of the window of rows that begins at a row."""
        wanted = Wanted(text=_as_text(self.text_column))
        try:
            places = choose(list(names), wanted, _NAME).texts
        except DataError as error:
            reason = error.reason.replace("--text-column", "text_column")
            raise DataError(reason) from None
        chosen = [list(names)[place] for place in places]
        series = [frame.get_column(names[name]) for name in chosen]
        for name, column in zip(chosen, series, strict=True):
            self._check_type(name, column)
        text_of = TextOf(chosen, wanted)

        index = row_index(frame)

        def window(begin: int) -> list[str | None]:
            cells = [list(map(_cell, _at(column, begin))) for column in series]
            texts = list(_joined(cells, text_of, begin, index))
            if not begin and self.whole and (said := unlike_texts(texts)):
                name = " + ".join(chosen)
                advice = f"choose another text_column. {listed(list(names))}"
                logger.warning("column %r %s; %s", name, said, advice)
            return texts

        return window

    def _check_type(self, name: str, column: nw.Series[Any]) -> None:
        """Refuses a column of numbers or dates alone, unless nothing is in it.

        Raises:
            DataError: it is one.
        """
        kinds = self.narwhals
        found = str(column.dtype)
        if isinstance(column.dtype, (kinds.Object, kinds.Unknown)):
            begins = range(0, len(column), WINDOW) if self.whole else ()
            found = _foreign(value for begin in begins for value in _at(column, begin))
        elif isinstance(column.dtype, (kinds.String, kinds.Categorical, kinds.Enum)):
            return
        # A piece of a lazy frame that has no rows tells the types of all of them.
        nothing = (self.whole or len(column)) and column.is_null().all()
        if found and not nothing:
            reason = f"expected texts, found {found}; turn them into strings, or choose another"
            raise DataError(f"{reason} text_column", column=name)

    def _added(
        self, frame: nw.DataFrame[Any], texts: Callable[[int], list[str | None]], layout: Layout
    ) -> nw.DataFrame[Any]:
        """The columns that are added, as a frame of the same kind."""
        backend = frame.implementation
        types = {str: self.narwhals.String, float: self.narwhals.Float64, int: self.narwhals.Int64}
        parts = []
        with LateBar(len(frame), "scoring") as bar:
            for begin in range(0, max(len(frame), 1), WINDOW):
                values = self.scorer.columns(texts(begin))
                columns = [
                    self.narwhals.new_series(name, column, types[kind], backend=backend)
                    for name, kind, column in zip(layout.added, layout.kinds, values, strict=True)
                ]
                parts.append(columns[0].to_frame().with_columns(*columns[1:]))
                if self.progress:
                    bar.update(min(begin + WINDOW, len(frame)))
        return parts[0] if len(parts) == 1 else self.narwhals.concat(parts)  # type: ignore[no-any-return]


def _lazily(frame: Any, scoring: _FrameScoring) -> Any:
    """A LazyFrame of polars that is scored when it is collected."""
    narwhals, scoring = scoring.narwhals, replace(scoring, whole=False)

    def score(part: Any) -> Any:
        try:
            return scoring.score(narwhals.from_native(part)).to_native()
        except DataError as error:  # whose row counts within the piece
            raise DataError(error.reason, column=error.column) from None

    # polars takes the columns that come out on trust; an empty frame tells them.
    empty = frame.__class__(schema=frame.collect_schema()).collect()
    return frame.map_batches(score, schema=score(empty).schema, streamable=True)


def _names(frame: nw.DataFrame[Any]) -> dict[str, Any]:
    """The columns by their names as strings; in pandas a name may be a number.

    Raises:
        DataError: names are of several levels, or the same as strings.
    """
    names = {str(name): name for name in frame.columns}
    if len(names) < len(frame.columns) or any(isinstance(name, tuple) for name in names.values()):
        reason = "expected columns with names of one level that differ as strings; rename them, "
        raise DataError(f"{reason}such as with frame.columns = [...]")
    return names


def _as_text(text_column: Any) -> str | list[str] | None:
    """The name of the column of texts, or several, as strings."""
    if text_column is None or isinstance(text_column, str):
        return text_column
    return [str(name) for name in several(text_column)]


def _at(column: nw.Series[Any], begin: int) -> list[Any]:
    """The values of the window of a column that begins at a row."""
    return list(column[begin : begin + WINDOW].to_list())


def _foreign(values: Iterable[Any]) -> str:
    """What values of any kind are where no string is among them, such as ``int``; else nothing."""
    kinds: dict[str, None] = {}
    for value in values:
        if isinstance(value, str):
            return ""
        if not is_missing(value):
            kinds.setdefault(type(value).__name__)
    return ", ".join(kinds)


def _cell(value: Any) -> Any:
    """A value as a text, as a workbook's cell is read: 5.0 is ``5``; None for what is missing."""
    if isinstance(value, str):
        return value
    if is_missing(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return written(value) if isinstance(value, _WRITTEN) else value


def _joined(
    cells: Sequence[list[Any]], text_of: TextOf, begin: int, index: Any
) -> Iterator[str | None]:
    """The text of each row.

    Raises:
        DataError: a row has none; ``row`` counts from 1.
    """
    for number, values in enumerate(zip(*cells, strict=True), start=begin + 1):
        row = text_of.of(Row(number, None, {}, None), values)
        if isinstance(row, Fault):
            reason = f"{row.reason}{at_index(index, row.row)}"
            if row.reason.startswith(NO_STRING):
                reason += "; make it one string, or None where there is no text"
            raise DataError(reason, row=row.row, column=row.column)
        yield row.text
