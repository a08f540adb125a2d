"""Disks and what is stored: copied, encrypted, of this month, and not paid for in vain."""

from collections.abc import Iterator

from seawall.clouds.audited import account, ignored, server_of, wanted
from seawall.kit import Finding, Look, check
from seawall.kit.amounts import DAY, age
from seawall.kit.check import Severity
from seawall.kit.cloud import Address, Disk, ManagedDatabase, Snapshot

SNAPSHOT_DOLLARS = 0.05
"""About what a gigabyte of a snapshot costs a month (AWS, us-east-1, 2026)."""


def _newest(look: Look) -> dict[str, float]:
    """When the newest whole snapshot of each disk was made."""
    found: dict[str, float] = {}
    for each in account(look).all(Snapshot):
        if each.complete and not each.copied:
            found[each.disk] = max(each.at, found.get(each.disk, 0.0))
    return found


def _attached(look: Look) -> Iterator[Disk]:
    for disk in account(look).all(Disk):
        if disk.instance and not ignored(look, disk.id, disk.instance):
            yield disk


def _named(look: Look, disk: Disk) -> str:
    server = server_of(look, disk.instance)
    return f"{disk.id} of {server or disk.instance} ({disk.gigabytes} GB, {disk.region})"


class DiskChecks:
    """What is stored in the account."""

    @check("Every disk in use has a snapshot", severity="must")
    def disks_have_snapshots(self, look: Look) -> Iterator[Finding]:
        """A disk that dies, or is deleted by mistake, is gone with all that is on it. Snapshots
        are the copies that the cloud itself makes, whether your servers live or not."""
        newest = _newest(look)
        for disk in _attached(look):
            if disk.id in newest:
                continue
            ours = server_of(look, disk.instance)
            costs = f"about ${disk.gigabytes * SNAPSHOT_DOLLARS:.2f} a month for a full one"
            fix = "declare cloud: snapshots, then seawall apply"
            if ours and wanted(look).settings.snapshots:
                fix = f"seawall snapshots now {ours}"
            severity: Severity | None = None if ours else "should"
            yield Finding("a disk has no snapshot", f"{_named(look, disk)}; {costs}", fix, severity)

    @check("The newest snapshot of each disk is recent", severity="must")
    def snapshots_are_recent(self, look: Look) -> Iterator[Finding]:
        """A schedule that stopped is noticed by nobody until it is needed. What counts is the age
        of the newest snapshot that is whole: twice the declared period, or two days."""
        declared = wanted(look).settings.snapshots
        limit = 2 * (declared.seconds if declared else DAY)
        newest, now = _newest(look), account(look).now
        for disk in _attached(look):
            made = newest.get(disk.id)
            server = server_of(look, disk.instance)
            if made is not None and now - made > limit:
                seen = f"{_named(look, disk)}: the newest is {age(now - made)} old"
                fix = f"seawall snapshots now {server}" if server else "make a snapshot"
                severity: Severity | None = None if server else "should"
                yield Finding("snapshots have stopped", seen, fix, severity)

    @check("Disks are encrypted", severity="should")
    def disks_are_encrypted(self, look: Look) -> Iterator[Finding]:
        """Encryption of disks costs nothing and is asked for by every customer's questionnaire. A
        disk cannot be encrypted later: a copy of its snapshot can."""
        for disk in _attached(look):
            if not disk.encrypted:
                fix = "copy its snapshot encrypted, make a disk of that, and swap them"
                yield Finding("a disk is not encrypted", _named(look, disk), fix)

    @check("Managed databases are backed up and not easy to delete", severity="must")
    def databases_are_kept(self, look: Look) -> Iterator[Finding]:
        """A managed database without backups is one wrong click away from nothing. Deletion
        protection makes that two clicks."""
        for each in account(look).all(ManagedDatabase):
            if ignored(look, each.id):
                continue
            seen = f"{each.id} ({each.region})"
            if not each.backup_days:
                yield Finding(
                    "a database has no backups", seen, f"keep 7 days or more of {each.id}"
                )
            if not each.protected:
                fix = f"switch on deletion protection of {each.id}"
                yield Finding("a database can be deleted by one call", seen, fix, "should")

    @check("Nothing is paid for that nobody uses", severity="should")
    def nothing_is_paid_for_in_vain(self, look: Look) -> Iterator[Finding]:
        """Disks stay when their server is deleted, and addresses that belong to nothing are
        charged. It is only money, and every month again."""
        for disk in account(look).all(Disk):
            if not disk.instance and not ignored(look, disk.id):
                seen = f"{disk.id}: {disk.gigabytes} GB, about ${disk.dollars:.2f} a month"
                fix = f"look what is on it, keep a snapshot, then delete {disk.id}"
                yield Finding("a disk belongs to no server", seen, fix)
        for address in account(look).all(Address):
            if not address.attached and not ignored(look, address.id, address.ip):
                seen = f"{address.ip} ({address.region}): about ${address.dollars:.2f} a month"
                yield Finding("an address leads nowhere", seen, f"release {address.id}")
