"""Tables of texts in: CSV, JSON Lines, Parquet, spreadsheets; of any size, with their bad rows."""

from __future__ import annotations

from tonality.tables.dataset import Dataset, Table
from tonality.tables.read_table import read_table

__all__ = ["Dataset", "Table", "read_table"]
