#!/usr/bin/env bash
# safetensors 0.8.0 (numpy front end) writes the memory behind a strided or transposed array as it
# lies there. The file has the array's shape and the wrong numbers, and nothing warns.
#
# Who is hurt: whoever saves `weight.T` or `table[:, ::2]`, as one does when weights are rearranged for
# an export. numpy.save and torch.save write the values that one sees.
# What to do: pass numpy.ascontiguousarray(array).
#
# Seen: `transposed` reads back as [[0 1] [2 3] [4 5]] instead of [[0 3] [1 4] [2 5]].
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q numpy==2.4.6 safetensors==0.8.0
"$place/venv/bin/python" - <<'PY'
import numpy as np
from safetensors.numpy import load, save

whole = np.arange(6, dtype=np.float32).reshape(2, 3)
for name, array in {"transposed": whole.T, "strided": whole[:, ::2]}.items():
    back = load(save({name: array}))[name]
    print(f"{name}: shown as {array.tolist()}, read back as {back.tolist()}")
    assert back.shape == array.shape
    assert not np.array_equal(back, array), f"{name} arrays are stored rightly now"
    assert np.array_equal(load(save({name: np.ascontiguousarray(array)}))[name], array)
PY
