"""What ``auto`` chooses, by device and plugin, and which choices are warned of."""

from dataclasses import replace

import pytest

from sspbench.commands import doctor
from sspbench.plan import automatic
from sspbench.plan.automatic import chosen, warnings
from sspbench.plan.config import default_engine
from sspbench.plan.discovery import plugin

PLAIN, FAST = plugin("methods", "stillgan"), plugin("segmentation", "csnet")


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
    engine = chosen(default_engine(), device, found)
    assert (engine.precision, engine.channels_last) == (precision, layout)


def test_what_the_user_says_stays():
    said = replace(default_engine(), precision="bf16", channels_last=True)
    assert chosen(said, "cpu", PLAIN) == said


def test_only_what_is_known_to_hurt_is_warned_of(monkeypatch):
    slow = replace(default_engine(), precision="bf16", channels_last=True)
    monkeypatch.setattr(automatic, "cpu_flags", lambda: frozenset({"avx2"}))
    assert [text.split()[0] for text in warnings(slow, "cpu", PLAIN)] == ["precision", "channels_last"]
    assert [text.split()[0] for text in warnings(slow, "cpu", FAST)] == ["precision"]
    monkeypatch.setattr(automatic, "cpu_flags", lambda: frozenset({"amx_bf16"}))
    assert warnings(chosen(default_engine(), "cpu", PLAIN), "cpu", PLAIN) == []
    assert warnings(slow, "cuda", PLAIN) == []


def test_doctor_says_what_was_chosen():
    assert "fp32" in str(doctor.check_engine()) or "tf32" in str(doctor.check_engine())
