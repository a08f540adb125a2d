"""The doors: sshd and the packet filter, each judged by what runs, not only by its file."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from typing import List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps.files import File
from seawall.agent.steps.step import Change, Step

SSHD_CONFIG = "/etc/ssh/sshd_config"
DROP_INS = "/etc/ssh/sshd_config.d"
LOADED = f"{system.STATE}/firewall.loaded"
"""What `nft` showed right after our rules were loaded: whatever differs was changed since."""
PROVISIONED = f"{system.STATE}/host-keys"
"""Host keys are made anew only once, before anybody has learned them from us."""


@dataclass(frozen=True)
class SshdConfig(File):
    """A drop-in for sshd, accepted only when sshd accepts the whole configuration with it."""

    def accept(self, candidate: str) -> None:
        """Let `sshd -t` judge a copy of the configuration in which this file is the new one."""
        scratch = tempfile.mkdtemp(prefix="seawall-sshd-")
        try:
            self._trial(candidate, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _trial(self, candidate: str, scratch: str) -> None:
        for name in sorted(os.listdir(DROP_INS)):
            if name.endswith(".conf") and name != os.path.basename(self.path):
                shutil.copy(f"{DROP_INS}/{name}", scratch)
        shutil.copy(candidate, f"{scratch}/{os.path.basename(self.path)}")
        main = (system.read(SSHD_CONFIG) or b"").decode("utf-8", "replace")
        with open(f"{scratch}/main", "w") as file:
            file.write(main.replace(DROP_INS, scratch))
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd -t wants it, also before a start
        errors = system.run(["sshd", "-t", "-f", f"{scratch}/main"])
        if errors.code != 0:
            said = errors.errors.replace(scratch, DROP_INS).strip()
            raise system.StepError("sshd refuses its configuration; nothing was changed", said)

    def drift(self) -> Optional[Change]:
        main = (system.read(SSHD_CONFIG) or b"").decode("utf-8", "replace")
        if not _included_first(main):
            line = f"Include {DROP_INS}/*.conf"
            return Change("~", SSHD_CONFIG, f"+{line}")
        return super().drift()

    def apply(self) -> None:
        main = (system.read(SSHD_CONFIG) or b"").decode("utf-8", "replace")
        if not _included_first(main):
            text = f"Include {DROP_INS}/*.conf\n{main}"
            system.keep_original(SSHD_CONFIG)
            system.write(SSHD_CONFIG, text.encode(), system.Ownership(0o644, 0, 0))
        super().apply()

    def touches(self) -> List[str]:
        return [SSHD_CONFIG, self.path]


def _included_first(main: str) -> bool:
    """sshd takes the first value it reads, so the drop-ins must come before everything else."""
    lines = [line.strip() for line in main.splitlines()]
    spoken = [line for line in lines if line and not line.startswith("#")]
    return bool(spoken) and re.match(rf"(?i)include\s+{DROP_INS}/\*\.conf", spoken[0]) is not None


@dataclass(frozen=True)
class HostKey(Step):
    """A host key of at least this size, made anew only at the first apply."""

    kind: str
    bits: int
    reload: Tuple[str, ...] = ("ssh",)
    guarded: bool = True

    @property
    def path(self) -> str:
        return f"/etc/ssh/ssh_host_{self.kind}_key"

    def drift(self) -> Optional[Change]:
        if os.path.exists(PROVISIONED):
            return None
        bits = self._bits()
        if bits >= self.bits:
            return None
        return Change("~", self.path, f"-{bits} bits\n+{self.bits} bits")

    def _bits(self) -> int:
        words = system.run(["ssh-keygen", "-l", "-f", f"{self.path}.pub"]).output.split()
        return int(words[0]) if words and words[0].isdigit() else 0

    def apply(self) -> None:
        fresh = f"{self.path}.seawall"
        system.remove(fresh)
        make = ["ssh-keygen", "-q", "-t", self.kind, "-b", str(self.bits), "-N", "", "-f", fresh]
        system.must([*make, "-C", f"root@{os.uname().nodename}"], seconds=120)
        os.rename(fresh, self.path)
        os.rename(f"{fresh}.pub", f"{self.path}.pub")
        system.sync_folder("/etc/ssh")

    def settled(self) -> None:
        system.private_folder(system.STATE)
        system.write(PROVISIONED, b"made\n", system.Ownership(0o600, 0, 0))

    def touches(self) -> List[str]:
        return [self.path, f"{self.path}.pub"]


@dataclass(frozen=True)
class Nft(File):
    """A packet filter that is loaded as written: rules changed by hand are found and undone."""

    table: str = "seawall"

    def drift(self) -> Optional[Change]:
        drift = super().drift()
        if drift:
            return drift
        if self._loaded() != (system.read(LOADED) or b"").decode():
            return Change("~", "packet filter in use", "rules in use differ from the file's")
        return None

    def apply(self) -> None:
        super().apply()
        self._load()

    def undo(self) -> None:
        """Load what was there before; a file that was not ours is not loaded, it may flush all."""
        if f"table inet {self.table}".encode() in (system.read(self.path) or b""):
            self._load()
        else:
            system.run(["nft", "delete", "table", "inet", self.table])

    def _load(self) -> None:
        system.must(["nft", "-f", self.path])
        system.private_folder(system.STATE)
        system.write(LOADED, self._loaded().encode(), system.Ownership(0o600, 0, 0))

    def _loaded(self) -> str:
        """A digest of the rules in use, without counters and without the addresses in sets."""
        listing = system.run(["nft", "--stateless", "--terse", "list", "table", "inet", self.table])
        return hashlib.sha256(listing.output.encode()).hexdigest()

    def touches(self) -> List[str]:
        return [self.path, LOADED]
