"""Backups and restore tests beside the least that they can take, and beside borgmatic.

Boots a lab server of its own, measures everybody in turns on the same database, and counts the
silent failures that the table of tests/faults.py finds. Prints what it sees and, as the last line,
one JSON object.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent.parent.parent / "tests"


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench backup", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a database of 45 MB, 6 days")
    parser.add_argument("--without-faults", action="store_true", help="leave the table out")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="sw-"))
    surround(work)
    sys.path.insert(0, str(TESTS))
    from run import Wanted, run

    from seawall import lab

    rows, days = (150_000, 6) if options.quick else (4_000_000, 30)
    try:
        return run(Wanted(work, rows, days, not options.without_faults))
    finally:
        lab.down_all()
        shutil.rmtree(work, ignore_errors=True)


def surround(work: Path) -> None:
    """An environment of our own, for this process and everybody it starts."""
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


if __name__ == "__main__":
    sys.exit(main())
