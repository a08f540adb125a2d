"""The instances that seawall.yml names, and their disks, as Google knows them now."""

from seawall.clouds.gcp.declared import Machine
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.thing import Body
from seawall.errors import SeawallError


def instances(door: Door) -> list[Body]:
    """Every instance of the project."""
    return door.listed("compute.instances.aggregatedList", project=door.project)


def all_disks(door: Door) -> list[Body]:
    """Every disk of the project."""
    return door.listed("compute.disks.aggregatedList", project=door.project)


def instance(door: Door, machine: Machine) -> Body:
    """The instance of a server; SeawallError when it is not there."""
    end = f"/zones/{machine.zone}/instances/{machine.name}"
    for each in instances(door):
        if each["selfLink"].endswith(end):
            return each
    raise SeawallError(
        f"gcp {door.project}: {machine.server} is to be the instance {machine.name} in "
        f"{machine.zone}, and there is none",
        "seawall servers import gcp shows those that there are",
    )


def disks(door: Door, machine: Machine) -> list[Body]:
    """The persistent disks of a server, the one it boots from first."""
    links = [
        each["source"] for each in instance(door, machine).get("disks", ()) if "source" in each
    ]
    known = {each["selfLink"]: each for each in all_disks(door)}
    return [known[link] for link in links if link in known]


def last(link: str) -> str:
    """The name at the end of a link."""
    return link.rpartition("/")[2]


def place(thing: Body) -> str:
    """Where something is: its zone, its region, or global."""
    return last(thing.get("zone") or thing.get("region") or "global")
