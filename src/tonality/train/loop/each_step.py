"""What both loops decide of a step: its learning rate, its noise, its precision."""

from __future__ import annotations

import math

import numpy as np
import torch

from tonality.train.settings.sections import OptimiserSettings


def learning_rate(settings: OptimiserSettings, step: int, total_steps: int) -> float:
    """The learning rate of a step (from 0), before the multipliers of the embeddings."""
    peak, warmup = settings.learning_rate, settings.warmup_steps
    if step < warmup:
        return peak * ((step + 1) / warmup)
    if settings.schedule == "constant":
        return peak
    done = min((step - warmup) / max(total_steps - warmup, 1), 1.0)
    if settings.schedule == "linear":
        return peak * (1.0 - done)
    return peak * ((1.0 + math.cos(math.pi * done)) / 2)


def seed_step(*parts: int) -> None:
    """Seeds torch's noise of a step with the run's seed, the step and the like."""
    seed = np.random.SeedSequence(parts).generate_state(1, np.uint64)[0]
    torch.manual_seed(int(seed) >> 1)


def bfloat16_pays(device: str) -> bool:
    """Whether a device multiplies matrices in bfloat16 faster than in float32.

    Args:
        device: its type, such as ``cuda`` or ``cpu``. A CPU needs AMX, which Intel's servers have
            since Sapphire Rapids. ``benchmarks.train_speed`` says what it gains.
    """
    if device != "cpu":
        return True
    # PyTorch tells it from 2.9 on.
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16", False))
