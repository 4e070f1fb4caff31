"""How much of a logit each token is worth, from the pass that computes the logits.

The pooled vector picks (max, last) or sums (mean, attention) the states of the tokens, so a
linear head's logits split into one part a token and what the head says of no text at all.

Shape letters: N texts, T tokens of all texts together, D states, K head input, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tonality.encode import Encoded
from tonality.layers import Floats, Integers
from tonality.network import Network


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


def attribute(network: Network, encoded: Encoded) -> Attribution:
    """Logits and contributions of a batch, from one pass of the network."""
    states = network.states(encoded)
    pooled = network.pool(states, encoded.offsets)
    logits = network.head(pooled)
    bias = network.head(np.zeros((1, network.config.pooled_size), dtype=np.float32))[0]
    slopes = jacobian(network, pooled)
    contributions = np.zeros((len(encoded.ids), network.config.classes), dtype=np.float32)
    size = network.config.state_size
    for number, name in enumerate(network.config.poolings):
        part = slopes[:, number * size : (number + 1) * size]
        contributions += _pooled_parts(network, name, states, encoded, part)
    totals = np.zeros_like(logits)
    np.add.at(totals, np.repeat(np.arange(len(encoded)), encoded.lengths), contributions)
    return Attribution(contributions, bias, logits - totals - bias, logits)


def jacobian(network: Network, pooled: Floats) -> Floats:
    """How the head's logits change with the pooled vector, there: (N, K, C)."""
    active = []
    for number in range(len(network.config.dense)):
        pooled = pooled @ network.tensors[f"dense.{number}.weight"].T
        pooled += network.tensors[f"dense.{number}.bias"]
        active.append(pooled > 0)
        np.maximum(pooled, 0.0, out=pooled)
    slopes = np.broadcast_to(
        network.tensors["output.weight"].T, (len(pooled), pooled.shape[1], network.config.classes)
    )
    for number in reversed(range(len(active))):
        masked = slopes * active[number][:, :, None]
        slopes = np.matmul(network.tensors[f"dense.{number}.weight"].T, masked)
    return slopes


def _pooled_parts(
    network: Network, name: str, states: Floats, encoded: Encoded, slopes: Floats
) -> Floats:
    """What each token's states add to the logits through one pooling: (T, C)."""
    lengths = encoded.lengths
    text = np.repeat(np.arange(len(encoded)), lengths)
    filled = np.flatnonzero(lengths)
    starts, ends = encoded.offsets[filled], encoded.offsets[filled + 1]
    weights = np.zeros_like(states)
    if not len(filled):
        return np.zeros((0, network.config.classes), dtype=np.float32)
    if name == "max":
        winners = _first_peaks(states, encoded.offsets, filled)
        columns = np.arange(states.shape[1])
        weights[winners, columns] = 1.0
    elif name == "mean":
        weights += (1.0 / lengths[text])[:, None].astype(np.float32)
    elif name == "attention":
        weights += network.attention(states, starts, lengths[filled])[:, None]
    else:
        h = network.config.hidden_size
        weights[ends - 1, :h] = 1.0
        weights[starts, h:] = 1.0
    weights *= states
    parts: Floats = np.einsum("td,tdc->tc", weights, slopes[text], optimize=True)
    return parts


def _first_peaks(states: Floats, offsets: Integers, filled: Integers) -> Integers:
    """The token (filled texts, D) that holds each pooled maximum."""
    return np.stack(
        [offsets[n] + states[offsets[n] : offsets[n + 1]].argmax(axis=0) for n in filled]
    )


METHODS: dict[str, Callable[[Network, Encoded], Attribution]] = {"contributions": attribute}
