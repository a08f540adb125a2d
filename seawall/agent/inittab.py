"""Programs that SysV init itself starts, and again whenever they end: lines of /etc/inittab."""

from __future__ import annotations

from typing import Sequence

from seawall.agent import system

PATH = "/etc/inittab"
PUBLIC = system.Ownership(0o644, 0, 0)


def respawn(entry: str, argv: Sequence[str]) -> None:
    """Keep a program running from now on; `entry` is its name there, four letters at most."""
    content = system.read(PATH)
    if content is None:
        raise system.StepError(f"{PATH} is not there: neither systemd nor SysV init runs here")
    wanted = f"{entry}:2345:respawn:{' '.join(argv)} </dev/null >/dev/null 2>&1\n"
    before = content.decode("utf-8", "surrogateescape")
    kept = [line for line in before.splitlines() if not line.startswith(f"{entry}:")]
    after = "".join(f"{line}\n" for line in kept) + wanted
    if after != before:
        system.write(PATH, after.encode("utf-8", "surrogateescape"), PUBLIC)
        system.must(["telinit", "q"])
