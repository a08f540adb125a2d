"""A sample app in a repository of its own, released to a lab server as a user would."""

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import Project, on

from seawall.lab.record import LabServer

SAMPLES = Path(__file__).parent
APP = """\
  {name}:
{process}    domain: {name}.example
    health: /healthz
    certificate: internal
    start_seconds: 3
    drain_seconds: {drain}
{more}"""
LOCAL_BASE = """
cd /
tar -c bin lib lib64 usr/lib64 usr/bin/python3* usr/bin/dash usr/bin/sh usr/lib/python3* \\
  usr/lib/x86_64-linux-gnu/*.so* | docker import --change 'ENV PATH=/usr/bin' - localbase
"""
"""Makes an image of the server's own Python, where no registry is reachable."""


@dataclass
class Site:
    """A server, a project whose folder is a repository, and the apps that it declares."""

    server: LabServer
    project: Project
    version: int = 0
    beside: tuple[LabServer, ...] = ()
    """Other servers that the apps run on."""

    def at(self, server: LabServer) -> "Site":
        """The same, seen at another of its servers."""
        return replace(self, server=server)

    @property
    def folder(self) -> Path:
        return self.project.folder

    def git(self, *words: str) -> None:
        who = ["-c", "user.name=Dana", "-c", "user.email=dana@acme.example"]
        subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True)

    def describe(self, drain: int = 3, **apps: str) -> "Site":
        """Write seawall.yml: these apps, each with more lines of its own."""
        told = "".join(declared(name, drain, lines) for name, lines in apps.items())
        self.project.describe(self.server, *self.beside, more=f"apps:\n{told}")
        return self

    def commit(self, what: str = "", name: str = "version") -> "Site":
        """A one-line change, committed."""
        self.version += 1
        (self.folder / name).write_text(f"{what or self.version}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "Change one line")
        return self

    def deploy(self, *words: str, code: int | None = 0, **environment: str) -> str:
        return self.project.run("deploy", *words, code=code, **environment)

    def get(self, app: str, path: str = "/") -> str:
        """What a visitor of an app sees, or an empty text."""
        find = f"{app}.example:443:{self.server.address}"
        asked = [
            "curl",
            "-sk",
            "--max-time",
            "10",
            "--resolve",
            find,
            f"https://{app}.example{path}",
        ]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()

    def serving(self, app: str) -> int | None:
        """The number of the release that serves."""
        content = on(self.server, f"cat /srv/apps/{app}/serving 2>/dev/null || true")
        return int(content) if content else None

    def unit(self, app: str) -> str:
        """The unit of the first instance."""
        return f"app-{app}-{self.serving(app)}-1.service"

    def kill(self, app: str) -> float:
        """Kill the first instance the hard way; milliseconds until it serves again."""
        port = on(self.server, f"cat /srv/apps/{app}/upstreams/1")
        script = (SAMPLES / "kill.py").read_text()
        return float(on(self.server, f"python3 - {self.unit(app)} {port} <<'END'\n{script}\nEND"))

    def whole(self, app: str) -> None:
        """One release serves alone: its instances run, the proxy leads to them."""
        assert self.faults(app) == []

    def faults(self, app: str) -> list[str]:
        """What keeps it from being whole."""
        found = json.loads(on(self.server, f"python3 - {app} <<'END'\n{WHOLE}\nEND"))
        return [str(each) for each in found]


def declared(name: str, drain: int, more: str) -> str:
    lines = "".join(f"    {line}\n" for line in more.splitlines())
    process = "" if "process:" in more or "build:" in more else "    process: python3 app.py\n"
    return APP.format(name=name, process=process, drain=drain, more=lines)


def site(server: LabServer, project: Project, sample: Path = SAMPLES / "mixed") -> Site:
    """A repository with a sample app in it."""
    made = Site(server, project)
    shutil.copytree(sample, project.folder, dirs_exist_ok=True)
    made.git("init", "--quiet")
    (project.folder / ".gitignore").write_text("seawall.lock.yml\n*.csv\n*.log\n")
    return made


WHOLE = r"""
import glob, json, os, re, subprocess, sys
app = sys.argv[1]
folder = f"/srv/apps/{app}"
wrong = []
number = int(open(f"{folder}/serving").read())
known = json.load(open(f"{folder}/releases/{number}.json"))
wanted = {f"app-{app}-{number}-{slot}.service" for slot in range(1, len(known["ports"]) + 1)}
if known["state"] != "serving":
    wrong.append(f"{number} is {known['state']}")
for path in glob.glob(f"{folder}/releases/*.json"):
    other = json.load(open(path))
    over = other["state"] in ("retired", "failed") and not other["ports"]
    if other["number"] != number and not over:
        wrong.append(f"{other['number']} is {other['state']} on {other['ports']}")
units = f"app-{app}-*-*.service"
there = set(glob.glob(units, root_dir="/etc/systemd/system"))
boot = set(glob.glob(units, root_dir="/etc/systemd/system/multi-user.target.wants"))
shown = subprocess.run(["systemctl", "list-units", "--no-legend", "--plain", "--state=active",
                        units], capture_output=True, text=True).stdout
running = {line.split()[0] for line in shown.splitlines()}
for name, seen in (("units", there), ("at boot", boot), ("running", running)):
    if seen != wanted:
        wrong.append(f"{name}: {sorted(seen)} instead of {sorted(wanted)}")
for slot, port in enumerate(known["ports"], 1):
    if port and open(f"{folder}/upstreams/{slot}").read() != str(port):
        wrong.append(f"slot {slot} does not lead to {port}")
for name in os.listdir(f"{folder}/upstreams"):
    if open(f"{folder}/upstreams/{name}").read() not in map(str, known["ports"]):
        wrong.append(f"slot {name} leads elsewhere")
print(json.dumps(wrong))
"""
