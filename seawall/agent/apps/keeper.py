"""Keeps one instance where systemd does not: starts it as its own user, and again after a crash.

The environment is read by root and given to the app alone: it stands in no argument and in no file
that others may read. The app cannot gain rights, and ends when its keeper is killed, so that two
never run at once. Under a supervisor that starts again by itself (`once`) it ends with the app.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pwd
import re
import signal
import subprocess
import sys
import threading
import time
from typing import IO, Any, Dict, Sequence

from seawall.agent import system
from seawall.agent.apps import kept_state, lines
from seawall.agent.apps.kept_state import bare
from seawall.agent.apps.records import App
from seawall.agent.apps.units import is_one_program

PAUSE = 0.1
"""Seconds before it is started again; the starter itself waits longer after many crashes."""
ONCE = ("supervisor", "pm2")
"""The kinds that start it again by themselves."""
NO_NEW_PRIVS, PDEATHSIG = 38, 1
"""Numbers of prctl(2)."""


def keep(unit: str, kind: str, seconds: float) -> int:
    """Keep an instance until told to stop; its exit code where it is kept once."""
    lock = os.open(kept_state.place(unit, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if kind in ONCE else fcntl.LOCK_NB))
    except BlockingIOError:
        return 0  # it is kept already
    return Keeper(unit, kind, seconds).run()


def environment(app: App, number: int) -> Dict[str, str]:
    """What a release is given, from the file that only root reads."""
    content = (system.read(app.environment(number)) or b"").decode()
    account = pwd.getpwnam(app.user)
    found = {
        "PATH": system.ENVIRONMENT["PATH"],
        "LANG": "C.UTF-8",
        "HOME": account.pw_dir,
        "USER": app.user,
        "LOGNAME": app.user,
    }
    for key, value in re.findall(r'^(\w+)="(.*)"$', content, re.MULTILINE):
        found[key] = re.sub(r'\\(["\\$`])', r"\1", value)
    return found


def become(
    app: App, argv: Sequence[str], given: Dict[str, str], **how: Any
) -> "subprocess.Popen[bytes]":
    """Start a program as the app: its user, no rights to gain, and dead when we are killed."""
    libc = ctypes.CDLL(None)

    def confined() -> None:
        if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0):
            os._exit(126)

    account = pwd.getpwnam(app.user)
    return subprocess.Popen(
        argv,
        env=given,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        umask=0o027,
        preexec_fn=confined,
        **how,
    )


class Keeper:
    """One instance, from its first start until it is told to stop."""

    def __init__(self, unit: str, kind: str, seconds: float) -> None:
        name, number, slot = bare(unit)[len("app-") :].rsplit("-", 2)
        self.unit, self.kind, self.seconds = unit, kind, seconds
        self.app, self.number, self.slot = App(name), int(number), int(slot)
        self.stopping = False
        self.state = {**kept_state.read(unit), "kind": kind, "keeper": os.getpid(), "child": 0}
        lines.make_folder(name)
        self.log = lines.Lines(unit)

    def run(self) -> int:
        """Start it, and again whenever it ends."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, lambda *_: self._end_all(signal.SIGKILL))
        while not self.stopping:
            code = self._start()
            if self.stopping:
                break
            self._note_end(code)
            if self.kind in ONCE:
                return code if code > 0 else 1
            time.sleep(PAUSE)
        kept_state.write(self.unit, {**self.state, "child": 0})
        return 0

    def _start(self) -> int:
        """Start it and wait until it ends."""
        account = pwd.getpwnam(self.app.user)
        runtime = f"/run/{bare(self.unit)}"
        os.makedirs(runtime, mode=0o700, exist_ok=True)
        os.chown(runtime, account.pw_uid, account.pw_gid)
        child = become(
            self.app,
            ["/bin/sh", self.app.starter(self.number)],
            self._environment(runtime),
            cwd=self._code(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._note(child=child.pid)
        assert child.stdout
        reader = threading.Thread(target=self._write_down, args=(child.stdout,), daemon=True)
        reader.start()
        if self.stopping:
            self._pass_on()
        code = child.wait()
        self._note(child=0)
        self._end_all(signal.SIGKILL)  # whatever it left behind
        reader.join(2)
        return code

    def _code(self) -> str:
        release = self.app.release(self.number)
        return self.app.code(release.source if release else self.number)

    def _environment(self, runtime: str) -> Dict[str, str]:
        release = self.app.release(self.number)
        ports = release.ports if release else ()
        port = ports[self.slot - 1] if len(ports) >= self.slot else 0
        return {
            **environment(self.app, self.number),
            **({"PORT": str(port)} if port else {}),
            "INSTANCE": str(self.slot),
            "RUNTIME_DIRECTORY": runtime,
            kept_state.MARK: bare(self.unit),
        }

    def _write_down(self, pipe: IO[bytes]) -> None:
        """Into its file; where somebody else is its supervisor, for them as well."""
        for line in iter(lambda: pipe.readline(lines.LONGEST), b""):
            self.log.write(line)
            if self.kind in ONCE:
                try:
                    sys.stdout.buffer.write(line)
                    sys.stdout.buffer.flush()
                except OSError:
                    pass

    def _note(self, **changes: Any) -> None:
        self.state.update(changes)
        kept_state.write(self.unit, self.state)

    def _note_end(self, code: int) -> None:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        count = int(self.state.get("count", 0)) + 1
        self._note(count=count, ended=time.monotonic(), how=how)
        self.log.write(f"ended by itself, {how}; started again, {count} times so far".encode())

    def _stop(self, *_: object) -> None:
        if not self.stopping:
            self.stopping = True
            signal.alarm(max(1, int(self.seconds)))
            self._pass_on()

    def _pass_on(self) -> None:
        """One program hears it alone and tells its own; a line of shell does not."""
        known = json.loads(system.read(self.app.declared(self.number)) or b"{}")
        if not is_one_program(known.get("command", "")):
            return self._end_all(signal.SIGTERM)
        if child := int(self.state.get("child") or 0):
            try:
                os.kill(child, signal.SIGTERM)
            except ProcessLookupError:
                pass
        return None

    def _end_all(self, number: int) -> None:
        for pid in kept_state.programs(self.unit):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


def told(unit: str) -> int:
    """Say whether an instance runs; the exit code that the LSB gives it."""
    state = kept_state.read(unit)
    runs = kept_state.lives(unit)
    ended = f", ended by itself {state['count']} times" if state.get("count") else ""
    sys.stdout.write(f"{bare(unit)} {'runs' if runs else 'does not run'}{ended}\n")
    return 0 if runs else 3
