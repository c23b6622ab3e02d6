"""The frame that holds the benchmark, and its front door: ``from sspbench import X`` is all that a plugin imports.

A name is loaded from its home when it is first asked for, so that listing plugins imports no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .commands.download import raw_file as raw_file
    from .contract import Direction as Direction
    from .contract import Measure as Measure
    from .contract import Method as Method
    from .contract import MetricFamily as MetricFamily
    from .contract import PrepareRequest as PrepareRequest
    from .contract import Scores as Scores
    from .contract import ScoringBatch as ScoringBatch
    from .contract import TableName as TableName
    from .errors import Faults as Faults
    from .errors import UserError as UserError
    from .files import sha256 as sha256
    from .files import write_bytes as write_bytes
    from .files import write_json as write_json
    from .images.archives import opened as opened
    from .images.grey import LUMA as LUMA
    from .images.grey import SUFFIXES as SUFFIXES
    from .images.grey import list_images as list_images
    from .images.grey import read_grey as read_grey
    from .images.grey import read_stack as read_stack
    from .images.grey import to_uint8 as to_uint8
    from .images.grey import write_grey as write_grey
    from .images.inspection import Picture as Picture
    from .images.inspection import add_double_names as add_double_names
    from .images.inspection import add_duplicates as add_duplicates
    from .images.inspection import add_unpaired as add_unpaired
    from .images.inspection import common_size as common_size
    from .images.inspection import inspect as inspect
    from .images.inspection import white_of as white_of
    from .images.labels import read_label as read_label
    from .images.left_out import left_out as left_out
    from .images.manifest import EXTRAS as EXTRAS
    from .images.manifest import SPLITS as SPLITS
    from .images.thresholds import dice_by_level as dice_by_level
    from .releases.scores import load_scores as load_scores
    from .training.adversarial import lsgan as lsgan
    from .training.adversarial import lsgan_discriminator as lsgan_discriminator
    from .training.adversarial import relativistic_lsgan as relativistic_lsgan
    from .training.adversarial import vanilla as vanilla
    from .training.initialisers import normal_start as normal_start
    from .training.initialisers import xavier_start as xavier_start
    from .training.interop import official_tensors as official_tensors
    from .training.interop import tensors_of as tensors_of
    from .training.normalisation import InstanceNorm2d as InstanceNorm2d
    from .training.normalisation import instance_norm as instance_norm
    from .training.one_way import PatchContrastGAN as PatchContrastGAN
    from .training.patch_contrast import PatchSampler as PatchSampler
    from .training.patchgan import PatchGAN as PatchGAN
    from .training.regions import gaussian_means as gaussian_means
    from .training.regions import local_moments as local_moments
    from .training.regions import unevenness as unevenness
    from .training.resampling import at_side as at_side
    from .training.resampling import blur_down as blur_down
    from .training.resampling import conv_doubled as conv_doubled
    from .training.resampling import double as double
    from .training.residual_generator import TAPPED_BLOCKS as TAPPED_BLOCKS
    from .training.residual_generator import ResidualGenerator as ResidualGenerator
    from .training.schedules import Schedule as Schedule
    from .training.schedules import constant_then_linear as constant_then_linear
    from .training.schedules import epoch_of as epoch_of
    from .training.schedules import polynomial as polynomial
    from .training.schedules import warm_up_then_halving as warm_up_then_halving
    from .training.trainable import TrainableMethod as TrainableMethod
    from .training.trainable import TrainableSegmenter as TrainableSegmenter
    from .training.two_way import TwoWayGAN as TwoWayGAN
    from .training.vgg import VGG16 as VGG16
    from .training.vgg import load_vgg16 as load_vgg16

PUBLIC = {
    "contract": (
        "Direction", "Measure", "Method", "MetricFamily", "PrepareRequest", "Scores", "ScoringBatch", "TableName",
    ),
    "errors": ("Faults", "UserError"),
    "files": ("sha256", "write_bytes", "write_json"),
    "images.archives": ("opened",),
    "images.grey": ("LUMA", "SUFFIXES", "list_images", "read_grey", "read_stack", "to_uint8", "write_grey"),
    "images.inspection": (
        "Picture", "add_double_names", "add_duplicates", "add_unpaired", "common_size", "inspect", "white_of",
    ),
    "images.labels": ("read_label",),
    "images.left_out": ("left_out",),
    "images.manifest": ("EXTRAS", "SPLITS"),
    "images.thresholds": ("dice_by_level",),
    "commands.download": ("raw_file",),
    "training.adversarial": ("lsgan", "lsgan_discriminator", "relativistic_lsgan", "vanilla"),
    "training.initialisers": ("normal_start", "xavier_start"),
    "releases.scores": ("load_scores",),
    "training.interop": ("official_tensors", "tensors_of"),
    "training.normalisation": ("InstanceNorm2d", "instance_norm"),
    "training.one_way": ("PatchContrastGAN",),
    "training.patch_contrast": ("PatchSampler",),
    "training.patchgan": ("PatchGAN",),
    "training.regions": ("gaussian_means", "local_moments", "unevenness"),
    "training.resampling": ("at_side", "blur_down", "conv_doubled", "double"),
    "training.residual_generator": ("TAPPED_BLOCKS", "ResidualGenerator"),
    "training.schedules": ("Schedule", "constant_then_linear", "epoch_of", "polynomial", "warm_up_then_halving"),
    "training.trainable": ("TrainableMethod", "TrainableSegmenter"),
    "training.two_way": ("TwoWayGAN",),
    "training.vgg": ("VGG16", "load_vgg16"),
}  # fmt: skip
"""The public names, by their home within ``sspbench``."""

HOMES = {name: home for home, names in PUBLIC.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    if name not in HOMES:
        raise AttributeError(f"sspbench has no public name {name!r}; there are: {', '.join(sorted(HOMES))}")
    return getattr(importlib.import_module(f"sspbench.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(HOMES)
