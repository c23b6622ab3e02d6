"""What the base of methods and segmenters does by itself: its start, its descent, its inference."""

import numpy as np
import pytest
import torch
from torch import nn

from sspbench.training.trainable import TrainableMethod, TrainableSegmenter


class Affine(nn.Module):
    """``3 x - 1``, and 0 while it is trained."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(3.0))
        self.shift = nn.Parameter(torch.tensor(-1.0))

    def forward(self, images):
        return images * 0 if self.training else self.scale * images + self.shift


class Method(TrainableMethod):
    multiple = 4

    def build(self):
        network = self.add_network("affine", Affine(), keep=True)
        self.add_network("other", nn.Linear(1, 1))
        self.add_optimizer("affine", torch.optim.Adam, network.parameters(), lambda step: 0.5 + step)
        self.add_optimizer("plain", torch.optim.SGD, [network.shift], lambda step: 0.25, momentum=0.5)
        self.seen = []

    def translate(self, images):
        self.seen.append((tuple(images.shape), torch.rand(1, generator=self.random).item(), images.requires_grad))
        self.grad = torch.is_grad_enabled()
        return self.networks["affine"](images)


class Segmenter(TrainableSegmenter):
    build = Method.build

    def predict(self, images):
        return self.networks["affine"](images)


def made(kind=Method, **changes):
    trainable = kind({"lr": 1}, seed=5)
    for name, value in changes.items():
        setattr(trainable, name, value)
    trainable.build()
    return trainable


IMAGES = np.array([0.0, 0.3, 0.4, 0.5, 0.7, 1.0], np.float32).reshape(1, 1, 2, 3)
WANTED = [0.0, 0.0, 0.2, 0.5, 1.0, 1.0]


def test_where_it_starts():
    method = TrainableMethod({"lr": 1})
    assert (method.seed, method.step, method.total_steps, method.steps_per_epoch) == (0, 0, 1, 1)
    assert (TrainableMethod.multiple, method.channels, method.learns_at_test, method.learned) == (1, 1, False, True)
    assert (method.learning_rate_scale, method.all_finite, method.inference_only) == (1.0, None, False)
    assert (method.networks, method.optimizers, method.pools, method.kept_networks) == ({}, {}, {}, [])
    assert (method.notes, method.learns_from, method.device.type) == ({}, ("low", "high"), "cpu")
    for task, words in ((method.build, "build"), (method.training_step, "training_step")):
        with pytest.raises(NotImplementedError, match=f"TrainableMethod must define {words}"):
            task()


@pytest.mark.parametrize(("kind", "task"), [(Method, "enhance"), (Segmenter, "probabilities")])
def test_inference_is_that_of_the_trained_network_cut_at_0_and_1(kind, task):
    found = getattr(made(kind), task)(np.concatenate([IMAGES, 1 - IMAGES]))
    assert (found.shape, found.dtype) == ((2, 1, 2, 3), np.float32)
    assert found[0].ravel().tolist() == pytest.approx(WANTED, abs=1e-6)
    assert found[1].ravel().tolist() == pytest.approx([1.0, 1.0, 0.8, 0.5, 0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("learns", [False, True])
def test_images_come_one_by_one_padded_with_the_same_draws_and_gradients_only_where_wanted(learns):
    method = made(learns_at_test=learns)
    method.enhance(np.concatenate([IMAGES, IMAGES]))
    first = torch.rand(1, generator=torch.Generator().manual_seed(5)).item()
    assert method.seen == [((1, 1, 4, 4), first, False)] * 2
    assert method.grad is learns


def test_optimisers_start_at_the_rate_of_step_0_and_inference_has_none():
    method = made()
    adam, plain = (method.optimizers[name].optimizer for name in ("affine", "plain"))
    assert (adam.defaults["lr"], plain.defaults["lr"], plain.defaults["momentum"]) == (0.5, 0.25, 0.5)
    assert not adam.defaults["fused"] and not plain.defaults["fused"]
    assert made(inference_only=True).optimizers == {}


def test_only_kept_networks_are_weights_and_come_back():
    method, other = made(), made()
    assert set(method.weights()) == {"affine.scale", "affine.shift"}
    method.load_weights(
        {"affine.scale": torch.tensor(7.0), "affine.shift": torch.tensor(2.0), "x.scale": torch.ones(1)}
    )
    assert {name: value.item() for name, value in method.weights().items()} == {"affine.scale": 7, "affine.shift": 2}
    assert other.weights()["affine.scale"].item() == 3
    with pytest.raises(RuntimeError, match="shift"):
        method.load_weights({"affine.scale": torch.tensor(7.0)})


def test_a_descent_clears_old_gradients_and_takes_the_rate_of_its_step():
    method = made()
    shift = method.networks["affine"].shift
    method.step, method.learning_rate_scale = 3, 0.5
    method.optimizers["plain"].optimizer.param_groups[0]["momentum"] = 0
    for _ in range(2):  # -0.25 x 0.5 x 2 each
        method.descend(2 * shift, "plain")
    assert shift.item() == pytest.approx(-1.5)
    method.descend(2 * shift, "plain", clip=0.4)
    assert shift.item() == pytest.approx(-1.55, rel=1e-5)


def test_a_loss_or_a_gradient_without_a_value_is_remembered():
    method = made()
    shift = method.networks["affine"].shift
    method.descend(2 * shift, "plain")
    assert method.all_finite.item() is True
    # The loss is 3, one gradient 1 and the other infinite.
    method.descend(method.networks["affine"].scale + (shift - shift.detach()).abs().sqrt(), "affine")
    assert method.all_finite.item() is False
    method.networks["affine"].shift.data.fill_(1.0)
    method.descend(2 * shift, "plain")
    assert method.all_finite.item() is False
    other = made()
    other.descend(torch.stack([other.networks["affine"].shift, torch.tensor(np.inf)]).max(), "plain")
    assert other.all_finite.item() is False


def test_frozen_networks_collect_no_gradients_and_thaw_even_after_an_error():
    method = made()
    method.networks["affine"].shift.requires_grad_(False)
    with pytest.raises(ZeroDivisionError), method.frozen("affine"):
        assert not method.networks["affine"].scale.requires_grad
        assert method.networks["other"].weight.requires_grad
        raise ZeroDivisionError
    assert method.networks["affine"].scale.requires_grad
    assert not method.networks["affine"].shift.requires_grad
