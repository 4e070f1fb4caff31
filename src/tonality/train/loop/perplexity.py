"""How well a language model foretells texts it has not learnt from."""

from __future__ import annotations

import math

import torch

from tonality.text.encoder import Encoded
from tonality.train.networks.language_model import LanguageModel
from tonality.train.prepare.token_streams import Streams

# Texts are read side by side, in stretches whose scores of a whole vocabulary fit in memory.
STREAMS, STEPS = 16, 64


def perplexity(model: LanguageModel, texts: Encoded) -> dict[str, float]:
    """exp of the mean cross-entropy of a token, by direction, over the whole vocabulary.

    Words outside the vocabulary count as the unknown token, the ends of texts as tokens.

    Args:
        model: the model; dropout is off meanwhile.
        texts: texts it has not been trained on.
    """
    device = model.bias.device
    was_training = model.training
    model.eval()
    found = {}
    with torch.no_grad():
        for direction in model.directions:
            streams = Streams(
                texts, size=(STREAMS, STEPS), seed=0, backward=direction == "backward"
            )
            total, state = 0.0, None
            for stretch in streams:
                ids = torch.from_numpy(stretch.ids).long().to(device)
                states, state = model.states(direction, ids[:, :-1], state)
                total += float(model.loss(states, ids[:, 1:]))
            found[direction] = math.exp(min(total / max(len(streams), 1), 700.0))
    model.train(was_training)
    return found
