"""Backups: made often, stored elsewhere, and proven by a restore that is compared.

Every declared database and upload folder is in; nothing has to be added by hand. A copy counts
when its destination lists it, and is proven when it was restored aside and held the same rows as
were there when it was made. Everything runs on the server, whether your laptop is on or not.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from seawall.agent.steps import File, Packages, Step, Unit
from seawall.features.stability.backups import ordered, sftp, units
from seawall.features.stability.backups.judged import late, shrunk, unproven, unread
from seawall.features.stability.backups.strays import unsaved
from seawall.features.stability.backups.words import Destination, Hours, Ignored, Place
from seawall.kit import Feature, Finding, Look, Room, Section, Unknown, Use, check
from seawall.kit.amounts import size
from seawall.kit.fields import Switch
from seawall.kit.fields.duration import Period

PASSPHRASE = "BACKUP_PASSPHRASE"  # noqa: S105  # the name of a secret
HERE = "/var/backups/restic"
DECLARED = "/etc/seawall/backups.json"
SECRETS = "/etc/seawall/backups.secrets.json"
SERVERS = ("postgres", "mariadb")
"""Database servers that are asked what they hold: an engine and its probe have one name."""


class Keep(Section):
    """How many copies stay, of which age."""

    hourly: Annotated[int, Field(ge=0, le=1000)] = 24
    """The last copy of each of so many hours."""
    daily: Annotated[int, Field(ge=1, le=1000)] = 14
    """The last copy of each of so many days."""
    weekly: Annotated[int, Field(ge=0, le=1000)] = 8
    """The last copy of each of so many weeks."""
    monthly: Annotated[int, Field(ge=0, le=1000)] = 12
    """The last copy of each of so many months."""


class Backups(Feature):
    section: ClassVar[str] = "backups"
    room: ClassVar[Room] = "stability"

    to: Destination = Place(to=HERE)
    """Where copies go: any repository that restic knows, such as
    `s3:https://s3.eu-west-1.amazonaws.com/acme-backups`. Without it they stay on the server
    itself, which saves you from a wrong DELETE but not from a dead disk, and is found."""
    copies: list[Destination] = []
    """Further places; each gets every copy as well."""
    every: Period = "6h"
    """How often: the most that can be lost, such as 30m, 6h or daily."""
    prove: Period = "weekly"
    """How often the newest copy is restored aside and compared."""
    verify: Period = "monthly"
    """In which time everything that is stored is read once, one part of it every day, so that what
    rots where only old copies need it is found."""
    keep: Keep = Keep()
    """How many copies stay."""
    ignore: list[Ignored] = []
    """What is found on a server and need not be saved: a file or folder such as `/srv/cache`, or
    the name of a database or of a volume."""
    quiet: Hours = []
    """Hours, by the clock of the server, in which it saves and proves nothing by itself, such as
    `08:00-10:30`. A copy may then be that much older before it is found."""
    longest: Period = "6h"
    """How long saving or proving one dataset may take; then it is ended, and has failed."""
    append_only: Switch = False
    """On: the servers' keys cannot delete, so that whoever breaks into one cannot delete the
    copies. No server forgets anything then: that is done from elsewhere, with another key."""

    @property
    def places(self) -> list[tuple[str, Place]]:
        """Every destination by its name: the first is `main`."""
        others = [(f"copy{number}", place) for number, place in enumerate(self.copies, 1)]
        return [("main", self.to), *others]

    @property
    def secret_names(self) -> list[str]:
        """Every secret that opens a destination, the passphrase first."""
        names = [secret for _, place in self.places for secret in place.named]
        return list(dict.fromkeys([PASSPHRASE, *names]))

    def uses(self, config: Any) -> Iterator[Use]:
        if not any(config.datasets(server) for server in config.servers):
            return
        yield Use(PASSPHRASE, "backups", "seawall backup key rotate", made=True)
        for name, place in self.places:
            for secret in place.named:
                yield Use(secret, f"the storage of backups ({name})", "seawall apply")
            for secret in place.pruner.secrets.values() if place.pruner else ():
                by = f"clearing up backups ({name})"
                yield Use(secret, by, "seawall backup prune", required=False)

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        if not config.datasets(server):
            return
        yield Packages(("restic",))
        yield File(DECLARED, ordered.declared(self, config, server), mode="0600")
        if hidden := ordered.hidden(self, config, server):
            yield File(SECRETS, hidden, mode="0600", secret=True)
        for name, place in self.places:
            yield from sftp.steps(config, name, place)
        yield File(f"/etc/systemd/system/{units.NAME}.service", units.service(self.longest))
        timer = f"{units.NAME}.timer"
        yield File(f"/etc/systemd/system/{timer}", units.timer(self.every), restart=(timer,))
        yield Packages((), without_systemd=("cron",))
        yield File(f"/etc/cron.d/{units.NAME}", units.cron(self.every))
        yield Unit(timer, without_systemd="cron")

    @check("Every copy is as young as it should be", needs=("backups",))
    def fresh(self, look: Look) -> Iterator[Finding]:
        """What you lose when a server dies is what was written since the newest copy. It is read
        from the place where the copies lie, not from the log of whoever made them: a job that
        says "done" every night, and stores nothing, is the most common way to lose a company.
        """
        if broken := look.fact("backups").get("broken"):
            yield Finding("nothing is saved or proven here", broken, f"seawall apply {look.server}")
            return
        facts = _facts(look)
        for destination, error in facts["destinations"].items():
            where = "" if destination == "main" else f" in {destination}"
            if error:
                yield Finding(f"the copies{where} cannot be read", error, _again(look))
                continue
            for name, told in late(facts, destination):
                yield Finding(f"{name} has no fresh copy{where}", told, _again(look))

    @check("Copies are made without being asked for", needs=("backups",))
    def scheduled(self, look: Look) -> Iterator[Finding]:
        """Somebody stopped the timer before a migration, and nobody started it again. Nothing
        fails from then on, for nothing is tried.
        """
        if wrong := _facts(look).get("schedule"):
            yield Finding("nothing is saved by itself", wrong, f"seawall apply {look.server}")

    @check("Every database is saved", needs=("backups", "strays", *SERVERS))
    def covered(self, look: Look) -> Iterator[Finding]:
        """Somebody made a second database last spring, by hand, and it has the invoices in it. No
        backup knows of it. What is found on the server has to be declared, or it is not safe.
        """
        known = _facts(look)["datasets"]
        for engine in SERVERS:
            for each in look.fact(engine)["databases"]:
                name = each["name"]
                if name not in {*known, *self.ignore} and look.described:
                    fix = f"databases: {{ {name}: {{ engine: {engine}, server: {look.server} }} }}"
                    yield Finding(f"nobody saves the database {name}", size(each["bytes"]), fix)
        if look.described:
            datasets = look.config.datasets(look.server)
            yield from unsaved(look.fact("strays"), datasets, self.ignore, look.server)

    @check("Copies are as large as they were", severity="should", needs=("backups",))
    def size(self, look: Look) -> Iterator[Finding]:
        """A copy that is suddenly half as large is well only if you deleted half of your data.
        Else it is the first sign that somebody, or a broken job, did.
        """
        for name, before, now in shrunk(_facts(look)):
            seen = f"{size(now)}, and {size(before)} before"
            fix = f"look what is gone; if it may be: seawall backup now {look.server} --data {name}"
            yield Finding(f"the copy of {name} shrank", seen, fix)

    @check("Copies lie elsewhere", severity="must", needs=("backups",))
    def elsewhere(self, look: Look) -> Iterator[Finding]:
        """A copy on the same disk dies with it, and whoever breaks in deletes both. One copy has
        to be where neither a fire nor a stolen key of this server reaches it.
        """
        if _facts(look)["declared"] and all(place.to.startswith("/") for _, place in self.places):
            fix = "backups: { to: s3:https://… } in seawall.yml, then seawall apply"
            yield Finding("every copy lies on the server itself", self.to.to, fix)

    @check("Copies were restored and compared", needs=("backups",))
    def proven(self, look: Look) -> Iterator[Finding]:
        """A copy that nobody ever restored is a hope. Seawall restores the newest one aside, on
        schedule, counts and sums up every table, and compares with what was there when it was
        made. How long that took is how long you would wait.
        """
        facts = _facts(look)
        for name, seen, wrong in unproven(facts):
            problem = f"the copy of {name} did not hold" if wrong else f"{name} is not proven"
            yield Finding(problem, wrong or seen, f"seawall backup prove {look.server}")
        if not facts["evidence_whole"]:
            fix = "look who was on the server; seawall backup prove makes new evidence"
            yield Finding("the record of proofs was changed", "its hashes do not match", fix)

    @check("Old copies can still be read", needs=("backups",))
    def intact(self, look: Look) -> Iterator[Finding]:
        """Disks and storages lose a few bytes now and then, and say nothing. The restore test
        reads what the newest copy needs; a byte that only the copy of last month needs is missed
        on the day when you want that one. So everything stored is read again, a part a day.
        """
        facts = _facts(look)
        for destination, damaged, seen in unread(facts):
            where = "" if destination == "main" else f" in {destination}"
            again = f"seawall backup verify {look.server} --all"
            if damaged:
                newest = f"seawall backup prove {look.server} tells whether the newest is whole"
                fix = f"{newest}; once mended, {again}"
                yield Finding(f"stored copies{where} are damaged", seen, fix)
            else:
                yield Finding(f"stored copies{where} are not read again", seen, again)


def _facts(look: Look) -> Any:
    facts = look.fact("backups")
    if look.described and not facts["declared"] and look.config.datasets(look.server):
        raise Unknown("backups are not set up yet", f"seawall apply {look.server}")
    if facts.get("broken"):
        raise Unknown(facts["broken"], f"seawall apply {look.server}")
    return facts if facts["declared"] else NOTHING


NOTHING = {"declared": False, "datasets": {}, "destinations": {}, "evidence_whole": True}


def _again(look: Look) -> str:
    return f"seawall backup now {look.server}"
