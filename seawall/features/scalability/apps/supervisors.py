"""Who keeps an app running: what each kind needs on the server, and what it cannot give."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from seawall.agent.steps import File, NodeProgram, Packages, Step

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

Supervisor = Literal["systemd", "sysv", "cron", "supervisor", "pm2"]
LACKS = "ProtectSystem, a private /tmp and a filter of system calls"
"""What only systemd gives; every kind gives a user of its own and NoNewPrivileges."""
PACKAGES = {"cron": ("cron",), "supervisor": ("supervisor",), "pm2": ("nodejs",)}
PM2 = "7.0.4"
NPM = "https://registry.npmjs.org/npm/-/npm-10.9.9.tgz"
NPM_INTEGRITY = (
    "sha512-1g+6jLQvaIuB4zwvHL7yrXuXcWZwDsCtBX8bbWDqbvJSS"
    "r9nPiDDWTHNgwXR27iIcTTW7v3A57hDW9RYv2W4Yg=="
)
PLACE = "/usr/local/lib/app-pm2"
PROGRAM = f"""\
#!/bin/sh
# Written by seawall. pm2 with a folder of root's own, and nothing of anybody's environment.
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \\
  PM2_HOME=/var/lib/app-pm2 LANG=C.UTF-8 node {PLACE}/node_modules/pm2/bin/pm2 "$@"
"""


def steps(apps: "dict[str, App]") -> Iterator[Step]:
    """What the supervisors of these apps need."""
    kinds = sorted({app.supervisor for app in apps.values()})
    if wanted := tuple(name for kind in kinds for name in PACKAGES.get(kind, ())):
        yield Packages(wanted)
    if "pm2" in kinds:
        yield NodeProgram(PLACE, "pm2", PM2, NPM, NPM_INTEGRITY)
        yield File("/usr/local/bin/app-pm2", PROGRAM, mode="0755")


def limits(apps: "dict[str, App]") -> Iterator[str]:
    """A sentence for each app that is not confined as systemd would confine it."""
    for name, app in sorted(apps.items()):
        if app.supervisor != "systemd":
            yield f"{name}: {app.supervisor} cannot give {LACKS}"
            lost = [word for word in ("memory", "cpus") if getattr(app, word)]
            if lost:
                verb = "is" if len(lost) == 1 else "are"
                yield f"{name}: {' and '.join(lost)} {verb} not enforced by {app.supervisor}"
