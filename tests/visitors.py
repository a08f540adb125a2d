"""Who knocks at a server from outside: people with their own keys, port scanners, strangers."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from conftest import on

from seawall.lab.record import LabServer

NEW = ("-o", "ControlPath=none", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR")
ONLY_PASSWORDS = (
    "-o",
    "PreferredAuthentications=password,keyboard-interactive",
    "-o",
    "PubkeyAuthentication=no",
    "-o",
    "NumberOfPasswordPrompts=1",
)
KNOCKS = ("knocks4", "knocks6")
ANSWERED = re.compile(r"\b(\d+)/(open|closed)/tcp")


@dataclass(frozen=True)
class Visitor:
    """Somebody with a private key, who logs in over a new connection each time."""

    server: LabServer
    user: str
    key: Path | None = None
    """The lab's own key when None."""

    def argv(self, *extra: str) -> list[str]:
        """The ssh command without what to run."""
        key = ["-o", f"IdentityFile={self.key}"] if self.key else []
        config = ["-F", str(self.server.ssh_config)]
        if self.key:  # what the lab's ssh_config names would be tried as well
            config = ["-F", "none", "-o", "IdentitiesOnly=yes", *key, *_known(self.server)]
        where = ["--", self.server.address if self.key else self.server.name]
        return ["ssh", *config, *NEW, "-o", "BatchMode=yes", *extra, "-l", self.user, *where]

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Log in, run one command, leave."""
        return subprocess.run(
            [*self.argv(), command], capture_output=True, text=True, check=False, timeout=60
        )

    def gets_in(self) -> bool:
        """True when a login works."""
        return self.run("true").returncode == 0

    def is_root(self) -> bool:
        """True when sudo makes them root without asking anything."""
        return self.run("sudo -n id -u").stdout.strip() == "0"


def _known(server: LabServer) -> list[str]:
    known = server.ssh_config.with_name("known_hosts")
    return ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes"]


@contextmanager
def session(visitor: Visitor) -> Iterator[Callable[[str], str]]:
    """A login that stays open; gives a way to say something in it and hear the answer."""
    shell = subprocess.Popen(
        [*visitor.argv("-T"), "sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def say(line: str) -> str:
        assert shell.stdin and shell.stdout
        try:
            shell.stdin.write(f"{line}\n")
            shell.stdin.flush()
        except BrokenPipeError:
            return ""
        return shell.stdout.readline().strip()

    yield say
    shell.terminate()
    with suppress(BrokenPipeError):
        shell.communicate()


def password_opens(server: LabServer, user: str, password: str) -> bool:
    """True when a password, typed as a person would, opens an account over ssh."""
    ssh = ["ssh", "-F", str(server.ssh_config), *NEW, *ONLY_PASSWORDS, f"{user}@{server.name}"]
    told = ["sshpass", "-p", password, *ssh, "true"]
    return subprocess.run(told, capture_output=True, check=False, timeout=60).returncode == 0


def answering_ports(address: str, among: str = "-") -> dict[int, str]:
    """Every TCP port of 65,535, or of a few, that answers with yes (open) or no (closed).

    Where most say no, which an unfiltered server does, nmap leaves out those that do.
    """
    six = ["-6"] if ":" in address else []
    scan = ["nmap", *six, "-Pn", "-n", "-T5", "--min-rate", "20000", "--max-retries", "1"]
    shown = subprocess.run(
        [*scan, f"-p{among}", "-oG", "-", address], capture_output=True, text=True, check=True
    ).stdout
    return {int(port): answer for port, answer in ANSWERED.findall(shown)}


def forget_knocks(server: LabServer) -> None:
    """Let our own many visits not count as too many."""
    on(server, "; ".join(f"nft flush set inet seawall {name}" for name in KNOCKS))
