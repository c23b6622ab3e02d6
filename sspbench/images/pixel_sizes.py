"""How large a pixel of a user's images is: as the options say, else as all files of a folder say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract import PrepareRequest
from ..errors import Faults, UserError
from .inspection import InspectedImage
from .manifest import Manifest

# Option of a data set, and key of an image in the manifest: micrometres per pixel.
OPTION = "um_per_px"

HINT = "give the size of a pixel instead: dataset_options={um_per_px: N}"


def record_pixel_sizes(
    request: PrepareRequest, folders: Mapping[str, Mapping[str, InspectedImage]], root: Path
) -> None:
    """Record micrometres per pixel of the prepared images, as far as the option ``um_per_px`` or the files say.

    ``folders`` holds, for each folder below ``root``, its images by their place in the output (``testA/one.png``).
    """
    given = request.options.get(OPTION)
    scales: dict[str, float | None] = {}
    for images in folders.values():
        declared = [image for image in images.values() if image.um_per_px is not None]
        if given is None and len(declared) < len(images):
            if declared:
                files = [str(image.path.relative_to(root)) for image in declared]
                request.add_note("with a pixel size that is ignored, because other files have none", files)
            continue
        scales |= {target: given or image.um_per_px for target, image in images.items()}
    request.record(OPTION, scales)


def choose_scales(
    settings: Mapping[str, Any], own_field_um: float | None, scales: Mapping[str, float]
) -> Mapping[str, float]:
    """Return the recorded scales to keep: none where the user gave another width of the field than the data set.

    Raises:
        UserError: the user gave both the width of the field and the size of a pixel.
    """
    is_width_given = settings["field_um"] not in (None, own_field_um)
    if is_width_given and settings["options"].get(OPTION) is not None:
        why = "field_um is the width of every image, um_per_px the width of every pixel"
        raise UserError("The scale is given twice", where="config: dataset_options", why=why, hint="give one of them")
    return {} if is_width_given else scales


def add_width_faults(manifest: Manifest, faults: Faults) -> None:
    """Add a fault where one width of the field is to hold for test images of several widths, in pixels."""
    field = manifest.content["field_um"]
    widths = sorted({entry["width"] for entry in manifest.list_entries("testA") if OPTION not in entry})
    if field is not None and len(widths) > 1:
        shown = ", ".join(map(str, widths))
        why = f"{field:g} µm over {shown} pixels: images of one microscope have one scale, not one width"
        faults.add("Images of several widths share one width of the field", where="testA", why=why, hint=HINT)
