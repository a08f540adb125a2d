"""System V init: a script in /etc/init.d for each instance, as the LSB describes it.

Its keeper starts the app again after a crash; the watch starts a keeper that was killed.
"""

from __future__ import annotations

import glob
from typing import Sequence

from seawall.agent import system
from seawall.agent.apps.kept_state import bare
from seawall.agent.apps.supervisors.kept import AGENT, Kept

SCRIPT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          {name}
# Required-Start:    $local_fs $remote_fs $network
# Required-Stop:     $local_fs $remote_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: {told}
### END INIT INFO
# Written by seawall; seawall deploy makes a new one.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
pid=/run/{name}.pid
start() {{
  start-stop-daemon --start --quiet --oknodo --background --make-pidfile --pidfile "$pid" \\
    --chdir / --exec /usr/bin/python3 -- {arguments}
}}
stop() {{
  start-stop-daemon --stop --quiet --oknodo --retry TERM/{patience}/KILL/5 \\
    --pidfile "$pid" --remove-pidfile --exec /usr/bin/python3
}}
case "$1" in
start) start ;;
stop) stop ;;
restart | force-reload) stop && start ;;
status) exec /usr/bin/python3 -I -S {agent} kept {name} ;;
*) echo "usage: $0 {{start|stop|restart|force-reload|status}}" >&2; exit 2 ;;
esac
"""


class SysV(Kept):
    kind = "sysv"
    folder = "/etc/init.d"
    mode = 0o755

    def missing(self) -> str:
        for program in ("/usr/sbin/update-rc.d", "/sbin/start-stop-daemon"):
            if system.run(["test", "-x", program]).code:
                return f"{program} is not there"
        return ""

    def text(self, unit: str, told: str, command: str, seconds: int) -> str:
        arguments = command.split(" ", 1)[1]
        return SCRIPT.format(
            name=bare(unit), told=told, arguments=arguments, patience=seconds + 5, agent=AGENT
        )

    def begin(self, units: Sequence[str]) -> None:
        for unit in units:
            # Known, but not at boot: after a power cut the old release comes back alone.
            system.must(["update-rc.d", bare(unit), "defaults-disabled"])
            # A keeper that was killed: to systemd its script is still active.
            system.must(["service", bare(unit), "restart"], seconds=120)

    def revive(self, units: Sequence[str]) -> None:
        super().revive(units)
        self.at_boot(units)

    def at_boot(self, units: Sequence[str]) -> None:
        for unit in units:
            if not self.starts_at_boot(unit):
                system.must(["update-rc.d", bare(unit), "enable"])
                system.sync_folder("/etc/rc2.d")

    def starts_at_boot(self, unit: str) -> bool:
        return bool(glob.glob(f"/etc/rc2.d/S[0-9][0-9]{bare(unit)}"))

    def end(self, units: Sequence[str]) -> None:
        for unit in units:
            system.run(["service", bare(unit), "stop"], seconds=3700)
            system.remove(self.path(unit))
            system.run(["update-rc.d", bare(unit), "remove"])
