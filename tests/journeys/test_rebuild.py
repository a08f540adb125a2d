"""A server is lost, and comes back on a bare machine from what a drawer and a git clone hold.

Three servers: web1, which dies; spare, on which it comes back; bare, on which nothing of ours runs
and stock tools restore by the commands of the kit. The storage is a real S3 server.
"""

import json
import re
import shlex
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from bucket import backed
from conftest import Boot, Project, on

from seawall import config as configuration
from seawall import lab
from seawall.config import Config
from seawall.engine import rekeying
from seawall.lab.record import LabServer
from seawall.secrets import Store

pytestmark = pytest.mark.journey
MORE = """\
databases: {{ main: {{ engine: postgres, server: web1 }} }}
apps:
  web:
    process: python3 -m http.server --bind 127.0.0.1 $PORT
    uses: [main]
    uploads: [/srv/uploads]
    domain: web.example
    certificate: internal
    health: /
backups:
  to:
    to: "{to}"
    secrets: {{ AWS_ACCESS_KEY_ID: BACKUP_ID, AWS_SECRET_ACCESS_KEY: BACKUP_KEY }}
"""
PSQL = "cd /; runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d main"
HASH = "SELECT count(*), sum(hashtextextended(users::text, 0)) FROM users"
FILES = "cd /srv/uploads && find . -type f | sort | xargs sha256sum; stat -c '%U %a' . b"
REBUILD = ("rebuild", "web1", "--from-backup", "--on", "spare", "--confirm", "web1")


@dataclass
class Company:
    """A project with one server, what it held when it was saved, and the kit in the drawer."""

    project: Project
    bare: LabServer
    spare: LabServer
    kit: Path
    held: tuple[str, str] = ("", "")

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=Dana", "-c", "user.email=dana@acme.example"]
        words = ("git", *who, *words)
        done = subprocess.run(words, cwd=self.project.folder, check=True, stdout=-1, text=True)
        return str(done.stdout).strip()

    def laptop(self, folder: Path) -> "Laptop":
        """A new one: nothing but a clone and the kit."""
        subprocess.run(["git", "clone", "-q", self.project.folder, folder / "acme"], check=True)
        shutil.copy(self.kit, folder / "kit.md")
        return Laptop(replace(self.project, folder=folder / "acme"), folder)


@dataclass
class Laptop:
    """A machine with a home of its own, which never saw this project."""

    project: Project
    home: Path

    def run(self, *words: str, code: int = 0) -> str:
        folders = {"HOME": self.home, "XDG_DATA_HOME": self.home / "s", "XDG_STATE_HOME": self.home}
        told = {name: str(folder) for name, folder in folders.items()}
        return self.project.run(*words, "--kit", str(self.home / "kit.md"), code=code, **told)


def content(server: LabServer) -> tuple[str, str]:
    """All that a server holds: of the database, and of the uploads."""
    return on(server, f'{PSQL} -c "{HASH}"'), on(server, FILES)


