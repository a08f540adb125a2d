"""There is room left: on the disks, in memory, on the processors.

A full disk is the most common way for a small server to die, and it announces itself weeks
before.
"""

from collections.abc import Iterator
from shlex import quote
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, Severity, check
from seawall.kit.amounts import size

TIGHT, FULL = 10, 5
"""Percent free: below the first it should be looked at, below the second it must be."""
PLENTY = 20 * 10**9
"""Nobody needs to be told about a disk with this many bytes free."""


class Resources(Feature):
    section: ClassVar[str] = "resources"
    room: ClassVar[Room] = "stability"

    @check("Disks have room", needs=("disks",))
    def disk_space(self, look: Look) -> Iterator[Finding]:
        """On a full disk the database stops first, then the log that would say so, then the
        login. Deleting things in a hurry is how data gets lost.
        """
        for disk in look.fact("disks"):
            free = _percent(disk["free"], disk["size"])
            if not disk["read_only"] and free < TIGHT and disk["free"] < PLENTY:
                seen = f"{size(disk['free'])} of {size(disk['size'])} free, {free} %"
                fix = f"du -xh {quote(disk['path'])} | sort -h | tail -20 says what takes it"
                yield Finding(f"{disk['path']} is almost full", seen, fix, _severity(free))

    @check("Disks can hold more files", needs=("disks",))
    def inodes(self, look: Look) -> Iterator[Finding]:
        """A disk can be full with half its bytes free: it has a fixed number of files, and a
        million session files or cache entries use them up. The error says "no space left".
        """
        for disk in look.fact("disks"):
            free = _percent(disk["inodes_free"], disk["inodes"])
            if not disk["read_only"] and free < TIGHT:
                seen = f"{disk['inodes_free']} of {disk['inodes']} inodes free"
                fix = (
                    f"du -x --inodes {quote(disk['path'])} | sort -n | tail -20 says where they are"
                )
                problem = f"{disk['path']} can hold hardly any more files"
                yield Finding(problem, seen, fix, _severity(free))

    @check("Disks can be written", needs=("disks",))
    def writable(self, look: Look) -> Iterator[Finding]:
        """A disk with errors is turned read-only by the kernel to save what is left. The server
        looks alive, pages load, and nothing that your customers enter is kept.
        """
        for disk in look.fact("disks"):
            if disk["read_only"] and not disk["path"].startswith(
                ("/boot", "/usr", "/mnt", "/media")
            ):
                fix = f"dmesg | grep -i error; then mount -o remount,rw {quote(disk['path'])}"
                seen = f"{disk['type']} on {disk['source']}"
                yield Finding(f"{disk['path']} is read-only", seen, fix)

    @check("Memory is left", needs=("pressure",))
    def memory(self, look: Look) -> Iterator[Finding]:
        """When memory runs out, the kernel kills the largest program, which is the database.
        What counts is what is available now, caches not counted as used.
        """
        found = look.fact("pressure")
        free = _percent(found["available"], found["memory"])
        if free < TIGHT:
            seen = f"{size(found['available'])} of {size(found['memory'])} available, {free} %"
            fix = "ps aux --sort=-rss | head says what takes it; then a larger server"
            yield Finding("memory is almost used up", seen, fix, _severity(free))

    @check("The kernel had to kill nothing", severity="should", needs=("pressure",))
    def no_kills(self, look: Look) -> Iterator[Finding]:
        """The kernel killed a program because memory ran out. It came back, so nobody noticed,
        and it will happen again at a busier time.
        """
        kills = look.fact("pressure")["oom_kills"]
        if kills:
            fix = "journalctl -k --grep 'Out of memory' says which; add memory or swap"
            yield Finding("a program was killed for want of memory", f"{kills} since boot", fix)

    @check("The processors keep up", severity="should", needs=("pressure",))
    def load(self, look: Look) -> Iterator[Finding]:
        """When there is more to do than the processors can, everything gets slow at once, and
        it starts with your busiest hour. A miner that somebody installed looks the same.
        """
        found = look.fact("pressure")
        if found["load_15"] is not None and found["load_15"] > 2 * found["cpus"]:
            seen = f"{found['load_15']:.0f} programs want to run on {found['cpus']} processors"
            fix = "ps aux --sort=-%cpu | head says what it is; then more processors"
            yield Finding("the processors do not keep up", seen, fix)


def _percent(part: int, whole: int) -> int:
    """A file system without a fixed size counts as empty."""
    return 100 * part // whole if whole else 100


def _severity(free: int) -> Severity:
    return "must" if free < FULL else "should"
