"""``python -m benchmarks``: the size of the install, then speed and memory."""

from __future__ import annotations

from benchmarks import install_size, predict_speed

install_size.main(["--compare"])
predict_speed.main([])
