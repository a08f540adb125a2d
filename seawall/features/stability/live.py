"""What a careful kernel answers when it is asked, whoever set it and wherever."""

from collections.abc import Mapping

WANTED = {
    "net.ipv4.tcp_syncookies": ("1", "2"),
    "net.ipv4.icmp_echo_ignore_broadcasts": ("1",),
    "net.ipv4.conf.*.accept_redirects": ("0",),
    "net.ipv4.conf.*.send_redirects": ("0",),
    "net.ipv4.conf.*.accept_source_route": ("0",),
    "net.ipv4.conf.*.rp_filter": ("2", "1"),
    "net.ipv6.conf.*.accept_redirects": ("0",),
    "net.ipv6.conf.*.accept_source_route": ("0",),
    "fs.protected_hardlinks": ("1",),
    "fs.protected_symlinks": ("1",),
    "fs.suid_dumpable": ("0", "2"),
    "kernel.dmesg_restrict": ("1",),
    "kernel.kptr_restrict": ("2", "1"),
    "kernel.randomize_va_space": ("2",),
    "kernel.unprivileged_bpf_disabled": ("2", "1"),
}
"""What a running kernel should answer, the first of each being what to set."""


def loose(settings: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What is and what should be, for each setting that is looser than wanted.

    Of `net.*.conf.*` those are asked that speak for all interfaces and for new ones: the kernel
    counts the stricter of `all` and the interface.
    """
    found = {}
    for key, least in WANTED.items():
        for name in {key.replace("*", "all"), key.replace("*", "default")}:
            if settings.get(name, least[0]) not in least:
                found[name] = (settings[name], least[0])
    return dict(sorted(found.items()))
