"""`seawall secrets edit`: a file in memory that only you can open, gone when the editor is."""

import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from seawall.errors import ConfigError, SeawallError
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.secrets import Store

PREFIX = "seawall-edit-"
MEMORY = Path("/dev/shm")  # noqa: S108
VIM = ("-n", "-i", "NONE", "--cmd", "set noundofile nobackup nowritebackup")
"""No swap file, no viminfo, no undo file: vim would keep what it saw."""
WAITS = {"code", "codium", "cursor", "subl", "zed", "mate"}
"""Editors that return at once unless they are told to wait."""


def edit(output: Output, kept: "Store", name: str | None) -> None:
    """Let the editor change one value, or all, and keep what is different."""
    from seawall.secrets import dotenv

    before = {each: kept.get(each) for each in ((name,) if name else kept.names())}
    title = name or f"{kept.environment}.env"
    with private_folder(output) as folder:
        file = folder / title
        _create(file, before[name] if name else dotenv.text(before))
        while True:
            _open(file)
            try:
                written = file.read_text("utf-8")
                after = {name: _as_before(written, before[name])} if name else None
                changed = _kept(kept, before, after or dotenv.parse(written, title))
                break
            except ConfigError as error:
                if not may_ask():
                    raise
                output.err.show([error.problem, f"hint: {error.hint}"])
                click.confirm("Edit again?", default=True, abort=True, err=True)
    output.err.show([changed or "Nothing was changed."])


def _as_before(written: str, before: str) -> str:
    """Without the last line's end that editors add."""
    return written if before.endswith("\n") else written.removesuffix("\n")


def _kept(kept: "Store", before: dict[str, str], after: dict[str, str]) -> str:
    """Keep what differs from what was shown; what others set meanwhile stays."""
    fresh = {name: value for name, value in after.items() if before.get(name) != value}
    changed = kept.update(fresh) if fresh else []
    gone = sorted(before.keys() - after.keys())
    for name in gone:
        kept.remove(name)
    told = [f"{name}: kept" for name in changed] + [f"{name}: taken out" for name in gone]
    return f"{', '.join(told)}. Commit {kept.name}." if told else ""


@contextmanager
def private_folder(output: Output) -> Iterator[Path]:
    """A folder for one's own eyes, in memory where there is such a place; wiped in the end."""
    above = _in_memory()
    if above is None:
        above = Path(tempfile.gettempdir())
        told = "No memory file system here: it lies in a folder on the disk meanwhile, which only"
        output.err.show([f"{told} you can open, and is overwritten after."])
    _sweep(above)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=above))
    before = {each: signal.signal(each, _ended) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield folder
    finally:
        wipe(folder)
        for each, was in before.items():
            signal.signal(each, was)


def _ended(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def _in_memory() -> Path | None:
    """A memory file system that is ours to write to."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for place in (MEMORY, Path(runtime) if runtime else None):
        if sys.platform == "linux" and place and place.is_dir() and os.access(place, os.W_OK):
            return place
    return None


def _sweep(above: Path) -> None:
    """Wipe what was left by an edit that was killed with -9."""
    for folder in above.glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            found = folder.lstat()
            dead = not Path(f"/proc/{int(folder.name.split('-')[2])}").exists()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and dead:
                wipe(folder)


def wipe(folder: Path) -> None:
    """Overwrite and remove everything in a folder, what the editor left beside it included."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            with suppress(OSError), file.open("r+b") as opened:
                opened.write(b"\0" * file.stat().st_size)
                opened.flush()
                os.fsync(opened.fileno())
    shutil.rmtree(folder, ignore_errors=True)


def _create(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)


def _open(file: Path) -> None:
    """Wait for the editor; Ctrl-C is the editor's, as git does it."""
    words = _editor(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    try:
        editor = subprocess.Popen([*words, str(file)], env=_environment(), umask=0o077)
    except OSError:
        raise SeawallError(f"{words[0]}: cannot be started", "export EDITOR=nano") from None
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = editor.wait()
    except BaseException:
        editor.terminate()
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        raise SeawallError(f"{words[0]} ended with {code}, so nothing was changed")


def _editor(written: str) -> list[str]:
    words = shlex.split(written)
    program = Path(os.path.realpath(shutil.which(words[0]) or words[0])).name
    if "vim" in program:
        return [words[0], *VIM, *words[1:]]
    waits = {"-w", "--wait"} & set(words)
    return [*words, "--wait"] if program in WAITS and not waits else words


def _environment() -> dict[str, str]:
    """Ours, but for the key: the editor has no use for it."""
    return {key: value for key, value in os.environ.items() if key != "SEAWALL_SECRETS_KEY"}
