"""VGG16 features for perceptual terms: one loader, one input, the weights' own normalisation.

Every method gives (N, 3, H, W) pixels as **BGR, 0..255**; what the weights were trained on is brought about here and
nowhere else. Where the weights come from decides that, and is reported in ``VGG16.source``:

==============  ==========================================================================  ======================
source          weights                                                                     what the network sees
==============  ==========================================================================  ======================
``caffe-file``  a file of converted Caffe weights                                           BGR 0..255 minus mean
``torchvision`` torchvision's ImageNet weights, from a file or already in the hub's cache   RGB 0..1, mean and sd
``random``      none: seeded random weights                                                 as ``caffe-file``
==============  ==========================================================================  ======================

Use::

    vgg = load_vgg16(path_or_none, seed).to(device)
    self.notes["VGG"] = vgg.source                       # shown beside the method in every table
    maps = vgg(bgr, ("relu1_2", "relu2_2"))              # MSG-Net: dict by layer name
    maps = vgg(bgr, ("relu5_1",), pools=3, centre=False)  # EnlightenGAN: no 4th pooling, no mean subtraction

The parameters collect no gradients; the input does. Nothing is ever downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from ...errors import UserError
from . import official_weights

# Channels and number of 3 x 3 convolutions of the five blocks.
VGG16_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
# ``1_1`` ... ``5_3``: the convolutions in order; layer ``relu2_2`` is the rectified output of ``conv2_2``.
CONVOLUTION_NAMES = tuple(
    f"{block}_{i}" for block, (_, count) in enumerate(VGG16_BLOCKS, 1) for i in range(1, count + 1)
)
# Positions of the convolutions in torchvision's ``vgg16().features``.
TORCHVISION_POSITIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
# File name of torchvision's VGG16_Weights.IMAGENET1K_V1 in the hub's cache.
TORCHVISION_FILE_NAME = "vgg16-397923af.pth"

CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
TORCHVISION_MEAN_RGB = (0.485, 0.456, 0.406)
TORCHVISION_SD_RGB = (0.229, 0.224, 0.225)


class VGG16(nn.Module):
    """The convolutional part of VGG16 (Simonyan & Zisserman 2015), not yet filled: see :func:`load_vgg16`.

    Args:
        convention: What the weights expect: ``caffe`` or ``torchvision``.
        source: Where the weights came from (module docstring).
        width: Share of the channels; below 1 only for random weights.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, convention: str = "caffe", source: str = "random", width: float = 1.0) -> None:
        super().__init__()
        self.convention, self.source = convention, source
        channels = [max(round(size * width), 1) for size, count in VGG16_BLOCKS for _ in range(count)]
        self.convs = nn.ModuleDict(
            {
                f"conv{name}": skip_init(nn.Conv2d, before, after, 3, padding=1)
                for name, before, after in zip(CONVOLUTION_NAMES, [3, *channels], channels, strict=False)
            }
        )
        mean, scale = _mean_and_factor(convention)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(scale).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)

    def normalise_input(self, bgr: Tensor, *, centre: bool = True) -> Tensor:
        """Bring (N, 3, H, W) BGR 0..255 to what the weights expect; values outside 0..255 are kept.

        Without ``centre``, Caffe weights see plain BGR, the mean not subtracted (EnlightenGAN does so); torchvision's
        weights are always normalised in their own way.
        """
        if self.convention == "torchvision":
            return (bgr.flip(1) - self.mean) * self.scale
        return bgr - self.mean if centre else bgr

    def forward(self, bgr: Tensor, layers: Sequence[str], *, pools: int = 4, centre: bool = True) -> dict[str, Tensor]:
        """Return the named feature maps, e.g. ``relu2_2``, of BGR 0..255; nothing behind the last is computed.

        Block ``b + 1`` is preceded by a 2 x 2 max pooling if ``b <= pools``; for ``centre`` see
        :meth:`normalise_input`.

        Raises:
            KeyError: a layer does not exist.
        """
        unknown = set(layers) - {f"relu{name}" for name in CONVOLUTION_NAMES}
        if unknown:
            raise KeyError(f"VGG16 has no layer {sorted(unknown)}")
        maps: dict[str, Tensor] = {}
        x = self.normalise_input(bgr, centre=centre)
        for name in CONVOLUTION_NAMES:
            block, i = name.split("_")
            if i == "1" and 1 < int(block) <= pools + 1:
                x = torch.max_pool2d(x, 2)
            x = torch.relu(self.convs[f"conv{name}"](x))
            if f"relu{name}" in layers:
                maps[f"relu{name}"] = x
            if len(maps) == len(set(layers)):
                break
        return maps

    def official_tensors(self) -> list[Tensor]:
        """Weight and bias of the 13 convolutions in order."""
        return official_weights.list_layer_tensors(*self.convs.values())


