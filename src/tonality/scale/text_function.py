"""A column of texts in, a column of verdicts out: what an engine's SQL calls."""

from __future__ import annotations

import dataclasses
from typing import Any

from tonality.errors import ConfigError
from tonality.scale.batch_scorer import BatchOptions, batch_scorer
from tonality.score.files.parquet_writer import added_fields
from tonality.tables.parquet_rows import require_pyarrow


class TextFunction:
    """A column of texts in, a column of structs of verdicts out: a function for an engine's SQL.

    Args:
        options: how; it names no columns.
        identity: as for :func:`batch_scorer`.

    Attributes:
        fields: the fields of the struct, as Arrow has them.

    Raises:
        ArtifactError, DependencyError: as for :func:`batch_scorer`.
        ConfigError: columns are named.
    """

    def __init__(self, options: BatchOptions, identity: str | None = None) -> None:
        for name in ("text_column", "columns"):
            if (given := getattr(options, name)) is not None:
                raise ConfigError(
                    f"{name}={given!r}: a function of SQL has no such option; name the column of "
                    "texts in the query, as in tonality(review)"
                )
        options = dataclasses.replace(options, columns=())
        self._scorer = batch_scorer(options, identity)
        self._layout = self._scorer.layout([])
        self.fields = added_fields(self._layout)

    def __call__(self, texts: Any) -> Any:
        """The verdicts (N,) on texts (N,), an Arrow array or chunked array."""
        arrow = require_pyarrow()
        if isinstance(texts, arrow.ChunkedArray):
            texts = texts.combine_chunks()
        verdicts, _ = self._scorer.verdicts({"text": texts}, self._layout)
        return arrow.StructArray.from_arrays(verdicts.columns, fields=self.fields)
