"""polars: a lazy frame in, the same lazy frame with verdicts out, piece by piece."""

from __future__ import annotations

from typing import Any

from tonality.errors import DataError, DependencyError
from tonality.scale.batch_scorer import BatchOptions, BatchScorer, batch_scorer


def polars_score(frame: Any, **how: Any) -> Any:
    """Adds the columns of ``tonality score`` to a frame.

    A lazy frame stays lazy: ``polars_score(pl.scan_parquet(...)).sink_parquet(...)`` holds one
    piece in memory. Rows keep the order that the scan gives. It takes the options that every engine
    takes; :func:`tonality.score_frame` takes a loaded classifier, and frames of other libraries.

    Args:
        frame: a ``polars.LazyFrame`` or ``polars.DataFrame``.
        how: the attributes of :class:`tonality.scale.BatchOptions`.

    Returns:
        A frame of the same kind.

    Raises:
        ConfigError, DataError: as for :func:`tonality.scale.score_batch`; of a lazy frame, what is
            wrong with the columns shows at once.
        DependencyError: polars is not installed.
    """
    try:
        import polars
    except ImportError as error:
        raise DependencyError("scoring frames of polars", extra="polars") from error
    if not isinstance(frame, polars.LazyFrame | polars.DataFrame):
        reason = f"expected a frame of polars, got {type(frame).__name__}"
        raise DataError(f"{reason}; tonality.score_frame takes frames of others", path="the frame")
    scorer = batch_scorer(BatchOptions(**how))
    lazy = frame.lazy()
    head = polars.DataFrame(schema=lazy.collect_schema())
    schema = _scored(polars, scorer, head).schema  # also tells at once what is wrong
    found = lazy.map_batches(
        lambda piece: _scored(polars, scorer, piece), schema=dict(schema), streamable=True
    )
    return found if isinstance(frame, polars.LazyFrame) else found.collect()


def _scored(polars: Any, scorer: BatchScorer, piece: Any) -> Any:
    """A piece with verdicts; its own columns stay as polars holds them."""
    layout = scorer.layout(piece.columns)
    texts = {name: _as_arrow(piece[name]) for name in scorer.text_names(piece.columns)}
    verdicts, _ = scorer.verdicts(texts, layout)
    added = polars.from_arrow(verdicts)
    if not layout.columns:  # a frame without columns has no rows beside which others can stand
        return added
    return piece.select(layout.columns).hstack(added)


def _as_arrow(column: Any) -> Any:
    found = column.to_arrow()
    return found.combine_chunks() if hasattr(found, "combine_chunks") else found
