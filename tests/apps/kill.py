"""Runs on a server: kills an app the hard way, prints the milliseconds until it serves again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

unit, port = sys.argv[1:]
container = ["docker", "inspect", "--format", "{{.State.Pid}}", unit.removesuffix(".service")]
program = ["systemctl", "show", "--value", "--property", "MainPID", unit]
asked = [*([container] if shutil.which("docker") else []), program]
kept = Path(f"/run/apps/{unit.removesuffix('.service')}.json")
answered = (subprocess.run(words, capture_output=True, text=True, check=False) for words in asked)
if kept.exists():
    pid = int(json.loads(kept.read_text())["child"])
else:
    pid = int(next(each.stdout for each in answered if each.returncode == 0))


def answers() -> bool:
    try:
        with socket.create_connection(("127.0.0.1", int(port)), 1) as asked:
            asked.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b" 200 " in asked.recv(100)
    except OSError:
        return False


began = time.monotonic()
os.kill(pid, signal.SIGKILL)
time.sleep(0.02)
while not answers():
    time.sleep(0.005)
print(round((time.monotonic() - began) * 1000))
