"""People with ssh keys of their own, each with a home, and a project whose secrets they share."""

import os
import subprocess
from pathlib import Path

from seawall import config
from seawall.config import Config


class Team:
    """A project folder, and people who work on it, one at a time at this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "acme"
        self.folder.mkdir()
        self.homes = folder
        self.yml = self.folder / "seawall.yml"

    def key(self, name: str, *options: str, passphrase: str = "") -> str:
        """Make an ssh key in this person's home; the public half."""
        home = self.homes / name / ".ssh"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        kind = ("-t", "ed25519", *options)
        file = home / f"id_{kind[3] if '-t' in options else 'ed25519'}"
        words = ["ssh-keygen", "-q", *kind, "-N", passphrase, "-C", name, "-f", str(file)]
        subprocess.run(words, check=True)
        return file.with_name(f"{file.name}.pub").read_text().strip()

    def describe(self, people: dict[str, str], more: str = "") -> Config:
        """Write seawall.yml; `people` are the settings of each."""
        lines = "".join(f"  {name}: {{ {settings} }}\n" for name, settings in people.items())
        self.yml.write_text(f"project: acme\npeople:\n{lines}{more}")
        return self.config()

    def config(self) -> Config:
        """What seawall.yml says now."""
        return config.load(self.yml)

    def environment(self, name: str) -> dict[str, str]:
        """The variables that make this person the one at the machine."""
        home = self.homes / name
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SEAWALL_")}
        hidden = ("SSH_AUTH_SOCK", "CI", "XDG_DATA_HOME", "XDG_STATE_HOME")
        kept = {key: value for key, value in kept.items() if key not in hidden}
        return kept | {"HOME": str(home), "XDG_DATA_HOME": str(home / "share")}


def admin(key: str) -> str:
    """An admin's settings."""
    return f"keys: [{key}], admin: true"
