"""A login that begins while seawall.yml is read: one, the same as always, and refused as always."""

import time
from collections.abc import Callable

import pytest
from conftest import Boot, Project, on

from seawall import lab
from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
NEW_KEYS = """\
rm /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null; systemctl restart ssh
loginctl terminate-user root
"""


def logins(server: LabServer) -> int:
    script = "journalctl --sync; journalctl -t sshd | grep -c 'Accepted publickey'; true"
    return int(on(server, script).split()[-1])


def hang_up(server: LabServer) -> None:
    on(server, "loginctl terminate-user root; sleep 0.3")


def test_a_login_is_made_once_and_refused_as_always(
    fresh: Boot, projects: Callable[[], Project]
) -> None:
    server = fresh()
    project = projects().describe(server)
    for verb in ("check", "plan", "check"):  # nothing known, then known
        hang_up(server)
        before = logins(server)
        project.run(verb, code=None, PYTHONWARNINGS="error::ResourceWarning")
        assert logins(server) == before + 1, verb
    on(server, NEW_KEYS)
    assert "not the one you know" in project.run("plan", code=3)
    lab.cut_power(server.name)
    began = time.monotonic()
    project.run("plan", code=3)
    assert time.monotonic() - began < 10


def test_an_installed_agent_is_used_only_when_root_alone_could_write_it(
    fresh: Boot, projects: Callable[[], Project]
) -> None:
    server = fresh()
    project = projects().describe(server)
    project.run("apply", "--yes")
    (agent,) = on(server, "ls /usr/local/lib/seawall/agent-*").splitlines()
    damage = f"printf 'import os; os.mkdir(\"/run/used\")' > {agent}"
    on(server, f"{damage}; chmod 0666 {agent}")
    project.run("plan")
    on(server, "[ ! -e /run/used ]")
    on(server, f"chmod 0644 {agent}")  # not a zip file: the agent is sent
    assert "converged" in project.run("plan")
    assert "converged" in project.run("apply", "--yes")
