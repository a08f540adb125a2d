"""A bug report that can be sent to strangers: the traceback, without hosts, people and secrets."""

import os
import platform
import re
import tempfile
import traceback
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from urllib.parse import urlencode

from seawall import __version__, known

SECRETS = (
    (r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|\Z)", "(key)"),
    (r"\b(ssh-|ecdsa-|sk-)[\w@.-]+ +[A-Za-z0-9+/=]{20,}( \S+)?", "(public key)"),
    (
        r"(?i)\b(?!\w*error\b)(\w*(?:passw|secret|token|key|credential)\w*)([\"']?\s*[=:]\s*)\S+",
        r"\1\2(secret)",
    ),
    (r"\w+://\S+", "(url)"),
    (r"[\w.+-]+@[\w.:-]+", "(login)"),
    (r"\b\d{1,3}(\.\d{1,3}){3}\b", "(address)"),
    (r"(?i)(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", "(address)"),
    (r"\b[A-Za-z0-9_+/-]{32,}={0,2}", "(secret)"),
    (r"(?i)\b(?:[a-z0-9-]+\.)+(?!py\b|yml\b|yaml\b|json\b|conf\b)[a-z]{2,}\b", "(host)"),
)
"""What must not leave, in the order it is looked for, and what stands in its place."""


def keep(error: BaseException, repository: Path) -> tuple[str, str]:
    """Write the report to a file; the problem and the hint to tell."""
    file = _write(f"{_origin()}\n\n{redacted_traceback(error, repository)}")
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "seawall" in f.filename]
    place = f" in {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return (
        f"this is a bug in Seawall: {type(error).__name__}{place}",
        f"please send {file} to {_where_to(error)}; host names and secrets are left out",
    )


def redacted_traceback(error: BaseException, repository: Path) -> str:
    """Where it happened, word for word; what was said there, without what is private."""
    names = _private_names(repository)
    parts = []
    for one in _chain(traceback.TracebackException.from_exception(error)):
        stack = "".join(one.stack.format()).replace(str(Path.home()), "~")
        parts.append(stack + redact("".join(one.format_exception_only()), names))
    return "\n".join(parts)


def redact(text: str, names: tuple[str, ...] = ()) -> str:
    """The text without keys, tokens, addresses, host names, and these names."""
    text = known.hide(text)
    for pattern, stand_in in SECRETS:
        text = re.sub(pattern, stand_in, text, flags=re.DOTALL)
    for name in names:
        text = re.sub(rf"\b{re.escape(name)}\b", "(name)", text)
    return text


def _chain(error: traceback.TracebackException | None) -> Iterator[traceback.TracebackException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _private_names(repository: Path) -> tuple[str, ...]:
    """Servers and people of seawall.yml, this machine and who sits at it."""
    try:
        text = (repository / "seawall.yml").read_text("utf-8", "replace")
    except OSError:
        text = ""
    keys = re.findall(r"^ +[\"']?([\w.-]+)[\"']?:", text, flags=re.MULTILINE)
    own = (platform.node(), os.environ.get("USER", ""))
    return tuple(sorted(name for name in {*keys, *own} if len(name) > 2))


def _origin() -> str:
    system = f"{platform.system()} {platform.release()}"
    return f"seawall {__version__}, Python {platform.python_version()}, {system}"


def _write(text: str) -> Path:
    from platformdirs import user_state_path

    try:
        folder = user_state_path("seawall", ensure_exists=True)
    except OSError:
        folder = Path(tempfile.gettempdir())
    handle, name = tempfile.mkstemp(prefix="bug-", suffix=".txt", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(name)


def _where_to(error: BaseException) -> str:
    try:
        urls = metadata("seawall").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    found = next((url.split(", ")[1] for url in urls if url.startswith("Issues")), "")
    title = urlencode({"title": type(error).__name__, "body": _origin()})
    return f"{found}/new?{title}" if found else "whoever you have Seawall from"
