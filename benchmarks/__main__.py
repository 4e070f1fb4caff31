"""``python -m benchmarks``: every measurement of the README, one after the other."""

from __future__ import annotations

from benchmarks import install_size, predict_speed

install_size.main(["--compare"])
predict_speed.main([])
