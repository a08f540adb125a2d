"""How long an audit takes of an account with 1,000 volumes and 5,000 snapshots, on a fake.

usage: script/bench cloud [VOLUMES SNAPSHOTS]

moto serves the account from this program; `seawall check --cloud-only` is a process of its own, and
its time, memory and calls are measured. The server's part of the time is moto's, not Amazon's.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import amazon as fake  # noqa: E402
from amazon.startup import Startup  # noqa: E402

SETTINGS = "    snapshots: {}\n    ignore: [root]\n"


def fill(amazon: fake.Amazon, volumes: int, snapshots: int) -> None:
    """Make them through the API, from several threads."""

    def some(first: int) -> None:
        ec2 = amazon.client("ec2")
        for at in range(first, volumes, 4):
            zone = "eu-west-1a"
            made = ec2.create_volume(Size=8, AvailabilityZone=zone, Encrypted=True)["VolumeId"]
            for _ in range(snapshots // volumes):
                ec2.create_snapshot(VolumeId=made)
            amazon.asked.clear() if at % 100 == 0 else None

    threads = [Thread(target=some, args=(first,)) for first in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def main(volumes: int, snapshots: int) -> None:
    """Fill, look, tell."""
    with tempfile.TemporaryDirectory() as folder, fake.running(Path(folder)) as amazon:
        startup = Startup(amazon, Path(folder)).begin(SETTINGS)
        fill(amazon, volumes, snapshots)
        amazon.asked.clear()
        began = time.monotonic()
        words = [sys.executable, "-m", "seawall", "check", "--cloud-only", "--json"]
        done = subprocess.run(words, cwd=startup.folder, capture_output=True, text=True)
        seconds = time.monotonic() - began
        told = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    found = len(told["findings"])
    print(f"{volumes} volumes, {snapshots} snapshots: {seconds:.1f} s, {found} findings")
    print(f"calls: {len(amazon.asked)}; most memory of any child, moto included: {peak:.0f} MB")
    figures = {"seconds": round(seconds, 1), "calls": len(amazon.asked), "mb": round(peak)}
    print(json.dumps({"volumes": volumes, "snapshots": snapshots, **figures}))


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:]] or [1000, 5000]
    main(numbers[0], numbers[1])
