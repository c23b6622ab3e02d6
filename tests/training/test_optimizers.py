"""Optimisers: torch's own arithmetic to the last bit, without its compiler."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from sspbench.training.optimizers import ScheduledOptimizer, make_optimizer

TRAINING = """
import sys
import torch
from sspbench import TrainableMethod
from sspbench.stages.train import count_inference_flops

class Method(TrainableMethod):
    def build(self):
        self.network = self.add_network("line", torch.nn.Conv2d(1, 1, 3, padding=1, bias=False), keep=True)
        self.add_optimizer("line", torch.optim.Adam, self.network.parameters(), lambda step: 0.1)

    def translate(self, images):
        return self.network(images)

method = Method({})
method.build()
method.descend(method.network(torch.ones(1, 1, 4, 4)).sum(), "line", clip=1.0)
state = method.optimizers["line"].optimizer
state.load_state_dict(state.state_dict())
assert count_inference_flops(method, side=4) == 2 * 9 * 4 * 4
print("torch._dynamo" in sys.modules)
"""


class Backwards(torch.optim.Optimizer):
    """Not of torch: adds the gradient, and asks for gradients within its step."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})

    def step(self, closure=None):
        assert torch.is_grad_enabled()
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.data.add_(parameter.grad, alpha=group["lr"])


def steps(kind, move, rates=(0.1, 0.05, 0.2)):
    """Return the weights after a few steps, ``move(optimizer, rate)`` doing each."""
    torch.manual_seed(0)
    layer = nn.Linear(5, 3)
    optimizer = make_optimizer(kind, layer.parameters(), lr=1.0)
    for rate in rates:
        optimizer.zero_grad(set_to_none=True)
        layer(torch.linspace(-1, 1, 10).view(2, 5)).square().sum().backward()
        move(optimizer, rate)
    return layer.weight.detach()


def move_as_torch(optimizer, rate):
    optimizer.param_groups[0]["lr"] = rate
    optimizer.step()


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop, Backwards])
def test_steps_are_those_of_the_class(kind):
    found = steps(kind, lambda optimizer, rate: ScheduledOptimizer(optimizer, lambda step: 0.0).descend(rate))
    assert torch.equal(found, steps(kind, move_as_torch))


def test_training_does_not_import_torch_s_compiler():
    done = subprocess.run([sys.executable, "-c", TRAINING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
