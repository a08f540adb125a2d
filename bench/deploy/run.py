"""What is measured, one after the other on the same server."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from apps.load import Load, Seen
from apps.site import Site, site
from conftest import Project, on

from seawall import lab

QUIET = 20
"""Seconds of visitors before the first deploy."""
REPEATS = 5
LIMIT_PORT = 9000
LIMIT = f"""
mkdir -p /srv/limit
cat > /etc/systemd/system/limit.service <<'END'
[Service]
WorkingDirectory=/srv/limit
Environment=PORT={LIMIT_PORT}
ExecStart=/usr/bin/python3 app.py
END
systemctl daemon-reload
"""
RESTART = f"""
cd /srv/limit && tar -xz && systemctl restart limit
python3 -c '
import socket, time
while True:
    try:
        socket.create_connection(("127.0.0.1", {LIMIT_PORT})).close()
        break
    except OSError:
        time.sleep(0.01)
'
"""
"""The code, a restart, and the first connection that is taken."""


class Bench:
    """One server, two apps; `run` measures and prints."""

    def __init__(self, work: Path, deploys: int) -> None:
        self.work, self.deploys = work, deploys
        self.server = lab.up("bench")
        key = (work / "lab" / "id_ed25519.pub").read_text().split()
        folder = work / "project"
        folder.mkdir()
        self.site: Site = site(self.server, Project(folder, " ".join(key[:2])))

    def run(self) -> int:
        self.prepare()
        deploy, limit = self.seconds()
        crashes = [self.site.kill("shop") for _ in range(REPEATS)]
        self.say(f"killed, back after {crashes} ms")
        seen, began, ended = self.under_load()
        quiet, switch = seen.p99(0, began), seen.p99(began, ended)
        self.say(f"failed: {dict(seen.failures)}; left out: {seen.left_out}")
        figures = {
            "deploys": self.deploys,
            "requests": seen.requests,
            "failed_requests": seen.failed,
            "crash_to_serving_ms_median": statistics.median(crashes),
            "deploy_s": round(deploy, 2),
            "limit_s": round(limit, 2),
            "p99_switch_vs_quiet": round(switch / quiet, 2),
            "p99_quiet_ms": round(quiet),
            "p99_switch_ms": round(switch),
            "longest_stall_ms": round(seen.longest),
            "websockets_by_close_code": dict(seen.sockets),
            "load_average": float(Path("/proc/loadavg").read_text().split()[0]),
        }
        self.say(json.dumps(figures))
        return 1 if seen.failed else 0

    def say(self, text: str) -> None:
        print(text, flush=True)

    def prepare(self) -> None:
        self.describe("hello").commit()
        self.site.project.run("apply", "--yes")
        self.site.deploy("shop")
        self.site.deploy("blog")
        on(self.server, LIMIT)

    def describe(self, greeting: str) -> Site:
        return self.site.describe(shop=f"env: {{ GREETING: '{greeting}' }}", blog="instances: 3")

    def seconds(self) -> tuple[float, float]:
        """A one-line change until it serves alone, and the least it can take; in turns."""
        ours, least = [], []
        for _ in range(REPEATS):
            self.site.commit()
            ours.append(took(lambda: self.site.deploy("shop")))
            least.append(took(self.limit))
        self.say(f"deploy: {rounded(ours)} s, code and restart: {rounded(least)} s")
        return statistics.median(ours), statistics.median(least)

    def limit(self) -> None:
        code = subprocess.run(
            ["git", "archive", "--format=tgz", "HEAD"],
            cwd=self.site.folder,
            check=True,
            capture_output=True,
        ).stdout
        ssh = ["ssh", "-F", os.environ["SEAWALL_SSH_CONFIG"], "-l", "dana", self.server.name]
        subprocess.run([*ssh, f"sudo sh -c '{quoted(RESTART)}'"], input=code, check=True)

    def under_load(self) -> tuple[Seen, float, float]:
        """Everything that a deploy can be, again and again, while both apps have visitors."""
        address = self.server.address
        shop = Load("shop.example", address, self.work).start()
        blog = Load("blog.example", address, self.work).start("light")
        time.sleep(QUIET)
        began = time.time()
        for number, change in zip(range(self.deploys), cycle(self.changes()), strict=False):
            self.say(f"deploy {number + 1}: {took(change):.1f} s")
        ended = time.time()
        seen, other = shop.end(), blog.end()
        for kind, times in other.times.items():
            seen.times[f"blog {kind}"] = times
        seen.requests += other.requests
        seen.failures += other.failures
        seen.left_out += other.left_out
        return seen, began, ended

    def changes(self) -> list[Callable[[], object]]:
        return [
            lambda: self.site.commit().deploy("shop"),
            lambda: self.site.deploy("blog"),
            lambda: self.describe(f"at {time.time()}").deploy("shop"),
            lambda: self.site.project.run("rollback", "shop", "--yes"),
        ]


def took(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def rounded(times: list[float]) -> list[float]:
    return [round(each, 2) for each in times]


def quoted(script: str) -> str:
    return script.replace("'", "'\\''")