def served(server: LabServer, path: str) -> str:
    """What the app answers over TLS to somebody outside."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((server.address, 443), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="web.example") as tls,
    ):
        tls.sendall(f"GET {path} HTTP/1.0\r\nHost: web.example\r\n\r\n".encode())
        answer = b"".join(iter(lambda: tls.recv(65536), b""))
    return answer.decode().partition("\r\n\r\n")[2].strip()


@pytest.fixture(scope="module")
def company(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    web1, bare, spare = boot("web1"), boot("bare"), boot("spare")
    project, drawer = projects(), tmp_path_factory.mktemp("drawer")
    with backed(project, web1, bare, more=MORE, work=tmp_path_factory.mktemp):
        made = Company(project, bare, spare, drawer / "kit.md")
        (made.project.folder / "version").write_text("one\n")
        made.git("init", "-q")
        made.git("add", "-A")
        made.git("commit", "-qm", "Begin")
        made.project.run("apply", "--yes")
        made.project.run("deploy")
        made.git("add", "-A")
        made.git("commit", "-qm", "Keep the passwords that were made")
        on(web1, "systemctl stop seawall-backup.timer seawall-backup.service")
        on(web1, f"{PSQL} <<'END'\n{(Path(__file__).parent / 'data.sql').read_text()}\nEND")
        on(web1, "cd /srv/uploads && echo hi > a && mkdir b && head -c 300000 /dev/urandom > b/c")
        on(web1, "cd /srv/uploads && chown -R --reference=. . && chmod 750 b")
        made.project.run("backup", "now")
        made.held = content(web1)
        yield made


def test_a_database_opens_through_ssh(company: Company) -> None:
    """As its owner, with arguments, from a pipe, and by a port that is closed at the end."""
    project = company.project
    told = project.run("db", "main", "--", "-Atc", "SELECT current_user")
    assert told.strip() == "main"
    words = ["db", "tunnel", "main", "--json"]
    with project.start(*words) as tunnel:
        assert tunnel.stdout
        told = "".join(iter(tunnel.stdout.readline, "}\n")) + "}"
        seen = json.loads(told)
        with socket.create_connection(("127.0.0.1", seen["port"]), timeout=10) as one:
            one.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f")  # do you speak TLS?
            assert one.recv(1) in (b"S", b"N")
        tunnel.terminate()
        assert tunnel.wait(timeout=20) == 0
    assert ":…@127.0.0.1" in seen["url"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", seen["port"]), timeout=10)


@pytest.mark.parametrize("stop", ["add", "use"])
def test_another_passphrase_opens_every_backup_wherever_it_stops(
    company: Company, stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = company.project
    loaded = configuration.load(project.folder / "seawall.yml")
    before = Store.open(loaded).get("BACKUP_PASSPHRASE")
    everywhere = rekeying._everywhere

    def cut_off(config: Config, names: list[str], asked: dict[str, Any]) -> None:
        everywhere(config, names, asked)
        if asked["verb"] == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(rekeying, "_everywhere", cut_off)
    with pytest.raises(KeyboardInterrupt):
        rekeying.rotate(loaded)
    assert opens(company, Store.open(loaded).get("BACKUP_PASSPHRASE"))
    assert opens(company, before), "the old one went before the new one was in use"
    monkeypatch.undo()
    told = project.run("backup", "key", "rotate")
    assert "print a new kit" in told and before not in told
    after = Store.open(loaded)
    assert opens(company, after.get("BACKUP_PASSPHRASE")) and not opens(company, before)
    assert not [name for name in after.names() if name.startswith("BACKUP_PASSPHRASE_")]
    company.git("commit", "-qam", "Take another passphrase for the backups")


def opens(company: Company, passphrase: str) -> bool:
    """Whether plain restic reads the copies of web1 with it."""
    kit = company.project.run("backup", "kit")
    told = dict(re.findall(r"^export (\w+)=(\S+)$", kit, re.M)) | {"RESTIC_PASSWORD": passphrase}
    exports = "".join(f"export {name}={shlex.quote(value)}; " for name, value in told.items())
    done = lab.shell("web1", f"{exports} restic snapshots --no-cache")
    assert done.returncode == 0 or "wrong password" in done.stderr, done.stderr
    return bool(done.returncode == 0)


def test_a_server_that_lives_is_not_rebuilt(company: Company) -> None:
    company.project.run("backup", "kit", "--out", str(company.kit))
    words = ("rebuild", "web1", "--from-backup")
    assert "--confirm web1 is missing" in company.project.run(*words, code=2)
    told = company.project.run(*words, "--confirm", "web1", code=1)
    assert "holds data already" in told and "nothing was changed" in told


def test_a_lost_server_comes_back_from_the_drawer(company: Company, tmp_path: Path) -> None:
    (company.project.folder / "version").write_text("two\n")
    company.git("commit", "-qam", "Another version, which never served with this data")
    lab.down("web1")
    laptop = company.laptop(tmp_path)
    told = laptop.run(*REBUILD, "--release", "0" * 40, code=1)
    assert told.count("is back, and the same as was saved") == 2, told
    due = on(company.spare, "python3 -I -S /usr/local/lib/seawall/agent.pyz due; echo $?")
    assert "is under way" in due and due.endswith("75"), "a half restored database was saved"
    told = laptop.run(*REBUILD)
    assert told.count("was back before") == 2, "it did not go on where it was"
    assert re.search(r"RTO .* \(measured\)\. RPO: data as of 20", told), told
    assert content(company.spare) == company.held
    assert served(company.spare, "/version") == "one"
    assert on(company.spare, "systemctl is-active seawall-backup.timer") == "active"


def test_a_second_run_changes_nothing(company: Company, tmp_path: Path) -> None:
    before = on(company.spare, "cat /var/lib/seawall/backups/evidence.jsonl; ls /srv/apps/web")
    told = company.laptop(tmp_path).run(*REBUILD)
    assert "came back before" in told and "Nothing was restored or released" in told
    after = on(company.spare, "cat /var/lib/seawall/backups/evidence.jsonl; ls /srv/apps/web")
    assert [line for line in after.splitlines() if '"restore"' not in line] == [
        line for line in before.splitlines() if '"restore"' not in line
    ]
    assert '"what": "rebuild"' in after
    assert content(company.spare) == company.held


def test_it_comes_back_with_stock_tools_by_the_commands_of_the_kit(company: Company) -> None:
    """Exactly these commands, on a machine where nothing of ours was ever run."""
    page = company.kit.read_text()
    blocks = re.findall(r"```sh\n(.*?)```", page, re.S)
    script = "set -e -o pipefail\nexport DEBIAN_FRONTEND=noninteractive\n" + "".join(blocks)
    on(company.bare, f"mkdir -p /root/day && cd /root/day && bash <<'END'\n{script}\nEND")
    rows, files = content(company.bare)
    assert rows == company.held[0]
    assert files.splitlines()[:2] == company.held[1].splitlines()[:2]
    assert on(company.bare, "ls /var/lib | grep -c seawall || true") == "0"
