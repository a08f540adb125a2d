"""The same resources for pyinfra, with its own operations wherever it has one."""

import json
import os
from pathlib import Path

from pyinfra import host
from pyinfra.facts.server import Command
from pyinfra.operations import apt, files, server, systemd

wanted = json.loads(Path(os.environ["BENCH_RESOURCES"]).read_text())

apt.packages(packages=wanted["packages"])
server.hostname(hostname=wanted["server"])
files.line(path="/etc/hosts", line=f"127.0.1.1 {wanted['server']}")
server.group(group=wanted["admins"], system=True)
server.user(user=wanted["person"], groups=[wanted["admins"]], append=True, shell="/bin/bash")
for each in wanted["files"]:
    files.put(
        src=each["local"],
        dest=each["path"],
        mode=each["mode"],
        user=each["owner"],
        group=each["group"],
    )
files.file(path="/root/.ssh/authorized_keys", present=False)
if host.data.get("one_by_one"):  # as its manual does it: an operation for each kernel setting
    differing = wanted["settings"]
else:  # one question for all of them
    keys = " ".join(setting["key"] for setting in wanted["settings"])
    live = host.get_fact(Command, f"sysctl --values {keys}").split()
    differing = [
        each for each, is_ in zip(wanted["settings"], live, strict=True) if is_ != each["value"]
    ]
for setting in differing:
    server.sysctl(key=setting["key"], value=setting["value"])
for unit in wanted["units"]:
    systemd.service(service=unit["name"], enabled=True, running=True if unit["active"] else None)
if host.get_fact(Command, "awk 'NF == 7 && $5 < 3071' /etc/ssh/moduli"):
    server.shell(commands=["awk -i inplace 'NF != 7 || $5 >= 3071' /etc/ssh/moduli"])
