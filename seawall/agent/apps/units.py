"""The systemd units of a release: what starts an instance, and what it may do."""

from __future__ import annotations

import os
import pwd
import re
from typing import Any, Dict, Iterator, List

from seawall.agent import system
from seawall.agent.apps.records import PRIVATE, PUBLIC, App, Release

Spec = Dict[str, Any]
UNIT = """\
# Written by seawall for release {number}; seawall deploy makes a new one.
[Unit]
Description={name}, release {number}, instance {slot}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User={user}
WorkingDirectory={code}
EnvironmentFile={environment}
Environment={given}
ExecStart=/bin/sh {starter}
Restart=always
RestartSec=250ms
KillMode={kill}
TimeoutStopSec={drain}
SyslogIdentifier={name}
RuntimeDirectory=%N
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=restart
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
CapabilityBoundingSet=
RemoveIPC=yes
UMask=0027
{limits}
[Install]
WantedBy=multi-user.target
"""
"""RestartSec 250 ms and no start limit: back in half a second, and never given up."""
START = """\
# Written by seawall. Five quick ends are answered at once; after that each waits longer, up to
# half a minute, so that an app which cannot start does not keep the machine busy for ever.
read -r up _ < /proc/uptime; now=${{up%%.*}}; n=0; last=0
read -r n last 2>/dev/null < "$RUNTIME_DIRECTORY/starts" || n=0 last=0
if [ $((now - last)) -lt 10 ]; then n=$((n + 1)); else n=0; fi
pause=0
if [ "$n" -gt 5 ]; then
  pause=$((n < 11 ? 1 << (n - 6) : 30))
  echo "ended $n times in a row within 10 s: the next start waits $pause s" >&2
fi
echo "$n $((now + pause))" > "$RUNTIME_DIRECTORY/starts"
[ "$pause" = 0 ] || sleep "$pause"
{command}
"""


def write(app: App, release: Release, spec: Spec) -> None:
    """Write what systemd needs to start every instance."""
    prepare(app, release, spec)
    for slot, unit in enumerate(app.units(release), 1):
        path = f"/etc/systemd/system/{unit}"
        system.write(path, text(app, release, spec, slot).encode(), PUBLIC)
    learn(app.units(release))


def prepare(app: App, release: Release, spec: Spec) -> None:
    """Write what a release needs under any supervisor: starter, environment, places to write."""
    account = pwd.getpwnam(app.user)
    os.chmod(app.secrets, 0o750)
    os.chown(app.secrets, 0, account.pw_gid)
    readable = system.Ownership(0o640, 0, account.pw_gid)
    system.write(app.starter(release.number), starter(spec["command"]).encode(), readable)
    write_environment(app, release, spec)
    make_uploads(app, spec)


def learn(named: List[str]) -> None:
    """Let systemd read units that were written.

    It reads by itself what it has never seen; reading everything again takes long where there is
    much, so that is done only when it remembers another text.
    """
    asked = ["systemctl", "show", "--property=LoadState,NeedDaemonReload", *named]
    shown = system.run(asked).output
    fresh = shown.count("LoadState=loaded"), shown.count("NeedDaemonReload=no")
    if fresh != (len(named), len(named)):
        system.must(["systemctl", "daemon-reload"])


def text(app: App, release: Release, spec: Spec, slot: int) -> str:
    """The unit of one instance."""
    port = release.ports[slot - 1]
    return UNIT.format(
        name=app.name,
        number=release.number,
        slot=slot,
        given=f"PORT={port} INSTANCE={slot}" if port else f"INSTANCE={slot}",
        user=app.user,
        code=app.code(release.source),
        environment=app.environment(release.number),
        starter=app.starter(release.number),
        kill="mixed" if is_one_program(spec["command"]) else "control-group",
        drain=spec["drain"] + 5,
        limits="".join(f"{line}\n" for line in _limits(spec)),
    )


def starter(command: str) -> str:
    """The script that starts an instance; the command takes the shell's place where it can."""
    if is_one_program(command):
        assigns = re.match(r"[A-Za-z_][A-Za-z0-9_]*=", command)
        command = f"exec env {command}" if assigns else f"exec {command}"
    return START.format(command=command)


def is_one_program(command: str) -> bool:
    """True for a command that is one program with its arguments, and no work for a shell."""
    inside = re.sub(r"'[^']*'|\"[^\"]*\"|\\.", "", command)
    words = inside.split()
    return not re.search(r"[;&|(){}<`]", re.sub(r"\$\{\w+\}", "", inside)) and words[:1] not in (
        ["exec"],
        ["cd"],
        ["."],
        ["export"],
    )


def write_environment(app: App, release: Release, spec: Spec) -> None:
    """Write the release's variables where only root reads them."""
    environment = "".join(_line(key, value) for key, value in sorted(spec["env"].items()))
    system.write(app.environment(release.number), environment.encode(), PRIVATE)


def _line(key: str, value: str) -> str:
    """One variable as EnvironmentFile= reads it (systemd.exec(5)): in double quotes."""
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return f'{key}="{escaped}"\n'


def _limits(spec: Spec) -> Iterator[str]:
    if spec.get("memory"):
        yield f"MemoryMax={spec['memory']}"
    if spec.get("cpus"):
        yield f"CPUQuota={round(float(spec['cpus']) * 100)}%"
    for place in spec.get("uploads", ()):
        yield f"ReadWritePaths={place}"


def make_uploads(app: App, spec: Spec) -> None:
    """Make the folders it may write to, which outlive releases; what is there stays whose it is."""
    account = pwd.getpwnam(app.user)
    for place in spec.get("uploads", ()):
        if not os.path.isdir(place):
            os.makedirs(place, mode=0o750)
            os.chown(place, account.pw_uid, account.pw_gid)
