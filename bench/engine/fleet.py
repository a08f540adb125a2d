"""Many servers at once: how much longer one `seawall check` of all takes than of one."""

import resource
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from contenders import BIN, described
from timing import Contender, Wrong, in_turns, run

from seawall import lab
from seawall.server import ssh

BOOTING = 2
"""Servers that boot at the same time: more make this machine too slow to boot any."""
MEMORY_EACH = 250 * 2**20
"""Bytes that a server of the lab may need."""


@dataclass(frozen=True)
class Fleet:
    """What was measured; `own` is CPU seconds of Seawall and its ssh here, for all servers."""

    servers: int
    one: float
    all: float
    own: float


def measure(wanted: int, rounds: int, work: Path) -> Fleet:
    """Boot servers, bare ones, and check one and all of them in turns."""
    count = min(wanted, _room())
    names = [f"many{number}" for number in range(1, count + 1)]
    with ThreadPoolExecutor(BOOTING) as pool:
        list(pool.map(lab.up, names))
    folder = work / "fleet"
    folder.mkdir()
    key = (work / "lab/id_ed25519.pub").read_text().strip()
    (folder / "seawall.yml").write_text(described({name: name for name in names}, {"dana": key}))
    own: list[float] = []

    def check(*names: str) -> float:
        before = _cpu()
        ran = run([str(BIN / "seawall"), "check", *names], cwd=folder)
        own.append(_cpu() - before)
        if ran.code not in (0, 1) or "does not answer" in ran.said:
            raise Wrong(ran.said[-3000:])
        return ran.seconds

    one = Contender("one", lambda: check(names[0]), hang_up)
    everybody = Contender("all", check, hang_up)
    times = in_turns([one, everybody], rounds)
    return Fleet(count, times["one"], times["all"], own[-1])


def hang_up() -> None:
    for socket in Path(str(ssh.control_folder())).glob("*"):
        run(["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "many"])


def _room() -> int:
    """How many servers this machine has memory for."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    return max(2, free * 1024 // MEMORY_EACH)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
