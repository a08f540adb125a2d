"""sshd: a drop-in that sshd accepts, host keys and moduli worth trusting."""

from __future__ import annotations

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
MODULI = "/etc/ssh/moduli"
PROVISIONED = f"{system.STATE}/host-keys"
"""Host keys are made anew only once, before anybody has learned them from us."""


@dataclass(frozen=True)
class SshdConfig(File):
    """A drop-in for sshd, accepted only when sshd accepts the whole configuration with it.

    Of `key_exchanges`, only those that this sshd knows are written: it would not start with
    an unknown name.
    """

    key_exchanges: Tuple[str, ...] = ()

    def text(self) -> str:
        known = system.run(["ssh", "-Q", "kex"]).output.split()
        names = [name for name in self.key_exchanges if name in known]
        return self.content + (f"KexAlgorithms {','.join(names)}\n" if names else "")

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
class Moduli(Step):
    """No Diffie-Hellman groups smaller than this many bits in /etc/ssh/moduli.

    The format is that of moduli(5): the fifth field is the size in bits, less one.
    """

    bits: int
    reload: Tuple[str, ...] = ("ssh",)
    guarded: bool = True

    def _split(self) -> Tuple[List[str], List[str]]:
        lines = (system.read(MODULI) or b"").decode("utf-8", "replace").splitlines(keepends=True)
        fields = [(line, line.split()) for line in lines]
        small = [
            line
            for line, words in fields
            if len(words) == 7 and words[4].isdigit() and int(words[4]) < self.bits - 1
        ]
        return small, [line for line in lines if line not in small]

    def drift(self) -> Optional[Change]:
        small, _ = self._split()
        return (
            Change("~", MODULI, f"-{len(small)} groups below {self.bits} bits") if small else None
        )

    def apply(self) -> None:
        _, kept = self._split()
        system.keep_original(MODULI)
        system.write(MODULI, "".join(kept).encode(), system.Ownership(0o644, 0, 0))

    def touches(self) -> List[str]:
        return [MODULI]
