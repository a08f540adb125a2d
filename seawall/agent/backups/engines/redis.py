"""Redis: fetched as its own snapshot, loaded into a scratch server before it is stored.

A dump that no Redis can load is never stored. The scratch server listens on a socket in its own
folder only, keeps nothing, and dies with whoever started it.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import IO, Any, Dict, Iterator, List, Tuple

from seawall.agent import system
from seawall.agent.backups.engines import (
    Engine,
    Rehearsed,
    Restored,
    Sink,
    Source,
    Want,
    folders,
    keys,
    redis_live,
)
from seawall.agent.backups.engines.psql import tail
from seawall.agent.backups.engines.resp import Talk
from seawall.agent.backups.faults import said
from seawall.agent.backups.manifest import Manifest, Parts, differences
from seawall.agent.backups.restic import Stored
from seawall.agent.backups.scratch import require_room, scratch
from seawall.agent.steps.redis import PORT, password

DUMP = "dump.rdb"
OLDEST = 7
"""Before, Redis could not tell when a key expires without counting down meanwhile."""
LOADED_PER_SECOND = 5 << 20
"""Bytes that a scratch server reads at the least; with a minute to begin with."""
MOST = 400 << 20
"""Bytes that Redis may hold for its copy to be loaded aside: the whole work has 512 MB."""
SCRATCH = """\
port 0
unixsocket {folder}/socket
unixsocketperm 700
dir {folder}
dbfilename {dump}
logfile {folder}/log
save ""
appendonly no
daemonize no
databases 1024
maxclients 16
activerehashing no
"""


class Redis(Engine):
    """The Redis of this server."""

    def dump(self, sink: Sink) -> Tuple[Stored, Manifest]:
        with Talk(("127.0.0.1", PORT), password()) as live:
            version, size = _about(live)
        if _major(version) < OLDEST:
            raise system.StepError(f"Redis {version} is too old to be measured", "7 is needed")
        with scratch(size) as folder, open(f"{folder}/{DUMP}", "w+b") as file:
            _give(folder)
            _fetch(file)
            compared, needed = _measured(folder, size)
            stored = sink.stream(lambda outlet: _pour(file, outlet))
        return stored, Manifest("redis", version, size, compared, needed)

    def rehearse(self, made: Manifest, source: Source, scratch: str) -> Rehearsed:
        if why := made.needed.get("unmeasured"):
            raise system.StepError(why)
        began = time.monotonic()
        with source.stream() as stream, open(f"{scratch}/{DUMP}", "wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
        with _server(scratch) as talk:
            seconds = time.monotonic() - began
            compared = keys.measure(talk, made.needed["measured"])
            compared = keys.lived(made.compared, compared, time.time())
            talk.ask("SELECT", 0)
            wrong = [line for each in self.dataset.asserts for line in _untrue(talk, each)]
        return Rehearsed(compared, wrong, seconds)

    def restore(self, made: Manifest, source: Source, want: Want) -> Restored:
        if want.table or want.file:
            raise system.StepError(f"{self.dataset.name} is a Redis, and comes back whole")
        folder = folders.place(want.name)
        require_room(folders.BESIDE, 2 * made.bytes)
        try:
            with scratch(made.bytes) as aside:
                seen = self.rehearse(made, source, aside)
                system.private_folder(folder)
                shutil.copy(f"{aside}/{DUMP}", f"{folder}/{DUMP}", follow_symlinks=False)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        seen.wrong += differences(made.compared, seen.compared)
        return Restored(f"{folder}/{DUMP}", seen)

    def replace(self, restored: Restored, stamp: str) -> str:
        """With the append-only files that begin with the dump, while Redis is down for a moment."""
        folder = os.path.dirname(restored.where)
        live = redis_live.files()
        fresh = f"{folder}/fresh"
        os.mkdir(fresh, 0o700)
        os.rename(restored.where, f"{fresh}/{live.name}.1.base.rdb")
        with open(f"{fresh}/{live.name}.manifest", "w") as file:
            file.write(f"file {live.name}.1.base.rdb seq 1 type b\n")
        system.must(["chown", "-R", "redis:redis", fresh])
        with redis_live.stopped():
            former = folders.exchange(fresh, live.folder, stamp)
        shutil.rmtree(folder, ignore_errors=True)
        return former


def _about(live: Talk) -> Tuple[str, int]:
    """Its version, and the bytes that it holds."""
    lines = live.ask("INFO").decode("utf-8", "replace").splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    return told["redis_version"], int(told["used_memory"])


def _major(version: str) -> int:
    return int(version.split(".", 1)[0])


def _give(folder: str) -> None:
    """Make a folder, and the dump in it, Redis' own."""
    account = pwd.getpwnam("redis")
    for path in (f"{folder}/{DUMP}", folder):
        os.chown(path, account.pw_uid, account.pw_gid)


