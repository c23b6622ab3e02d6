"""Options of a metric family, checked: a misspelt option must not pass for the default."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

from sspbench import Faults


def checked(family: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Lay ``given`` over ``defaults``; numbers must be positive or zero.

    Raises:
        UserError: an option is unknown, or is not a number where the default is one.

    >>> checked("centreline", {"tolerance_px": 2}, {"tolerance_px": 3.0})
    {'tolerance_px': 2}
    """
    with Faults("Options of a metric family are wrong", where=f"config: metrics.{family}") as faults:
        for name, value in given.items():
            if name not in defaults:
                close = difflib.get_close_matches(str(name), defaults, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(defaults) or 'none'}"
                faults.add(f"there is no option {name!r}", hint=hint)
            elif _is_number(defaults[name]) and not (_is_number(value) and 0 <= value < math.inf):
                faults.add(f"{name}: {value!r} is not a number of at least 0", hint=f"the default is {defaults[name]}")
            elif isinstance(defaults[name], bool) and not isinstance(value, bool):
                faults.add(f"{name}: {value!r} is neither true nor false", hint=f"the default is {defaults[name]}")
    return {**defaults, **given}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
