"""The engine against ansible-core, pyinfra and one batched ssh script, on the same server.

Boots its own lab servers, measures everybody in turns in one run, prints a table and, as the
last line, one JSON object. `--quick` is a smoke test: fewer repetitions and servers.
"""

import argparse
import compileall
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="seawall-bench-"))
    surround(work)
    from run import Bench
    from timing import Wrong

    from seawall import lab
    from seawall.errors import SeawallError

    bench = Bench(work, quick=options.quick)
    try:
        bench.run()
    except SeawallError as error:
        print(f"{error.problem}\n  {error.hint}", file=sys.stderr)
        return 1
    except Wrong as error:
        print(f"nothing was measured: {error}", file=sys.stderr)
        return 1
    finally:
        bench.hang_up()
        lab.down_all()
        shutil.rmtree(work, ignore_errors=True)
    return 0


def surround(work: Path) -> None:
    """An environment of our own, for this process and everybody it starts.

    Seawall is measured as it is now: a copy, which nobody edits during the run.
    """
    code = Path(shutil.copytree(ROOT / "seawall", work / "code" / "seawall")).parent
    compileall.compile_dir(code, quiet=1)
    sys.path.insert(0, str(code))
    os.environ |= {
        "SEAWALL_LAB_HOME": str(work / "lab"),
        "SEAWALL_SSH_CONFIG": str(work / "ssh_config"),
        "XDG_STATE_HOME": str(work / "state"),
        "TMPDIR": str(work),
        "BENCH_RESOURCES": str(work / "resources.json"),
        "ANSIBLE_HOME": str(work / "ansible"),
        "PYTHONPATH": str(code),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    os.environ.pop("SSH_AUTH_SOCK", None)
    tempfile.tempdir = str(work)


if __name__ == "__main__":
    sys.exit(main())
