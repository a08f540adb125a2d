"""An app as a process and in containers, on one server or on two, released as a user would."""

import http.client
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from apps.site import LOCAL_BASE, Site, site
from conftest import Project, on

from seawall import lab
from seawall.lab.record import LabServer
from seawall.server import ssh as connections

DOCKERFILE = """\
FROM localbase
WORKDIR /app
COPY app.py .
COPY version .
USER 10001
EXPOSE 8000
CMD ["python3", "app.py"]
"""
FAST = "process: /usr/local/bin/caddy respond --listen 127.0.0.1:$PORT hello"
STEADY = 6
"""Seconds after which a container that ends is no loop, and starts again at once."""


@dataclass(frozen=True)
class Kind:
    """How an app runs."""

    name: str
    containers: bool
    servers: int = 1
    """Each behind the others' proxies."""

    def lines(self, greeting: str) -> str:
        """Of seawall.yml, for one app."""
        env = f"GREETING: '{greeting}'"
        if not self.containers:
            return f"env: {{ {env} }}"
        return f"build: .\nenv: {{ {env}, LISTEN: 0.0.0.0 }}"


PROCESS = Kind("process", containers=False)
CONTAINER = Kind("container", containers=True)
PAIR = Kind("pair", containers=False, servers=2)
CONTAINER_PAIR = Kind("container-pair", containers=True, servers=2)


class Place:
    """Servers with two apps, of which one has several instances."""

    def __init__(self, kind: Kind, made: Site, work: Path) -> None:
        self.kind, self.site, self.work = kind, made, work
        self.changes = 0

    @classmethod
    def made(cls, work: Path, kind: Kind) -> "Place":
        """Boot it, make it ready, release everything once."""
        folder = work / kind.name
        folder.mkdir()
        names = [f"{kind.name}{number or ''}" for number in range(kind.servers)]
        server, *beside = (lab.up(name, containers=kind.containers) for name in names)
        key = (work / "lab" / "id_ed25519.pub").read_text().split()
        made = site(server, Project(folder, " ".join(key[:2])))
        made.beside = tuple(beside)
        place = cls(kind, made, work)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        place.describe().site.commit()
        place.site.project.run("apply", "--yes")
        for each in (server, *beside) if kind.containers else ():
            on(each, LOCAL_BASE)
        for app in place.apps:
            place.site.deploy(app)
        return place

    @property
    def apps(self) -> tuple[str, ...]:
        alone = self.kind is PROCESS
        return ("shop", "blog", *(["fast"] if alone else []))

    def describe(self, greeting: str = "hello", more: str = "") -> "Place":
        blog = f"{self.kind.lines('hello')}\ninstances: {2 if self.kind.containers else 3}"
        apps = {"shop": f"{self.kind.lines(greeting)}{more}", "blog": blog}
        if "fast" in self.apps:
            apps["fast"] = f"{FAST}\n"
        self.site.describe(**apps)
        return self

    def release(self) -> tuple[float, float]:
        """A one-line change, over a new login; seconds until a visitor gets it, and in all."""
        self.site.commit()
        self.hang_up()
        served: list[float] = []
        began = time.monotonic()
        visitor = threading.Thread(target=self._visit, args=(str(self.site.version), served))
        visitor.start()
        self.site.deploy("shop")
        returned = time.monotonic() - began
        visitor.join(10)
        return served[0] - began, returned

    def _visit(self, wanted: str, served: list[float]) -> None:
        """Ask over one connection, every 10 ms: a visitor who costs little."""
        trusting = ssl._create_unverified_context()
        plain = socket.create_connection((self.site.server.address, 443), 10)
        with trusting.wrap_socket(plain, server_hostname="shop.example") as secure:
            while True:
                secure.sendall(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
                answer = http.client.HTTPResponse(secure)
                answer.begin()
                if answer.read().decode().strip() == wanted:
                    served.append(time.monotonic())
                    return
                time.sleep(0.01)

    def folder(self, server: LabServer) -> Path:
        """Where the visitors of a server write what they see."""
        path = self.work / f"seen-{server.name}"
        path.mkdir(exist_ok=True)
        return path

    def hang_up(self) -> None:
        """Close the connections that are kept for the next command."""
        for kept in (connections.control_folder() or Path("/nowhere")).glob("*"):
            closing = ["ssh", "-o", f"ControlPath={kept}", "-O", "exit", "anybody"]
            subprocess.run(closing, capture_output=True, check=False)

    def killed(self) -> float:
        """Milliseconds from a kill -9 until it serves again."""
        if self.kind.containers:
            time.sleep(STEADY)
        return self.site.kill("shop")

    def disk(self) -> dict[str, int]:
        """What all the releases have left on the disk."""
        folders = "/srv/apps /var/lib/docker" if self.kind.containers else "/srv/apps"
        told = on(self.site.server, f"du -scm {folders} 2>/dev/null | tail -1")
        return {"disk_mib": int(told.split()[0])}
