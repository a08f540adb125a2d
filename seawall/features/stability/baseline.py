"""The clock is right, the kernel is careful, the logs have an end, memory has a reserve.

Small things that nobody misses until 3 a.m.: a clock that is off breaks TLS and backups, a
journal without a limit fills the disk, a small server without swap kills the database. Seawall
sets only what ordinary apps do not notice.
"""

import re
from collections.abc import Iterator
from shlex import quote
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from seawall.agent.steps import File, Hostname, Packages, Step, Swap, Sysctl, Unit
from seawall.features.stability import live, written
from seawall.kit import Feature, Finding, Look, Room, check
from seawall.kit.amounts import count, several, size
from seawall.kit.fields import KernelKey, KernelValue, Paragraphs, wrong

_SWAP = r"^(auto|off|[1-9]\d{0,4}[MG])$"

SYSCTL = {
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.conf.*.accept_redirects": "0",
    "net.ipv4.conf.*.secure_redirects": "0",
    "net.ipv4.conf.*.send_redirects": "0",
    "net.ipv4.conf.*.accept_source_route": "0",
    "net.ipv4.conf.*.rp_filter": "2",
    "net.ipv4.conf.*.log_martians": "1",
    "net.ipv6.conf.*.accept_redirects": "0",
    "net.ipv6.conf.*.accept_source_route": "0",
    "net.core.bpf_jit_harden": "2",
    "kernel.dmesg_restrict": "1",
    "kernel.kptr_restrict": "2",
    "kernel.unprivileged_bpf_disabled": "2",
    "kernel.yama.ptrace_scope": "1",
    "kernel.sysrq": "0",
    "fs.suid_dumpable": "0",
    "fs.protected_fifos": "2",
    "fs.protected_hardlinks": "1",
    "fs.protected_regular": "2",
    "fs.protected_symlinks": "1",
    "dev.tty.ldisc_autoload": "0",
}
"""Kernel settings that ordinary apps do not notice. rp_filter 2 (loose) keeps containers and
servers with two networks working; forwarding is left to whoever needs it."""
SYSLOGS = ("syslog-ng-core", "busybox-syslogd", "inetutils-syslogd")
"""Where no journal is, one of these writes the log, or rsyslog; logrotate ends it."""


def _size(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_SWAP, value):
        raise wrong("should be auto, off, or a size such as 2G or 512M")
    return str(value)


_Written = Annotated[str, Field(pattern=_SWAP)]
Size = Annotated[str, BeforeValidator(_size, json_schema_input_type=_Written)]
RUNTIMES = ("containerd", "dockerd", "docker-proxy")
"""Their own units allow core dumps, and hold nothing of yours."""


