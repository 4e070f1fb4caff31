"""Where mixed precision pays: matrices multiplied in bfloat16, weights and sums in float32."""

from __future__ import annotations

import torch


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
