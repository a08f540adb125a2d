"""People come, change their key, lose a right and go; accounts of programs never notice.

One server, told the whole story of a small company, with real logins at every step.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from conftest import Boot, Project, on
from visitors import Visitor, forget_knocks, session

from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
SERVICE = """
useradd --system --create-home --home-dir /var/lib/pgdata --shell /bin/bash pg
install -d -m 700 -o pg /var/lib/pgdata/.ssh
echo '{key}' > /var/lib/pgdata/.ssh/authorized_keys
chown pg /var/lib/pgdata/.ssh/authorized_keys
echo canary > /etc/authorized_keys
"""
SERVICE_AS_IT_WAS = """
getent passwd pg; getent shadow pg; id pg
cd /var/lib/pgdata && stat -c '%n %Y %U %a' .ssh .ssh/authorized_keys && md5sum .ssh/*
"""
VALUABLE = """
md5sum /etc/shadow
md5sum /etc/authorized_keys /home/dana/.ssh/authorized_keys
ls -A /etc /root/.ssh | md5sum
stat -c '%n %U %G %a' /etc /etc/shadow /etc/authorized_keys /root/.ssh /home/dana/.ssh
"""
HOSTILE = {
    "folder is a link to /etc": "ln -s /etc ~/.ssh",
    "folder is a link to another's": "ln -s /home/dana/.ssh ~/.ssh",
    "folder is a link to root's": "ln -s /root/.ssh ~/.ssh",
    "file is a link to /etc/shadow": "mkdir ~/.ssh; ln -s /etc/shadow ~/.ssh/authorized_keys",
    "file is a pipe": "mkdir ~/.ssh; mkfifo ~/.ssh/authorized_keys",
    "file without an end": "mkdir ~/.ssh; truncate -s 1T ~/.ssh/authorized_keys",
    "folder cannot be written": "mkdir ~/.ssh; echo x > ~/.ssh/authorized_keys; chmod 0500 ~/.ssh",
    "folder is a file": "echo x > ~/.ssh",
}


@dataclass
class Company:
    """One server, and everybody's keys."""

    server: LabServer
    project: Project

    def people(self, **roles: str) -> None:
        """Write who there is: admin, member, removed, or admin with a key of another name."""
        lines = "".join(f"  {name}: {self._entry(role)}\n" for name, role in roles.items())
        self.project.describe(self.server, more=lines)

    def _entry(self, role: str) -> str:
        if role == "removed":
            return "{ removed: true }"
        key, _, rights = role.partition(" ")
        public = (self.project.folder / f"{key}.pub").read_text().strip()
        return f"{{ keys: [{public}], admin: {'true' if rights == 'admin' else 'false'} }}"

    def apply(self, code: int = 0) -> str:
        forget_knocks(self.server)
        return self.project.run("apply", "--yes", code=code)

    def visitor(self, name: str, key: str = "") -> Visitor:
        path = self.project.folder / (key or name)
        return Visitor(self.server, name, self.server.key if name == "dana" else path)


@pytest.fixture(scope="module")
def company(boot: Boot, projects: Callable[[], Project]) -> Company:
    server, project = boot("company"), projects()
    for name in ("li", "li2", "max", "pg"):
        project.keypair(name)
    on(server, SERVICE.format(key=(project.folder / "pg.pub").read_text().strip()))
    company = Company(server, project)
    company.people(li="li member")
    project.run("apply", "--yes")
    return company


@pytest.fixture(autouse=True)
def service(company: Company) -> Iterator[None]:
    """The account of a program is the same after every test, and its key still opens it."""
    before = on(company.server, SERVICE_AS_IT_WAS)
    yield
    forget_knocks(company.server)
    assert on(company.server, SERVICE_AS_IT_WAS) == before
    assert company.visitor("pg").gets_in()


def test_somebody_comes(company: Company) -> None:
    company.people(li="li member", max="max admin")
    company.apply()
    assert company.visitor("max").is_root()
    assert company.visitor("li").gets_in() and not company.visitor("li").is_root()


def test_somebody_changes_their_key(company: Company) -> None:
    company.people(li="li2 member", max="max admin")
    company.apply()
    assert company.visitor("li", "li2").gets_in()
    assert not company.visitor("li", "li").gets_in()


def test_an_admin_is_none_any_more_also_in_a_session_that_is_open(company: Company) -> None:
    with session(company.visitor("max")) as say:
        assert say("sudo -n id -u") == "0"
        company.people(li="li2 member", max="max member")
        company.apply()
        assert say("sudo -n id -u 2>/dev/null || echo refused") == "refused"
    assert company.visitor("max").gets_in() and not company.visitor("max").is_root()


def test_somebody_leaves(company: Company) -> None:
    company.visitor("max").run("echo mine > notes; nohup sleep 1000 >/dev/null 2>&1 &")
    with session(company.visitor("max")) as say:
        assert say("cat notes") == "mine"
        company.people(li="li2 member", max="removed")
        company.apply()
        assert say("echo still here") == "", "the session that was open goes on"
    assert not company.visitor("max").gets_in()
    assert on(company.server, "pgrep -u max; passwd -S max | cut -d' ' -f2") == "L"
    assert on(company.server, "cat /home/max/notes; ls -A /home/max/.ssh") == "mine"
    assert company.visitor("li", "li2").gets_in()


def test_somebody_comes_back(company: Company) -> None:
    company.people(li="li2 member", max="max member")
    company.apply()
    assert company.visitor("max").run("cat notes").stdout == "mine\n"


def test_nobody_removes_themselves(company: Company) -> None:
    company.people(li="li2 member", max="max admin")
    company.apply()
    path = company.project.folder / "seawall.yml"
    text = path.read_text()
    [line] = [line for line in text.splitlines() if line.startswith("  dana:")]
    path.write_text(text.replace(line, "  dana: { removed: true }"))
    said = " ".join(company.apply(code=1).split())
    assert "you are logged in as dana, who is removed in seawall.yml" in said
    assert company.visitor("dana").is_root()


def test_a_home_cannot_turn_root_on_other_files(company: Company) -> None:
    """Everybody tries another trick, before their key comes and before it goes."""
    tricks = {f"eve{number}": trick for number, trick in enumerate(HOSTILE.values())}
    for name, trick in tricks.items():
        company.project.keypair(name)
        on(company.server, f"useradd -m -s /bin/bash {name}; su {name} -c '{trick}'")
    before = on(company.server, VALUABLE)
    company.people(li="li2 member", **{name: f"{name} member" for name in tricks})
    plan = company.project.run("plan", "--diff")
    assert "root:" not in plan and "ssh-ed25519 AAAA" in plan
    company.apply()
    assert on(company.server, VALUABLE) == before
    assert all(company.visitor(name).gets_in() for name in tricks)
    for name, trick in tricks.items():
        on(company.server, f"su {name} -c 'rm -rf ~/.ssh; {trick}'")
    company.people(li="li2 member", **dict.fromkeys(tricks, "removed"))
    company.apply()
    after = on(company.server, VALUABLE).splitlines()
    assert after[1:] == before.splitlines()[1:], "only /etc/shadow changes: they are locked"
    for name in tricks:
        assert on(company.server, f"grep -c '^{name}:!.*:1:' /etc/shadow") == "1"
        assert not company.visitor(name).gets_in()
