#!/usr/bin/env bash
# torch 2.13.0 on a CPU: dropout runs on one core, however many threads there are, and takes several
# times as long as a mask of random bits.
#
# Why: bernoulli_ asks the generator for one number an element, one after the other, under a lock.
# Only the product that follows is shared out among the threads.
# Who is hurt: whoever trains a small network on a server's many cores. Embedding dropout is over
# texts x tokens x vector elements, so it can take as long as the LSTM, and more cores do not help.
# What to do: draw 64-bit numbers with random_(), view them as 16-bit ones, compare with the share to
# drop, and multiply. Or drop the same elements at all tokens of a text.
#
# Seen: for 64 x 100 x 256 elements dropout takes 34 ms with one thread and no less with two, and a
# mask of random bits 7 ms.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q numpy==2.4.6 torch==2.13.0
"$place/venv/bin/python" - <<'PY'
import os
import time

import torch
from torch.nn import functional as F

x = torch.ones(64, 100, 256)


def quickest(work):
    """Milliseconds of the quickest of 15 calls: a busy machine only makes one slower."""
    taken = []
    for _ in range(15):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


def dropout():
    return F.dropout(x, 0.3, True)


def by_bits():
    """A mask of the same kind: to drop 0.3 is to drop 19,661 of 65,536 values."""
    bits = torch.empty(x.numel() // 4, dtype=torch.int64).random_(-(1 << 63), None)
    kept = bits.view(torch.int16).view(x.shape) >= 19_661 - 32_768
    return x * (kept * (65_536 / (65_536 - 19_661)))


torch.set_num_threads(1)
assert abs(float(by_bits().mean()) - 1) < 0.01
one, bits = quickest(dropout), quickest(by_bits)
torch.set_num_threads(2)
two = quickest(dropout)
print(f"dropout: {one:.1f} ms on one thread, {two:.1f} ms on two; by random bits: {bits:.1f} ms")
assert one > 2 * bits, "dropout draws its mask as quickly as random bits do"
if (os.cpu_count() or 1) > 1:
    assert two > 0.75 * one, "a second thread helps dropout now"
PY
