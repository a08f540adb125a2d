"""One container as a service: started, followed by its process, stopped when systemd says so.

It watches the process itself, not Docker: a restart or upgrade of Docker ends nothing, and the
end of the process is seen at once. When this program dies, the next one finds the container.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any

SOCKET = "/var/run/docker.sock"
DECLARED = "seawall.options"
"""The label with what a container was made with: another declaration needs another container."""
SETTLED = 5
"""Seconds in which Docker has surely noticed that a container ended."""
SHORT = 5
"""A container that lived less than so many seconds may be in a loop: then the next one waits."""
PAUSE = 1


def ask(method: str, path: str) -> tuple[int, Any]:
    """Ask Docker itself, which is faster than its command; its status and answer."""
    answer = b""
    with socket.socket(socket.AF_UNIX) as docker:
        docker.connect(SOCKET)
        docker.sendall(f"{method} {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        while more := docker.recv(65536):
            answer += more
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body) if body.strip() else {}


def inspect(name: str) -> dict[str, Any]:
    """What Docker knows of a container; nothing when there is none."""
    status, found = ask("GET", f"/containers/{name}/json")
    return dict(found) if status == 200 else {}


def forget(name: str) -> None:
    """Take a container away, with what it wrote."""
    ask("DELETE", f"/containers/{name}?force=1&v=1")


def started(name: str, options: list[str]) -> dict[str, Any]:
    """The running container: still there, there and started again, or new."""
    declared = json.dumps(options)
    there = noticed(name)
    same = there and there["Config"]["Labels"].get(DECLARED) == declared
    if there and there["State"]["Status"] == "exited":
        outcome(name)
    if same and (there["State"]["Running"] or ask("POST", f"/containers/{name}/start")[0] == 204):
        return inspect(name)
    if there:
        forget(name)
    command = ["docker", "run", "--detach", "--name", name, f"--label={DECLARED}={declared}"]
    made = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        say(made.stderr.strip())
        raise SystemExit(made.returncode)
    return inspect(name)


def noticed(name: str) -> dict[str, Any]:
    """What Docker knows of a container, once it has noticed whether that one ended."""
    deadline = time.monotonic() + SETTLED
    there = inspect(name)
    while there and is_stale(there["State"]) and time.monotonic() < deadline:
        time.sleep(0.01)
        there = inspect(name)
    return there


def is_stale(state: dict[str, Any]) -> bool:
    """True while Docker takes a process for running that has ended."""
    handle = handle_of(state["Pid"]) if state["Running"] else None
    if handle is None:
        return bool(state["Running"])
    gone = ended(handle, 0)
    os.close(handle)
    return gone


def say(text: str) -> None:
    """Write to the journal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Stop:
    """Notices that systemd wants the container to stop, also in the middle of a wait."""

    def __init__(self) -> None:
        self.reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def within(self, seconds: float) -> bool:
        """Wait so long; True as soon as it should stop."""
        return bool(select.select([self.reader], [], [], seconds)[0])


def handle_of(process: int) -> int | None:
    """A handle on a process that becomes readable when it ends; None when it is gone."""
    try:
        return os.pidfd_open(process) if process else None
    except ProcessLookupError:
        return None


def ended(handle: int, seconds: float | None, *others: int) -> bool:
    """Wait for a process to end, so long at most, or until one of the others has something."""
    ready, _, _ = select.select([handle, *others], [], [], seconds)
    return handle in ready


def follow(container: dict[str, Any], stop: Stop, seconds: float) -> bool:
    """Wait until the container ends or has to; True when it was stopped."""
    handle = handle_of(container["State"]["Pid"])
    if handle is None or ended(handle, None, stop.reader):
        return False
    wanted = container["Config"].get("StopSignal") or "SIGTERM"
    signal.pidfd_send_signal(handle, getattr(signal, wanted, signal.SIGTERM))
    if not ended(handle, seconds):
        say(f"still there {seconds:g} s after {wanted}: killed")
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    return True


def outcome(name: str) -> int:
    """How a container ended by itself, said and as an exit code."""
    state = noticed(name).get("State", {})
    code = int(state.get("ExitCode", 1))
    memory = ": it used more memory than it may" if state.get("OOMKilled") else ""
    say(f"ended by itself, exit code {code}{memory}")
    return code


def main(words: list[str]) -> int:
    """Called by a unit: NAME, SECONDS to stop in, then what `docker run` is told."""
    name, seconds, options = words[0], float(words[1]), words[2:]
    stop, began = Stop(), time.monotonic()
    stopped = follow(started(name, options), stop, seconds)
    if not stopped and time.monotonic() - began >= SHORT:
        return 1  # at once: Docker notices while the next one starts, which says how this ended
    code = 0 if stopped else outcome(name)
    stopped = stopped or stop.within(PAUSE)
    if stopped:
        forget(name)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except OSError as error:
        sys.exit(f"Docker does not answer: {error}")
