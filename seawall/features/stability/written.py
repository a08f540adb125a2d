"""The small files that the baseline writes, as they are on the server."""

UNUSED_MODULES = """\
# Written by seawall: protocols that no app here uses and that had holes, and FireWire, over which
# a device may read all memory.
install dccp /bin/false
install sctp /bin/false
install rds /bin/false
install tipc /bin/false
blacklist firewire-ohci
"""
NO_CORE_DUMPS = """\
# Written by seawall: a core dump holds every secret its process had.
* hard core 0
root hard core 0
"""
NO_STORED_DUMPS = """\
# Written by seawall: where systemd-coredump is installed, it keeps nothing.
[Coredump]
Storage=none
ProcessSizeMax=0
"""
NO_DUMPS_IN_SHELLS = "# Written by seawall: shells that no login started, too.\nulimit -c 0\n"
JOURNAL_PATH = "/etc/systemd/journald.conf.d/seawall.conf"
JOURNAL = """\
# Written by seawall: logs survive a reboot and never fill the disk.
[Journal]
Storage=persistent
SystemMaxUse=500M
SystemKeepFree=1G
"""
