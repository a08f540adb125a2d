"""How many secrets are found, how many of those are none, and how long it takes beside others.

Prints tables for people and, as its last line, one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[2] / "tests"


def main() -> None:
    asked = argparse.ArgumentParser(prog="script/bench check", description=__doc__)
    asked.add_argument("--corpus", type=Path, help="a folder to score, with truth.csv in it")
    asked.add_argument("--files", type=int, default=5000, help="of the tree that is timed")
    asked.add_argument("--commits", type=int, default=50_000, help="of the history that is timed")
    asked.add_argument("--quick", action="store_true", help="5,000 commits")
    options = asked.parse_args()
    sys.path.insert(0, str(TESTS))  # what is planted is there
    import others
    import scoring
    import stages

    commits = 5000 if options.quick else options.commits
    with tempfile.TemporaryDirectory(prefix="bench-check-") as made:
        folder = Path(made)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        found = scoring.corpus(options.corpus) if options.corpus else scoring.planted(folder)
        tree = stages.tree(folder / "tree", options.files)
        history = stages.history(folder / "history", commits)
        figures = found | others.tree(tree) | others.history(history)
    print(json.dumps(figures))


main()
