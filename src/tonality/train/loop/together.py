"""What several processes do together at a step of a loop of our own; one process does nothing.

Lightning does it for classifiers. A language model's loop carries the states of its streams from
step to step, and each process has streams of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, distributed, nn

from tonality.errors import ConfigError
from tonality.train.networks.language_model import State
from tonality.train.prepare.batches import Share
from tonality.train.records.processes import join, started_together


class Together:
    """The processes that ``torchrun`` started, or this one alone.

    Attributes:
        share: which of them this is.
    """

    def __init__(self) -> None:
        self.share = Share()
        if started_together():
            join()
            self.share = Share(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))

    @property
    def alone(self) -> bool:
        """Whether there is one process."""
        return self.share.processes == 1

    def device(self, name: str) -> torch.device:
        """This process's device, where ``name`` is ``cpu`` or ``cuda``."""
        if name == "cuda" and not self.alone:
            return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        return torch.device(name)

    def seed(self, *parts: int) -> list[int]:
        """The seed of a process's own noise; the first process's is that of one alone."""
        return [*parts, self.share.rank] if self.share.rank else [*parts]

    def portion(self, streams: int) -> float:
        """What the mean over this process's streams counts, so that the mean of all is right.

        Raises:
            ConfigError: there are fewer streams than processes.
        """
        own = len(range(self.share.rank, streams, self.share.processes))
        if streams < self.share.processes:
            raise ConfigError(
                f"{streams} streams for {self.share.processes} processes: expected at least one "
                "each; raise pretraining.streams or start fewer"
            )
        return self.share.processes * own / streams

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Gives all the mean of their gradients."""
        if self.alone:
            return
        for parameter in parameters:
            if parameter.grad is not None:
                distributed.all_reduce(parameter.grad)
                parameter.grad /= self.share.processes

    def agreed(self, loss: float, stop: bool, save: bool) -> tuple[float, bool, bool]:
        """The mean loss; whether any wishes to stop; whether the first wishes to save."""
        if self.alone:
            return loss, stop, save
        wishes = [loss / self.share.processes, float(stop), float(save and not self.share.rank)]
        together = torch.tensor(wishes, dtype=torch.float64)
        distributed.all_reduce(together)
        return float(together[0]), bool(together[1]), bool(together[2])

    def gathered(self, carried: dict[str, State | None]) -> dict[str, State | None]:
        """The states of all streams, by direction, from those of each process."""
        if self.alone:
            return carried
        parts: list[Any] = [None] * self.share.processes
        on_cpu = {
            name: None if kept is None else [(h.cpu(), c.cpu()) for h, c in kept]
            for name, kept in carried.items()
        }
        distributed.all_gather_object(parts, on_cpu)
        return {name: _interleaved([part[name] for part in parts]) for name in carried}

    def own(self, state: State) -> State:
        """This process's part of the states of all streams."""
        rank, processes = self.share.rank, self.share.processes
        return [tuple(part[:, rank::processes].contiguous() for part in pair) for pair in state]  # type: ignore[misc]


def _interleaved(parts: list[State | None]) -> State | None:
    known = [part for part in parts if part is not None]
    if not known:
        return None
    return [
        (_woven([pair[0] for pair in layer]), _woven([pair[1] for pair in layer]))
        for layer in zip(*known, strict=True)
    ]


def _woven(parts: list[Tensor]) -> Tensor:
    """(1, S, H) of parts whose streams are every so-manyth."""
    first = parts[0]
    whole = first.new_empty(first.shape[0], sum(part.shape[1] for part in parts), first.shape[2])
    for rank, part in enumerate(parts):
        whole[:, rank :: len(parts)] = part
    return whole
