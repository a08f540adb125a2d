"""Backups and restore tests beside the least that they can take, and beside borgmatic.

Boots a lab server of its own, measures everybody in turns on the same database, and counts the
silent failures that the table of tests/faults.py finds. Prints what it sees and, as the last line,
one JSON object.
"""

import argparse
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent.parent / "tests"


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench backup", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a database of 45 MB, 6 days")
    parser.add_argument("--without-faults", action="store_true", help="leave the table out")
    options = parser.parse_args()
    rows, days = (150_000, 6) if options.quick else (4_000_000, 30)
    sys.path.insert(0, str(TESTS))
    from surroundings import surroundings

    with surroundings() as work:
        from run import Wanted, run

        return run(Wanted(work, rows, days, not options.without_faults))


if __name__ == "__main__":
    sys.exit(main())
