"""Releases under visitors who never try again, beside the least that a release can take.

Boots lab servers of its own, one for each kind of app or two behind each other's proxies, measures
everything in one run, prints what it sees and, as the last line, one JSON object.
"""

import argparse
import sys
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
    sys.path.insert(0, str(TESTS))
    from surroundings import surroundings

    with surroundings() as work:
        from run import Wanted, run

        return run(Wanted(work, deploys, repeats, options.only))


if __name__ == "__main__":
    sys.exit(main())
