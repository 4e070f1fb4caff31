"""An LSTM language model: the next token of a text from those before it.

What it learns of a language, its embedding and LSTM layers, starts a classifier (Dai & Le 2015,
"Semi-supervised Sequence Learning"). Shape letters: S streams, T steps, V vocabulary,
E embedding, H hidden, K negatives.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from tonality.train.networks.dropout import dropped
from tonality.train.networks.lstm_network import DirectionModule, as_arrays
from tonality.train.settings.objective_sections import PretrainingSettings
from tonality.train.settings.sections import NetworkSettings

State = list[tuple[Tensor, Tensor]]  # hidden and memory (1, S, H) of each layer

# The proposal of negatives is the tokens' frequency to this power (Mikolov et al. 2013).
FLATTENING = 0.75


class Reader(nn.Module):
    """What reads in one direction: LSTM layers and the way back to the embedding's space."""

    def __init__(self, embedding_size: int, hidden_size: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        sizes = [embedding_size, *[hidden_size] * layers]
        self.layers = nn.ModuleList(
            DirectionModule(i, o, backward=False) for i, o in itertools.pairwise(sizes)
        )
        self.projection = nn.Linear(hidden_size, embedding_size)

    def forward(self, x: Tensor, before: State | None) -> tuple[Tensor, State]:
        """Projected states (S, T, E) of inputs (S, T, E), and the state to carry on with."""
        after: State = []
        for number, layer in enumerate(self.layers):
            x, state = layer.lstm(x, None if before is None else before[number])  # type: ignore[operator]
            x = dropped(x, self.dropout, training=self.training)
            after.append((state[0].detach(), state[1].detach()))
        return self.projection(x), after


class LanguageModel(nn.Module):
    """Embedding -> LSTM layers -> projection -> scores against the same embedding.

    Input and output embedding are tied (Press & Wolf 2017). Each direction has its own layers and
    projection; both share the embedding (Peters et al. 2018).

    Args:
        counts: (V,) how often each token occurs in training; decides which negatives are drawn.
        shape: E, H and the number of layers; what else it says is a classifier's.
        settings: the directions; K, the tokens drawn for each step's softmax (0 for all V); the
            dropout, of the elements of embedded tokens and of each layer's states.
    """

    proposal: Tensor
    log_chance: Tensor

    def __init__(
        self,
        counts: NDArray[np.int64],
        shape: NetworkSettings,
        settings: PretrainingSettings,
    ) -> None:
        super().__init__()
        self.directions, self.dropout = settings.directions, settings.dropout
        self.negatives = settings.negatives if settings.negatives < len(counts) else 0
        self.embedding = nn.Embedding(len(counts), shape.embedding_size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.readers = nn.ModuleList(
            Reader(shape.embedding_size, shape.hidden_size, shape.layers, self.dropout)
            for _ in self.directions
        )
        # Where the scores start: at the tokens' frequencies, which saves learning them.
        shares = torch.from_numpy(np.maximum(counts, 1) / np.maximum(counts, 1).sum())
        self.bias = nn.Parameter(shares.log().float())
        flattened = shares**FLATTENING
        proposal = flattened / flattened.sum()
        self.register_buffer("proposal", proposal.float(), persistent=False)
        # Of a token to be among the drawn: 1 - (1 - q)^K, without cancellation.
        chance = -torch.expm1(self.negatives * torch.log1p(-proposal))
        self.register_buffer("log_chance", chance.log().float(), persistent=False)

    def states(
        self, direction: str, ids: Tensor, before: State | None = None
    ) -> tuple[Tensor, State]:
        """What the last layer says of each token (S, T, E), and the state to carry on with.

        Args:
            direction: which layers.
            ids: (S, T) in the order in which that direction reads.
            before: the state that the tokens before left; None at the beginning.
        """
        x = dropped(self.embedding(ids), self.dropout, training=self.training)
        return self._reader(direction)(x, before)  # type: ignore[no-any-return]

    def _reader(self, direction: str) -> Reader:
        reader = self.readers[self.directions.index(direction)]
        assert isinstance(reader, Reader)
        return reader

    def loss(self, states: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of the next tokens, in nats; approximated with ``negatives``.

        The sampled softmax of Jean et al. (2015): the target against the tokens among K that are
        drawn for the whole batch. A token drawn several times counts once, and each score is
        corrected by the chance that its token is drawn. If p are the tokens' probabilities and Q
        these chances, then of a target and the drawn ones, each is the target with probability
        nearly proportional to p / Q; exactly so if each token were drawn independently. So the
        scores that serve best are nearly those of the whole softmax.

        Args:
            states: (S, T, E) of :meth:`states`.
            targets: (S, T) the tokens that follow.
        """
        if not (self.training and self.negatives):
            return F.cross_entropy(self.scores(states).flatten(0, 1), targets.flatten())
        z, wanted = states.flatten(0, 1), targets.flatten()  # (S T, E), (S T,)
        drawn = torch.multinomial(self.proposal, self.negatives, replacement=True)  # (K,)
        drawn = torch.unique(drawn)  # (D,)
        tokens = torch.cat([wanted, drawn])  # one look-up: its gradient is a table of all tokens
        vectors, shifts = self.embedding(tokens), (self.bias - self.log_chance)[tokens]
        targets_end = len(wanted)
        right = (z * vectors[:targets_end]).sum(1) + shifts[:targets_end]  # (S T,)
        noise = z @ vectors[targets_end:].T + shifts[targets_end:]  # (S T, D)
        noise.masked_fill_(wanted.int().unsqueeze(1) == drawn.int(), -torch.inf)
        scores = torch.cat([right.unsqueeze(1), noise], dim=1)  # the right one is the first
        among_drawn = F.cross_entropy(scores, torch.zeros_like(wanted))
        return among_drawn - self.log_chance[wanted].mean()  # a constant: the size of that of all V

    def scores(self, states: Tensor) -> Tensor:
        """Logits of all tokens (S, T, V) from :meth:`states`."""
        return F.linear(states, self.embedding.weight, self.bias)

    def export(self) -> dict[str, NDArray[np.float32]]:
        """The tensors by name: those a classifier has too are named as in its model folder."""
        tensors: dict[str, Tensor] = {"embedding.weight": self.embedding.weight}
        for name in self.directions:
            reader = self._reader(name)
            for number, layer in enumerate(reader.layers):
                tensors |= layer.tensors(f"lstm.{number}.{name}")  # type: ignore[operator]
            tensors[f"projection.{name}.weight"] = reader.projection.weight
            tensors[f"projection.{name}.bias"] = reader.projection.bias
        tensors["softmax.bias"] = self.bias
        return as_arrays(tensors)

    def start_from(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Copies the tensors of :meth:`export`; those not given stay as they are."""
        with torch.no_grad():
            for name, value in tensors.items():
                source = torch.from_numpy(np.asarray(value, dtype=np.float32))
                kind, *rest = name.split(".")
                if kind == "lstm":
                    number, direction, part = rest
                    layer = self._reader(direction).layers[int(number)]
                    layer.copy_in(part, source)  # type: ignore[operator]
                elif kind == "projection":
                    getattr(self._reader(rest[0]).projection, rest[1]).copy_(source)
                elif kind == "softmax":
                    self.bias.copy_(source)
                else:
                    self.embedding.weight.copy_(source)
