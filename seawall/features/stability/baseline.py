"""The clock is right, the kernel is careful, the logs have an end, memory has a reserve.

Small things that nobody misses until 3 a.m.: a clock that is off breaks TLS and backups, a
journal without a limit fills the disk, a small server without swap kills the database. Seawall
sets only what ordinary apps do not notice.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from seawall.agent.steps import File, Hostname, Packages, Step, Swap, Sysctl, Unit
from seawall.kit import Feature, Room
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
UNUSED_PROTOCOLS = """\
# Written by seawall: protocols that no app here uses and that had holes.
install dccp /bin/false
install sctp /bin/false
install rds /bin/false
install tipc /bin/false
"""
NO_CORE_DUMPS = """\
# Written by seawall: a core dump holds every secret its process had.
* hard core 0
root hard core 0
"""
JOURNAL_PATH = "/etc/systemd/journald.conf.d/seawall.conf"
JOURNAL = """\
# Written by seawall: logs survive a reboot and never fill the disk.
[Journal]
Storage=persistent
SystemMaxUse=500M
SystemKeepFree=1G
"""


def _size(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_SWAP, value):
        raise wrong("should be auto, off, or a size such as 2G or 512M")
    return str(value)


_Written = Annotated[str, Field(pattern=_SWAP)]
Size = Annotated[str, BeforeValidator(_size, json_schema_input_type=_Written)]


class Baseline(Feature):
    section: ClassVar[str] = "baseline"
    room: ClassVar[Room] = "stability"

    swap: Size = "auto"
    """A swap file: `auto` makes one when a server with less than 4 GB of memory has none, `off`
    leaves it alone, `2G` makes one of that size."""
    banner: Paragraphs = "Authorised access only. Activity on this server is logged."
    """Shown before a login; empty for none."""
    sysctl: dict[KernelKey, KernelValue] = {}
    """Further kernel settings; they win over Seawall's."""

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        yield Hostname(server)
        yield Packages(("systemd-timesyncd",), unless=("chrony", "ntp", "ntpsec", "openntpd"))
        yield Unit("systemd-timesyncd", optional=True)
        yield Sysctl(tuple({**SYSCTL, **self._own_sysctl()}.items()))
        yield File("/etc/modprobe.d/seawall.conf", UNUSED_PROTOCOLS)
        yield File("/etc/security/limits.d/seawall.conf", NO_CORE_DUMPS)
        yield File(JOURNAL_PATH, JOURNAL, restart=("systemd-journald",))
        yield File("/etc/issue.net", f"{self.banner}\n" if self.banner else "")
        if self.swap != "off":
            yield Swap(_mebibytes(self.swap))

    def _own_sysctl(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.sysctl.items()}


def _mebibytes(size: str) -> int:
    """The size of a swap file; 0 leaves it to the server."""
    if size == "auto":
        return 0
    return int(size[:-1]) * (1024 if size.endswith("G") else 1)
