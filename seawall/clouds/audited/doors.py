"""Doors of the account: what anybody on the internet can reach or read."""

from collections.abc import Iterator

from seawall.clouds.audited import account, ignored, server_of, wanted
from seawall.kit import Finding, Look, check
from seawall.kit.check import Severity
from seawall.kit.cloud import Bucket, Image, Instance, ManagedDatabase, Opening, Snapshot

DANGEROUS = {
    22: "ssh",
    3389: "remote desktop",
    2375: "docker",
    3306: "MySQL",
    5432: "Postgres",
    6379: "Redis",
    9200: "Elasticsearch",
    11211: "memcached",
    27017: "MongoDB",
}
"""Ports that robots try all day."""
WIDE = 20
"""So many ports in one rule are meant as all of them."""


def _reached(look: Look, opening: Opening) -> tuple[list[str], set[int] | None]:
    """Whom a rule is for, and the ports that may be open to everybody; None where nobody says."""
    servers = [name for each in opening.instances if (name := server_of(look, each))]
    declared = [set(wanted(look).ports.get(name, ())) for name in servers]
    strangers = [each for each in opening.instances if not server_of(look, each)]
    if not declared:
        return strangers, None
    return servers, set.intersection(*declared)


def _too_open(look: Look, opening: Opening) -> str:
    """What a rule opens that it should not; nothing when it is as declared."""
    _, declared = _reached(look, opening)
    if opening.protocol not in ("tcp", "all"):
        return ""
    if opening.last - opening.first >= WIDE:
        return "every port" if opening.last - opening.first >= 65000 else _ports(opening)
    ports = set(range(opening.first, opening.last + 1))
    bad = ports & DANGEROUS.keys() if declared is None else ports - declared
    return ", ".join(_port(each) for each in sorted(bad))


def _ports(opening: Opening) -> str:
    return f"ports {opening.first} to {opening.last}"


def _port(port: int) -> str:
    return f"{port} ({DANGEROUS[port]})" if port in DANGEROUS else str(port)


class DoorChecks:
    """What others can reach."""

    @check("The cloud's firewall opens only declared ports", severity="must")
    def only_declared_ports_are_open(self, look: Look) -> Iterator[Finding]:
        """The firewall of the cloud stands before that of the server. A rule that lets everybody
        in to ssh or to a database is found by robots within hours. Rules that no server of yours
        uses are judged by the ports that robots try."""
        for opening in account(look).all(Opening):
            if not opening.world or ignored(look, opening.id):
                continue
            if bad := _too_open(look, opening):
                servers, declared = _reached(look, opening)
                where = ", ".join(servers) or "nothing yet"
                seen = f"{opening.id} ({opening.region}) opens {bad}; it holds for {where}"
                fix = f"let only your addresses in to {bad}, or declare it: firewall: open"
                severity: Severity | None = (
                    None if opening.instances or declared is not None else "should"
                )
                yield Finding(f"{bad} is open to everybody", seen, fix, severity)

    @check("No snapshot or image is public", severity="must")
    def nothing_stored_is_public(self, look: Look) -> Iterator[Finding]:
        """A public snapshot is your whole disk, databases and keys included, for whoever looks.
        People do look."""
        for each in account(look).all(Snapshot):
            if each.public and not ignored(look, each.id):
                fix = _private(account(look).cloud, "snapshot", each.id, each.region)
                yield Finding("a snapshot is public", f"{each.id} ({each.region})", fix)
        for image in account(look).all(Image):
            if image.public and not ignored(look, image.id):
                fix = _private(account(look).cloud, "image", image.id, image.region)
                yield Finding("an image is public", f"{image.id} ({image.region})", fix)

    @check("Managed databases are private", severity="must")
    def databases_are_private(self, look: Look) -> Iterator[Finding]:
        """A database with a public address is one leaked password away from everybody."""
        for each in account(look).all(ManagedDatabase):
            if each.public and not ignored(look, each.id):
                fix = f"switch off public access of {each.id}"
                yield Finding("a database has a public address", f"{each.id} ({each.region})", fix)

    @check("Buckets are private", severity="must")
    def buckets_are_private(self, look: Look) -> Iterator[Finding]:
        """Most big leaks of the last ten years were buckets that somebody made public for a
        moment. Blocking public access makes that impossible, whatever a policy says."""
        for each in account(look).all(Bucket):
            if ignored(look, each.name):
                continue
            fix = "seawall apply" if each.ours else f"block public access of {each.name}"
            if each.public:
                yield Finding("a bucket is public", f"{each.name}: {each.why}", fix)
            elif not each.blocked:
                seen = f"{each.name}: public access is not blocked"
                yield Finding("a bucket can be made public", seen, fix, "should")

    @check("The metadata service wants a token", severity="should")
    def metadata_wants_a_token(self, look: Look) -> Iterator[Finding]:
        """Every server can ask its cloud for its own credentials. Without a token, so can whoever
        makes your app fetch a web address: it is how Capital One lost 100 million records."""
        for each in account(look).all(Instance):
            if each.metadata_open and not ignored(look, each.id):
                name = server_of(look, each.id) or each.name
                fix = (
                    f"aws ec2 modify-instance-metadata-options --region {each.region} "
                    f"--instance-id {each.id} --http-tokens required"
                )
                yield Finding("credentials can be had without a token", f"{each.id} ({name})", fix)


def _private(cloud: str, kind: str, name: str, region: str) -> str:
    if cloud != "aws":
        return f"take allUsers and allAuthenticatedUsers off {name}"
    if kind == "image":
        how = f"modify-image-attribute --image-id {name} --launch-permission Remove=[{{Group=all}}]"
    else:
        gone = "--attribute createVolumePermission --operation-type remove --group-names all"
        how = f"modify-snapshot-attribute --snapshot-id {name} {gone}"
    return f"aws ec2 --region {region} {how}"
