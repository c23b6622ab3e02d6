"""The description of a prepared data set in Croissant, which machine-learning tools read.

The format: https://docs.mlcommons.org/croissant/docs/croissant-spec.html (version 1.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import sha256, write_json
from .manifest import DOMAIN_BY_FOLDER, EXTRA_FOLDERS, SPLITS, Manifest

CROISSANT_FILE = "croissant.json"
CROISSANT_VERSION = "http://mlcommons.org/croissant/1.0"

# Words of the format that its context must map to its vocabulary.
_CROISSANT_TERMS = [
    "citeAs", "column", "dataType", "equivalentProperty", "extract", "field", "fileObject", "fileProperty",
    "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
    "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
]  # fmt: skip

# The columns of the list of images: their type, and what they hold.
_COLUMNS = {
    "path": ("sc:Text", "the image's file, relative to this folder"),
    "split": ("sc:Text", "the folder it lies in"),
    "domain": ("sc:Text", "LQ, HQ, clean or label"),
    "width": ("sc:Integer", "pixels"),
    "height": ("sc:Integer", "pixels"),
    "sha256": ("sc:Text", "hash of the file"),
}


def write_croissant(manifest: Manifest, meta: Mapping[str, Any]) -> Path:
    """Write ``croissant.json`` beside a manifest; ``meta`` is ``dataset.yaml``."""
    target = manifest.folder / CROISSANT_FILE
    write_json(target, describe_data_set(manifest, meta))
    return target


def describe_data_set(manifest: Manifest, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Croissant description of prepared images: one set of files per folder, and the list of all images."""
    counts: Mapping[str, int] = manifest.content["counts"]
    folders = [folder for folder in (*SPLITS, *EXTRA_FOLDERS) if counts.get(folder)]
    known = {"url": meta.get("homepage"), "citeAs": meta.get("citation")}
    return {
        "@context": _make_context(),
        "@type": "sc:Dataset",
        "conformsTo": CROISSANT_VERSION,
        "name": str(manifest.content["id"]),
        "description": f"{meta['title']}, prepared: "
        + ", ".join(f"{counts[folder]} images in {folder}" for folder in folders),
        "license": meta["licence"],
        "identifier": f"sha256:{manifest.digest}",
        **{name: value for name, value in known.items() if value},
        "distribution": [_describe_list(manifest), *map(_describe_folder, folders)],
        "recordSet": [_describe_records(), *map(_describe_pictures, folders)],
    }


def _make_context() -> dict[str, Any]:
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "conformsTo": "dct:conformsTo",
        **{term: f"cr:{term}" for term in _CROISSANT_TERMS},
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
    }


def _describe_list(manifest: Manifest) -> dict[str, Any]:
    path = manifest.folder / "manifest.json"
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "description": "all images with their sizes and hashes",
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/json",
        "sha256": sha256(path),
    }


def _describe_folder(folder: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{folder}-files",
        "name": f"{folder}-files",
        "description": f"{DOMAIN_BY_FOLDER.get(folder, 'label')} images, 8 bit",
        "encodingFormat": "image/png",
        "includes": f"{folder}/*.png",
    }


def _describe_records() -> dict[str, Any]:
    source = {"fileObject": {"@id": "manifest.json"}}
    fields = [
        {**_make_field("images", name, kind, source, {"jsonPath": f"$.images[*].{name}"}), "description": description}
        for name, (kind, description) in _COLUMNS.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": "images",
        "name": "images",
        "description": "one record per image, its pixels left out",
        "field": fields,
    }


def _describe_pictures(folder: str) -> dict[str, Any]:
    source = {"fileSet": {"@id": f"{folder}-files"}}
    fields = [
        _make_field(folder, "name", "sc:Text", source, {"fileProperty": "filename"}),
        _make_field(folder, "image", "sc:ImageObject", source, {"fileProperty": "content"}),
    ]
    return {"@type": "cr:RecordSet", "@id": folder, "name": folder, "field": fields}


def _make_field(
    record: str, name: str, kind: str, source: Mapping[str, Any], extract: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{record}/{name}",
        "name": name,
        "dataType": kind,
        "source": {**source, "extract": extract},
    }
