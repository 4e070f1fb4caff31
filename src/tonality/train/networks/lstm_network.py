"""The LSTM in PyTorch: the twin of :mod:`tonality.network`, for training.

Same names, same order, same result (a parity test holds the logits together). Shape
letters: N texts, T tokens, V vocabulary, G n-gram rows, E embedding, H hidden, D = H or 2 H
states, K head input, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from tonality.network.config import NetworkConfig
from tonality.train.networks.dropout import dropped, keep_mask
from tonality.train.settings.sections import DropoutSettings


class DirectionModule(nn.Module):
    """One LSTM layer in one direction; ``backward`` reads each text from its own end.

    A gather that reverses every text by its length replaces packed sequences, which leave
    oneDNN's fused LSTM for a path ten times slower on a CPU.
    """

    def __init__(
        self, input_size: int, hidden_size: int, *, backward: bool, weight_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.backward_in_time, self.weight_dropout = backward, weight_dropout
        self.lstm = nn.LSTM(input_size, hidden_size, batch_first=True)
        weight_ih, weight_hh, bias_ih, bias_hh = self.lstm.parameters()
        nn.init.xavier_uniform_(weight_ih)
        nn.init.orthogonal_(weight_hh)
        nn.init.zeros_(bias_ih)
        nn.init.zeros_(bias_hh)
        with torch.no_grad():  # remember by default (Jozefowicz et al. 2015)
            bias_ih[hidden_size : 2 * hidden_size] = 1.0

    def forward(self, x: Tensor, reversal: Tensor) -> Tensor:
        """States (N, T, H) for inputs (N, T, I); ``reversal`` (N, T) maps t to length-1-t."""
        if not self.backward_in_time:
            return self.states(x)
        return reorder(self.states(reorder(x, reversal)), reversal)  # last token first, and back

    def states(self, x: Tensor) -> Tensor:
        """States (N, T, H) for inputs (N, T, I), in the order of the inputs."""
        lstm = self.lstm
        if not (self.training and self.weight_dropout):
            return lstm(x)[0]  # type: ignore[no-any-return]
        # The module itself never holds dropped weights, so there are none to restore.
        weight_ih, weight_hh, bias_ih, bias_hh = lstm.parameters()
        fewer = dropped(weight_hh, self.weight_dropout, training=True)
        weights = [weight_ih, fewer, bias_ih, bias_hh]
        zeros = x.new_zeros(1, len(x), lstm.hidden_size)
        return torch.lstm(x, (zeros, zeros), weights, True, 1, 0.0, True, False, True)[0]

    def tensors(self, prefix: str) -> dict[str, Tensor]:
        """What a model folder holds of the layer: ``weight_ih``, ``weight_hh`` and ``bias``.

        Args:
            prefix: what comes before these in the names, such as ``lstm.0.forward``.
        """
        weight_ih, weight_hh, bias_ih, bias_hh = self.lstm.parameters()
        return {
            f"{prefix}.weight_ih": weight_ih,
            f"{prefix}.weight_hh": weight_hh,
            f"{prefix}.bias": bias_ih + bias_hh,
        }

    def copy_in(self, part: str, source: Tensor) -> None:
        """Copies one of :meth:`tensors`; ``part`` is its name without the prefix."""
        weight_ih, weight_hh, bias_ih, bias_hh = self.lstm.parameters()
        {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias": bias_ih}[part].copy_(source)
        if part == "bias":
            bias_hh.zero_()


class _Reordered(torch.autograd.Function):
    """See :func:`reorder`. What undoes a reversal is the reversal, so both ways copy whole rows."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return x.flatten(0, 1).index_select(0, rows).view_as(x)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return _Reordered.apply(upstream[0], rows), None  # type: ignore[no-untyped-call]


def reorder(x: Tensor, reversal: Tensor) -> Tensor:
    """Row n of the result is ``x[n, reversal[n]]``; x (N, T, I).

    Args:
        x: states or inputs.
        reversal: (N, T) the token to take at each place; twice applied, it changes nothing.
    """
    texts = torch.arange(len(x), device=x.device).unsqueeze(1)
    rows = (texts * x.shape[1] + reversal).flatten()
    reordered: Tensor = _Reordered.apply(x, rows)  # type: ignore[no-untyped-call]
    return reordered


def as_arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """Copies of tensors, as a model folder takes them."""
    return {name: tensor.detach().cpu().float().numpy().copy() for name, tensor in tensors.items()}


