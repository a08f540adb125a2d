"""What a careful kernel answers when it is asked, whoever set it and wherever."""

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


def speaks_for(key: str, name: str) -> bool:
    """The kernel counts the stricter of `all` and the interface: these two speak for all."""
    if "*" not in key:
        return name == key
    return name in (key.replace("*", "all"), key.replace("*", "default"))
