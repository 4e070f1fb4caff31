"""The LSTM in numpy: everything that a prediction computes."""

from __future__ import annotations

from tonality.network.config import NetworkConfig
from tonality.network.network import Network

__all__ = ["Network", "NetworkConfig"]
