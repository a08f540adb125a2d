"""Eight well-known packages as their authors publish them: nothing in them must be fixed.

Fetched from the registries with their own clients.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seawall.repository.leaks.looked import look

NPM = (
    "express@4.21.2",
    "axios@1.7.9",
    "fastify@5.2.0",
    "passport@0.7.0",
    "mongoose@8.9.0",
    "koa@2.15.3",
)
PYPI = ("requests==2.32.3", "flask==3.1.0")

pytestmark = pytest.mark.journey


def test_nothing_must_be_fixed_in_clean_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ThreadPoolExecutor(4) as pool:
        packed = [*pool.map(lambda name: fetched(tmp_path, name), (*NPM, *PYPI))]
    assert len(packed) >= 8
    for pack in packed:
        top = pack.with_suffix(".d")
        top.mkdir()
        subprocess.run(["tar", "-xzf", str(pack), "-C", str(top)], check=True)
        looked = look(top)
        assert looked.broken == "" and sum(1 for _ in top.rglob("*")) > 5
        assert [leak.place for leak in looked.leaks if leak.grade == "must"] == [], pack.name


def fetched(folder: Path, name: str) -> Path:
    into = folder / name
    into.mkdir()
    if "==" in name:
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(into))
        subprocess.run([*pip, "--no-binary", name.partition("==")[0], name], check=True)
    else:
        subprocess.run(["npm", "pack", "--silent", name], cwd=into, check=True)
    (pack,) = into.iterdir()
    return pack
