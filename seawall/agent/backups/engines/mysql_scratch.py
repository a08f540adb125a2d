"""A MariaDB server that lives for a rehearsal: on a socket in its own folder, and small.

It has no port, syncs little, runs no events, and dies with whoever started it.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from contextlib import contextmanager
from typing import IO, Any, Dict, Iterator, List

from seawall.agent import system
from seawall.agent.backups.engines.mysql import Session
from seawall.agent.backups.engines.psql import Server, tail

ACCOUNT = "mysql"
SETTINGS = {
    "skip-networking": "ON",
    "event-scheduler": "OFF",
    "skip-log-bin": "ON",
    "performance-schema": "OFF",
    "local-infile": "OFF",
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "64M",
    "innodb-log-buffer-size": "8M",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "OFF",
    "innodb-buffer-pool-dump-at-shutdown": "OFF",
    "aria-pagecache-buffer-size": "8M",
    "key-buffer-size": "8M",
    "max-connections": "10",
    "max-allowed-packet": "1G",
}
"""No port, no durability, and less than 300 MB of memory."""
START_SECONDS = 60


@contextmanager
def running(needed: Dict[str, Any], folder: str) -> Iterator[Server]:
    """An empty server that lives as long as the context."""
    account = pwd.getpwnam(ACCOUNT)
    os.chown(folder, account.pw_uid, account.pw_gid)
    own = [f"--datadir={folder}/files", f"--tmpdir={folder}", f"--user={ACCOUNT}"]
    make = ["mariadb-install-db", "--no-defaults", *own, "--skip-test-db", "--skip-name-resolve"]
    system.must([*make, "--auth-root-authentication-method=socket"], seconds=120)
    with open(f"{folder}/log", "w+b") as log:
        process = subprocess.Popen(
            [*_started(folder, needed), *own],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=system.ENVIRONMENT,
        )
        try:
            yield _answering(Server("", ("--no-defaults", f"--socket={folder}/s")), process, log)
        finally:
            process.kill()
            process.wait()


def _started(folder: str, needed: Dict[str, Any]) -> List[str]:
    become = [f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups", "--pdeathsig=KILL"]
    where = [f"--socket={folder}/s", f"--pid-file={folder}/pid"]
    like = [f"--lower-case-table-names={needed['lower_case_table_names']}"]
    plugins = [f"--plugin-load-add={library}" for library in needed["plugins"]]
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    return ["setpriv", *become, "mariadbd", "--no-defaults", *where, *like, *settings, *plugins]


def _answering(server: Server, process: "subprocess.Popen[bytes]", log: IO[bytes]) -> Server:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with Session(server) as session:
                session.ask("SELECT 1")
            return server
        except system.StepError:
            time.sleep(0.1)
    raise system.StepError("no server for the restored copy came up", tail(log, 1500))
