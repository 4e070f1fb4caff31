"""How much of a logit each token is worth.

Two methods. ``contributions`` comes out of the pass that computes the logits. A pooled unit is a
state of an LSTM, or a sum of its states, ``h = o tanh(c)``, and the memory cell c is what the
tokens up to there have made of it, each adding a change, ``c_t - c_{t-1}``, that telescopes to c.
So each token gets the share of h that it has in c, ``h (c_t - c_{t-1}) / c``, which a linear
head's weights turn into a share of the logits (Murdoch & Szlam 2017, "Automatic Rule Extraction
from Long Short Term Memory Networks", for a last state; here under every pooling). The shares and
what the head says of no text at all sum to the logits. ``occlusion`` asks the network again without
each token (Zeiler & Fergus 2014): nothing to sum up, and hundreds of times the work.

How faithful both are: ``benchmarks/faithfulness.py``.

Shape letters: N texts, T tokens of all texts together, t of one text, H hidden, D = H or 2 H
states, K head input, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tonality.network.activations import Floats
from tonality.network.network import Network
from tonality.network.pooling import equal_shares, pool, tokens_taken
from tonality.network.schedule import Integers, Schedule
from tonality.text.encoder import Encoded
from tonality.text.ngrams import NgramTable

# How much of what a token makes a cell forget is charged to the tokens that it forgets; the rest is
# charged to the token itself. Measured for each pooling, see benchmarks/README.md.
BLAME = {"max": 0.1, "mean": 0.25, "attention": 0.25, "last": 0.25}

METHODS = ("contributions", "occlusion")

# Tokens of the shortened texts that occlusion computes at a time.
OCCLUDED = 2**16


@dataclass(frozen=True)
class Attribution:
    """The logits of a batch, split: a text's contributions + bias + remainder are its logits.

    Attributes:
        contributions: (T, C), what each token adds to each logit.
        bias: (C,), the logits of an empty text.
        remainder: (N, C), what the split leaves: rounding with a linear head, and with dense
            layers what their local Jacobian does not explain.
        logits: (N, C), those of a prediction.
    """

    contributions: Floats
    bias: Floats
    remainder: Floats
    logits: Floats


def attribute(
    network: Network, encoded: Encoded, method: str, ngrams: NgramTable | None
) -> Attribution:
    """Logits and what each token adds to them.

    Args:
        network: the network.
        encoded: a batch of texts.
        method: one of :data:`METHODS`.
        ngrams: the vocabulary's table, which occlusion needs: neighbours change.
    """
    with np.errstate(all="ignore"):  # whatever the program around it has set (np.seterr)
        return (
            contributions(network, encoded)
            if method == METHODS[0]
            else occlusion(network, encoded, ngrams)
        )


def contributions(
    network: Network, encoded: Encoded, blame: Mapping[str, float] = BLAME
) -> Attribution:
    """Logits and contributions of a batch, from one pass of the network; see :data:`BLAME`."""
    config, offsets = network.config, encoded.offsets
    states, cells, kept = network.trace(encoded)
    attended = None if network.attention is None else network.attention.shares(states, offsets)
    pooled = pool(config, states, offsets, attended)
    # With a linear head the slopes are the same for all texts.
    slopes = jacobian(network, pooled if config.dense else pooled[:1])
    gains = cell_gains(states, cells)
    schedule = Schedule.of(offsets)
    parts = np.zeros((len(encoded.ids), config.classes), dtype=np.float32)
    for number, pooling in enumerate(config.poolings):
        if pooling in ("max", "last"):
            worth = _only(gains, tokens_taken(config, pooling, states, offsets))
        else:
            shares = equal_shares(offsets) if attended is None or pooling == "mean" else attended
            worth = gains * shares[:, None]
        for direction, name in enumerate(config.directions):
            columns = config.columns(direction)
            positions = schedule.positions(backward=name == "backward")
            each, c, f = (a[positions, columns] for a in (worth, cells, kept))
            hand_back(each, c, f, schedule.active, blame[pooling])
            worth[positions, columns] = each
        units = slice(number * config.state_size, (number + 1) * config.state_size)
        parts += _through(slopes[:, units], worth, offsets)
    return _complete(network, encoded, parts, network.head(pooled))


def cell_gains(states: Floats, cells: Floats) -> Floats:
    """``h / c`` (T, D), which is ``o tanh(c) / c`` and so lies between 0 and 1."""
    gains: Floats = np.divide(states, np.where(cells == 0, np.float32(1.0), cells))
    np.clip(gains, 0.0, 1.0, out=gains)
    return gains


def _only(gains: Floats, taken: Integers) -> Floats:
    """The gains (T, D) of the tokens taken (n, D), zero elsewhere."""
    only = np.zeros_like(gains)
    units = np.arange(gains.shape[1])
    only[taken, units] = gains[taken, units]
    return only


def _through(slopes: Floats, worth: Floats, offsets: Integers) -> Floats:
    """What units of tokens (T, D) add to the logits (T, C) by the slopes (N or 1, D, C)."""
    if len(slopes) == 1:  # for all texts
        return np.asarray(worth @ slopes[0])
    each = zip(slopes, pairwise(offsets.tolist()), strict=True)
    parts = [worth[start:end] @ slope for slope, (start, end) in each]
    return np.concatenate(parts) if parts else np.zeros((0, slopes.shape[2]), dtype=np.float32)


def hand_back(
    worth: Floats, cells: Floats, forget: Floats, active: list[int], blame: float
) -> None:
    """Hands what the states are worth back to the tokens that made them, in place.

    With ``k = 1 - blame (1 - f)``, a cell is the sum of the changes ``c_t - k_t c_{t-1}``, each
    times the k of all the tokens that follow.

    All arrays are in the order of reading: step by step, at each step a row a text.

    Args:
        worth: (T, H), what a unit of each token's cell is worth in its own state; becomes what the
            change that the token made is worth in all the states.
        cells: (T, H), the memory cells c.
        forget: (T, H), the forget gates f: how much of its cell each token keeps.
        active: texts read at each step.
        blame: 0 to 1, see :data:`BLAME`.
    """
    scale, rest = np.float32(blame), np.float32(1.0 - blame)
    shape = active[0] if active else 0, worth.shape[1]
    carried = np.zeros(shape, dtype=np.float32)
    kept, change = np.empty_like(carried), np.empty_like(carried)
    end = len(worth)
    later = 0
    for step, n in reversed(list(enumerate(active))):
        begin = end - n
        k, d, r = kept[:n], change[:n], carried[:n]
        carried[:later] *= kept[:later]
        r += worth[begin:end]
        np.multiply(forget[begin:end], scale, out=k)
        k += rest
        if step:
            before = begin - active[step - 1]
            np.multiply(k, cells[before : before + n], out=d)
            np.subtract(cells[begin:end], d, out=d)
            d *= r
            worth[begin:end] = d
        else:
            np.multiply(cells[begin:end], r, out=worth[begin:end])
        end, later = begin, n


def jacobian(network: Network, pooled: Floats) -> Floats:
    """How the head's logits change with the pooled vectors (N, K), there: (N, K, C)."""
    active = []
    hidden = pooled.astype(np.float64)
    for number in range(len(network.config.dense)):
        hidden = hidden @ network.tensors[f"dense.{number}.weight"].T
        hidden += network.tensors[f"dense.{number}.bias"]
        active.append(hidden > 0)
        np.maximum(hidden, 0.0, out=hidden)
    slopes = np.broadcast_to(
        network.tensors["output.weight"].T, (len(hidden), hidden.shape[1], network.config.classes)
    )
    for number in reversed(range(len(active))):
        masked = slopes * active[number][:, :, None]
        slopes = np.matmul(network.tensors[f"dense.{number}.weight"].T, masked)
    return slopes.astype(np.float32)


