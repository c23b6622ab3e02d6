"""What a training step descends, kept: put one of these before a method's class."""

import copy

from sspbench.config.overrides import merge_dicts
from sspbench.plugins.discovery import get_plugin
from sspbench.plugins.parameter_schemas import default_values
from tests.golden_vectors import DEVICE


def changed_params(method, *changes):
    """Return a method's default parameters with changes, each over those before it."""
    params = default_values(get_plugin("methods", method).all_parameters)
    for change in changes:
        params = merge_dicts(params, change)
    return params


class Unmoved:
    """Keeps what is descended and its gradients; no optimiser moves a weight.

    Attributes:
        losses: By the first optimiser that is stepped.
        gradients: Of all networks, in the official order, by that optimiser and network.
    """

    def build(self):
        """Build the method on the device under test, nothing descended yet."""
        self.device = DEVICE
        super().build()
        self.losses, self.gradients = {}, {}

    def descend(self, loss, *names):
        """Go backward from a loss and keep what comes of it."""
        for network in self.networks.values():
            network.zero_grad()
        loss.backward()
        self.losses[names[0]] = loss.detach()
        self.gradients[names[0]] = {
            key: [None if p.grad is None else p.grad.clone() for p in network.official_tensors()]
            for key, network in self.networks.items()
        }


class Recorded:
    """Keeps what was descended, and the networks before each descent.

    Attributes:
        descents: The optimisers, the loss and a copy of all networks, descent by descent.
    """

    def build(self):
        """Build the method, nothing descended yet."""
        super().build()
        self.descents = []

    def descend(self, loss, *names, clip=None):
        """Keep what is descended, and descend it."""
        self.descents.append((names, float(loss.detach()), copy.deepcopy(self.networks)))
        super().descend(loss, *names, clip=clip)
