"""`seawall backup kit` where no server answers: what it holds, and who can read it."""

import subprocess
import sys
from pathlib import Path

import pytest
from keyring import Team, admin

from seawall.secrets import Store, seal

MORE = """\
servers: { web1: { host: 127.0.0.1:9 } }
databases: { main: { engine: postgres, server: web1 } }
apps: { web: { process: ./serve, uploads: [/srv/uploads], uses: [main] } }
backups:
  to: { to: "s3:https://s3.example/acme", secrets: { AWS_ACCESS_KEY_ID: BID } }
  copies: ["sftp:dana@nas:/acme"]
"""
VALUES = {"BACKUP_PASSPHRASE": "it's a passphrase", "BID": "key of the bucket"}


class Desk:
    """Dana's laptop."""

    def __init__(self, folder: Path) -> None:
        self.team = Team(folder)
        self.team.describe({"dana": admin(self.team.key("dana"))}, MORE)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.team.environment("dana").items():
                patch.setenv(name, value)
            Store.open(self.team.config(), create=True).update(VALUES)

    def kit(self, *words: str, given: str = "", code: int = 0, who: str = "dana") -> str:
        """What `seawall backup kit` says; stdout, then stderr."""
        done = subprocess.run(
            [sys.executable, "-m", "seawall", "backup", "kit", *words],
            cwd=self.team.folder,
            env=self.team.environment(who),
            input=given,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_kit_holds_what_opens_every_copy_and_every_file(desk: Desk) -> None:
    told = desk.kit()
    for needed in (
        "export RESTIC_REPOSITORY=s3:https://s3.example/acme/web1\n",
        "export AWS_ACCESS_KEY_ID='key of the bucket'\n",
        "    export RESTIC_REPOSITORY=sftp:dana@nas:/acme/web1\n",
        """export RESTIC_PASSWORD='it'"'"'s a passphrase'\n""",
        "--tag run=$RUN,dataset=main latest /dump",
        "--tag run=$RUN,dataset=web-uploads --target /",
        "web1, which was 127.0.0.1:9",
        "- web: unknown: web1",
        desk.team.yml.read_text(),
        (desk.team.folder / "secrets" / "production.age").read_text(),
        "AGE-SECRET-KEY-1",
        "keep it offline",
    ):
        assert needed in told, needed


def test_a_kit_is_a_file_for_one_person_and_never_written_over(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "kit.md"
    desk.kit("--out", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in desk.kit("--out", str(file), code=2)


def test_a_kit_in_the_open_does_not_get_into_a_repository(desk: Desk) -> None:
    subprocess.run(["git", "init", "-q"], cwd=desk.team.folder, check=True)
    assert "would be committed" in desk.kit("--out", "kit.md", code=2)
    assert not (desk.team.folder / "kit.md").exists()
    desk.kit("--out", "kit.age", "--people")
    locked = (desk.team.folder / "kit.age").read_text()
    key = desk.team.homes / "dana" / ".ssh" / "id_ed25519"
    assert "it's" not in locked
    assert "AGE-SECRET-KEY-1" in seal.opened(locked, seal.ssh_identity(key.read_bytes()))


def test_a_passphrase_locks_a_kit(desk: Desk) -> None:
    told = desk.kit("--passphrase", given="correct horse\n")
    armor = told[: told.index("-----END AGE ENCRYPTED FILE-----") + 32] + "\n"
    assert "it's a passphrase" not in armor
    assert "it's a passphrase" in seal.unlocked(armor, "correct horse").replace("'\"'\"'", "'")
    with pytest.raises(seal.Unopened):
        seal.unlocked(armor, "another")


def test_there_is_no_kit_without_the_secrets(desk: Desk) -> None:
    """Half a kit would be found to be one on the day it is wanted."""
    desk.team.key("li")
    told = desk.kit(code=1, who="li")
    assert "no key here opens it" in told and "RESTIC" not in told
