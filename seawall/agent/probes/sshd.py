"""The ssh server as it judges its own configuration, and its host keys."""

from __future__ import annotations

import threading
from typing import Any, Dict, List

from seawall.agent import system
from seawall.agent.probes.public_keys import public_key
from seawall.agent.probes.reading import Unseen, names, need_root, text

_lock = threading.Lock()
_settings: Dict[str, List[str]] = {}
STRANGER = "addr=203.0.113.1,host=stranger.example,laddr=203.0.113.2,lport=22"
"""Somebody from the internet, as a Match block would see them (an address for documentation)."""


def sshd() -> Dict[str, Any]:
    """What `sshd -T` says, for everybody and for each account that a Match block could favour."""
    need_root()
    return {
        "settings": settings(),
        "for_accounts": _for_accounts(),
        "host_keys": [key for key in map(_host_key, settings().get("hostkey", [])) if key],
    }


def settings() -> Dict[str, List[str]]:
    """Every keyword in lower case with its values; asked once."""
    with _lock:
        if not _settings:
            _settings.update(_ask([]))
    return _settings


def _ask(extra: List[str]) -> Dict[str, List[str]]:
    result = system.run(["sshd", "-T", *extra], seconds=5)
    if result.code == 127:
        raise Unseen("no sshd is installed", "apt-get install openssh-server")
    if result.code != 0:
        why = (result.errors.strip().splitlines() or [f"exit code {result.code}"])[-1]
        raise Unseen(f"sshd -T failed: {why[:200]}", "sshd -t names the line that is wrong")
    return parsed(result.output)


def parsed(output: str) -> Dict[str, List[str]]:
    """The lines of `sshd -T`; keywords such as port may come several times."""
    found: Dict[str, List[str]] = {}
    for line in output.splitlines():
        keyword, _, rest = line.partition(" ")
        found.setdefault(keyword.lower(), []).append(rest.strip())
    return found


def _for_accounts() -> Dict[str, Dict[str, List[str]]]:
    if not _has_match():
        return {}
    wanted = ("passwordauthentication", "kbdinteractiveauthentication", "permitrootlogin")
    answers = {}
    for account in _with_shell()[:8]:
        asked = _ask(["-C", f"user={account},{STRANGER}"])
        answers[account] = {key: asked.get(key, []) for key in wanted}
    return answers


def _has_match() -> bool:
    folder = "/etc/ssh/sshd_config.d"
    files = ["/etc/ssh/sshd_config", *(f"{folder}/{name}" for name in names(folder))]
    lines = (line.split() for path in files for line in text(path).splitlines())
    return any(words and words[0].lower() == "match" for words in lines)


def _with_shell() -> List[str]:
    accounts = [line.split(":") for line in text("/etc/passwd").splitlines()]
    return [a[0] for a in accounts if len(a) == 7 and not a[6].endswith(("nologin", "false"))]


def _host_key(path: str) -> Dict[str, Any]:
    key = public_key(text(f"{path}.pub", 65536))
    return {"path": path, "type": key["type"], "bits": key["bits"]} if key else {}