def _mean_and_factor(convention: str) -> tuple[list[float], list[float]]:
    """Mean and factor, in the channel order and on the 0..255 scale."""
    if convention == "torchvision":
        return [255 * m for m in TORCHVISION_MEAN_RGB], [1 / (255 * sd) for sd in TORCHVISION_SD_RGB]
    return list(CAFFE_MEAN_BGR), [1.0, 1.0, 1.0]


def load_vgg16(weights: str | Path | None, seed: int, *, width: float = 1.0) -> VGG16:
    """Return VGG16 with the best weights available: the file, else torchvision's from the hub's cache, else random.

    Args:
        weights: A ``.safetensors`` or ``.pth`` file of VGG16. Its metadata ``convention`` says what the weights expect;
            without it, ``conv1_1`` keys mean Caffe and ``features.0`` keys torchvision.
        seed: Seed of the random weights.
        width: Share of the channels of the *random* network, for demonstrations; real weights are always whole.

    Raises:
        UserError: the file is missing, unreadable, or no VGG16.
    """
    if weights:
        return _build_from_state(
            official_weights.read_state_dict(Path(weights)), _read_convention(Path(weights)), where=str(weights)
        )
    cached = Path(torch.hub.get_dir()) / "checkpoints" / TORCHVISION_FILE_NAME
    if cached.is_file():
        return _build_from_state(official_weights.read_state_dict(cached), "torchvision", where=str(cached))
    return random_vgg16(seed, width)


def random_vgg16(seed: int, width: float = 1.0) -> VGG16:
    """Return VGG16 with He-normal weights and no bias; the same for the same seed and width."""
    vgg = VGG16("caffe", "random", width)
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in vgg.convs.named_parameters():
        if name.endswith(".bias"):
            nn.init.zeros_(parameter)
        else:
            nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=generator)
    return vgg


def _read_convention(path: Path) -> str | None:
    """Read the convention from a safetensors file's metadata, None where it says nothing.

    Raises:
        UserError: it says something else.
    """
    from safetensors import safe_open

    if path.suffix != ".safetensors":
        return None
    with safe_open(path, framework="pt") as stored:
        stated = (stored.metadata() or {}).get("convention")
    if stated is None:
        return None
    words = stated.lower()
    if words.startswith(("bgr", "caffe")):
        return "caffe"
    if words.startswith(("rgb", "torchvision")):
        return "torchvision"
    raise UserError(
        f"The VGG16 file states the unknown convention {stated!r}",
        where=str(path),
        hint="let its metadata 'convention' begin with 'BGR' (Caffe) or 'RGB' (torchvision)",
    )


def _build_from_state(state: Mapping[str, Tensor], stated: str | None, where: str) -> VGG16:
    plain = {official_weights.strip_wrapper_prefix(key): tensor for key, tensor in state.items()}
    names = [f"conv{name}" for name in CONVOLUTION_NAMES] if "conv1_1.weight" in plain else _torchvision_names(plain)
    convention = stated or ("caffe" if names[0].startswith("conv") else "torchvision")
    wanted = [f"{name}.{role}" for name in names for role in ("weight", "bias")]
    missing = [key for key in wanted if key not in plain]
    if missing:
        raise UserError(
            "A VGG16 file lacks tensors",
            where=where,
            why=f"{len(missing)} of {len(wanted)} not found, the first is {missing[0]}",
            hint="give the convolutions as conv1_1..conv5_3 or as torchvision's features.0..features.28",
        )
    vgg = VGG16(convention, "caffe-file" if convention == "caffe" else "torchvision")
    official_weights.load_official_weights(vgg, {key: plain[key] for key in wanted}, where=where)
    return vgg


def _torchvision_names(plain: Mapping[str, Tensor]) -> list[str]:
    prefix = "" if any(re.match(r"0\.weight", key) for key in plain) else "features."
    return [f"{prefix}{position}" for position in TORCHVISION_POSITIONS]
