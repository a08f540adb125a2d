"""What runs backups on a server: one short service, asked every few minutes what is due."""

from seawall.kit.fields.duration import seconds

AGENT = "/usr/local/lib/seawall/agent.pyz"
NAME = "seawall-backup"
SERVICE = """\
# Written by seawall: copies and restore tests that are due.
[Unit]
Description=Save the data of this server, and prove it, when due
After=network-online.target postgresql.service mariadb.service
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I -S {agent} due
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
MemoryMax=512M
OOMScoreAdjust=500
KillMode=mixed
TimeoutStartSec={seconds}
TimeoutStopSec=60s
UMask=0077
PrivateTmp=yes
ProtectHome=read-only
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SuccessExitStatus=75
"""
CRON = f"""\
# Written by seawall: where systemd does not run.
*/{{minutes}} * * * * root nice /usr/bin/python3 -I -S {AGENT} due >/dev/null 2>&1
"""
TIMER = """\
# Written by seawall.
[Unit]
Description=Look every {minutes} minutes whether a copy or a restore test is due

[Timer]
OnCalendar=*:0/{minutes}
RandomizedDelaySec={spread}
FixedRandomDelay=yes

[Install]
WantedBy=timers.target
"""


def service(longest: str) -> str:
    """Runs what is due. The agent ends each dataset in time; this is for an agent that hangs."""
    return SERVICE.format(agent=AGENT, seconds=24 * seconds(longest))


def timer(every: str) -> str:
    """Asks three times in a period, at most every ten minutes."""
    return TIMER.format(minutes=_minutes(every), spread=_minutes(every) * 30)


def cron(every: str) -> str:
    """The same for cron."""
    return CRON.format(minutes=_minutes(every))


def _minutes(every: str) -> int:
    return max(1, min(10, seconds(every) // 180))
