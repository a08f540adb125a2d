"""What `seawall snapshots` does: asks the accounts, and shows what they say."""

from typing import TYPE_CHECKING

import click

from seawall.commands.servers import described, everything, known
from seawall.errors import ConfigError, SeawallError
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.config import Config


def listing(output: Output) -> int:
    """What is stored; the exit code."""
    from seawall.engine import snapshots
    from seawall.report import documents, live
    from seawall.report import snapshots as report

    config, _ = everything((), cloud_only=True)
    output.stays = lambda: "Nothing was changed."
    with live.waiting(output, "asking the cloud"):
        found = snapshots.stored(config)
    if output.spoken:
        report.listing(found, output.out)
    else:
        documents.write(report.listed(found))
    return int(any(each.error for each in found))


def now(output: Output, server: str, *, backed: bool) -> int:
    """Save data, then begin snapshots; the exit code."""
    from seawall.engine import snapshots
    from seawall.report import documents
    from seawall.report import snapshots as report

    config, names = _meant(server)
    if backed:
        _saved(config, names)
    made = {name: snapshots.account_of(config, name).snapshot(name) for name in names}
    if not output.spoken:
        documents.write(report.made(made))
        return 0
    for name, ids in made.items():
        output.out.show([f"{name}: begun, the cloud finishes it: {', '.join(ids)}"])
    output.err.show(["Next: seawall snapshots list"])
    return 0


def _saved(config: "Config", names: list[str]) -> None:
    """Databases and uploads of these servers; SeawallError when one was not saved."""
    from seawall.engine import backing

    held = [name for name in names if config.datasets(name)]
    for each in backing.carry_out(config, held, backing.Wanted("backup")) if held else ():
        if not each.ok:
            why = each.error.problem if each.error else "not everything was saved"
            raise SeawallError(
                f"{each.server}: no snapshot was begun, since its data was not saved: {why}",
                f"seawall backup now {each.server}; or take the disks alone: --skip-backup",
            )


def restore(output: Output, snapshot: str, server: str, *, yes: bool) -> int:
    """A new disk of a snapshot; the exit code."""
    from seawall.engine import snapshots
    from seawall.report import documents
    from seawall.report import snapshots as report

    config, [name] = _meant(server)
    told = f"A new disk will be made of {snapshot}, beside {name}; it is paid for until deleted."
    if not yes:
        if not (output.spoken and may_ask()):
            raise ConfigError("--yes is missing, and nobody can be asked", told)
        output.err.show([told])
        click.confirm("Make it?", default=False, abort=True, err=True)
    disk = snapshots.account_of(config, name).restore(snapshot, name)
    if output.spoken:
        output.out.show([f"{name}: made of {snapshot}: {disk}. Nothing else was changed."])
    else:
        documents.write(report.restored(disk, name))
    return 0


def prove(output: Output, server: str) -> int:
    """Restore aside, read, put away; the exit code."""
    from seawall.engine import snapshots
    from seawall.report import documents, live
    from seawall.report import snapshots as report

    config, names = _meant(server)
    output.stays = lambda: "A disk of the proof may be left: its label is seawall-made-of."
    with live.waiting(output, f"{', '.join(names)}: restoring aside"):
        found = [proof for name in names for proof in snapshots.prove(config, name)]
    if output.spoken:
        report.proofs(found, output.out)
    else:
        documents.write(report.proven(found))
    return int(any(each.error for each in found))


def _meant(server: str) -> "tuple[Config, list[str]]":
    """The servers that are in a cloud, or the one that is named."""
    from seawall.engine import snapshots

    config, _ = described([server] if server else ())
    if server:
        known(server, config.servers)
    return config, snapshots.servers_of(config, server)
