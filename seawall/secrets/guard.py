"""A program that holds values leaves no core dump, and no other program of its user reads it."""

import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4


def keep_out() -> None:
    """From now on: no core dump, and /proc/PID/mem and environ are for root only (Linux)."""
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
