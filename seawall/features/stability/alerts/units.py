"""What tells on a server: one short service, started when something is put into the outbox, and
every minute for what is to be tried again, for the heartbeat, and to look at the other servers. It
runs as the account that section monitoring makes."""

AGENT = "/usr/local/lib/seawall/agent.pyz"
NAME = "seawall-tell"
USER = "seawall-monitor"
STATE = "/var/lib/seawall-monitor"
SERVICE = f"""\
# Written by seawall: sends what somebody must be told.
[Unit]
Description=Tell somebody what happened on this server
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=20
StartLimitBurst=40

[Service]
Type=oneshot
User={USER}
StateDirectory=seawall-monitor seawall-monitor/outbox
StateDirectoryMode=0700
LoadCredential=alerts.json:/etc/seawall/alerts.json
LoadCredential=alerts.secrets.json:/etc/seawall/alerts.secrets.json
SetCredential=alerts.secrets.json:{{}}
ExecStart=/usr/bin/python3 -I -S {AGENT} tell
TimeoutStartSec=15min
TimeoutStopSec=20s
UMask=0077
MemoryMax=256M
OOMScoreAdjust=-500
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
"""
PATH = f"""\
# Written by seawall.
[Unit]
Description=Tell at once what is put into the outbox

[Path]
PathExists={STATE}/ring
Unit={NAME}.service

[Install]
WantedBy=paths.target
"""
TIMER = f"""\
# Written by seawall.
[Unit]
Description=Look every minute what is to be told again

[Timer]
OnCalendar=*:*
AccuracySec=5s
RandomizedDelaySec=5s
Unit={NAME}.service

[Install]
WantedBy=timers.target
"""
CRON = f"""\
# Written by seawall: where systemd does not run.
* * * * * root nice /usr/bin/python3 -I -S {AGENT} tell >/dev/null 2>&1
"""
