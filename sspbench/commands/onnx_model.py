"""A trained method as an ONNX model, made only if onnxruntime computes the same as torch at several sizes."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..jobs.outcome import JobError

if TYPE_CHECKING:
    import numpy as np

OPSET = 17
# Heights and widths of the parity check as (multiples, pixels more). The first is the size that is traced: an odd one,
# so that the graph holds the padding that other sizes need.
CHECKED_SIZES = (((2, 1), (3, 5)), ((3, 0), (2, 0)), ((1, 3), (2, 0)))

# Steps between the checked sizes are at least this, in pixels: networks that pad by themselves declare no multiple.
SMALLEST_STEP = 32

# Sides that are tried to find the smallest that a network takes: each is padded to more than the one before.
CANDIDATE_SIDES = (1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513)

# Largest difference on the scale of 0 to 1: a tenth of a grey level.
MAX_EXPORT_DIFFERENCE = 0.1 / 255


@dataclass(frozen=True)
class OnnxModel:
    """A method as an ONNX model: ``image`` to ``enhanced``, both (N, C, H, W) float32 in [0, 1].

    Attributes:
        content: The file.
        smallest_side: Smallest height and width that it takes, in pixels. The graph raises at smaller ones.
        difference: Largest difference between onnxruntime and torch that was found.
    """

    content: bytes
    smallest_side: int
    difference: float


def make_onnx(method: Any, facts: Mapping[str, str]) -> OnnxModel:
    """Return a method as ONNX. The graph pads to the method's multiple and crops back, so every size is right.

    Args:
        method: A :class:`~sspbench.training.trainable.TrainableMethod` ready to enhance.
        facts: Metadata of the model; ``smallest_side`` is added.

    Raises:
        JobError: the method samples, cannot be exported, or computes something else in onnxruntime.
    """
    import torch

    method.device = torch.device("cpu")
    for network in method.networks.values():
        network.to(method.device)
    step = math.lcm(SMALLEST_STEP, method.multiple)
    sizes = [(rows * step + more, columns * step + wider) for (rows, more), (columns, wider) in CHECKED_SIZES]
    module = _make_module(method)
    _refuse_sampling(method, module, sizes[0])
    content = _trace(module, sizes[0])
    difference = max(_measure_difference(content, module, size) for size in sizes)
    if not difference <= MAX_EXPORT_DIFFERENCE:
        raise JobError(
            "The exported network does not compute what torch computes; nothing was written",
            why=f"largest difference {difference:.3g} of 1, allowed {MAX_EXPORT_DIFFERENCE:.2g}, at {sizes}",
            hint="its translate() depends on the size of the image in a way that cannot be traced: use it with torch",
        )
    smallest = _find_smallest_side(content, module)
    if smallest > 1:
        module.smallest_side = smallest
        content = _trace(module, sizes[0])
    described = _add_facts(content, {**facts, "smallest_side": str(smallest)}, smallest)
    return OnnxModel(described, smallest, difference)


def _find_smallest_side(content: bytes, module: Any) -> int:
    """Return the smallest of the candidate sides at which torch and onnxruntime compute, and compute the same.

    Raises:
        JobError: there is none.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    for side in CANDIDATE_SIDES:
        try:
            if _measure_difference(content, module, (side, side)) <= MAX_EXPORT_DIFFERENCE:
                return side
        except (RuntimeError, ValueError, state.Fail, state.InvalidArgument, state.RuntimeException):
            continue
    why = f"torch and onnxruntime agree at none of the sides {CANDIDATE_SIDES}"
    raise JobError("The exported network takes no small image; nothing was written", why=why, hint="use it with torch")