class LSTMNetwork(nn.Module):
    """Embedding -> LSTM layers -> masked pooling -> dense layers -> logits.

    Args:
        config: the shapes.
        dropout: the probabilities used in training.
    """

    def __init__(self, config: NetworkConfig, dropout: DropoutSettings | None = None) -> None:
        super().__init__()
        self.config = config
        self.dropout = dropout or DropoutSettings()
        self.embedding = nn.Embedding(config.vocabulary_size, config.embedding_size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.ngram_embedding: nn.Embedding | None = None
        if config.ngram_rows:
            self.ngram_embedding = nn.Embedding(
                config.ngram_rows, config.embedding_size, padding_idx=0
            )
            nn.init.zeros_(self.ngram_embedding.weight)
        self.lstm = nn.ModuleList(
            nn.ModuleList(
                DirectionModule(
                    config.layer_input(layer),
                    config.hidden_size,
                    backward=name == "backward",
                    weight_dropout=self.dropout.weight,
                )
                for name in config.directions
            )
            for layer in range(config.layers)
        )
        if "attention" in config.poolings:
            size = config.attention_size or config.state_size
            self.attention = nn.Linear(config.state_size, size)
            self.attention_context = nn.Parameter(torch.randn(size) / size**0.5)
        sizes = (config.pooled_size, *config.dense)
        self.dense = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(sizes))
        self.output = nn.Linear(sizes[-1], config.classes)

    def forward(self, ids: Tensor, lengths: Tensor, ngrams: Tensor | None = None) -> Tensor:
        """Logits (N, C).

        Args:
            ids: token ids (N, T), padded on the right with 0.
            lengths: tokens of each text (N,); 0 is allowed.
            ngrams: rows of the n-gram table (N, T, 2), 0 for none.
        """
        return self.forward_embedded(self.embed(ids, ngrams), lengths)

    def embed(self, ids: Tensor, ngrams: Tensor | None = None) -> Tensor:
        """Token vectors (N, T, E), n-gram vectors added, dropout applied."""
        x = self.embedding(ids)  # (N, T, E)
        if self.training and self.dropout.word:
            x = x * keep_mask(x, x.shape[:2], self.dropout.word).unsqueeze(-1)
        if self.ngram_embedding is not None and ngrams is not None:
            if self.training and self.dropout.ngram:
                ngrams = ngrams * (keep_mask(x, ngrams.shape, self.dropout.ngram) > 0)
            x = x + self.ngram_embedding(ngrams).sum(2)
        return dropped(x, self.dropout.embedding, training=self.training)

    def forward_embedded(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, C) from token vectors (N, T, E)."""
        steps = torch.arange(x.shape[1], device=x.device)
        mask = steps < lengths.unsqueeze(1)  # (N, T)
        reversal = torch.where(mask, lengths.unsqueeze(1) - 1 - steps, steps)
        for number, layer in enumerate(self.lstm):
            if number:
                x = dropped(x, self.dropout.layer, training=self.training)
            x = torch.cat([d(x, reversal) for d in layer], dim=-1)  # type: ignore[attr-defined]
        pooled = self.pool(x, mask, lengths)
        pooled = dropped(pooled, self.dropout.pooled, training=self.training)
        for dense in self.dense:
            pooled = dropped(F.relu(dense(pooled)), self.dropout.dense, training=self.training)
        return self.output(pooled)  # type: ignore[no-any-return]

    def pool(self, states: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        """Pooled states (N, K) of (N, T, D); padding takes no part, an empty text gives 0."""
        there = mask.unsqueeze(-1)  # (N, T, 1)
        parts = []
        for name in self.config.poolings:
            if name == "max":
                peak = states.masked_fill(~there, -torch.inf).amax(1)
                parts.append(torch.where(lengths.unsqueeze(1) > 0, peak, 0.0))
            elif name == "mean":
                parts.append((states * there).sum(1) / lengths.clamp(min=1).unsqueeze(1))
            elif name == "attention":
                # One score a token (Yang et al. 2016).
                scores = torch.tanh(self.attention(states)) @ self.attention_context  # (N, T)
                weights = scores.masked_fill(~mask, -1e9).softmax(1) * mask
                parts.append((states * weights.unsqueeze(-1)).sum(1))
            else:
                parts.append(self.last(states, lengths))
        return torch.cat(parts, dim=1)

    def last(self, states: Tensor, lengths: Tensor) -> Tensor:
        """What each direction knows after its last token (N, D)."""
        h = self.config.hidden_size
        rows = torch.arange(states.shape[0], device=states.device)
        ends = states[rows, (lengths - 1).clamp(min=0)]  # (N, D)
        if self.config.bidirectional:
            ends = torch.cat([ends[:, :h], states[:, 0, h:]], dim=1)
        return ends * (lengths > 0).unsqueeze(1)

    def export(self) -> dict[str, NDArray[np.float32]]:
        """The tensors under the model folder's names, float32."""
        tensors: dict[str, Tensor] = {"embedding.weight": self.embedding.weight}
        if self.ngram_embedding is not None:
            tensors["ngram_embedding.weight"] = self.ngram_embedding.weight
        for number, layer in enumerate(self.lstm):
            for name, direction in zip(self.config.directions, layer, strict=True):  # type: ignore[call-overload]
                tensors |= direction.tensors(f"lstm.{number}.{name}")
        if "attention" in self.config.poolings:
            tensors["attention.weight"] = self.attention.weight
            tensors["attention.bias"] = self.attention.bias
            tensors["attention.context"] = self.attention_context
        for number, dense in enumerate(self.dense):
            tensors[f"dense.{number}.weight"] = dense.weight  # type: ignore[assignment]
            tensors[f"dense.{number}.bias"] = dense.bias  # type: ignore[assignment]
        tensors["output.weight"] = self.output.weight
        tensors["output.bias"] = self.output.bias
        return as_arrays(tensors)

    def start_from(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Copies float tensors named as in :meth:`export`; those not given stay as they are."""
        targets: dict[str, Tensor] = dict(self.named_parameters())
        with torch.no_grad():
            for name, value in tensors.items():
                source = torch.from_numpy(np.asarray(value, dtype=np.float32))
                if name.startswith("lstm."):
                    _, layer, direction, kind = name.split(".")
                    number = self.config.directions.index(direction)
                    self.lstm[int(layer)][number].copy_in(kind, source)  # type: ignore[index]
                else:
                    targets[name.replace("attention.context", "attention_context")].copy_(source)
