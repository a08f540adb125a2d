"""The server can be made again from what is written down.

A server that grew by hand cannot be doubled when customers come, nor replaced when it dies.
What is in version control can.
"""

from collections.abc import Iterator
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, check


class Runbook(Feature):
    section: ClassVar[str] = "runbook"
    room: ClassVar[Room] = "scalability"

    @check("The server is written down", severity="should")
    def described(self, look: Look) -> Iterator[Finding]:
        """Today somebody remembers how this server was set up. With one file in your repository
        a second one is made in minutes, a lost one is made again, and everybody can read what
        runs where and why.
        """
        if not look.described:
            fix = "pipx install seawall && seawall init"
            yield Finding("nobody wrote down how this server is made", "no seawall.yml", fix)

    @check("Nothing serves out of somebody's home", severity="should", needs=("listeners",))
    def not_from_home(self, look: Look) -> Iterator[Finding]:
        """An app in /root or in a home is half of a laptop on a server: nobody knows which
        version it is, it cannot be put on a second server, and it goes when its owner goes.
        """
        told = set()
        for door in look.fact("listeners"):
            place = next((p for p in (door["program"], door["folder"]) if _is_home(p)), "")
            if place and door["unit"] not in told and door["process"] != "sshd":
                told.add(door["unit"])
                fix = "move it to /srv or /opt and run it by a unit with WorkingDirectory= there"
                seen = f"{place}, port {door['port']}"
                yield Finding(f"{door['process']} serves out of somebody's home", seen, fix)


def _is_home(path: str) -> bool:
    return path == "/root" or path.startswith(("/root/", "/home/", "/tmp/", "/var/tmp/"))  # noqa: S108
