"""One container as a service: started, followed by its process, stopped when systemd says so.

It watches the process itself, not Docker: a restart or upgrade of Docker ends nothing, and the
end of the process is seen at once. When this program dies, the next one finds the container.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

SETTLED = 5
"""Seconds in which Docker has surely noticed that a container ended."""


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    """Call Docker's own command."""
    command = ["docker", *words]
    quiet = subprocess.DEVNULL
    return subprocess.run(command, stdin=quiet, capture_output=True, text=True, check=False)


def inspect(name: str) -> dict[str, Any]:
    """What Docker knows of a container; nothing when there is none."""
    found = docker("container", "inspect", name)
    return dict(json.loads(found.stdout)[0]) if found.returncode == 0 else {}


def started(name: str, options: list[str]) -> dict[str, Any]:
    """The running container: an earlier one that nobody followed any more, or a new one."""
    there = inspect(name)
    if there.get("State", {}).get("Running"):
        return there
    docker("rm", "--force", "--volumes", name)
    made = docker("run", "--detach", "--name", name, *options)
    if made.returncode != 0:
        say(made.stderr.strip())
        raise SystemExit(made.returncode)
    return inspect(name)


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
    number = getattr(signal, wanted if wanted.startswith("SIG") else f"SIG{wanted}", None)
    signal.pidfd_send_signal(handle, number or signal.SIGTERM)
    if not ended(handle, seconds):
        say(f"still there {seconds:g} s after {wanted}: killed")
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    return True


def outcome(name: str) -> int:
    """How a container ended by itself, said and as an exit code."""
    deadline = time.monotonic() + SETTLED
    state = inspect(name).get("State", {})
    while state.get("Running") and time.monotonic() < deadline:
        time.sleep(0.02)
        state = inspect(name).get("State", {})
    if state.get("OOMKilled"):
        say("ended by the kernel: it used more memory than it may")
    return int(state.get("ExitCode", 1))


def main(words: list[str]) -> int:
    """Called by a unit: NAME, SECONDS to stop in, then what `docker run` is told."""
    name, seconds, options = words[0], float(words[1]), words[2:]
    stop = Stop()
    container = started(name, options)
    stopped = follow(container, stop, seconds)
    code = 0 if stopped else outcome(name)
    docker("rm", "--force", "--volumes", name)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
