"""The objectives: hand-computed cases, and that each does what it is for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from tonality.network.config import NetworkConfig
from tonality.train.networks.dropout import dropped
from tonality.train.networks.lstm_network import LSTMNetwork
from tonality.train.objectives.adversarial import (
    Alike,
    Passes,
    entropy,
    perturbation,
    virtual_adversarial_loss,
)
from tonality.train.objectives.losses import (
    Objective,
    classification_loss,
    distillation_loss,
    unlabelled_loss,
)
from tonality.train.prepare.batches import Batch
from tonality.train.settings.objective_sections import DistillationSettings, UnlabelledSettings
from tonality.train.settings.sections import DropoutSettings

NOISY = DropoutSettings(
    embedding=0.2, word=0.2, ngram=0.3, layer=0.2, pooled=0.3, dense=0.2, weight=0.3
)


def virtual(norm: float, probe: float) -> UnlabelledSettings:
    """A virtual adversarial step of a norm, its direction found with a probe."""
    return UnlabelledSettings(virtual_adversarial=norm, probe=probe)


def make_network(dropout: DropoutSettings | None = None, classes: int = 3) -> LSTMNetwork:
    """Two layers, both directions, every kind of tensor."""
    torch.manual_seed(0)
    config = NetworkConfig(
        20, embedding_size=4, hidden_size=5, layers=2, pooling="max+attention", dense=(16,),
        ngram_rows=6, classes=classes,
    )  # fmt: skip
    network = LSTMNetwork(config, dropout)
    with torch.no_grad():
        network.embedding.weight.normal_()
        network.dense[0].bias.fill_(0.5)  # type: ignore[operator]  # few dead units
    return network


def make_batch(seed: int = 0, lengths: tuple[int, ...] = (7, 4, 1, 0), classes: int = 3) -> Batch:
    """Texts of several lengths, an empty one among them."""
    rng = torch.Generator().manual_seed(seed)
    size = (len(lengths), max(lengths))
    there = torch.arange(size[1]) < torch.tensor(lengths).unsqueeze(1)
    return Batch(
        torch.randint(2, 20, size, generator=rng) * there,
        torch.tensor(lengths),
        torch.randint(0, 6, (*size, 2), generator=rng) * there.unsqueeze(-1),
        torch.randint(0, classes, (len(lengths),), generator=rng),
    )


def gradients(network: LSTMNetwork) -> dict[str, Tensor]:
    found = {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}
    network.zero_grad()
    return found


def test_without_the_new_objectives_nothing_changes_to_the_bit() -> None:
    """As it was written before there were others, one backward pass more and all.

    Adversarial training adds up the same gradients of the embeddings in another order.
    """
    network, batch = make_network(NOISY), make_batch()

    def cross_entropy(vectors: Tensor) -> Tensor:
        logits = network.forward_embedded(vectors, batch.lengths)
        return F.cross_entropy(logits, batch.classes, label_smoothing=0.1)

    for norm in (0.0, 0.7):
        torch.manual_seed(5)
        vectors = network.embed(batch.ids, batch.ngrams)
        expected = plain = cross_entropy(vectors)
        if norm:
            (gradient,) = torch.autograd.grad(plain, vectors, retain_graph=True)
            moved = vectors + perturbation(gradient, batch.there, norm)
            expected = plain + cross_entropy(moved)
        expected.backward()  # type: ignore[no-untyped-call]
        before = gradients(network)
        torch.manual_seed(5)
        loss, alone = classification_loss(
            network, batch, Objective(label_smoothing=0.1, adversarial=norm)
        )
        loss.backward()  # type: ignore[no-untyped-call]
        after = gradients(network)
        assert torch.equal(loss, expected)
        assert torch.equal(alone, plain)
        assert before.keys() == after.keys() == dict(network.named_parameters()).keys()
        for name, gradient in before.items():
            close = norm > 0 and "embedding" in name
            torch.testing.assert_close(after[name], gradient, rtol=1e-5 * close, atol=1e-7 * close)


def test_losses_added_one_by_one_are_their_sum_and_scale_like_any() -> None:
    network, batch = make_network(), make_batch()

    def judge(vectors: Tensor) -> Tensor:
        return network.forward_embedded(vectors, batch.lengths)

    vectors = network.embed(batch.ids, batch.ngrams)
    expected = judge(vectors).square().mean() + 3.0 * judge(2 * vectors).mean()
    (5.0 * expected).backward()  # type: ignore[no-untyped-call]
    before = gradients(network)
    passes = Passes(network, network.embed(batch.ids, batch.ngrams))
    passes.add(judge(passes.vectors).square().mean())
    passes.add(3.0 * judge(2 * passes.vectors).mean())
    assert passes.total.item() == pytest.approx(expected.item(), rel=1e-6)
    (5.0 * passes.total).backward()  # type: ignore[no-untyped-call]
    for name, gradient in gradients(network).items():
        torch.testing.assert_close(gradient, before.pop(name), rtol=1e-4, atol=1e-6)
    assert not before


def divergence(judge: torch.nn.Module, vectors: Tensor, moved: Tensor) -> float:
    clean, other = judge(vectors).log_softmax(1), judge(moved).log_softmax(1)
    return float((clean.exp() * (clean - other)).sum(1).mean())


class Linear(torch.nn.Module):
    """Logits (N, 2) of token vectors (N, 1, 2): the first element for class 0, against class 1."""

    def forward(self, vectors: Tensor) -> Tensor:
        return torch.stack([vectors[:, 0, 0], -vectors[:, 0, 0]], dim=1)


def test_the_virtual_perturbation_by_hand() -> None:
    """Where only the first element counts, the step is along it, whatever the random start."""
    vectors, there = torch.tensor([[[0.5, 9.0]]]), torch.tensor([[True]])
    found = virtual_adversarial_loss(
        Linear(), vectors, there, Linear()(vectors), Alike(), virtual(2.0, 0.1)
    )
    one, other = (divergence(Linear(), vectors, vectors + torch.tensor([[[step, 0.0]]]))
                  for step in (2.0, -2.0))  # fmt: skip
    assert min(abs(found.item() - one), abs(found.item() - other)) < 1e-6
    # KL(p || q) with p = sigmoid(1) and q = sigmoid(-3)
    p, q = 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(3))
    assert other == pytest.approx(p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))


def test_the_virtual_perturbation_has_its_norm_and_spares_padding() -> None:
    network, batch = (
        make_network(DropoutSettings(embedding=0.2, layer=0.2, weight=0.3)),
        make_batch(),
    )
    seen: list[Tensor] = []

    def judge(vectors: Tensor) -> Tensor:
        seen.append(vectors.detach())
        return network.forward_embedded(vectors, batch.lengths)

    vectors = network.embed(batch.ids, batch.ngrams).detach()
    alike = Alike()
    with alike(vectors.device):
        clean = network.forward_embedded(vectors, batch.lengths)
    virtual_adversarial_loss(
        judge, vectors, batch.there, clean, alike, virtual(1.5, 0.25)
    ).backward()  # type: ignore[no-untyped-call]
    for moved, norm in zip(seen, (0.25, 1.5), strict=True):
        step = moved - vectors
        np.testing.assert_allclose(step.flatten(1).norm(dim=1), [norm, norm, norm, 0], rtol=1e-4)
        assert not step[~batch.there].any()
    network.zero_grad()


def test_passes_made_alike_differ_by_their_vectors_alone() -> None:
    network, batch = make_network(NOISY), make_batch()
    vectors = network.embed(batch.ids, batch.ngrams)
    alike, logits = Alike(), []
    for _ in range(2):
        with alike(vectors.device):
            logits.append(network.forward_embedded(vectors, batch.lengths))
    assert torch.equal(*logits)
    assert not torch.equal(logits[0], network.forward_embedded(vectors, batch.lengths))


def test_the_virtual_perturbation_moves_verdicts_more_than_random_ones() -> None:
    network, batch = make_network().double(), make_batch(lengths=(7, 6, 5, 7))
    vectors = network.embed(batch.ids, batch.ngrams).detach()
    clean = network.forward_embedded(vectors, batch.lengths)

    def judge(moved: Tensor) -> Tensor:
        return network.forward_embedded(moved, batch.lengths)

    found = virtual_adversarial_loss(
        judge, vectors, batch.there, clean, Alike(), virtual(0.5, 0.01)
    )
    target = clean.log_softmax(1)
    for _ in range(20):
        moved = vectors + perturbation(torch.randn_like(vectors), batch.there, 0.5)
        other = F.kl_div(
            judge(moved).log_softmax(1), target, log_target=True, reduction="batchmean"
        )
        assert found > 3 * other > 0


def test_entropy_by_hand_and_what_minimising_it_does() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3.0), 0.0]], requires_grad=True)
    quarter = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)
    assert entropy(logits).item() == pytest.approx((math.log(2) + quarter) / 2)
    (gradient,) = torch.autograd.grad(entropy(logits), logits)
    assert gradient[1, 0] < 0 < gradient[1, 1]  # surer of what it is surer of


def test_texts_without_labels_add_their_share() -> None:
    network, one, other = make_network(), make_batch(0), make_batch(1, (5, 5))
    plain, _ = classification_loss(network, one)
    only_entropy = UnlabelledSettings(entropy=0.5)
    loss, alone = classification_loss(
        network, one._replace(unlabelled=other), Objective(unlabelled=only_entropy)
    )
    logits = network(other.ids, other.lengths, other.ngrams)
    assert alone.item() == pytest.approx(plain.item())
    assert loss.item() == pytest.approx(plain.item() + 0.5 * entropy(logits).item(), rel=1e-5)
    settings = UnlabelledSettings(virtual_adversarial=1.0, virtual_weight=2.0)
    torch.manual_seed(3)
    half = unlabelled_loss(network, other, settings, 0.5).item()
    torch.manual_seed(3)
    whole = unlabelled_loss(network, other, settings, 1.0).item()
    assert whole == pytest.approx(2 * half) != 0


def test_everything_together_has_a_gradient_everywhere_and_falls() -> None:
    network = make_network(NOISY)
    batch = make_batch()._replace(unlabelled=make_batch(1, (6, 2, 3)))
    settings = UnlabelledSettings(virtual_adversarial=0.5, entropy=1.0)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    losses = []
    for _ in range(40):
        loss, plain = classification_loss(
            network, batch, Objective(adversarial=0.3, unlabelled=settings)
        )
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(plain.item())
        assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
        optimiser.step()
        optimiser.zero_grad()
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])


def test_distillation_by_hand() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
    soft = torch.tensor([[0.25, 0.75], [0.5, 0.5]])
    batch = Batch(torch.ones(2, 1), torch.tensor([1, 1]), None, torch.tensor([0, -1]))
    settings = DistillationSettings(temperature=2.0, hard_weight=0.4)

    def scores(first: float, second: float) -> tuple[float, float]:
        total = math.log(math.exp(first) + math.exp(second))
        return first - total, second - total

    a, b = scores(1.0, 0.0), scores(0.0, 2.0)
    taught = [-4 * (0.25 * a[0] + 0.75 * a[1]), -4 * (0.5 * b[0] + 0.5 * b[1])]
    labelled = 0.4 * -scores(2.0, 0.0)[0] + 0.6 * taught[0]
    found = distillation_loss(logits, batch, soft, settings)
    assert found.item() == pytest.approx((labelled + taught[1]) / 2)
    weighed = distillation_loss(
        logits, batch._replace(weights=torch.tensor([0.5, 1.5])), soft, settings
    )
    assert weighed.item() == pytest.approx((0.5 * labelled + 1.5 * taught[1]) / 2)


def test_a_perturbation_against_the_teacher_raises_the_distance_from_it() -> None:
    network, batch = make_network(), make_batch(lengths=(7, 6, 5, 7))
    batch = batch._replace(
        soft=torch.rand(4, 3).softmax(1), classes=torch.full((4,), -1), ngrams=None
    )
    alone, _ = classification_loss(network, batch, Objective(distillation=DistillationSettings()))
    both, _ = classification_loss(
        network, batch, Objective(adversarial=0.05, distillation=DistillationSettings())
    )
    assert both.item() - alone.item() > alone.item()


@pytest.mark.parametrize("adversarial", [0.0, 0.05])
def test_what_is_told_of_a_student_is_the_cross_entropy_with_its_labels(adversarial: float) -> None:
    """Whatever the temperature; a text without a label counts in the mean, and adds nothing."""
    network, batch = make_network(), make_batch(lengths=(7, 6, 5, 7))
    batch = batch._replace(soft=torch.rand(4, 3).softmax(1), classes=torch.tensor([0, -1, 2, -1]))
    with torch.no_grad():
        scores = network(batch.ids, batch.lengths, batch.ngrams).log_softmax(1)
    for temperature in (1.0, 4.0):
        distillation = DistillationSettings(temperature=temperature)
        _, told = classification_loss(
            network, batch, Objective(adversarial=adversarial, distillation=distillation)
        )
        assert told.item() == pytest.approx(-(scores[0, 0] + scores[2, 2]).item() / 4, rel=1e-5)


def test_weight_dropout_drops_recurrent_weights_and_keeps_the_module_whole() -> None:
    network = make_network(DropoutSettings(weight=0.5))
    plain = make_network()
    batch = make_batch()
    exported = network.export()
    torch.manual_seed(1)
    noisy = network(batch.ids, batch.lengths, batch.ngrams)
    with torch.no_grad():
        torch.manual_seed(1)
        for layer in plain.lstm:
            for direction in layer:  # type: ignore[attr-defined]
                weight = direction.lstm.weight_hh_l0
                weight.copy_(dropped(weight, 0.5, training=True))
    torch.testing.assert_close(noisy, plain(batch.ids, batch.lengths, batch.ngrams))
    noisy.sum().backward()
    after = network.export()
    assert all(np.array_equal(after[name], exported[name]) for name in exported)
    assert not torch.equal(noisy, network(batch.ids, batch.lengths, batch.ngrams))
    network.eval()
    clean = make_network().eval()(batch.ids, batch.lengths, batch.ngrams)
    assert torch.equal(network(batch.ids, batch.lengths, batch.ngrams), clean)
