"""What makes a training step cheaper on a CPU."""

import subprocess
import sys

import pytest

REPEATED = """
import resource, torch
from sspbench.training.loop.torch_setup import keep_freed_memory
kept = keep_freed_memory()
for _ in range(20):
    torch.ones(2**22).add_(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(2**22).add_(1)
print(int(kept), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 2**22 * 4 // 4096
"""Pages of one of its tensors."""


def test_kept_memory_is_not_asked_for_again():
    done = subprocess.run([sys.executable, "-c", REPEATED], capture_output=True, text=True, check=True)
    kept, faults = map(int, done.stdout.split())
    if not kept:
        pytest.skip("this C library cannot keep freed memory")
    assert faults < PAGES  # of the 10 * PAGES of a process that gives its memory back
