"""What an ssh server answers to a password: a refusal, which names the ways in that it offers."""

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from seawall.server import ssh

if TYPE_CHECKING:
    from seawall.server import Server

NOBODY = "seawall-outside"
"""An account that no server has."""


def port_of(server: "Server") -> int:
    """The port that sshd listens on, as far as we know."""
    return int(server.login.port or ssh.settings(server.host)["port"])


def try_password(server: "Server") -> dict[str, Any]:
    """Really try to log in with a password, an empty one: it is refused without a pause."""
    argv = ["ssh", *ssh.config_file(), *_only_passwords(), "-p", str(port_of(server))]
    argv += ["-l", NOBODY, "--", server.host, "true"]
    # ssh asks a program that says nothing; there is no terminal
    silent = shutil.which("true") or ""
    asks = {"SSH_ASKPASS": silent, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    done = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            argv,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **asks},
            timeout=15,
            check=False,
        )
    said = done.stderr.decode("utf-8", "replace") if done else "no answer in 15 s"
    return parsed(said)


def _only_passwords() -> list[str]:
    chosen = {
        "BatchMode": "no",
        "ConnectTimeout": "5",
        "ControlMaster": "no",
        "ControlPath": "none",
        "KbdInteractiveAuthentication": "yes",
        "NumberOfPasswordPrompts": "1",
        "PasswordAuthentication": "yes",
        "PreferredAuthentications": "password,keyboard-interactive",
        "PubkeyAuthentication": "no",
        "LogLevel": "INFO",
        "StrictHostKeyChecking": "yes",
    }
    return [word for key, value in chosen.items() for word in ("-o", f"{key}={value}")]


def parsed(said: str) -> dict[str, Any]:
    """What a refused login tells: the ways in that are offered, and what is shown before."""
    lines = said.replace("\r", "").splitlines()
    last = next((line for line in reversed(lines) if "Permission denied (" in line), "")
    if not last:
        unknown = {"unknown": f"a login could not be tried: {(lines or ['no answer'])[-1][:200]}"}
        return {"password": unknown, "banner": unknown}
    methods = last.rpartition("(")[2].rstrip(").").split(",")
    noise = ("Permission denied", "Warning:", "debug1:", "** ")
    shown = [line for line in lines if not line.startswith(noise) and line != last]
    return {
        "password": {
            "offered": bool({"password", "keyboard-interactive"} & set(methods)),
            "methods": methods,
        },
        "banner": {"text": "\n".join(shown).strip()[:2000]},
    }
