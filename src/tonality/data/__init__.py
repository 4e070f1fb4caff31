"""Data in: readers, the IMDB collection, splits and checks."""

from __future__ import annotations

from tonality.data.columns import parse_label_map
from tonality.data.load import load_dataset
from tonality.data.readers import read_table
from tonality.data.splits import split
from tonality.data.table import Dataset, Table

__all__ = ["Dataset", "Table", "load_dataset", "parse_label_map", "read_table", "split"]
