#!/usr/bin/env bash
# Ray Data 2.60.0: map_batches in its default batch format turns a missing value of a dictionary
# (categorical) column into the last category. A missing product becomes a real one.
#
# Who is hurt: whoever reads Parquet written by pandas from a Categorical column and maps it with a
# function. The count of rows is right, no warning is shown.
# What to do: batch_format="pyarrow", and hand back a pyarrow.Table.
#
# Seen: ["tea", None, "milk"] comes back as ["tea", "milk", "milk"].
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q 'ray[data]==2.60.0' pyarrow==26.0.1 numpy==2.4.6 pandas==3.1.1
cd "$place"
RAY_DEDUP_LOGS=0 "$place/venv/bin/python" - <<'PY'
import logging
import pyarrow as pa
import ray

ray.init(num_cpus=1, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
column = pa.array(["tea", None, "milk"]).dictionary_encode()
data = ray.data.from_arrow(pa.table({"product": column}))
plain = [row["product"] for row in data.map_batches(lambda b: b).take_all()]
arrow = [row["product"] for row in data.map_batches(lambda b: b, batch_format="pyarrow").take_all()]
print("default:", plain, "pyarrow:", arrow)
assert list(arrow) == ["tea", None, "milk"]
assert [str(x) for x in plain] == ["tea", "milk", "milk"], "the default format has changed"
PY
