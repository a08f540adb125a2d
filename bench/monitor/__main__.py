"""The monitor beside those that people use for it, on the same server at the same time.

Boots a lab server with a hundred units and twenty mounts, lets everybody run, reads from /proc what
each took, then fills disks and waits for the messages. Prints a table and, as the last line, one
JSON object.
"""

import argparse
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent.parent / "tests"


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench monitor", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="how long everybody is watched")
    options = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from surroundings import surroundings

    with surroundings() as work:
        from run import run

        return run(work, options.seconds)


if __name__ == "__main__":
    sys.exit(main())
