"""Puts a changed proxy in the place of the running one, without losing a request.

This file runs on the server by itself, as root, with nothing but Python 3.9. A proxy that reloads
or restarts closes connections on which a request is on its way. So a second one with the new
configuration takes all new connections, the first tells its visitors that their connections end,
and is restarted only when none is left; then the second goes the same way. Interrupted anywhere,
one of them serves, and the next run finishes.
"""

import ctypes
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

CONFIG = "/etc/caddy/seawall.json"
PROXY, SECOND = "caddy", "caddy-second"
VALIDATE = ("/usr/local/bin/caddy", "validate", "--config", CONFIG)
PORTS = (80, 443)
LISTEN, ESTABLISHED = "0A", "01"
PIDFD_GETFD = 438
"""The number of the system call, on every architecture."""
ATTACH_CBPF = 51
"""SO_ATTACH_REUSEPORT_CBPF, which Python does not name."""
PATIENCE = 76.0
"""Seconds until a connection without a request is closed anyway."""


def main() -> None:
    """Validate, then let the second proxy stand in while the first restarts.

    Without a configuration there is nothing to do yet: an apply was interrupted before it.
    """
    if not pathlib.Path(CONFIG).exists():
        return
    if not active(PROXY):
        run("systemctl", "start", PROXY)
    else:
        run("env", f"RUNTIME_DIRECTORY=/run/{PROXY}", *VALIDATE)
        write_second()
        for_each_listener(PROXY, prefer)
        run("systemctl", "start", SECOND)
        say_close(SECOND)
        retire(PROXY)
        for_each_listener(SECOND, prefer)
        run("systemctl", "restart", PROXY)
    if active(SECOND):
        retire(SECOND)
        run("systemctl", "stop", SECOND)


def write_second() -> None:
    """Its configuration: the same without HTTP/3, whose packets two proxies cannot share."""
    config = json.loads(pathlib.Path(CONFIG).read_text())
    config["apps"]["http"]["servers"]["web"]["protocols"] = ["h1", "h2"]
    pathlib.Path(f"/run/{SECOND}.json").write_text(json.dumps(config))


def say_close(unit: str) -> None:
    """Let every answer of a proxy say that its connection ends."""
    pathlib.Path(f"/run/{unit}/leaving").touch()


def retire(unit: str) -> None:
    """Let a proxy take no new connection, and wait until the others have ended."""
    say_close(unit)
    for_each_listener(unit, lambda listener: listener.shutdown(socket.SHUT_RD))
    pid, until = main_process(unit), time.monotonic() + PATIENCE
    while sockets(pid, ESTABLISHED) and time.monotonic() < until:
        time.sleep(0.1)


def prefer(listener: socket.socket) -> None:
    """Let this socket have every new connection until it is shut, whoever listens beside it: a
    proxy that just starts listens before it has loaded its certificates.

    The kernel chooses by a program of one instruction, which returns 0: the first that listened.
    """
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    listener.setsockopt(
        socket.SOL_SOCKET, ATTACH_CBPF, struct.pack("HP", 1, ctypes.addressof(program))
    )


def for_each_listener(unit: str, act: Callable[[socket.socket], None]) -> None:
    """Take hold of the listening sockets of a proxy, from outside.

    Where that is not allowed, a request that begins in just this moment may be lost.
    """
    pid = main_process(unit)
    process = os.pidfd_open(pid)  # type: ignore[attr-defined, unused-ignore]
    for number in descriptors(pid, sockets(pid, LISTEN)):
        copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, process, number, 0)
        try:
            if copy < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            with socket.socket(fileno=copy) as listener:
                act(listener)
        except OSError as error:
            sys.stderr.write(f"a socket of {unit}: {error.strerror}\n")
    os.close(process)


def sockets(pid: int, state: str) -> set[str]:
    """The TCP sockets of a process on the proxy's ports that are in this state, by inode."""
    own = set(opened(pid).values())
    return {inode for inode in found(state) if f"socket:[{inode}]" in own}


def found(state: str) -> Iterator[str]:
    """The inodes of all sockets on the proxy's ports that are in this state."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == state and int(words[1].rpartition(":")[2], 16) in PORTS:
                yield words[9]


def descriptors(pid: int, inodes: set[str]) -> list[int]:
    """The numbers of these sockets in the process."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    return [number for number, what in opened(pid).items() if what in wanted]


def opened(pid: int) -> dict[int, str]:
    """What a process has open, by number."""
    seen = {}
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            seen[int(entry.name)] = str(entry.readlink())
        except OSError:
            continue
    return seen


def main_process(unit: str) -> int:
    """The process id of a unit."""
    return int(run("systemctl", "show", "--property", "MainPID", "--value", unit))


def active(unit: str) -> bool:
    """True when a unit runs."""
    argv = ["systemctl", "is-active", "--quiet", unit]
    return subprocess.run(argv, check=False).returncode == 0


def run(*argv: str) -> str:
    """Run a program that has to succeed; what it wrote."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: {said.strip()[-2000:]}")
    return said


if __name__ == "__main__":
    main()
