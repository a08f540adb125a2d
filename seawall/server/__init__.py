"""The only door to a machine: one ssh login, one document in, a stream of events out."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seawall.errors import HostKeyChanged, SeawallError
from seawall.server import logins, ship, ssh
from seawall.server.logins import Login
from seawall.server.talk import SUDO_PASSWORD, NoPython, SudoPassword, Talk

Document = dict[str, Any]

PROVE = '[ "$(id -u)" = 0 ] && exec "$@"; exec sudo -n "$@"'
PROVE_ASKED = 'exec sudo -S -k -p "" "$@"'
PYTHON = """\
export DEBIAN_FRONTEND=noninteractive
apt-get -q update && apt-get -q -y install --no-install-recommends python3
"""
INSTALL = """\
[ "$(id -u)" = 0 ] && exec sh -c "$1" </dev/null
IFS= read -r w
printf '%s\\n' "$w" | sudo -S -k -p "" true 2>/dev/null || exit 99
printf '%s\\n' "$w" | sudo -S -k -p "" sh -c "$1"
"""

__all__ = ["Document", "Login", "NoPython", "Server", "SudoPassword", "Talk", "whoami"]


@dataclass(frozen=True)
class Server:
    """A machine, and how to get in.

    `host` is what ssh is given: an address, a name, or an alias of ssh_config; "local" is this
    machine. `others` are users to try when the first is refused, `new_port` is where sshd
    listens once the server is as declared.
    """

    name: str
    host: str
    user: str = ""
    port: int | None = None
    key: str = ""
    others: tuple[str, ...] = ()
    new_port: int | None = None
    refusals: list[str] = field(default_factory=list, compare=False)
    """Why the last proof did not work, as ssh said it."""

    @property
    def local(self) -> bool:
        """True for this machine itself: no ssh."""
        return self.host == "local"

    @property
    def address(self) -> str:
        """The address or name that ssh connects to."""
        return "127.0.0.1" if self.local else ssh.settings(self.host)["hostname"]

    @property
    def real_port(self) -> int:
        """The port that ssh connects to."""
        return self.login.port or int(ssh.settings(self.host)["port"])

    @property
    def jumps(self) -> bool:
        """True when ssh goes through another host: nothing can be seen from outside then."""
        found = ssh.settings(self.host)
        return found.get("proxyjump", "none") != "none" or "proxycommand" in found

    @property
    def login(self) -> Login:
        """Who we are there: the login that worked last, or the one that was declared."""
        return logins.remembered(self._id) or Login(self._declared_user, self.port)

    @property
    def _declared_user(self) -> str:
        return self.user or ssh.settings(self.host)["user"]

    @property
    def _id(self) -> str:
        return f"{self.host}:{self.port or ''}"

    def logins(self) -> list[Login]:
        """Logins to try, in order: what worked last, what was declared, the other people."""
        users = [self._declared_user, *self.others]
        ports = list(dict.fromkeys([self.new_port or self.port, self.port]))
        wanted = [self.login, *(Login(user, port) for user in users for port in ports)]
        return list(dict.fromkeys(wanted))

    def ssh_argv(self, *extra: str, login: Login | None = None, shared: bool = True) -> list[str]:
        """The ssh command without what to run there."""
        user, port = login or self.login
        argv = ["ssh", *ssh.config_file(), *ssh.options(self.host, shared=shared), *extra]
        if port:
            argv += ["-p", str(port)]
        if self.key:
            argv += ["-i", self.key]
        return [*argv, "-l", user, "--", self.host]

    def talk(self, document: Document, password: str = "") -> Talk:
        """Open a conversation with the first login that gets in; raises Unreachable.

        `password` is for sudo. Also raises NoPython and SudoPassword, which the caller may be
        able to answer.
        """
        if shutil.which("ssh") is None and not self.local:
            raise SeawallError("ssh is not installed", "apt-get install openssh-client")
        whole = {**document, "sha": ship.sha()}
        if self.local:
            return Talk(self.name, [], whole, password).open()
        return self._first_that_gets_in(whole, password)

    def _first_that_gets_in(self, document: Document, password: str) -> Talk:
        """The first login that gets in and may be root; otherwise why the first was refused."""
        refused: list[SeawallError] = []
        dead_ports: set[int | None] = set()
        for login in self.logins():
            if login.port in dead_ports:
                continue
            try:
                talk = Talk(self.name, self.ssh_argv(login=login), document, password).open()
            except SudoPassword as error:
                refused.insert(0, error)
            except ConnectionError as error:
                refused.append(ssh.error(self.name, f"{login.user}@{self.host}", str(error)))
                if isinstance(refused[-1], HostKeyChanged):
                    raise refused[-1] from None
                if not ssh.wrong_login(str(error)):
                    dead_ports.add(login.port)
            else:
                logins.remember(self._id, login)
                return talk
        raise refused[0]

    def prove(self, users: Iterable[str], words: list[str], password: str = "") -> Login | None:
        """Run a command as root through a new connection, as the first user that can."""
        run = PROVE_ASKED if password else PROVE
        remote = "exec " + shlex.join(["sh", "-c", run, "seawall", *words])
        for user in users:
            login = Login(user, self.new_port or self.login.port)
            argv = [*self.ssh_argv(login=login, shared=False), remote]
            said = f"{password}\n" if password else ""
            done = subprocess.run(argv, input=said.encode(), capture_output=True, check=False)
            if done.returncode == 0:
                logins.remember(self._id, login)
                return login
            words_said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            self.refusals.append(words_said[-1] if words_said else f"exit code {done.returncode}")
        return None

    def prove_here(self, words: list[str]) -> str | None:
        """The same on this machine itself, where nobody has to come in from outside."""
        done = subprocess.run(["sh", "-c", PROVE, "seawall", *words], check=False)
        return "root" if done.returncode == 0 else None

    def let_go(self, login: Login) -> None:
        """Use no open connection for the next command: it has yesterday's groups and rights."""
        argv = self.ssh_argv("-O", "stop", login=login)
        subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, check=False)

    def install_python(self, password: str = "") -> None:
        """Install python3 with the server's own package manager; `password` is for sudo."""
        done = subprocess.run(
            [*self.ssh_argv(), "exec " + shlex.join(["sh", "-c", INSTALL, "seawall", PYTHON])],
            capture_output=True,
            text=True,
            input=f"{password}\n",
            check=False,
        )
        if done.returncode == SUDO_PASSWORD:
            raise SudoPassword(f"{self.name}: sudo wants a password, or another one")
        if done.returncode != 0:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise SeawallError(f"{self.name}: python3 could not be installed: {' '.join(last)}")


def whoami() -> str:
    """Who asks, as the server's lock and journal name it."""
    return f"{os.environ.get('USER', 'somebody')}@{os.uname().nodename}"
