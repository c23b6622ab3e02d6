"""As ``sitecustomize.py`` it hides core affinity, ``/proc`` and ``prctl`` from a Python and from all that it starts."""

import os
import sys

if hasattr(os, "sched_getaffinity"):
    del os.sched_getaffinity
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on; without affinity it is the plain count
        os.process_cpu_count = os.cpu_count


def hide(event, arguments):
    """Refuse what only Linux has."""
    if event in ("open", "os.listdir", "os.scandir") and str(arguments[0]).startswith("/proc"):
        raise PermissionError(13, "Permission denied", str(arguments[0]))
    if event == "ctypes.dlsym" and arguments[1] == "prctl":
        raise AttributeError("prctl is not available")


sys.addaudithook(hide)