def _fetch(file: IO[bytes]) -> None:
    """Write a snapshot, of one moment, as Redis hands it to a replica; StepError when it is cut
    short. Into a file by its name: to stdout, redis-cli adds the mark that ends the stream."""
    words = ["redis-cli", "-h", "127.0.0.1", "-p", str(PORT), "--no-auth-warning"]
    with said() as errors:
        done = subprocess.run(
            [*_as_redis(), *words, "--rdb", file.name],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env={**system.ENVIRONMENT, "REDISCLI_AUTH": password()},
            check=False,
        )
        if done.returncode != 0:
            raise system.StepError(f"redis-cli failed, exit code {done.returncode}", tail(errors))
    file.seek(0)
    if file.read(5) != b"REDIS":
        raise system.StepError("redis-cli wrote no dump")


def _measured(folder: str, size: int) -> Tuple[Parts, Dict[str, Any]]:
    """What a dump in this folder holds, found out by loading it; what a restore needs to know."""
    if size > MOST:
        system.must(["redis-check-rdb", f"{folder}/{DUMP}"], seconds=3600)
        told = f"Redis holds {size >> 20} MB, and a copy of more than {MOST >> 20} is not tried"
        return {}, {"unmeasured": told}
    now = time.time()
    with _server(folder) as talk:
        return keys.measure(talk, now), {"measured": now}


@contextmanager
def _server(folder: str) -> Iterator[Talk]:
    """A Redis with the dump of this folder, as long as the context; StepError when the dump
    cannot be loaded."""
    _give(folder)
    process = subprocess.Popen(
        [*_as_redis(), "redis-server", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=system.ENVIRONMENT,
    )
    try:
        assert process.stdin
        process.stdin.write(SCRATCH.format(folder=folder, dump=DUMP).encode())
        process.stdin.close()
        with _loaded(folder, process) as talk:
            yield talk
    finally:
        process.kill()
        process.wait()


def _loaded(folder: str, process: "subprocess.Popen[bytes]") -> Talk:
    """A connection to the scratch server, once it has read the dump."""
    size = os.stat(f"{folder}/{DUMP}").st_size
    deadline = time.monotonic() + 60 + size / LOADED_PER_SECOND
    while process.poll() is None and time.monotonic() < deadline:
        if os.path.exists(f"{folder}/socket") and (talk := _ready(folder)):
            return talk
        time.sleep(0.05)
    log = (system.read(f"{folder}/log") or b"").decode("utf-8", "replace")
    raise system.StepError("the dump cannot be loaded", log[-1500:].strip())


def _ready(folder: str) -> "Talk | None":
    try:
        talk = Talk(f"{folder}/socket")
        try:
            talk.ask("PING")
            return talk
        except BaseException:
            talk.__exit__()
            raise
    except system.StepError:
        return None  # it is still loading


def _untrue(talk: Talk, question: str) -> Iterator[str]:
    """A complaint unless a command answers with a number other than 0, such as EXISTS."""
    try:
        answer = talk.ask(*shlex.split(question))
    except (system.StepError, ValueError) as error:
        yield f"{question} cannot be asked: {getattr(error, 'problem', error)}"
        return
    if not isinstance(answer, int) or answer == 0:
        yield f"{question} is {answer!r}"


def _as_redis() -> List[str]:
    """Words before a program that runs as Redis' own user, and ends with whoever started it."""
    return ["setpriv", "--reuid=redis", "--regid=redis", "--init-groups", "--pdeathsig=KILL"]


def _pour(file: IO[bytes], outlet: int) -> None:
    file.seek(0)
    with os.fdopen(os.dup(outlet), "wb") as target:
        shutil.copyfileobj(file, target, 1 << 20)
