"""The rules: what somebody must be told about, from which value on, after how long.

Each has two thresholds. Somebody is told when a value was beyond one for all of `seconds`, and told
once more when it was back behind `clear` for as long: between the two nothing is said. Every number
can be changed in seawall.yml, every rule can be silenced.
"""

from __future__ import annotations

from seawall.agent.monitor.rule import Rule

EVENT = 0.5
"""Between no and yes."""

# fmt: off
RULES = (
    Rule(
        "disk-space", "disk.used", "{subject} is {value} full",
        warning=90, critical=98, clear=(80, 90), unit="%", beside=("disk.free", 5e9), cause="disk",
        advice="delete what nobody needs, or make the disk larger; a full one stops the database",
        command="du -xh {subject} | sort -h | tail -20",
    ),
    Rule(
        "disk-forecast", "disk.hours_left", "{subject} will be full in {value}",
        warning=24, critical=4, clear=(48, 8), seconds=600, unit="hours", falling=True,
        cause="disk", advice="something grows faster than before: find it while there is time",
        command="du -xh {subject} | sort -h | tail -20",
    ),
    Rule(
        "inodes", "disk.inodes_used", "{subject} has {value} of its files used up",
        warning=90, critical=98, clear=(80, 90), unit="%",
        advice="a disk holds so many files and no more; old sessions and caches are the usual ones",
        command="du -x --inodes {subject} | sort -n | tail -20",
    ),
    Rule(
        "read-only", "disk.read_only", "{subject} can no longer be written",
        warning=EVENT, critical=EVENT, seconds=10,
        advice="the kernel does this to save what is left: copy it away, then look at the disk",
        command="journalctl -k -n 50",
    ),
    Rule(
        "disk-errors", "disk.errors", "{subject} had {value} errors in an hour",
        warning=1, critical=1, clear=(1, 1), seconds=0,
        advice="disks that begin to fail go on: see that the backups are fresh, replace it",
        command="journalctl -k -n 50",
    ),
    Rule(
        "memory", "memory.available", "only {value} of memory is left",
        warning=10, critical=4, clear=(15, 8), seconds=300, unit="%", falling=True, cause="memory",
        advice="when it runs out, the kernel kills the largest program: mostly the database",
        command="ps aux --sort=-rss | head",
    ),
    Rule(
        "memory-pressure", "memory.stalled", "programs wait for memory {value} of the time",
        warning=5, critical=20, clear=(2, 10), seconds=120, unit="%", calm=True, cause="memory",
        advice="too little memory for what runs: stop something, or take a larger server",
        command="ps aux --sort=-rss | head",
    ),
    Rule(
        "swap", "swap.used", "swap is {value} full and in use",
        warning=80, critical=90, clear=(60, 75), seconds=300, unit="%", calm=True, cause="memory",
        beside=("swap.in", -0.1),
        advice="everything gets slow before memory runs out for good",
        command="ps aux --sort=-rss | head",
    ),
    Rule(
        "oom", "memory.kills", "memory ran out: the kernel killed {value}",
        warning=1, critical=1, seconds=0, cause="killed",
        advice="what was killed may be the database, or restart again and again",
        command="journalctl -k -g 'Killed process' -n 5",
    ),
    Rule(
        "cpu", "cpu.busy", "processors are {value} busy",
        warning=85, critical=95, clear=(70, 85), seconds=600, unit="%", calm=True, digest=True,
        cause="cpu",
        advice="if nobody expects this, look at what runs: a loop, or somebody else's program",
        command="ps aux --sort=-pcpu | head",
    ),
    Rule(
        "load", "cpu.load", "{value} programs wait for each processor",
        warning=2, critical=4, clear=(1.5, 3), seconds=600, calm=True, digest=True, cause="cpu",
        advice="more work comes in than gets done: see what runs, or take a larger server",
        command="ps aux --sort=-pcpu | head",
    ),
    Rule(
        "steal", "cpu.stolen", "the provider gives {value} of this server to others",
        warning=10, critical=30, clear=(5, 20), seconds=1200, unit="%", calm=True,
        advice="ask the provider for another host, or take a server with processors of its own",
    ),
    Rule(
        "io", "io.stalled", "programs wait for the disk {value} of the time",
        warning=20, critical=50, clear=(10, 30), seconds=600, unit="%", calm=True, cause="cpu",
        advice="a slow disk, or something that reads and writes too much",
        command="cat /proc/pressure/io",
    ),
    Rule(
        "unit-failed", "unit.failed", "{subject} has failed",
        warning=EVENT, seconds=30, calm=True, cause="unit",
        advice="it was meant to run and does not; its last lines mostly say why",
        command="systemctl status {subject}",
    ),
    Rule(
        "crash-loop", "unit.restarts", "{subject} crashed {value} times in an hour",
        warning=6, critical=6, clear=(1, 1), seconds=0, calm=True, cause="unit",
        advice="it is started again each time, and breaks again; undo what changed last",
        command="journalctl -u {subject} -n 50",
    ),
    Rule(
        "timer", "timer.missed", "{subject} does not run when it should",
        warning=EVENT, seconds=300, calm=True,
        advice="somebody stopped it, or it never got its turn: what it does is not done",
        command="systemctl enable --now {subject}",
    ),
    Rule(
        "reboot-required", "reboot.days", "a reboot is due for {value}",
        warning=7, critical=30, seconds=0, unit="days", digest=True,
        advice="until then the old kernel or library is in use, with the hole that was closed",
        command="reboot",
    ),
    Rule(
        "updates", "updates.days", "security updates wait for {value}",
        warning=3, critical=14, seconds=0, unit="days",
        advice="they should install themselves; see why they did not",
        command="unattended-upgrade --debug",
    ),
    Rule(
        "certificate", "certificate.days", "the certificate of {subject} ends in {value}",
        warning=21, critical=7, seconds=60, unit="days", falling=True,
        advice="it should have been renewed: see what the proxy says",
        command="journalctl -u caddy -n 50",
    ),
    Rule(
        "backup-stale", "backup.age", "the newest copy of {subject} is {value} old",
        warning=1.5, critical=2, seconds=60, unit="periods",
        advice="what was written since would be lost with this server",
        command="systemctl start seawall-backup",
    ),
    Rule(
        "backup-failed", "backup.failed", "saving {subject} fails",
        warning=EVENT, seconds=1800, cause="told",
        advice="it is tried again by itself; the reason is above",
        command="systemctl start seawall-backup",
    ),
    Rule(
        "backup-unproven", "backup.unproven", "no copy of {subject} was proven for {value}",
        warning=8, critical=31, seconds=60, unit="days",
        advice="a copy that nobody restored is a hope",
        command="journalctl -u seawall-backup -n 50",
    ),
    Rule(
        "proof-failed", "backup.wrong", "the copy of {subject} did not hold",
        warning=EVENT, critical=EVENT, seconds=0, cause="told",
        advice="what was restored is not what was saved: do not wait with this",
        command="journalctl -u seawall-backup -n 50",
    ),
    Rule(
        "backup-shrank", "backup.share", "the copy of {subject} has only {value} of its size",
        warning=50, clear=(50, 50), seconds=0, unit="%", falling=True,
        advice="well only if you deleted as much; else somebody, or a broken job, did",
    ),
    Rule(
        "clock", "clock.unsynchronised", "nobody keeps the clock right",
        warning=EVENT, seconds=900,
        advice="certificates, logs and backups go by the clock",
        command="systemctl enable --now systemd-timesyncd",
    ),
    Rule(
        "clock-offset", "clock.offset", "the clock is {value} off",
        warning=50, critical=1000, clear=(30, 500), seconds=300, unit="ms",
        advice="see who sets it, and from where",
        command="timedatectl timesync-status",
    ),
    Rule(
        "new-port", "port.new", "something new listens: {subject}",
        warning=EVENT, seconds=60, cause="port",
        advice="if it was you, declare it in firewall.open; if not, find out who did it",
        command="ss -tlnp",
    ),
    Rule(
        "new-admin", "admin.new", "{subject} may do everything on this server",
        warning=EVENT, critical=EVENT, seconds=0,
        advice="nobody declared this person in seawall.yml; if it was not you, somebody is in",
        command="last -n 20",
    ),
    Rule(
        "drift", "drift.files", "{value} files are not as Seawall wrote them",
        warning=1, clear=(1, 1), seconds=600, calm=True, digest=True, cause="told",
        advice="somebody changed them by hand: seawall plan shows what, seawall apply undoes it",
    ),
    Rule(
        "database-connections", "database.connections",
        "{subject} has {value} of its connections in use",
        warning=80, critical=90, clear=(70, 80), seconds=120, unit="%", calm=True,
        advice="the next ones are refused: an app keeps them, or there are too many workers",
    ),
    Rule(
        "database-age", "database.age", "{subject} has used {value} of its transaction numbers",
        warning=50, critical=75, clear=(45, 70), seconds=60, unit="%",
        advice="it stops when none is left: vacuum is held up by something",
    ),
    Rule(
        "replication-slot", "database.slot", "the slot {subject} holds back {value} GB",
        warning=2, critical=10, clear=(1, 5), seconds=300,
        advice="nobody reads from it, and it will fill the disk: drop it if it is not needed",
    ),
    Rule(
        "monitor", "monitor.trouble", "the monitor is held up: {subject}",
        warning=EVENT, seconds=300, cause="told",
        advice="it goes on with what it can see",
        command="journalctl -u seawall-monitor -n 50",
    ),
)
# fmt: on


def chosen(told: "dict[str, object]") -> "list[Rule]":
    """The rules with somebody's own numbers, without those that are off."""
    return [
        rule.changed(mine) if isinstance(mine, dict) else rule
        for rule in RULES
        for mine in [told.get(rule.name)]
        if mine is not False
    ]
