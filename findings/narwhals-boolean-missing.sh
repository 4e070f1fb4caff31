#!/usr/bin/env bash
# narwhals 2.29.0: cast(Boolean) of a column with a missing value gives another answer on pandas than on
# polars or pyarrow: the missing value becomes True or False, by how it was missing.
#
# Who is hurt: authors of data frame libraries that test with polars and ship to users of pandas. A flag
# such as "was this text read?" turns missing answers into answers.
# What to do: take the missing rows from is_null() before the cast.
#
# Seen: [1.0, None, 0.0] gives [True, None, False] on polars and pyarrow, [True, True, False] on pandas.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q narwhals==2.29.0 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
"$place/venv/bin/python" - <<'PY'
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa

values = [1.0, None, 0.0]
series = {
    "pandas": pd.Series(values),
    "polars": pl.Series(values),
    "pyarrow": pa.chunked_array([values]),
}
seen = {}
for name, native in series.items():
    cast = nw.from_native(native, series_only=True).cast(nw.Boolean)
    seen[name] = [None if value is None else bool(value) for value in cast.to_list()]
print(seen)
assert seen["polars"] == seen["pyarrow"] == [True, None, False]
assert None not in seen["pandas"], "pandas keeps the missing value now"
PY
