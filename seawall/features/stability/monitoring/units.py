"""What watches on a server: a resident unit without rights, and a short look that has some."""

AGENT = "/usr/local/lib/seawall/agent.pyz"
USER = "seawall-monitor"
STATE = "/var/lib/seawall-monitor"
MONITOR = "seawall-monitor.service"
LOOK = "seawall-look"
EVERY = 15
"""Minutes between two looks that need root."""


def start(module: str) -> str:
    """The program of one part of the monitor; nothing else of the agent is loaded."""
    code = (
        f"import sys; sys.path.insert(0, '{AGENT}'); "
        f"from seawall.agent.monitor import {module} as m; sys.exit(m.main())"
    )
    return f'/usr/bin/python3 -I -S -c "{code}"'


CLOSED = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
UMask=0077
"""
SERVICE = f"""\
# Written by seawall.
[Unit]
Description=Watch this server, and say what somebody must know
After=dbus.service
StartLimitIntervalSec=0

[Service]
ExecStart={start("run")}
User={USER}
SupplementaryGroups=systemd-journal
StateDirectory={USER}
StateDirectoryMode=0700
Restart=always
RestartSec=2s
Nice=5
OOMScoreAdjust=-500
MemoryMax=96M
TasksMax=16
{CLOSED}\
CapabilityBoundingSet=
RestrictAddressFamilies=AF_UNIX AF_NETLINK
IPAddressDeny=any
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
LOOK_SERVICE = f"""\
# Written by seawall.
[Unit]
Description=Look at what only root may see, and put it down for the monitor

[Service]
Type=oneshot
ExecStart={start("look")}
Nice=10
TimeoutStartSec=120s
ReadWritePaths=-{STATE} -/var/lib/seawall -/var/cache/seawall -/run
CacheDirectory=seawall
{CLOSED}\
CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER CAP_SETUID CAP_SETGID
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallFilter=@system-service
SystemCallFilter=~@resources
SystemCallErrorNumber=EPERM
"""
LOOK_TIMER = f"""\
# Written by seawall.
[Unit]
Description=Look every {EVERY} minutes at what only root may see

[Timer]
OnActiveSec=5s
OnUnitActiveSec={EVERY}min
AccuracySec=30s

[Install]
WantedBy=timers.target
"""
LOOK_PATH = """\
# Written by seawall.
[Unit]
Description=Look when a backup or a proof has ended

[Path]
PathChanged=/var/lib/seawall/backups/state.json
PathChanged=/var/lib/seawall/backups/evidence.jsonl
TriggerLimitIntervalSec=0

[Install]
WantedBy=multi-user.target
"""
CRON = f"""\
# Written by seawall: where systemd does not run.
* * * * * root install -d -m 0700 -o {USER} -g {USER} {STATE} {STATE}/seen && \
setpriv --reuid={USER} --regid={USER} --init-groups {start("once")} >/dev/null 2>&1
*/{EVERY} * * * * root {start("look")} >/dev/null 2>&1
"""
