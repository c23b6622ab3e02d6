"""The settings of one run: everything that a training, and all uses of its weights, depend on.

The plan makes the record once. Snakemake (:attr:`Settings.rerun_params`), the provenance (:meth:`Settings.as_json`)
and the stages share it; ``enhance --weights RUN`` reads it back (:meth:`Settings.from_run_folder`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from ..contract import CHANNELS, ColorMode
from ..errors import Faults, UserError
from ..files import read_mapping
from ..jobs.weights_record import TRAIN_RECORD
from ..plugins.discovery import Plugin, get_plugin
from ..plugins.kinds import PLUGIN_KINDS
from ..plugins.schemas import add_key_faults, add_schema_faults
from .input_files import vgg16_path


@dataclass(frozen=True)
class Engine:
    """How steps are computed; every field is a key of the config, where its default and its text are.

    Attributes:
        precision: ``fp32``, ``tf32`` or ``bf16``; ``auto`` until the device is known.
        channels_last: Memory layout of networks and batches; ``auto`` until the device is known.
        compile: Whether networks are compiled.
        threads: CPU threads; others sum in another order, as another machine does, and nothing is recomputed for it.
        vgg16: The weights file of VGG16 for methods that name none.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``: where to compute, as the config asks for it.
    """

    precision: str
    channels_last: bool | Literal["auto"]
    compile: bool
    threads: int = field(metadata={"neutral": True})
    vgg16: str | None
    device: str = field(default="auto", metadata={"neutral": True})

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Engine:
        """Take the engine's keys from a whole config."""
        return cls(**{key: config[key] for key in ENGINE_KEYS})


ENGINE_KEYS = tuple(one.name for one in fields(Engine))
"""The keys of the config that make the engine."""

RERUN_NEUTRAL_KEYS = tuple(one.name for one in fields(Engine) if one.metadata.get("neutral"))
"""Those for which nothing is recomputed: they change no result beyond rounding."""


@dataclass(frozen=True)
class Settings:
    """The settings of a run, or of a segmenter.

    Attributes:
        kind: ``method`` or ``segmenter``.
        name: The plugin.
        variant: Its variant or reading.
        seed: The seed.
        preset: The preset.
        params: The resolved parameters.
        engine: How steps are computed.
        weights: A checkpoint used instead of training.
        files: SHA-256 of the weight files that are named, by path.
        color: The mode of the images.
    """

    kind: str
    name: str
    variant: str | None
    seed: int
    preset: str
    params: Mapping[str, Any]
    engine: Engine
    weights: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    color: ColorMode = "grey"

    @property
    def channels(self) -> int:
        """Channels of the images."""
        return CHANNELS[self.color]

    @property
    def plugin(self) -> Plugin:
        """The plugin it is for.

        Raises:
            UserError: there is none of that name.
        """
        return get_plugin(PLUGIN_KINDS[self.kind].group, self.name)

    @property
    def label(self) -> str:
        """``name`` or ``name+variant``."""
        return self.name + (f"+{self.variant}" if self.variant else "")

    @property
    def plugin_params(self) -> dict[str, Any]:
        """The parameters as the plugin gets them: one that takes VGG16 and names no file gets the engine's."""
        if "vgg16" not in self.params:
            return dict(self.params)
        return {**self.params, "vgg16": vgg16_path(self.params, self.engine.vgg16)}

    @property
    def for_inference(self) -> Settings:
        """The same without what only training needs: the file of VGG16 and compilation."""
        params = {key: None if key == "vgg16" else value for key, value in self.params.items()}
        return replace(self, params=params, engine=replace(self.engine, vgg16=None, compile=False))

    @property
    def rerun_params(self) -> dict[str, Any]:
        """The record as JSON, without the neutral keys."""
        record = self.as_json()
        record["engine"] = {key: value for key, value in record["engine"].items() if key not in RERUN_NEUTRAL_KEYS}
        return record

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Any, where: str) -> Settings:
        """Take the record from what a JSON file holds.

        Args:
            content: What :meth:`as_json` gave.
            where: The file, for faults.

        Raises:
            UserError: everything in it that no record has.
        """
        hint = "train it with this version, or give a run folder of this version"
        with Faults("The settings of a run cannot be read", where=where) as faults:
            add_schema_faults(content, "settings", faults, where)
            if not faults.items:
                engine = {"device": "auto", **content["engine"]}  # older records have no device
                add_key_faults(engine, "config", ENGINE_KEYS, faults, f"{where}: engine")
            for item in faults.items:
                item.hint = hint
        return cls(**{**content, "engine": Engine(**engine)})

    @classmethod
    def from_run_folder(cls, folder: Path) -> Settings:
        """Read the settings that a run folder was trained with.

        Raises:
            UserError: the record is missing, cut or of another shape.
        """
        record = folder / TRAIN_RECORD
        if not record.is_file():
            hint = "give a folder results/<data set>/<preset>/runs/<method>/seed-<n>"
            raise UserError("This is not the folder of a trained run", where=str(folder), why=f"no {record}", hint=hint)
        settings = cls.from_json(read_mapping(record).get("settings"), str(record))
        # The device it was trained on may not be one of this machine.
        return replace(settings, engine=replace(settings.engine, device="auto"))
