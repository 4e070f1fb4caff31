"""Dropout, with a mask that is quick to draw on a processor.

PyTorch's own draws a number for each element by ``bernoulli_``, one after the other, which is a
good part of a step there. Here 16 random bits decide on an element: one 64-bit number draws four.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_VALUES = 1 << 16  # of the bits that decide on an element
_LOWEST = -_VALUES // 2


def dropped(x: Tensor, drop: float, *, training: bool) -> Tensor:
    """``x`` with a share of its elements zero in training; the others grow, so that the mean stays.

    Args:
        x: of any shape.
        drop: the probability of an element to be dropped, to 1/65536.
        training: if not, ``x`` comes back as it is.
    """
    return x * keep_mask(x, x.shape, drop) if training and drop else x


def keep_mask(like: Tensor, shape: tuple[int, ...] | torch.Size, drop: float) -> Tensor:
    """1 / (1 - drop) where kept and 0 where dropped, so that the expectation stays.

    Args:
        like: gives the device and the type.
        shape: of the mask.
        drop: the probability to be dropped, to 1/65536; from 0 to under 1.
    """
    count = math.prod(shape)
    numbers = torch.empty((count + 3) // 4, dtype=torch.int64, device=like.device)
    bits = numbers.random_(-(1 << 63), None).view(torch.int16)[:count].view(shape)
    least = min(round(drop * _VALUES), _VALUES - 1)
    return (bits >= _LOWEST + least).to(like.dtype) * (_VALUES / (_VALUES - least))
