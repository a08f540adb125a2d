"""Redis of the distribution: on loopback, behind a password, and kept on disk.

Redis 7 that is restarted with an append-only file to be made begins empty, whatever its dump.rdb
holds. So one that has data is told to write that file while it runs, before anything is restarted.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import socket
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps.step import Change, Step, unified

FOLDER = "/etc/redis"
MAIN = f"{FOLDER}/redis.conf"
SETTINGS = f"{FOLDER}/seawall.conf"
SECRET = f"{FOLDER}/seawall.secret.conf"
INCLUDED = "".join(f"include {path}\n" for path in (SETTINGS, SECRET))
DUMP = "/var/lib/redis/dump.rdb"
UNIT = "redis-server"
PORT = 6379
PATIENCE = 600.0
"""Seconds until a running Redis has written everything to its append-only file."""
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class RedisServer(Step):
    """One Redis, on loopback alone, with its password in a file that only Redis reads.

    `settings` are the user's own and win over what follows from the machine's memory. Without a
    `password` the one that is there stays: whoever applies does not know it.
    """

    settings: Tuple[Tuple[str, str], ...] = ()
    password: str = ""
    restart: Tuple[str, ...] = (UNIT,)

    def drift(self) -> Optional[Change]:
        lines = [
            unified(path, _text(path), content)
            for path, content in self._files()
            if _text(path) != content
        ]
        if self.password and password() != self.password:
            lines.append("-password of redis\n+password of redis (secret, changed)")
        if not lines:
            return None
        return Change("~" if os.path.exists(SETTINGS) else "+", SETTINGS, "\n".join(lines))

    def _files(self) -> List[Tuple[str, str]]:
        main = _text(MAIN)
        whole = main if main.endswith(INCLUDED) else f"{main}\n# Added by seawall.\n{INCLUDED}"
        chosen = {**sized(memory()), **dict(self.settings)}
        lines = [f"{name} {value or quoted('')}\n" for name, value in sorted(chosen.items())]
        return [(SETTINGS, "# Written by seawall.\n" + "".join(lines)), (MAIN, whole)]

    def apply(self) -> None:
        if not os.path.exists(MAIN):
            raise system.StepError("redis-server is installed, but it has no redis.conf")
        if not (self.password or password()):
            raise system.StepError("the password of redis is not known here")
        keep_on_disk([self.password, password(), ""])
        if self.password and password() != self.password:
            _write(SECRET, f"requirepass {quoted(self.password)}\n")
        for path, content in self._files():
            system.keep_original(path)
            _write(path, content)

    def touches(self) -> List[str]:
        return [SETTINGS, MAIN]


def _text(path: str) -> str:
    return (system.read(path) or b"").decode("utf-8", "replace")


def _write(path: str, content: str) -> None:
    owner = pwd.getpwnam("redis").pw_uid if path == MAIN else 0
    ownership = system.Ownership(0o640, owner, grp.getgrnam("redis").gr_gid)
    system.write(path, content.encode(), ownership)


def memory() -> int:
    """Bytes of this machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def sized(total: int) -> Dict[str, str]:
    """Settings for a machine that has other things to do as well: a quarter of its memory, since
    a copy on disk takes up to as much again for a moment. Full is an error, not a loss of keys.
    """
    gibibytes = max(1, round(total * 2 / (1 << 30))) / 2
    return {
        "bind": "127.0.0.1 -::1",
        "port": str(PORT),
        "protected-mode": "yes",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": f"{int(gibibytes * 256)}mb",
        "maxmemory-policy": "noeviction",
        "rdbcompression": "no",
        "repl-diskless-sync": "yes",
        "repl-diskless-sync-delay": "0",
    }


def quoted(text: str) -> str:
    """A value as redis.conf takes it, whatever is in it."""
    return '"' + re.sub(rb"[^A-Za-z0-9]", _escape, text.encode()).decode() + '"'


def _escape(found: "re.Match[bytes]") -> bytes:
    return b"\\x%02x" % found[0][0]


def password() -> str:
    """What the Redis of this server asks for; "" when it was never set up."""
    found = re.search(
        rb'^requirepass "([A-Za-z0-9\\]*)"$', system.read(SECRET) or b"", re.MULTILINE
    )
    raw = found[1] if found else b""
    plain = re.sub(rb"\\x([0-9a-f]{2})", lambda each: bytes([int(each[1], 16)]), raw)
    return plain.decode("utf-8", "replace")


def keep_on_disk(passwords: List[str]) -> None:
    """Let a Redis that has data write its append-only file now; StepError when it does not.

    One that is down is started with its own settings first, so that nothing is left behind.
    """
    if not _answers() and not os.path.exists(DUMP):
        return
    if not _answers():
        started = ["systemctl", "start", UNIT]
        system.must(started if system.has_systemd() else ["service", UNIT, "start"])
    _until(_answers, "redis does not start with the data that it has")
    with _entered(passwords) as talk:
        empty = b"db" not in talk.ask("INFO", "keyspace")
        if empty or talk.ask("CONFIG", "GET", "appendonly")[1] == b"yes":
            return
        talk.ask("CONFIG", "SET", "appendonly", "yes")
        _until(lambda: _written(talk), "redis did not write its append-only file")


def _until(true: Callable[[], bool], problem: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise system.StepError(problem)
        time.sleep(0.2)


def _answers() -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", PORT)) == 0


def _entered(passwords: List[str]) -> Any:
    """A conversation with the live server by the first of these passwords that it takes."""
    from seawall.agent.backups.engines.resp import Talk

    for each in dict.fromkeys(passwords):
        talk = Talk(("127.0.0.1", PORT))
        try:
            if each:
                talk.ask("AUTH", each)
            talk.ask("PING")
            return talk
        except system.StepError as error:
            talk.__exit__()
            refused = error
    raise system.StepError(
        "redis has another password than the one that is declared", refused.problem
    )


def _written(talk: Any) -> bool:
    """True once everything that it holds is in the append-only file."""
    told = talk.ask("INFO", "persistence").decode()
    done = (
        "aof_rewrite_in_progress:0",
        "aof_rewrite_scheduled:0",
        "aof_last_bgrewrite_status:ok",
    )
    if "aof_last_bgrewrite_status:err" in told:
        raise system.StepError("redis could not write its append-only file", "is the disk full?")
    return all(each in told for each in done)
