"""The contenders: each looks at the same converged server over one line, and must find it so."""

import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from timing import Contender, Ran, Wrong, run

from seawall import config, engine
from seawall.config import Config
from seawall.engine import doors
from seawall.server import ssh

BIN = Path(sys.executable).parent
HERE = Path(__file__).parent
ANSIBLE = """\
[defaults]
inventory = hosts
interpreter_python = /usr/bin/python3
[connection]
pipelining = true
[ssh_connection]
ssh_args = -F {config} -o ControlMaster=auto -o ControlPersist=60s
control_path_dir = {sockets}
"""
ONE_BY_ONE = {"pyinfra": ("--data", "one_by_one=1"), "ansible": ("-e", "one_by_one=1")}
"""An operation or task for each resource, as their users write it."""
Measure = Callable[[], float]


@dataclass(frozen=True)
class Line:
    """A way to the server: an alias of ssh_config, and a folder with everybody's files."""

    alias: str
    server: str
    person: str
    work: Path

    @property
    def folder(self) -> Path:
        return self.work / self.alias

    def write(self, keys: str) -> "Line":
        """What the contenders read: seawall.yml, ansible.cfg and hosts, inventory.py."""
        self.folder.mkdir()
        there = ssh.settings(self.alias)
        data = {
            "ssh_hostname": there["hostname"],
            "ssh_port": int(there["port"]),
            "ssh_user": self.person,
            "ssh_key": there["identityfile"],
            "ssh_known_hosts_file": str(self.folder / "known_hosts"),
            "ssh_strict_host_key_checking": "accept-new",
            "_sudo": True,
        }
        ansible = {"config": os.environ["SEAWALL_SSH_CONFIG"], "sockets": sockets(self.work)[1]}
        files = {
            "seawall.yml": described({self.server: self.alias}, {self.person: keys}),
            "inventory.py": f"hosts = [({self.server!r}, {data!r})]\n",
            "ansible.cfg": ANSIBLE.format(**ansible),
            "hosts": f"{self.alias} ansible_user={self.person}\n",
            "known_hosts": "",
        }
        for name, text in files.items():
            (self.folder / name).write_text(text)
        return self

    @property
    def config(self) -> Config:
        return config.load(self.folder / "seawall.yml")

    def ssh(self) -> list[str]:
        """ssh with exactly the options that Seawall gives it."""
        return doors.server(self.config, self.server).ssh_argv()

    def shell(self) -> Ran:
        script = (self.work / "check.sh").read_text()
        return run([*self.ssh(), "sudo -n sh"], stdin=script)

    def apply(self) -> Ran:
        return run([str(BIN / "seawall"), "apply", "--yes"], cwd=self.folder)

    def check(self) -> Ran:
        return run([str(BIN / "seawall"), "check"], cwd=self.folder)

    def pyinfra(self, *options: str) -> Ran:
        deploy = str(HERE / "deploy.py")
        return run([str(BIN / "pyinfra"), "-y", *options, "inventory.py", deploy], cwd=self.folder)

    def ansible(self, *options: str) -> Ran:
        variables = ["-e", f"@{os.environ['BENCH_RESOURCES']}", *options]
        play = [str(BIN / "ansible-playbook"), *variables, str(HERE / "playbook.yml")]
        return run(play, cwd=self.folder)

    def facts(self) -> Ran:
        return run([str(BIN / "ansible"), "all", "-m", "ansible.builtin.setup"], cwd=self.folder)

    def engine(self) -> float:
        """The engine alone, in this process: nothing to import, seawall.yml already read."""
        described = self.config
        began = time.perf_counter()
        (plan,) = engine.plan(described, [self.server])
        seconds = time.perf_counter() - began
        if plan.error or not plan.converged:
            raise Wrong(f"engine: {plan.error or plan.changes}")
        return seconds

    def contenders(self, times: int) -> list[Contender]:
        """Everybody, over a new ssh connection ("cold") and over one kept open ("warm")."""
        quick: dict[str, Measure] = {
            "shell": lambda: unless(self.shell(), "^checked$"),
            "apply": lambda: unless(self.apply(), "converged"),
            "engine": self.engine,
        }
        cold = [Contender(f"{who} cold", do, self.hang_up, times) for who, do in quick.items()]
        warm = [Contender(f"{who} warm", do, self.connect, times) for who, do in quick.items()]
        return [*cold, *warm, *self._others()]

    def _others(self) -> list[Contender]:
        def pyinfra(*options: str) -> float:
            return unless(self.pyinfra(*options), r"No changes")

        def ansible(*options: str) -> float:
            return unless(self.ansible(*options), r"changed=0 +unreachable=0 +failed=0")

        return [
            Contender("pyinfra cold", lambda: pyinfra(*ONE_BY_ONE["pyinfra"])),
            Contender("pyinfra, clever, cold", pyinfra),
            Contender("ansible cold", lambda: ansible(*ONE_BY_ONE["ansible"]), self.hang_up),
            Contender("ansible, clever, cold", ansible, self.hang_up),
            Contender("ansible, clever, warm", ansible),
        ]

    def hang_up(self) -> None:
        """Close every connection that ssh keeps open for Seawall, the script or ansible."""
        for folder in sockets(self.work):
            for socket in Path(folder).glob("*"):
                run(["ssh", "-o", f"ControlPath={socket}", "-O", "exit", self.alias])

    def connect(self) -> None:
        run([*self.ssh(), "true"])


def sockets(work: Path) -> tuple[str, str]:
    """Where Seawall (and the shell script) and ansible keep their open connections."""
    return str(ssh.control_folder()), str(work / "ansible-cp")


def described(servers: dict[str, str], people: dict[str, str]) -> str:
    """A seawall.yml with everything by default (JSON is YAML)."""
    document = {
        "project": "bench",
        "people": {name: {"keys": [key], "admin": True} for name, key in people.items()},
        "servers": {name: {"host": host} for name, host in servers.items()},
    }
    return json.dumps(document, indent=1)


def unless(ran: Ran, proof: str, codes: tuple[int, ...] = (0,)) -> float:
    """The seconds it took, unless it found a difference, failed, or did not say the proof."""
    differs = re.search(r"differs:|: FAILED|\[.*\] (Success|Error)", ran.said)
    if ran.code not in codes or differs or not re.search(proof, ran.said, re.MULTILINE):
        raise Wrong(ran.said[-3000:])
    return ran.seconds
