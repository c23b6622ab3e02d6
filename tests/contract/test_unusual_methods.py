"""What a learned method may do without a change of the frame: sample and optimise at test, bring pairs, see RGB."""

import pytest

from sspbench.plugin_checks.plugin_check import check_plugin
from tests.written_plugins import written

SAMPLER = {
    "nn.Conv2d(channels, width, 3, padding=1)": "nn.Conv2d(3, width, 3, padding=1)",
    "    def build(self)": """    @property
    def learns_from(self):
        return ("high",)

    def build(self)""",
    "def training_step(self, low: Tensor, high: Tensor)": "def training_step(self, high: Tensor)",
    "enhanced = self.translate(low)": """low = 0.5 * high + 0.05 * torch.randn(high.shape, generator=self.random)
        enhanced = self.translate(low)""",
    '    return images + self.networks["generator"](images)': """    for _ in range(3):
            noisy = images + 0.1 * torch.randn(images.shape, generator=self.random)
            images = (images + self.networks["generator"](noisy.expand(-1, 3, -1, -1))) / 2
        return images""",
}
OPTIMISER = {
    "    multiple = 1": "    learns_at_test = True\n    multiple = 1",
    '    return images + self.networks["generator"](images)': """    shift = torch.zeros_like(images).requires_grad_()
        for _ in range(2):
            loss = (images + shift + self.networks["generator"](images + shift)).square().mean()
            (slope,) = torch.autograd.grad(loss, shift)
            shift = (shift - slope).detach().requires_grad_()
        return images + shift + 0 * loss.detach() + self.networks["generator"](images)""",
}


@pytest.mark.parametrize(("name", "changes"), [("sampler", SAMPLER), ("optimiser", OPTIMISER)])
def test_it_keeps_the_contract(checkout, name, changes):
    written(checkout, "method", name, changes, "learned")
    assert not check_plugin("method", name, checkout).faults


def test_gradients_at_test_must_be_declared(checkout):
    changes = {key: value for key, value in OPTIMISER.items() if "multiple" not in key}
    written(checkout, "method", "undeclared", changes, "learned")
    assert "builds and trains" not in {fault.rule for fault in check_plugin("method", "undeclared", checkout).faults}
    assert "works untrained" in {fault.rule for fault in check_plugin("method", "undeclared", checkout).faults}
