"""What wakes the guard when its window is over, and at the next boot, whoever was killed.

systemd does it by a timer and a unit. SysV init does it by a line in /etc/inittab, whose program it
starts again whenever it ends, and by a script that runs at boot, after sshd.
"""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import Iterator

from seawall.agent import jobs, system

SERVICE = "/etc/systemd/system/seawall-revert.service"
TIMER = "/etc/systemd/system/seawall-revert.timer"
SCRIPT = "/etc/init.d/seawall-revert"
INITTAB = "/etc/inittab"
DEADLINE = f"{system.RUN}/guard-until"
"""Gone after a boot: then the time is over."""
AWAKE = f"{system.RUN}/guard-awake"
PATIENCE = 5
"""Seconds in which init has to start the watcher; without it nothing is changed."""
ENTRY = "sw"
PUBLIC = system.Ownership(0o644, 0, 0)

SERVICE_UNIT = """\
[Unit]
Description=Undo a change that nobody proved to be safe
After=ssh.service nftables.service
ConditionPathExists={armed}

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I {agent} revert

[Install]
WantedBy=multi-user.target
"""
TIMER_UNIT = """\
[Unit]
Description=Wait for a proof that the change is safe

[Timer]
OnActiveSec={window}
AccuracySec=1
"""
BOOT_SCRIPT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          seawall-revert
# Required-Start:    $local_fs
# Required-Stop:
# Should-Start:      sshd seawall-firewall
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Undo a change that nobody proved to be safe
### END INIT INFO
case "$1" in
start) [ ! -e {armed} ] || exec /usr/bin/python3 -I {agent} revert ;;
esac
"""


def set_for(window: float, armed: str, agent: str) -> None:
    """Have the guard woken in `window` seconds and at the next boot, while `armed` exists."""
    if system.has_systemd():
        return _timer(window, armed, agent)
    system.private_folder(system.RUN)
    until = str(time.monotonic() + window).encode()
    system.write(DEADLINE, until, system.Ownership(0o600, 0, 0))
    text = BOOT_SCRIPT.format(armed=armed, agent=agent).encode()
    system.write(SCRIPT, text, system.Ownership(0o755, 0, 0))
    system.must(["update-rc.d", "seawall-revert", "defaults"])
    _rewrite(f"{ENTRY}:2345:respawn:/usr/bin/python3 -I {agent} guard\n")
    _await_watcher()
    return None


def _timer(window: float, armed: str, agent: str) -> None:
    system.write(SERVICE, SERVICE_UNIT.format(armed=armed, agent=agent).encode(), PUBLIC)
    system.write(TIMER, TIMER_UNIT.format(window=window).encode(), PUBLIC)
    system.must(["systemctl", "daemon-reload"])
    system.must(["systemctl", "enable", "--quiet", "seawall-revert.service"])
    system.must(["systemctl", "restart", "seawall-revert.timer"])


def _rewrite(line: str) -> None:
    """Put our line at the end of /etc/inittab, or take it out, and let init read it."""
    before = (system.read(INITTAB) or b"").decode("utf-8", "surrogateescape")
    kept = [each for each in before.splitlines(True) if not each.startswith(f"{ENTRY}:")]
    if kept and not kept[-1].endswith("\n"):
        kept.append("\n")
    after = "".join([*kept, line])
    if after != before:
        system.write(INITTAB, after.encode("utf-8", "surrogateescape"), PUBLIC)
        system.run(["telinit", "q"])


def _await_watcher() -> None:
    deadline = time.monotonic() + PATIENCE
    while not jobs.is_held(AWAKE):
        if time.monotonic() > deadline:
            raise system.StepError("init does not start what would undo the change", INITTAB)
        time.sleep(0.05)


def cancel() -> None:
    """Wake nobody any more. Under SysV init this may end the caller, so it comes last."""
    if system.has_systemd():
        system.run(["systemctl", "stop", "seawall-revert.timer"])
        system.run(["systemctl", "disable", "--quiet", "seawall-revert.service"])
        for unit in (TIMER, SERVICE):
            system.remove(unit)
        system.run(["systemctl", "daemon-reload"])
        return
    system.remove(SCRIPT)
    system.run(["update-rc.d", "-f", "seawall-revert", "remove"])
    system.remove(DEADLINE)
    _rewrite("")


@contextmanager
def awake() -> Iterator[None]:
    """Held by the watcher: who arms the guard sees by it that somebody watches."""
    system.private_folder(system.RUN)
    with open(AWAKE, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def left() -> float:
    """The seconds until the window is over; none after a boot."""
    try:
        return float(system.read(DEADLINE) or b"0") - time.monotonic()
    except ValueError:
        return 0.0
