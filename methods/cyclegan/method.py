"""CycleGAN: two-way unpaired translation held together by cycles (Zhu et al., ICCV 2017)."""

from __future__ import annotations

from torch import nn

from sspbench import PatchGAN, ResidualGenerator, TwoWayGAN


class CycleGAN(TwoWayGAN):
    """Residual generators against 70 x 70 PatchGANs; the step, the losses and the schedule are the frame's."""

    multiple = 8  # 4 as published; 8 leaves instance norm more than one position in images of a few pixels

    def new_generator(self) -> nn.Module:
        """Return a residual generator."""
        return ResidualGenerator(self.channels, self._base_channels(), self.params["blocks"])

    def new_discriminator(self) -> nn.Module:
        """Return a 70 x 70 PatchGAN."""
        return PatchGAN(self.channels, self._base_channels())

    def _base_channels(self) -> int:
        return max(round(64 * self.params["width"]), 1)
