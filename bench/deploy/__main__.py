"""Releases under visitors who never try again, beside the least that a release can take.

Boots its own lab servers, one for apps as processes and one for apps in containers, measures
everything in one run, prints what it sees and, as the last line, one JSON object.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parent.parent.parent / "tests"


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench deploy", description=__doc__)
    parser.add_argument("--deploys", type=int, default=20, help="under load; 20 by default")
    parser.add_argument("--quick", action="store_true", help="8 deploys, and 3 times what is timed")
    parser.add_argument(
        "--only", choices=("process", "container", "pair", "container-pair"), help="one kind of app"
    )
    options = parser.parse_args()
    deploys, repeats = (8, 3) if options.quick else (options.deploys, 7)
    work = Path(tempfile.mkdtemp(prefix="sw-"))
    surround(work)
    sys.path.insert(0, str(TESTS))
    from run import Wanted, run

    from seawall import lab

    try:
        return run(Wanted(work, deploys, repeats, options.only))
    finally:
        lab.down_all()
        shutil.rmtree(work, ignore_errors=True)


def surround(work: Path) -> None:
    """An environment of our own, for this process and everybody it starts."""
    os.environ |= {
        "SEAWALL_LAB_HOME": str(work / "lab"),
        "SEAWALL_SSH_CONFIG": str(work / "lab" / "ssh_config"),
        "XDG_STATE_HOME": str(work / "state"),
        "TMPDIR": str(work),
        "NO_COLOR": "1",
    }
    os.environ.pop("SSH_AUTH_SOCK", None)
    tempfile.tempdir = str(work)


if __name__ == "__main__":
    sys.exit(main())
