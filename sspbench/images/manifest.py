"""The list of prepared images with their hashes. Rules depend on it, since folders' time stamps do not show content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_mapping, sha256, write_json
from .decode import read_image_size
from .pictures import list_images, read_grey
from .white_level import WhiteLevel, tabulate_whites

# LQ training, HQ training and LQ test images.
SPLITS = ("trainA", "trainB", "testA")

# Masks of the field of view, of the images of each split; same file names.
FIELD_FOLDERS = tuple(f"{split}_fov" for split in SPLITS)

# Masks of nerves or vessels, of simulated data the known clean images and the same scenes at high quality, and fields
# of view; same file names as their split.
EXTRA_FOLDERS = ("trainA_labels", "trainB_labels", "testA_labels", "testA_clean", "testA_hq", *FIELD_FOLDERS)

# Files named in a line about many.
MAX_SHOWN_FILES = 5

DOMAIN_BY_FOLDER = {"trainA": "LQ", "trainB": "HQ", "testA": "LQ", "testA_clean": "clean", "testA_hq": "HQ"}
DOMAIN_BY_FOLDER |= dict.fromkeys(FIELD_FOLDERS, "field of view")
"""What a split shows; all else are labels."""


@dataclass(frozen=True)
class Manifest:
    """A prepared data set: the folder that holds its splits, and what ``manifest.json`` holds."""

    folder: Path
    content: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read ``manifest.json``.

        Raises:
            UserError: the images are not prepared, or the file is not such a list.
        """
        if not Path(path).is_file():
            raise UserError(
                "The images are not prepared",
                where=str(path),
                why="the file does not exist",
                hint="run the workflow, which prepares them, or: python -m sspbench stage prepare",
            )
        content = read_mapping(path)
        if not isinstance(content.get("images"), list):
            hint = "remove its folder and run the workflow again: it prepares the images"
            raise UserError("A list of prepared images cannot be read", where=str(path), why="it has none", hint=hint)
        return cls(Path(path).parent, content)

    @property
    def digest(self) -> str:
        """Hash of all image contents: the fingerprint of their list, whose text is never held as a whole."""
        found = hashlib.sha256()
        for number, entry in enumerate(self.content["images"]):
            found.update(f"{', ' if number else '['}{json.dumps(entry, sort_keys=True)}".encode())
        found.update(b"]" if self.content["images"] else b"[]")
        return found.hexdigest()

    def list_entries(self, split: str) -> list[dict[str, Any]]:
        """Return what is known of the images of a split, in name order."""
        return [entry for entry in self.content["images"] if entry["split"] == split]

    @property
    def is_scale_known(self) -> bool:
        """Whether the size of a pixel is known of every test image."""
        is_width_known = self.content.get("field_um") is not None
        return is_width_known or all("um_per_px" in entry for entry in self.list_entries("testA"))

    def describe_scale(self) -> str:
        """Return what is known of the size of the test images' pixels, a line."""
        if not self.is_scale_known:
            return "pixel size: unknown, so morphometry is in pixels (1 counts as 1 µm): dataset_options={um_per_px: N}"
        field = self.content.get("field_um")
        sizes = sorted({entry.get("um_per_px") or field / entry["width"] for entry in self.list_entries("testA")})
        span = f"{sizes[0]:.4g}" if len(sizes) == 1 else f"{sizes[0]:.4g} to {sizes[-1]:.4g}"
        return f"pixel size: {span} µm"

    def describe_field_of_view(self) -> str:
        """Return how much of the frame the fields of view of the test images fill; empty where there are none."""
        shares = [entry["share"] for entry in self.list_entries("testA_fov")]
        if not shares:
            return ""
        mean = sum(shares) / len(shares)
        return f"{mean:.3f} of the frame ({min(shares):.3f} to {max(shares):.3f}), black outside"

    def degradation_by_stem(self) -> dict[str, str]:
        """Return the types of degradation of each test image by its stem, as far as they are known."""
        known = [entry for entry in self.list_entries("testA") if "degradation" in entry]
        return {Path(entry["path"]).stem: str(entry["degradation"]) for entry in known}

    def notes(self) -> Iterator[str]:
        """Yield what was done to files without being asked, a line each: how many, what, and the first of them."""
        for note in self.content.get("notes", []):
            files = note["files"]
            more = f", and {len(files) - MAX_SHOWN_FILES} more" if len(files) > MAX_SHOWN_FILES else ""
            plural = "file" if len(files) == 1 else "files"
            yield f"{len(files)} {plural} {note['what']}: {', '.join(files[:MAX_SHOWN_FILES])}{more}"

    def white_table(self) -> list[str]:
        """Return the lines of the table that says which value is white in which folder; empty where none was made."""
        levels = [WhiteLevel(**row) for row in self.content.get("white", [])]
        return tabulate_whites(levels) if levels else []

    def image_paths(self, split: str) -> list[Path]:
        """Return the images of a split in name order; empty where it has none."""
        return [self.folder / entry["path"] for entry in self.list_entries(split)]

    def subject_by_stem(self, split: str) -> dict[str, str]:
        """Return the subject of each image of a split by its stem; empty unless every image has one."""
        entries = self.list_entries(split)
        if not all("subject" in entry for entry in entries):
            return {}
        return {Path(entry["path"]).stem: str(entry["subject"]) for entry in entries}

    def companion_by_stem(self, split: str, extra: str) -> dict[str, Path | None]:
        """Return the companion in ``extra`` of every image of a split by its stem, None where there is none."""
        paths = self.image_paths(split)
        return dict(zip([path.stem for path in paths], self.find_companions(paths, extra), strict=True))

    def find_companions(self, paths: list[Path], extra: str) -> list[Path | None]:
        """Return, for images of a split, their companions in ``extra`` (by name), None where there is none."""
        known = {path.stem: path for path in self.image_paths(extra)}
        return [known.get(path.stem) for path in paths]


def write_manifest(
    folder: Path, facts: Mapping[str, Any], facts_by_path: Mapping[str, Mapping[str, Any]] | None = None
) -> Path:
    """List the images of a prepared folder, which holds the splits, in ``manifest.json``.

    Args:
        folder: The folder.
        facts: What is noted of the data set (its name, whether real, field, ...).
        facts_by_path: What is known of single images, each fact by path: ``original`` (the name that a renamed image
            had), ``um_per_px`` (micrometres per pixel), ``degradation`` (its types), ``subject``.
    """
    known = (facts_by_path or {}).items()
    images = []
    for split in (*SPLITS, *EXTRA_FOLDERS):
        for path in list_images(folder / split):
            width, height = read_image_size(path)
            inside = f"{split}/{path.name}"
            entry: dict[str, Any] = {
                "path": inside,
                "split": split,
                "domain": DOMAIN_BY_FOLDER.get(split, "label"),
                "width": width,
                "height": height,
                "sha256": sha256(path),
            }
            if split in FIELD_FOLDERS:
                entry["share"] = round(float((read_grey(path) > 0).mean()), 4)
            images.append(entry | {fact: by_path[inside] for fact, by_path in known if inside in by_path})
    # Most data sets have no fields of view.
    counted = [split for split in (*SPLITS, *EXTRA_FOLDERS) if split not in FIELD_FOLDERS or (folder / split).is_dir()]
    counts = {split: sum(image["split"] == split for image in images) for split in counted}
    target = folder / "manifest.json"
    write_json(target, {**facts, "counts": counts, "images": images})
    return target
