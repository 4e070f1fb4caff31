"""The pieces of a step: schedule, parameter groups, moving average, early stopping, loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from tonality.network.config import NetworkConfig
from tonality.train.loop.each_step import learning_rate
from tonality.train.loop.early_stopping import EarlyStopping
from tonality.train.loop.lightning_module import depth, frozen, parameter_groups
from tonality.train.loop.weight_average import EVERY, MovingAverage
from tonality.train.networks.lstm_network import LSTMNetwork, reorder
from tonality.train.objectives.adversarial import perturbation
from tonality.train.objectives.losses import Objective, classification_loss
from tonality.train.prepare.batches import Batch
from tonality.train.settings.sections import OptimiserSettings


def make_network() -> LSTMNetwork:
    """A network with a tensor of every kind."""
    torch.manual_seed(0)
    config = NetworkConfig(
        9, embedding_size=3, hidden_size=2, pooling="max+attention", dense=(4,), ngram_rows=5
    )
    return LSTMNetwork(config)


@pytest.mark.parametrize(("kind", "middle"), [("linear", 0.5), ("cosine", 0.5), ("constant", 1.0)])
def test_schedule_warms_up_and_falls(kind: str, middle: float) -> None:
    settings = OptimiserSettings(learning_rate=1.0, schedule=kind, warmup_steps=10)  # type: ignore[arg-type]
    rates = [learning_rate(settings, step, 110) for step in range(110)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10] == 1.0
    assert rates[60] == pytest.approx(middle)
    assert rates[109] == (1.0 if kind == "constant" else pytest.approx(0.0, abs=0.011))
    assert all(0 <= rate <= 1 for rate in rates)


def test_each_parameter_is_in_one_group_with_its_own_rate_and_decay() -> None:
    network = make_network()
    settings = OptimiserSettings(
        embedding_rate=0.5, ngram_rate=0.25, weight_decay=0.1, ngram_weight_decay=0.7
    )
    groups = parameter_groups(network, settings)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    seen = [names[id(parameter)] for group in groups for parameter in group["params"]]
    assert sorted(seen) == sorted(names.values())
    given = {
        names[id(parameter)]: (group["rate"], group["weight_decay"])
        for group in groups
        for parameter in group["params"]
    }
    assert given["embedding.weight"] == (0.5, 0.1)
    assert given["ngram_embedding.weight"] == (0.25, 0.7)
    assert given["output.weight"] == (1.0, 0.1)
    assert given["output.bias"] == given["attention_context"] == (1.0, 0.0)


def test_layers_learn_slower_the_lower_they_are() -> None:
    config = NetworkConfig(9, 3, 2, layers=2, pooling="attention", dense=(4,), ngram_rows=5)
    network = LSTMNetwork(config)
    settings = OptimiserSettings(layer_decay=2.0, embedding_rate=0.5, weight_decay=0.1)
    groups = parameter_groups(network, settings)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    given = {names[id(p)]: group["rate"] for group in groups for p in group["params"]}
    assert sorted(given) == sorted(names.values())
    assert given["output.weight"] == given["dense.0.bias"] == given["attention_context"] == 1
    assert given["lstm.1.0.lstm.weight_hh_l0"] == given["lstm.1.1.lstm.bias_ih_l0"] == 1 / 2
    assert given["lstm.0.1.lstm.weight_ih_l0"] == 1 / 4
    assert given["ngram_embedding.weight"] == 1 / 8
    assert given["embedding.weight"] == 0.5 / 8
    assert all(
        group["weight_decay"] == (0.1 if p.ndim > 1 else 0)
        for group in groups
        for p in group["params"]
        if "ngram" not in names[id(p)]
    )


@pytest.mark.parametrize(
    ("epoch", "deepest"), [(0.0, 0), (0.4, 0), (0.5, 1), (0.9, 1), (1.0, 2), (1.5, 3), (9.0, 3)]
)
def test_layers_join_from_the_head_down(epoch: float, deepest: int) -> None:
    network = LSTMNetwork(NetworkConfig(9, 3, 2, layers=2, ngram_rows=5))
    waiting = {id(parameter) for parameter in frozen(network, epoch, 0.5)}
    for name, parameter in network.named_parameters():
        assert (id(parameter) in waiting) == (depth(name, 2) > deepest)
    assert not frozen(network, epoch, 0.0)


def test_the_average_follows_its_formula_and_swaps_in_and_out() -> None:
    module = nn.Linear(2, 1, bias=False)
    average = MovingAverage(module, decay=0.5)
    expected = module.weight.detach().numpy().copy()
    for step in range(1, 3 * EVERY + 1):
        with torch.no_grad():
            module.weight.add_(step)
        if average.due(step):
            average.update(step)
            kept = min(0.5, (1 + step) / (10 + step)) ** EVERY
            expected = kept * expected + (1 - kept) * module.weight.detach().numpy()
    last = module.weight.detach().clone()
    with average.in_place():
        np.testing.assert_allclose(module.weight.detach().numpy(), expected, rtol=1e-5)
    assert torch.equal(module.weight, last)


def test_the_average_goes_on_from_its_state_and_an_update_twice_is_one() -> None:
    one, other = nn.Linear(2, 1), nn.Linear(2, 1)
    first, second = MovingAverage(one, 0.9), MovingAverage(other, 0.9)
    with torch.no_grad():
        one.weight.fill_(5.0)
    first.update(3)
    first.update(3)
    second.load_state_dict(first.state_dict())
    other.load_state_dict(one.state_dict())
    first.update(8)
    second.update(8)
    with first.in_place(), second.in_place():
        assert torch.equal(one.weight, other.weight)


def test_early_stopping_waits_for_patience_and_ties_are_no_improvement() -> None:
    stopping = EarlyStopping(patience=2)
    scores = [(0.8, -0.5), (0.9, -0.6), (0.9, -0.6), (0.9, -0.4), (0.7, 0.0), (0.8, 0.0)]
    outcomes = [(stopping.improved(score), stopping.stop) for score in scores]
    assert outcomes == [
        (True, False), (True, False), (False, False), (True, False), (False, False), (False, True),
    ]  # fmt: skip
    restored = EarlyStopping(patience=2)
    restored.load_state_dict(stopping.state_dict())
    assert restored == stopping


def test_without_patience_it_never_stops() -> None:
    stopping = EarlyStopping(patience=0)
    for score in range(5, 0, -1):
        stopping.improved((float(score),))
    assert not stopping.stop


def test_loss_weighs_classes_and_smooths_labels() -> None:
    network = make_network().eval()
    batch = Batch(torch.tensor([[2, 3], [4, 0]]), torch.tensor([2, 1]), None, torch.tensor([0, 1]))
    scores = network(batch.ids, batch.lengths).log_softmax(1)
    plain, _ = classification_loss(network, batch)
    assert plain.item() == pytest.approx(-(scores[0, 0] + scores[1, 1]).item() / 2)
    weighed, _ = classification_loss(
        network, batch, Objective(class_weights=torch.tensor([3.0, 1.0]))
    )
    assert weighed.item() == pytest.approx(-(3 * scores[0, 0] + scores[1, 1]).item() / 4)
    smooth, _ = classification_loss(network, batch, Objective(label_smoothing=0.2))
    assert smooth.item() == pytest.approx(0.8 * plain.item() - 0.2 * scores.mean().item())
    assert math.isfinite(smooth.item())


def test_the_perturbation_has_the_norm_asked_and_spares_padding() -> None:
    gradient = torch.randn(3, 4, 5)
    there = torch.arange(4) < torch.tensor([[4], [2], [0]])
    moved = perturbation(gradient, there, 1.5)
    np.testing.assert_allclose(moved.flatten(1).norm(dim=1), [1.5, 1.5, 0.0], rtol=1e-5)
    assert not moved[1, 2:].any()
    # Along the gradient: a hand-computed case.
    one = perturbation(torch.tensor([[[3.0, 4.0]]]), torch.tensor([[True]]), 10.0)
    np.testing.assert_allclose(one, [[[6.0, 8.0]]])


@pytest.mark.parametrize("norm", [0.01, 0.1])
def test_the_perturbation_raises_the_loss(norm: float) -> None:
    network = make_network().eval()
    batch = Batch(torch.tensor([[2, 3], [4, 0]]), torch.tensor([2, 1]), None, torch.tensor([0, 1]))
    plain, alone = classification_loss(network, batch)
    assert (plain.item(), alone.requires_grad) == (alone.item(), False)  # the second is a record
    both, same = classification_loss(network, batch, Objective(adversarial=norm))
    assert same.item() == pytest.approx(plain.item())
    assert both.item() - same.item() > plain.item()
    both.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_a_reordered_text_is_that_of_a_gather_and_so_is_its_gradient() -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 6, 3, dtype=torch.float64, requires_grad=True)
    lengths, steps = torch.tensor([6, 3, 1, 0]), torch.arange(6)
    reversal = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    gathered = x.gather(1, reversal.unsqueeze(-1).expand(-1, -1, 3))
    assert torch.equal(reorder(x, reversal), gathered)
    assert torch.autograd.gradcheck(lambda inputs: reorder(inputs, reversal), x)
