"""The frame that holds the benchmark, and its front door: ``from sspbench import X`` is all that a plugin imports.

A name is loaded from its home when it is first asked for, so that listing plugins imports no torch.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from .files import raw_file_path as raw_file_path
    from .files import sha256 as sha256
    from .files import write_bytes as write_bytes
    from .files import write_json as write_json
    from .images.archives import open_source as open_source
    from .images.decode import IMAGE_SUFFIXES as IMAGE_SUFFIXES
    from .images.degraded_pairs import PAIR_TYPES as PAIR_TYPES
    from .images.degraded_pairs import record_degradations as record_degradations
    from .images.degraded_pairs import write_degraded as write_degraded
    from .images.enhancement_rules import LUMA_WEIGHTS as LUMA_WEIGHTS
    from .images.field_of_view import erode_field_of_view as erode_field_of_view
    from .images.field_of_view import find_field_of_view as find_field_of_view
    from .images.field_of_view import find_inscribed_square as find_inscribed_square
    from .images.file_changes import add_change_notes as add_change_notes
    from .images.file_changes import find_unused_files as find_unused_files
    from .images.fundus_degradation import COMBINATIONS as COMBINATIONS
    from .images.fundus_degradation import degrade as degrade
    from .images.fundus_degradation import draw_degradation as draw_degradation
    from .images.inspection import InspectedImage as InspectedImage
    from .images.inspection import add_duplicate_image_faults as add_duplicate_image_faults
    from .images.inspection import add_duplicate_name_faults as add_duplicate_name_faults
    from .images.inspection import add_label_faults as add_label_faults
    from .images.inspection import inspect_image as inspect_image
    from .images.inspection import most_common_size as most_common_size
    from .images.labels import LabelFacts as LabelFacts
    from .images.labels import add_unusable_sets as add_unusable_sets
    from .images.labels import count_classes as count_classes
    from .images.labels import read_label as read_label
    from .images.manifest import EXTRA_FOLDERS as EXTRA_FOLDERS
    from .images.manifest import SPLITS as SPLITS
    from .images.per_picture import blur_inside as blur_inside
    from .images.per_picture import compute_luminance as compute_luminance
    from .images.per_picture import enhance_each as enhance_each
    from .images.per_picture import find_seen_area as find_seen_area
    from .images.pictures import list_images as list_images
    from .images.pictures import read_grey as read_grey
    from .images.pictures import read_rgb as read_rgb
    from .images.pictures import read_stack as read_stack
    from .images.pictures import to_uint8 as to_uint8
    from .images.pictures import write_grey as write_grey
    from .images.pictures import write_rgb as write_rgb
    from .images.pixel_sizes import record_pixel_sizes as record_pixel_sizes
    from .images.thresholds import dice_by_level as dice_by_level
    from .images.white_level import WhiteLevel as WhiteLevel
    from .images.white_level import decide_whites as decide_whites
    from .jobs.machine import count_cores as count_cores
    from .releases.scores import load_scores as load_scores
    from .training.field_of_view import compute_luminances as compute_luminances
    from .training.field_of_view import find_views as find_views
    from .training.losses import gaussian_means as gaussian_means
    from .training.losses import illumination_unevenness as illumination_unevenness
    from .training.losses import local_moments as local_moments
    from .training.losses import lsgan_discriminator_loss as lsgan_discriminator_loss
    from .training.losses import lsgan_loss as lsgan_loss
    from .training.losses import relativistic_lsgan_loss as relativistic_lsgan_loss
    from .training.losses import vanilla_gan_loss as vanilla_gan_loss
    from .training.networks.layers import InstanceNorm2d as InstanceNorm2d
    from .training.networks.layers import downsample2x as downsample2x
    from .training.networks.layers import init_normal as init_normal
    from .training.networks.layers import init_xavier as init_xavier
    from .training.networks.layers import instance_norm as instance_norm
    from .training.networks.layers import run_at_size as run_at_size
    from .training.networks.layers import upsample2x as upsample2x
    from .training.networks.layers import upsample2x_conv as upsample2x_conv
    from .training.networks.official_weights import list_layer_tensors as list_layer_tensors
    from .training.networks.official_weights import list_official_tensors as list_official_tensors
    from .training.networks.patchgan import PatchGAN as PatchGAN
    from .training.networks.residual_generator import TAPPED_BLOCKS as TAPPED_BLOCKS
    from .training.networks.residual_generator import ResidualGenerator as ResidualGenerator
    from .training.networks.vgg16 import VGG16 as VGG16
    from .training.networks.vgg16 import load_vgg16 as load_vgg16
    from .training.optimizers import Schedule as Schedule
    from .training.optimizers import constant_then_linear as constant_then_linear
    from .training.optimizers import epoch_at_step as epoch_at_step
    from .training.optimizers import polynomial_decay as polynomial_decay
    from .training.optimizers import warm_up_then_halving as warm_up_then_halving
    from .training.patch_contrast_gan import PatchContrastGAN as PatchContrastGAN
    from .training.patch_contrast_gan import PatchSampler as PatchSampler
    from .training.trainable import TrainableMethod as TrainableMethod
    from .training.trainable import TrainableSegmenter as TrainableSegmenter
    from .training.two_way_gan import TwoWayGAN as TwoWayGAN


def _find_homes() -> dict[str, str]:
    """Return the home of each public name within ``sspbench``, as the block above imports it for type checkers."""
    nodes = ast.walk(ast.parse(Path(__file__).read_text(encoding="utf-8")))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 1]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


HOME_BY_NAME = _find_homes()


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    if name not in HOME_BY_NAME:
        raise AttributeError(f"sspbench has no public name {name!r}; there are: {', '.join(sorted(HOME_BY_NAME))}")
    return getattr(importlib.import_module(f"sspbench.{HOME_BY_NAME[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(HOME_BY_NAME)
