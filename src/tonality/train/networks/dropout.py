"""Dropout, with a mask that is quick to draw on a processor.

PyTorch's own draws a number for each element by ``bernoulli_``, one after the other, which is a
good part of a step there. Here 16 random bits decide on an element: one 64-bit number draws four.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_VALUES = 1 << 16  # of the bits that decide on an element
_LOWEST = -_VALUES // 2


@dataclass(frozen=True)
class Dropout:
    """Dropout probabilities; all act in training only.

    Attributes:
        embedding: elements of the embedded tokens.
        word: whole tokens, whose vector becomes zero (Dai & Le 2015).
        ngram: whole n-grams, whose vector becomes zero; keeps the table from replacing
            the LSTM.
        layer: elements between LSTM layers.
        pooled: elements of the pooled states.
        dense: elements after each dense layer.
        weight: elements of the recurrent matrices, the same for all tokens of a batch
            (Merity, Keskar & Socher 2018, "Regularizing and Optimizing LSTM Language Models").
    """

    embedding: float = 0.0
    word: float = 0.0
    ngram: float = 0.0
    layer: float = 0.0
    pooled: float = 0.0
    dense: float = 0.0
    weight: float = 0.0


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
