"""The pause of the garbage collector while a job imports."""

import gc

import pytest

from sspbench.jobs.collector import pause_collector


def test_nothing_is_collected_inside_and_the_collector_runs_again_after_an_error():
    with pytest.raises(ValueError, match="import failed"), pause_collector():
        assert not gc.isenabled()
        raise ValueError("import failed")
    assert gc.isenabled()


def test_a_pause_within_a_pause_ends_with_the_outer_one():
    with pause_collector():
        with pause_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
