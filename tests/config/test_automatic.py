"""What ``auto`` chooses, by device and plugin, and which choices are warned of."""

from dataclasses import replace

import pytest

from sspbench.commands import doctor
from sspbench.config import resolve_auto
from sspbench.config.plan import load_default_engine
from sspbench.config.resolve_auto import resolve, slowdown_warnings
from sspbench.plugins.discovery import get_plugin

PLAIN, FAST = get_plugin("methods", "stillgan"), get_plugin("segmentation", "csnet")


@pytest.mark.parametrize(
    ("device", "found", "precision", "layout"),
    [
        ("cpu", PLAIN, "fp32", False),
        ("cpu", FAST, "fp32", True),
        ("cpu", None, "fp32", False),
        ("cuda", PLAIN, "tf32", True),
    ],
)
def test_auto_is_replaced_by_device_and_plugin(device, found, precision, layout):
    engine = resolve(load_default_engine(), device, found)
    assert (engine.precision, engine.channels_last) == (precision, layout)


def test_what_the_user_says_stays():
    said = replace(load_default_engine(), precision="bf16", channels_last=True)
    assert resolve(said, "cpu", PLAIN) == said


def test_only_what_is_known_to_hurt_is_warned_of(monkeypatch):
    slow = replace(load_default_engine(), precision="bf16", channels_last=True)
    monkeypatch.setattr(resolve_auto, "cpu_flags", lambda: frozenset({"avx2"}))
    assert [text.split()[0] for text in slowdown_warnings(slow, "cpu", PLAIN)] == ["precision", "channels_last"]
    assert [text.split()[0] for text in slowdown_warnings(slow, "cpu", FAST)] == ["precision"]
    monkeypatch.setattr(resolve_auto, "cpu_flags", lambda: frozenset({"amx_bf16"}))
    assert slowdown_warnings(resolve(load_default_engine(), "cpu", PLAIN), "cpu", PLAIN) == []
    assert slowdown_warnings(slow, "cuda", PLAIN) == []


def test_doctor_says_what_was_chosen():
    assert "fp32" in str(doctor.check_engine()) or "tf32" in str(doctor.check_engine())
