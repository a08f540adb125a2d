"""The only door to a machine: one ssh login, one document in, a stream of events out."""

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seawall.errors import SeawallError, Unreachable
from seawall.server import logins, ship, ssh
from seawall.server.talk import NoPython, SudoPassword, Talk

Document = dict[str, Any]

__all__ = ["Document", "NoPython", "Server", "SudoPassword", "Talk"]


@dataclass(frozen=True)
class Server:
    """A machine, and how to get in.

    `host` is what ssh is given: an address, a name, or an alias of ssh_config; "local" is this
    machine. `others` are users to try when the first is refused.
    """

    name: str
    host: str
    user: str = ""
    port: int | None = None
    key: str = ""
    others: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """True for this machine itself: no ssh."""
        return self.host == "local"

    @property
    def address(self) -> str:
        """The address or name that ssh connects to."""
        return ssh.settings(self.host)["hostname"]

    @property
    def real_port(self) -> int:
        """The port that ssh connects to."""
        return self.port or int(ssh.settings(self.host)["port"])

    @property
    def jumps(self) -> bool:
        """True when ssh goes through another host: nothing can be seen from outside then."""
        found = ssh.settings(self.host)
        return found.get("proxyjump", "none") != "none" or "proxycommand" in found

    @property
    def login(self) -> str:
        """The user to log in as: the one that worked last, or the one that was declared."""
        return logins.remembered(self._id) or self.user or ssh.settings(self.host)["user"]

    @property
    def _id(self) -> str:
        return f"{self.address}:{self.real_port}"

    def candidates(self) -> list[str]:
        """Users to try, in order."""
        first = self.user or ssh.settings(self.host)["user"]
        wanted = [self.login, first, *self.others]
        return list(dict.fromkeys(wanted))

    def ssh_argv(self, *extra: str, user: str = "", shared: bool = True) -> list[str]:
        """The ssh command without what to run there."""
        argv = ["ssh", *ssh.config_file(), *ssh.options(self.host, shared=shared), *extra]
        if self.port:
            argv += ["-p", str(self.port)]
        if self.key:
            argv += ["-i", self.key]
        return [*argv, "-l", user or self.login, "--", self.host]

    def talk(self, document: Document) -> "Talk":
        """Open a conversation as the first user that gets in; raises Unreachable.

        Also raises NoPython and SudoPassword, which the caller may be able to answer.
        """
        if shutil.which("ssh") is None and not self.local:
            raise SeawallError("ssh is not installed", "apt-get install openssh-client")
        whole = {**document, "sha": ship.sha()}
        if self.local:
            return Talk(self.name, [], whole).open()
        return self._first_that_gets_in(whole)

    def _first_that_gets_in(self, document: Document) -> "Talk":
        refused: SeawallError | None = None
        for user in self.candidates():
            try:
                talk = Talk(self.name, self.ssh_argv(user=user), document).open()
            except ConnectionError as error:
                refused = refused or ssh.error(self.name, f"{user}@{self.host}", str(error))
                if not ssh.wrong_login(str(error)):
                    break
                continue
            logins.remember(self._id, user)
            return talk
        raise refused or Unreachable(f"{self.name}: nobody to log in as")

    def prove(self, users: Iterator[str], port: int | None, words: list[str]) -> str | None:
        """Run a command through a new connection as the first user that can; returns the user."""
        there = dataclasses.replace(self, port=port or self.port)
        for user in users:
            argv = there.ssh_argv(user=user, shared=False)
            done = subprocess.run(
                [*argv, *words], capture_output=True, stdin=subprocess.DEVNULL, check=False
            )
            if done.returncode == 0:
                logins.remember(there._id, user)
                return user
        return None

    def hang_up(self, user: str = "") -> None:
        """Close a connection that was kept open for the next command."""
        if not self.local:
            argv = self.ssh_argv("-O", "exit", user=user)
            subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, check=False)

    def install_python(self) -> None:
        """Install python3 with the server's own package manager; raises StepFailed."""
        install = "export DEBIAN_FRONTEND=noninteractive; s=; [ $(id -u) = 0 ] || s='sudo -n -E'; "
        install += "$s apt-get -q update && $s apt-get -q -y install python3-minimal"
        done = subprocess.run(
            [*self.ssh_argv(), f"sh -c {ssh_quote(install)}"],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise SeawallError(f"{self.name}: python3 could not be installed: {' '.join(last)}")


def ssh_quote(text: str) -> str:
    """One word for a remote shell."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def whoami() -> str:
    """Who asks, as the server's lock and journal name it."""
    return f"{os.environ.get('USER', 'somebody')}@{os.uname().nodename}"
