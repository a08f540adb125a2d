"""How long `seawall --help` takes, and what it must not import for that."""

import sys

from contenders import BIN
from timing import Wrong, run

HEAVY = ("pydantic", "rich", "jinja2", "yaml", "ruamel", "seawall.config", "seawall.engine")
LOOK = f"""\
import sys
from seawall.cli import main
sys.argv = ["seawall", "--help"]
try:
    main()
except SystemExit:
    pass
print("imported:", *[name for name in {HEAVY!r} if name in sys.modules])
"""


def best_of(times: int) -> float:
    """The quickest of several starts, in seconds: what the machine's other work does not add to."""
    for _ in range(2):
        run([str(BIN / "seawall"), "--help"])
    return min(run([str(BIN / "seawall"), "--help"]).seconds for _ in range(times))


def heavy_imports() -> list[str]:
    """Heavy modules that `seawall --help` imported: there should be none."""
    ran = run([sys.executable, "-c", LOOK])
    last = ran.said.strip().splitlines()[-1]
    if not last.startswith("imported:"):
        raise Wrong(ran.said)
    return last.split()[1:]