def _refuse_sampling(method: Any, module: Callable[[Any], Any], size: tuple[int, int]) -> None:
    """Refuse a method that draws random numbers for an image: the file would hold one draw, of one size."""
    import torch

    before = method.random.get_state()
    with torch.inference_mode():
        module(torch.from_numpy(_make_image(size, method.channels)))
    if not torch.equal(before, method.random.get_state()):
        raise JobError(
            "The method cannot be exported to ONNX",
            why="it draws random numbers for each image (self.random), which the file could not draw again",
            hint="enhance with it here: python -m sspbench enhance --weights RUN --input DIR --output DIR",
        )


def _make_module(method: Any) -> Any:
    import torch
    from torch import Tensor, nn

    from ..training.padding import apply_padded

    class Enhancer(nn.Module):
        """The method's networks behind one function of images of any size."""

        def __init__(self) -> None:
            super().__init__()
            self.networks = nn.ModuleDict({name: method.networks[name] for name in method.kept_networks})
            self.smallest_side = 1
            self.channels = method.channels

        def forward(self, image: Tensor) -> Tensor:
            enhanced: Tensor = apply_padded(self._accepted(image), method.multiple, method.translate)
            return enhanced.clamp(0.0, 1.0)

        def _accepted(self, image: Tensor) -> Tensor:
            """Look up a table of one entry: too small a side asks for an entry that the table does not have."""
            if self.smallest_side == 1:
                return image
            side = torch.minimum(torch._shape_as_tensor(image)[2], torch._shape_as_tensor(image)[3])
            index = (side < self.smallest_side).long()
            return image + torch.zeros(1).index_select(0, index.reshape(1))

    return Enhancer().eval()


def _make_image(size: tuple[int, int], channels: int) -> np.ndarray:
    """Return a fixed image (1, C, H, W): noise on a slope."""
    import numpy as np

    noise = np.random.default_rng(0).random((1, channels, *size))
    return (0.5 * noise + np.linspace(0, 0.5, size[1])).astype(np.float32)


def _trace(module: Any, size: tuple[int, int]) -> bytes:
    """Return the traced graph.

    Raises:
        JobError: it cannot be traced.
    """
    import torch

    stream = io.BytesIO()
    free = {0: "images", 2: "height", 3: "width"}
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # the tracer warns of sizes taken as constants: the parity check finds them
            torch.onnx.export(
                module,
                (torch.from_numpy(_make_image(size, module.channels)),),
                stream,  # type: ignore[arg-type]  # the tracer writes into streams, too
                dynamo=False,
                opset_version=OPSET,
                input_names=["image"],
                output_names=["enhanced"],
                dynamic_axes={"image": free, "enhanced": free},
            )
    except (RuntimeError, ValueError, TypeError) as error:
        hint = "translate() may use only operations that ONNX has; check-method lists other faults"
        raise JobError("The method cannot be exported to ONNX", why=str(error), hint=hint) from error
    return stream.getvalue()


def _add_facts(content: bytes, facts: dict[str, str], smallest: int) -> bytes:
    import onnx

    model = onnx.load_from_string(content)
    _name_size_check(model.graph, smallest)
    onnx.checker.check_model(model)
    onnx.helper.set_model_props(model, facts)
    return bytes(model.SerializeToString())


def _name_size_check(graph: Any, smallest: int) -> None:
    """Name the node that raises for small pictures after what it checks: runtimes print the name."""
    added = {name for node in graph.node if node.op_type == "Add" and "image" in node.input for name in node.input}
    for node in graph.node:
        if node.op_type == "Gather" and added.intersection(node.output):
            node.name = f"both sides must have {smallest} pixels or more"


def _measure_difference(content: bytes, module: Any, size: tuple[int, int]) -> float:
    import numpy as np
    import onnxruntime
    import torch

    image = _make_image(size, module.channels)
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 4  # a size that a network cannot take is an answer here, not an error to print
    session = onnxruntime.InferenceSession(content, quiet, providers=["CPUExecutionProvider"])
    (found,) = session.run(["enhanced"], {"image": image})
    with torch.inference_mode():
        expected = module(torch.from_numpy(image)).numpy()
    if found.shape != expected.shape:
        return math.inf
    return float(np.abs(found - expected).max())