def occlusion(
    network: Network,
    encoded: Encoded,
    ngrams: NgramTable | None,
) -> Attribution:
    """What leaving out each token does to the logits.

    Args:
        network: the network.
        encoded: the texts.
        ngrams: the vocabulary's n-gram table, since neighbours change when a token goes.
    """
    logits = network.logits(encoded)
    parts = np.zeros((len(encoded.ids), network.config.classes), dtype=np.float32)
    for n, (start, end) in enumerate(pairwise(encoded.offsets.tolist())):
        ids = encoded.ids[start:end]
        for first, last in _stretches(len(ids)):
            without = network.logits(_without(ids, first, last, ngrams))
            parts[start + first : start + last] = logits[n] - without
    return _complete(network, encoded, parts, logits)


def _stretches(length: int) -> Iterator[tuple[int, int]]:
    step = max(1, OCCLUDED // max(1, length))
    for first in range(0, length, step):
        yield first, min(first + step, length)


def _without(ids: NDArray[np.int32], first: int, last: int, table: NgramTable | None) -> Encoded:
    """The texts that lack one token each, from token ``first`` to the one before ``last``."""
    kept = np.arange(len(ids)) != np.arange(first, last)[:, None]
    shortened = np.broadcast_to(ids, kept.shape)[kept]
    offsets = np.arange(last - first + 1, dtype=np.int64) * (len(ids) - 1)
    ngrams = None if table is None else table.lookup(shortened, offsets)
    return Encoded(shortened, ngrams, offsets, np.zeros(last - first, dtype=np.int64))


def _complete(network: Network, encoded: Encoded, parts: Floats, logits: Floats) -> Attribution:
    bias = network.head(np.zeros((1, network.config.pooled_size), dtype=np.float32))[0]
    totals = np.zeros(logits.shape)
    filled = np.flatnonzero(encoded.lengths)
    if len(filled):
        totals[filled] = np.add.reduceat(parts, encoded.offsets[filled], axis=0, dtype=np.float64)
    return Attribution(parts, bias, (logits - bias - totals).astype(np.float32), logits)
