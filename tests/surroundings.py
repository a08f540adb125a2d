"""Surroundings of a bench: lab, state, secrets and temporary files of its own, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def surroundings() -> Iterator[Path]:
    """The folder of this process and of everybody it starts; to be entered before seawall is
    imported."""
    work = Path(tempfile.mkdtemp(prefix="sw-"))
    os.environ |= {
        "SEAWALL_LAB_HOME": str(work / "lab"),
        "SEAWALL_SSH_CONFIG": str(work / "lab" / "ssh_config"),
        "XDG_STATE_HOME": str(work / "state"),
        "XDG_DATA_HOME": str(work / "share"),
        "TMPDIR": str(work),
        "NO_COLOR": "1",
    }
    os.environ.pop("SSH_AUTH_SOCK", None)
    tempfile.tempdir = str(work)
    from seawall import lab

    try:
        yield work
    finally:
        lab.down_all()
        shutil.rmtree(work, ignore_errors=True)