class Baseline(Feature):
    section: ClassVar[str] = "baseline"
    room: ClassVar[Room] = "stability"

    swap: Size = "auto"
    """A swap file: `auto` makes one when a server with less than 4 GB of memory has none, `off`
    leaves it alone, `2G` makes one of that size."""
    banner: Paragraphs = (
        "Private system: authorised access only. Connections are logged and monitored."
    )
    """Shown before a login, over ssh and on the console; empty for none."""
    sysctl: dict[KernelKey, KernelValue] = {}
    """Further kernel settings; they win over Seawall's."""

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        yield Hostname(server)
        others = ("chrony", "ntp", "ntpsec", "openntpd")
        yield Packages(("systemd-timesyncd",), unless=others, without_systemd=("chrony",))
        yield Unit("systemd-timesyncd", optional=True, without_systemd="chrony")
        yield Sysctl(tuple({**SYSCTL, **self._own_sysctl()}.items()))
        yield File("/etc/modprobe.d/seawall.conf", written.UNUSED_MODULES)
        yield File("/etc/security/limits.d/seawall.conf", written.NO_CORE_DUMPS)
        yield File("/etc/systemd/coredump.conf.d/seawall.conf", written.NO_STORED_DUMPS)
        yield File("/etc/profile.d/seawall.sh", written.NO_DUMPS_IN_SHELLS)
        # Only who sets a password of their own is held to it: root may set any, so do installers.
        yield Packages(("libpam-pwquality",), unless=("libpam-passwdqc", "libpam-cracklib"))
        yield File(written.JOURNAL_PATH, written.JOURNAL, restart=("systemd-journald",))
        yield Packages((), unless=SYSLOGS, without_systemd=("rsyslog",))
        yield Unit("", optional=True, without_systemd="rsyslog")
        for path in ("/etc/issue", "/etc/issue.net"):
            yield File(path, f"{self.banner}\n" if self.banner else "")
        if self.swap != "off":
            yield Swap(_mebibytes(self.swap))

    def _own_sysctl(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.sysctl.items()}

    @check("The clock is right, and kept right", needs=("clock",))
    def clock(self, look: Look) -> Iterator[Finding]:
        """With a wrong clock certificates are refused, logins with codes fail, and the times in
        your log and your database are fiction. Somebody has to keep it right: clocks drift by
        seconds a week.
        """
        off = look.seen_outside("clock_offset_s")
        if abs(off) > 5:
            seen = f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} this machine"
            yield Finding("the clock is wrong", seen, "timedatectl set-ntp true")
        found = look.fact("clock")
        kept = any(keeper["boot"] == "enabled" for keeper in found["keepers"].values())
        if not kept and (look.described or not found["container"]):
            fix = look.apply_or("apt-get install systemd-timesyncd && timedatectl set-ntp true")
            yield Finding("nobody keeps the clock right", "no time service starts at boot", fix)
        elif not found["synchronised"] and not found["container"]:
            fix = "timedatectl timesync-status, and let UDP 123 out"
            yield Finding("the clock is not synchronised", several(list(found["keepers"])), fix)

    @check("The kernel's own defences are on", severity="should", needs=("kernel",))
    def kernel(self, look: Look) -> Iterator[Finding]:
        """Switches that make attacks harder and that ordinary apps never notice: no redirects
        from strangers, no forged sender addresses, no reading of kernel addresses. They are read
        from the running kernel, because Docker and others change them back.
        """
        loose = live.loose(look.fact("kernel")["settings"])
        if loose:
            lines = " ".join(f"{name}={wanted}" for name, (_, wanted) in loose.items())
            path = "/etc/sysctl.d/60-careful.conf"
            fix = look.apply_or(f"printf '%s\\n' {lines} > {path} && sysctl -p {path}")
            seen = several([f"{name} = {value}" for name, (value, _) in loose.items()], 3)
            yield Finding(f"{count(len(loose), 'kernel setting')} loose", seen, fix)

    @check("Crashes leave no passwords on disk", severity="should", needs=("listeners",))
    def core_dumps(self, look: Look) -> Iterator[Finding]:
        """A core dump is the whole memory of a program at the moment it crashed: database
        passwords, session keys, customers' data, as a file that ends up in a backup.
        """
        for door in look.fact("listeners"):
            own = door["pid"] > 1 and door["process"] not in RUNTIMES
            if own and door["core_bytes"] != 0 and door["family"] == 4:
                fix = (
                    f"systemctl edit {quote(door['unit'])}: [Service] LimitCORE=0, then restart it"
                )
                seen = f"{door['unit'] or door['process']}: core file size is not 0"
                yield Finding(
                    f"{door['process']} writes its memory to disk when it crashes", seen, fix
                )

    @check("Protocols that nobody uses stay unloaded", severity="should", needs=("kernel",))
    def protocols(self, look: Look) -> Iterator[Finding]:
        """DCCP, SCTP, RDS and TIPC are loaded by a single call of any program, and had holes
        that make any user root. No web app uses them.
        """
        found = look.fact("kernel")
        if found["protocols"] and (look.described or found["protocols_from"] == "modprobe"):
            names = found["protocols"]
            lines = " ".join(f"'install {name} /bin/false'" for name in names)
            fix = look.apply_or(f"printf '%s\\n' {lines} > /etc/modprobe.d/unused.conf")
            yield Finding("any program may load risky protocols", ", ".join(names), fix)

    @check("The login banner is shown", severity="should")
    def login_banner(self, look: Look) -> Iterator[Finding]:
        """In some countries it matters in court that somebody was told that this is a private
        system. It is read from outside, the way an intruder would see it.
        """
        wanted, shown = self.banner.strip(), look.seen_outside("banner")["text"].strip()
        if look.described and wanted and wanted not in shown:
            seen = f"shown before a login: {shown[:40] or 'nothing'}"
            yield Finding("the login banner is not shown", seen, look.apply_or(""))

    @check("Logs outlive a reboot", needs=("journal",))
    def logs_survive(self, look: Look) -> Iterator[Finding]:
        """A server crashed in the night and rebooted. If the log was kept in memory only, there
        is nothing left that says why, and it will happen again.
        """
        found = look.fact("journal")
        if not found["persistent"] and not found["syslog"]:
            fix = look.apply_or("mkdir -p /var/log/journal && systemctl restart systemd-journald")
            yield Finding("logs are lost at every reboot", "the journal is kept in memory", fix)

    @check("Logs have an end", severity="should", needs=("journal",))
    def logs_end(self, look: Look) -> Iterator[Finding]:
        """A log that only grows fills the disk, and a full disk stops the database first. It is
        the most common reason for a server that "just died".
        """
        found = look.fact("journal")
        for log in found["huge"]:
            fix = f"truncate -s 0 {quote(log['path'])}, and give it a file in /etc/logrotate.d"
            yield Finding("a log has no end", f"{log['path']}: {size(log['bytes'])}", fix)
        if found["bytes"] > found["disk_bytes"] / 4:
            share = 100 * found["bytes"] // found["disk_bytes"]
            seen = f"/var/log takes {size(found['bytes'])}, {share} % of its disk"
            yield Finding("logs take a quarter of the disk", seen, "journalctl --vacuum-size=500M")

    @check("The server knows its own name", severity="should", needs=("system",))
    def own_name(self, look: Look) -> Iterator[Finding]:
        """When a server cannot look up its own name, sudo waits and complains, mail is refused,
        and some programs do not start at all.
        """
        found = look.fact("system")
        if not found["hostname_resolves"]:
            name = found["hostname"]
            fix = look.apply_or(f"echo '127.0.1.1 {name}' >> /etc/hosts")
            yield Finding("the server does not know its own name", f"{name}: not found", fix)

    @check("Memory has a reserve", severity="should", needs=("system",))
    def reserve(self, look: Look) -> Iterator[Finding]:
        """On a small server one greedy moment, an update or a big upload, is enough for the
        kernel to kill the largest program: your database. A swap file turns that into a slow
        minute.
        """
        found = look.fact("system")
        if found["memory"] < 4 * 10**9 and not found["swap"] and self.swap != "off":
            swap = "fallocate -l 2G /swapfile && chmod 600 /swapfile && mkswap /swapfile"
            fix = look.apply_or(f"{swap} && swapon /swapfile, and a line in /etc/fstab")
            seen = f"{size(found['memory'])} of memory, no swap"
            yield Finding("memory has no reserve", seen, fix)


def _mebibytes(size: str) -> int:
    """The size of a swap file; 0 leaves it to the server."""
    if size == "auto":
        return 0
    return int(size[:-1]) * (1024 if size.endswith("G") else 1)
