"""A batch as the last LSTM layer read it, and which of its states the pooled vector uses.

Everything is in the order of reading: step by step, at each step a row a text, the longest first.

Shape letters: N texts, n texts that are not empty, T tokens, U distinct inputs, I inputs, H hidden,
D = H or 2 H states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tonality.network.kernel_numpy import Direction, Floats, Integers, Schedule, recur
from tonality.network.network import Network
from tonality.text.encoder import Encoded


@dataclass(frozen=True)
class Trace:
    """What one direction went through, a row a token.

    Attributes:
        states: h / 2 (T, H), as :func:`~tonality.network.kernel_numpy.recur` has them.
        cells: c / 2 (T, H), the memory cells.
        kept: f (T, H), the forget gates: how much of its cell each token keeps.
        positions: the token (T,) of each row.
    """

    states: Floats
    cells: Floats
    kept: Floats
    positions: Integers

    @classmethod
    def of(cls, direction: Direction, inputs: Floats, slots: Integers, schedule: Schedule) -> Trace:
        """Runs a direction over inputs (U, I), of which each token (T,) has one."""
        positions = schedule.positions(backward=direction.backward)
        shape = len(slots), direction.recurrent_weight.shape[0]
        states, cells, kept = (np.empty(shape, dtype=np.float32) for _ in range(3))
        begin = 0
        gates = direction.gates(inputs)
        for h, c, f in recur(direction, gates, slots[positions], schedule.active):
            end = begin + len(h)
            states[begin:end], cells[begin:end], kept[begin:end] = h, c, f
            begin = end
        return cls(states, cells, kept, positions)


@dataclass(frozen=True)
class Reading:
    """The traces of a batch.

    Attributes:
        traces: one for each direction.
        active: texts read at each step.
        texts: the texts that are not empty (n,), longest first.
        rows: the rows of each of them.
    """

    traces: list[Trace]
    active: list[int]
    texts: Integers
    rows: list[Integers]

    @classmethod
    def of(cls, network: Network, encoded: Encoded) -> Reading:
        """Runs a network up to the states of its last layer."""
        schedule = Schedule.of(encoded.offsets)
        inputs, slots = network.last_inputs(encoded, schedule)
        traces = [Trace.of(each, inputs, slots, schedule) for each in network.lstm[-1]]
        filled = schedule.active[0] if schedule.active else 0
        first = np.cumsum([0, *schedule.active[:-1]])
        rows = [first[:length] + rank for rank, length in enumerate(schedule.lengths[:filled])]
        return cls(traces, schedule.active, schedule.order[:filled], rows)


@dataclass(frozen=True)
class Picks:
    """A pooling that takes each unit from one token, in one direction.

    Attributes:
        trace: the direction's.
        rows: the row (n, H) that each unit of each text comes from.
    """

    trace: Trace
    rows: Integers

    def pooled(self) -> Floats:
        """The pooled units (n, H)."""
        return 2 * self.trace.states[self.rows, np.arange(self.rows.shape[1])]

    def gains(self) -> Floats:
        """What a unit of each token's cell is worth in the pooled vector: (T, H)."""
        gains = np.zeros_like(self.trace.states)
        units = np.arange(self.rows.shape[1])
        states, cells = (each[self.rows, units] for each in (self.trace.states, self.trace.cells))
        gains[self.rows, units] = _gains(states, cells)
        return gains


@dataclass(frozen=True)
class Shares:
    """A pooling that sums the states of a text, in one direction.

    Attributes:
        trace: the direction's.
        shares: the share (T,) of each row in its text's sum.
        texts: the rows of each text that is not empty.
    """

    trace: Trace
    shares: Floats
    texts: list[Integers]

    def pooled(self) -> Floats:
        """The pooled units (n, H)."""
        sums = np.empty((len(self.texts), self.trace.states.shape[1]), dtype=np.float32)
        for n, rows in enumerate(self.texts):
            sums[n] = self.shares[rows] @ self.trace.states[rows]
        return 2 * sums

    def gains(self) -> Floats:
        """What a unit of each token's cell is worth in the pooled vector: (T, H)."""
        gains = _gains(self.trace.states, self.trace.cells)
        gains *= self.shares[:, None]
        return gains


def _gains(states: Floats, cells: Floats) -> Floats:
    """``h / c``, which is ``o tanh(c) / c`` and so lies between 0 and 1."""
    gains: Floats = np.divide(states, np.where(cells == 0, np.float32(1.0), cells))
    np.clip(gains, 0.0, 1.0, out=gains)
    return gains


def uses(network: Network, reading: Reading, pooling: str) -> list[Picks] | list[Shares]:
    """What a pooling uses of each direction."""
    traces, texts = reading.traces, reading.rows
    size = network.config.hidden_size
    if pooling == "max":
        return [Picks(trace, _peaks(trace.states, texts)) for trace in traces]
    if pooling == "last":
        last = np.array([rows[-1] for rows in texts], dtype=np.int64)
        return [Picks(trace, np.repeat(last[:, None], size, axis=1)) for trace in traces]
    if pooling == "mean":
        shares = np.empty(len(traces[0].states), dtype=np.float32)
        for rows in texts:
            shares[rows] = 1.0 / len(rows)
        return [Shares(trace, shares, texts) for trace in traces]
    attention = _attention(network, reading)
    return [Shares(trace, attention[trace.positions], texts) for trace in traces]


def _peaks(states: Floats, texts: list[Integers]) -> Integers:
    peaks = np.empty((len(texts), states.shape[1]), dtype=np.int64)
    for n, rows in enumerate(texts):
        peaks[n] = rows[states[rows].argmax(axis=0)]
    return peaks


def _attention(network: Network, reading: Reading) -> Floats:
    """The share (T,) of each token in its text's attention, tokens in their own order."""
    tokens = len(reading.traces[0].positions)
    states = np.empty((tokens, network.config.state_size), dtype=np.float32)
    for number, trace in enumerate(reading.traces):
        states[trace.positions, network.config.columns(number)] = 2 * trace.states
    if not tokens:
        return np.zeros(0, dtype=np.float32)
    forward = reading.traces[0].positions
    starts = np.array([forward[rows[0]] for rows in reading.rows])
    order = np.argsort(starts)
    lengths = np.array([len(rows) for rows in reading.rows])
    return network.attention(states, starts[order], lengths[order])
