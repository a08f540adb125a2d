"""Snapshots as a person asks for them: listed, made now, brought back, and proven.

A proof is a restore: a new disk is made of the newest snapshot, attached to its server, mounted
read-only, its files are read, and the disk is put away again, whatever was found. The disks that
the server lives on are not touched, and no snapshot is ever deleted.
"""

import subprocess
import time

from seawall.config import Config
from seawall.engine import accounts, errands
from seawall.errors import ConfigError, SeawallError
from seawall.features.stability.cloud import PREFIX
from seawall.kit.cloud import Cloud, Snapshot
from seawall.kit.cloud.stored import Proof, Stored

PATIENCE = 900
"""Seconds in which a server must have mounted and read a disk."""
LOOK = r"""set -u
for i in 1 2 3 4 5 6 7 8 9 10; do
  [ -e "$1" ] && break; sleep 1
done
[ -e "$1" ] || { echo "the server does not see the disk $1"; exit 4; }
there=$(mktemp -d /run/seawall-proof.XXXXXX) || exit 5
trap 'umount "$there" 2>/dev/null; rmdir "$there"' EXIT
for part in $(lsblk -nrpo NAME "$(readlink -f "$1")"); do
  kind=$(blkid -o value -s TYPE "$part") || continue
  how=ro,nosuid,nodev,noexec
  case $kind in ext2|ext3|ext4|btrfs) ;; xfs) how=$how,nouuid ;; *) continue ;; esac
  mount -t "$kind" -o "$how" "$part" "$there" || { echo "$kind cannot be mounted"; exit 6; }
  files=$(find "$there" -xdev -type f | wc -l)
  find "$there" -xdev -type f -size -1024k -print0 | head -zn 2000 | xargs -0r cat >/dev/null ||
    { echo "a file of $kind cannot be read"; exit 7; }
  umount "$there" && echo "$kind with $files files"
done
"""
"""Run as root on the server: each file system of the disk $1, and what was found on it."""


def servers_of(config: Config, only: str = "") -> list[str]:
    """The servers that are in a cloud, or one of them; ConfigError when there is none."""
    names = [name for name, each in config.servers.items() if each.cloud]
    if not names or (only and only not in names):
        what = f"{only} is no machine of a cloud" if only else "no server is a machine of a cloud"
        hint = "servers: { web1: { host: …, cloud: { gcp: project/zone/instance } } }"
        raise ConfigError(f"{config.name}: {what}", hint)
    return [only] if only else names


def account_of(config: Config, server: str) -> Cloud:
    """The account that a server is in."""
    placed = config.servers[server].cloud
    assert placed is not None
    return accounts.opened(config, f"{PREFIX}{placed.cloud}")


def stored(config: Config) -> list[Stored]:
    """What is stored in each account, the newest first."""
    return [_stored(config, name) for name in config.accounts]


def _stored(config: Config, name: str) -> Stored:
    try:
        return Stored(name, accounts.opened(config, name).snapshots())
    except SeawallError as error:
        return Stored(name, error=error)


def newest(cloud: Cloud, config: Config, server: str) -> list[Snapshot]:
    """The newest whole snapshot of each disk of a server."""
    placed = config.servers[server].cloud
    assert placed is not None
    where = placed.aws or placed.gcp
    disks = next((each.disks for each in cloud.instances() if each.id == where), ())
    whole = [each for each in cloud.snapshots() if each.complete and not each.copied]
    found = (next((s for s in whole if s.disk == disk), None) for disk in disks)
    return [each for each in found if each]


def prove(config: Config, server: str) -> list[Proof]:
    """Prove the newest snapshot of each disk of a server."""
    cloud = account_of(config, server)
    found = newest(cloud, config, server)
    if not found:
        raise SeawallError(
            f"{server}: there is no whole snapshot to prove", f"seawall snapshots now {server}"
        )
    return [_prove(config, cloud, server, each.id) for each in found]


def _prove(config: Config, cloud: Cloud, server: str, snapshot: str) -> Proof:
    began, disk = time.monotonic(), ""
    found: tuple[str, ...] = ()
    error: SeawallError | None = None
    try:
        disk = cloud.restore(snapshot, server)
        found = _look(config, server, cloud.attach(disk, server))
    except SeawallError as failed:
        error = failed
    try:
        if disk:
            cloud.discard(disk, server)
    except SeawallError as failed:
        error = SeawallError(f"{server}: the disk {disk} of the proof is still there: {failed}")
    return Proof(server, snapshot, time.monotonic() - began, found, error)


def _look(config: Config, server: str, device: str) -> tuple[str, ...]:
    """What the server finds on the disk; SeawallError when it is not whole."""
    asked = errands.errand(config, server, ["sh", "-c", LOOK, "sh", device])
    try:
        done = subprocess.run(
            asked.argv, input=asked.first, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise SeawallError(f"{server}: the disk was not read in {PATIENCE} s") from None
    lines = tuple(done.stdout.decode("utf-8", "replace").splitlines())
    if done.returncode or not lines:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = (*lines[-1:], *told[-1:], "no file system was found on it")[0]
        raise SeawallError(f"{server}: the snapshot did not hold: {why}", "take an older one")
    return lines
