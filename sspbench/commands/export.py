"""Export a trained enhancer to ONNX, written only if onnxruntime computes the same at two sizes."""

from __future__ import annotations

import argparse
import io
import math
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..files import sha256, write_bytes
from ..jobs.outcome import JobError
from .enhance import find_run_weights, load_run_settings

if TYPE_CHECKING:
    import numpy as np

ONNX_OPSET = 17
MIN_MULTIPLE_PX = 32
"""Sizes of the exported network are multiples of this: padding that depends on the size cannot be traced."""

TRIAL_SHAPES = ((3, 4), (5, 2))
"""Heights and widths of the parity check, in multiples; the first is the size that is traced."""

MAX_ONNX_DIFFERENCE = 0.1 / 255
"""Largest difference on the scale of 0 to 1: a tenth of a grey level."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``export``."""
    parser = commands.add_parser("export", help="export a trained method to ONNX, checked against torch at two sizes")
    parser.add_argument("--weights", type=Path, required=True, metavar="RUN", help="a run folder")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.onnx")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    if args.output.exists() and not args.force:
        raise UserError("The file already exists", where=str(args.output), hint="give another one, or --force")
    settings, weights = load_run_settings(args.weights), find_run_weights(args.weights)
    from ..stages.enhance import load_method

    facts = {
        "method": settings.name,
        "variant": settings.variant or "",
        "range": "0..1",
        "weights_sha256": sha256(weights),
    }
    difference = write_onnx(load_method(settings, weights), facts, args.output)
    print(f"{args.output}: onnxruntime differs from torch by at most {difference:.1e} (0 to 1) at two sizes")
    return 0


def write_onnx(method: Any, facts: Mapping[str, str], target: Path) -> float:
    """Write a method as ONNX: ``image`` to ``enhanced``, both (N, 1, H, W) float32 in [0, 1].

    H and W must be multiples of the model's metadata entry ``multiple``.

    Args:
        method: A :class:`~sspbench.training.trainable.TrainableMethod` ready to enhance.
        facts: Metadata of the model.
        target: The file to write.

    Returns:
        The largest difference between onnxruntime and torch.

    Raises:
        JobError: the method samples, cannot be exported, or computes something else in onnxruntime; nothing is
            written.
    """
    import torch

    method.device = torch.device("cpu")
    for network in method.networks.values():
        network.to(method.device)
    multiple = math.lcm(MIN_MULTIPLE_PX, method.multiple)
    sizes = [(rows * multiple, columns * multiple) for rows, columns in TRIAL_SHAPES]
    module = _build_module(method)
    _reject_sampling(method, module, sizes[0])
    try:
        content = _add_metadata(_trace_to_onnx(module, sizes[0]), {**facts, "multiple": str(multiple)})
    except (RuntimeError, ValueError, TypeError) as error:
        hint = "its translate() may use only what ONNX knows; check-method tells what else is wrong with it"
        raise JobError("The method cannot be exported to ONNX", why=str(error), hint=hint) from error
    difference = max(_max_difference(content, module, size) for size in sizes)
    if not difference <= MAX_ONNX_DIFFERENCE:
        raise JobError(
            "The exported network does not compute what torch computes; nothing was written",
            why=f"largest difference {difference:.3g} of 1, allowed {MAX_ONNX_DIFFERENCE:.2g}, at {sizes}",
            hint="its translate() depends on the size of the image in a way that cannot be traced: use it with torch",
        )
    write_bytes(target, content)
    return difference


def _reject_sampling(method: Any, module: Callable[[Any], Any], size: tuple[int, int]) -> None:
    """Refuse a method that draws random numbers for an image: the file would hold one draw, of one size."""
    import torch

    before = method.random.get_state()
    with torch.inference_mode():
        module(torch.from_numpy(_make_trial_image(size)))
    if not torch.equal(before, method.random.get_state()):
        raise JobError(
            "The method cannot be exported to ONNX",
            why="it draws random numbers for each image (self.random), which the file could not draw again",
            hint="enhance with it here: python -m sspbench enhance --weights RUN --input DIR --output DIR",
        )


def _build_module(method: Any) -> Any:
    from torch import Tensor, nn

    class Enhancer(nn.Module):
        """The method's networks behind one function."""

        def __init__(self) -> None:
            super().__init__()
            self.networks = nn.ModuleDict({name: method.networks[name] for name in method.kept_networks})

        def forward(self, image: Tensor) -> Tensor:
            enhanced: Tensor = method.translate(image)
            return enhanced.clamp(0.0, 1.0)

    return Enhancer().eval()


def _make_trial_image(size: tuple[int, int]) -> np.ndarray:
    """Return a fixed image (1, 1, H, W): noise on a slope."""
    import numpy as np

    noise = np.random.default_rng(0).random((1, 1, *size))
    return (0.5 * noise + np.linspace(0, 0.5, size[1])).astype(np.float32)


def _trace_to_onnx(module: Any, size: tuple[int, int]) -> bytes:
    import torch

    stream = io.BytesIO()
    free = {0: "images", 2: "height", 3: "width"}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of sizes taken as constants: the parity check looks at that
        torch.onnx.export(
            module,
            (torch.from_numpy(_make_trial_image(size)),),
            stream,  # type: ignore[arg-type]  # the tracer writes into streams too, which its annotation does not say
            dynamo=False,
            opset_version=ONNX_OPSET,
            input_names=["image"],
            output_names=["enhanced"],
            dynamic_axes={"image": free, "enhanced": free},
        )
    return stream.getvalue()


def _add_metadata(content: bytes, facts: dict[str, str]) -> bytes:
    import onnx

    model = onnx.load_from_string(content)
    onnx.checker.check_model(model)
    onnx.helper.set_model_props(model, facts)
    return bytes(model.SerializeToString())


def _max_difference(content: bytes, module: Callable[[Any], Any], size: tuple[int, int]) -> float:
    import numpy as np
    import onnxruntime
    import torch

    image = _make_trial_image(size)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (found,) = session.run(["enhanced"], {"image": image})
    with torch.inference_mode():
        expected = module(torch.from_numpy(image)).numpy()
    if found.shape != expected.shape:
        return math.inf
    return float(np.abs(found - expected).max())
