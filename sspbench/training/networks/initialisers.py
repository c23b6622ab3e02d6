"""Initial weights of networks whose publications do not leave them to torch."""

from __future__ import annotations

from torch import nn

CONVOLUTION_TYPES = (nn.Conv2d, nn.ConvTranspose2d)


def init_normal(network: nn.Module, sd: float = 0.02) -> None:
    """Draw the weights of all convolutions from N(0, sd ** 2) and clear their biases (Radford et al. 2016)."""
    for layer in network.modules():
        if isinstance(layer, CONVOLUTION_TYPES):
            nn.init.normal_(layer.weight, 0.0, sd)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def init_xavier(network: nn.Module, gain: float = 0.02) -> None:
    """Draw the weights of convolutions and linear layers as Glorot & Bengio (2010), times ``gain``; clear biases."""
    for layer in network.modules():
        if isinstance(layer, (*CONVOLUTION_TYPES, nn.Linear)):
            nn.init.xavier_normal_(layer.weight, gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
