"""Docker's runtime for apps: gives a container its environment past Docker, then becomes runc.

What `docker run --env` is told can be read in `docker inspect` and lies on Docker's disk. So
Docker is told only the name of a file that root alone may read; here, where the container is
made, its variables take the place of that name.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

MARK = "APP_ENVIRONMENT_FILE"
ALLOWED = re.compile(r"/srv/apps/[a-z][a-z0-9-]*/env/\d+\.env")
VARIABLE = re.compile(r'^([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"$', re.MULTILINE | re.DOTALL)
"""One variable, as systemd.exec(5) reads it from an EnvironmentFile=, in double quotes."""


def main(words: list[str]) -> None:
    """Complete what runc is about to read; any other call of it is passed on as it is."""
    path = document(words)
    if path:
        with Path(path).open() as file:
            asked = json.load(file)
        process = asked.get("process", asked)
        process["env"] = completed(process.get("env") or [])
        Path(path).chmod(0o600)
        with Path(path).open("w") as file:
            json.dump(asked, file)
    os.execvp("runc", ["runc", *words])  # noqa: S606  # the same process, as containerd expects


def document(words: list[str]) -> str | None:
    """The file in which runc finds what to start, for `create` and `exec`."""
    if "create" in words:
        return f"{_after('--bundle', words)}/config.json"
    return _after("--process", words) if "exec" in words else None


def _after(option: str, words: list[str]) -> str:
    return words[words.index(option) + 1]


def completed(environment: list[str]) -> list[str]:
    """The environment with a file's variables in the place of its name."""
    known = dict(line.split("=", 1) for line in environment if "=" in line)
    path = known.pop(MARK, "")
    if path:
        if not ALLOWED.fullmatch(path):
            raise SystemExit(f"{path} is no environment of an app")
        known.update(variables(path))
    return [f"{name}={value}" for name, value in known.items()]


def variables(path: str) -> dict[str, str]:
    """The variables of a file."""
    return parsed(Path(path).read_bytes().decode())


def parsed(text: str) -> dict[str, str]:
    """The variables that a text of quoted lines holds."""
    return {
        key: re.sub(r"\\(.)", r"\1", value, flags=re.S) for key, value in VARIABLE.findall(text)
    }


if __name__ == "__main__":
    main(sys.argv[1:])
