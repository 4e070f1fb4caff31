"""Data in: readers, the IMDB collection, splits and checks."""

from __future__ import annotations

from tonality.data.load_dataset import load_dataset
from tonality.data.splits import split
from tonality.tables.column_names import parse_label_map
from tonality.tables.dataset import Dataset, Table
from tonality.tables.read_table import read_table

__all__ = ["Dataset", "Table", "load_dataset", "parse_label_map", "read_table", "split"]
