"""Begins to talk to the servers before anything else is read or imported.

A login takes as long as reading seawall.yml and importing what that needs, so both happen at the
same time. What is begun is exactly the conversation that got in last time, with the same ssh
command; whoever would start it takes it over. When seawall.yml, ssh's settings or Seawall itself
changed since, nothing is begun. Nothing secret is kept, and nobody is ever asked anything.

Only what Python has loaded anyway is imported here: json alone costs as much as a round trip.
"""

import io
import os
import signal

VERBS = ("apply", "check", "plan", "up")
RELEASING = ("deploy", "releases", "restart", "rollback")
"""Verbs whose words are apps."""
ANSWERED = "-C --directory --ssh-config --color --format --fail-on --only --skip --server".split()
ALONE = ("--yes", "-y", "--diff", "--exit-code", "--json", "--dry-run", "--build")
MOST = 32
"""Conversations begun at the same time."""
KNOWN_KEYS = ("-o", "StrictHostKeyChecking=yes")
"""Nothing is learned early: a key that is not known yet is the usual way's affair."""
RECORD, GROUP, UNIT = "\x1e", "\x1d", "\x1f"

Door = tuple[str, ...]


class Process:
    """A running command: its stdin and stdout are pipes, what it says on stderr is kept."""

    def __init__(self, argv: list[str]) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        self._errors = _nameless_file()
        ends = ((to_read, 0), (to_write, 1), (self._errors, 2))
        actions = [(os.POSIX_SPAWN_DUP2, own, its) for own, its in ends]
        try:
            self._id = os.posix_spawnp(
                argv[0], argv, os.environ, file_actions=actions, setsigdef=[signal.SIGPIPE]
            )
        finally:
            os.close(to_read)
            os.close(to_write)
        self.stdin: io.BufferedWriter = os.fdopen(self._write, "wb")
        self.stdout: io.BufferedReader = os.fdopen(self._read, "rb")
        self.code: int | None = None

    def said(self) -> str:
        """What it wrote to stderr so far."""
        size = os.fstat(self._errors).st_size
        return os.pread(self._errors, size, 0).decode("utf-8", "replace")

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self._id, 0)[1])
        return self.code

    def stop(self) -> None:
        """End it, if it has not ended, and let go of everything."""
        try:
            self.stdin.close()
        except BrokenPipeError:
            pass  # it is gone already
        if self.code is None:
            os.kill(self._id, signal.SIGTERM)
            self.wait()
        self.stdout.close()
        os.close(self._errors)


def _nameless_file() -> int:
    folder = state_folder()
    path = f"{folder}/said.{os.getpid()}.{os.urandom(8).hex()}"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.unlink(path)
    return handle


def state_folder() -> str:
    """Where Seawall remembers what got in last; only its owner can enter it."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = f"{state}/seawall"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


_begun: dict[Door, Process] = {}
_got_in: dict[str, dict[str, Door]] = {}


def begin(arguments: list[str]) -> None:
    """Begin what this command line will need, if it was needed before."""
    try:
        for argv in _wanted(arguments)[:MOST]:
            _begun[argv] = Process([argv[0], *KNOWN_KEYS, *argv[1:]])
    except (OSError, ValueError, IndexError):
        return  # whoever needs it starts it, and says what is wrong


def take(argv: list[str]) -> Process | None:
    """The conversation that was begun with this command; it is the caller's now."""
    return _begun.pop(tuple(argv), None)


def got_in(path: str, server: str, argv: list[str]) -> None:
    """Note the command that got into a server of this seawall.yml, or into SERVER/APP."""
    _got_in.setdefault(path, {})[server] = tuple(argv)


def end() -> None:
    """Stop what nobody took, remember what got in."""
    while _begun:
        _begun.popitem()[1].stop()
    try:
        for path, doors in _got_in.items():
            _remember(path, doors)
    except OSError:
        return  # the next command begins later, that is all


def _wanted(arguments: list[str]) -> list[Door]:
    words, given = _taken_apart(arguments)
    if not words or words[0] not in (*VERBS, *RELEASING):
        return []
    folder = given.get("-C") or given.get("--directory") or "."
    config = given.get("--ssh-config") or os.environ.get("SEAWALL_SSH_CONFIG", "")
    doors = _remembered(_nearest(os.path.abspath(folder)), config and os.path.abspath(config))
    named = words[1:]
    if words[0] in RELEASING:
        return _of_apps(doors, named, given.get("--server", ""))
    return [doors[name] for name in named or doors if name in doors and "/" not in name]


def _of_apps(doors: dict[str, Door], apps: list[str], only: str) -> list[Door]:
    """The commands that got into the servers of these apps, each once; of all without a name."""
    found: dict[Door, None] = {}
    for name, door in doors.items():
        server, _, app = name.partition("/")
        if app and (not apps or app in apps) and only in ("", server):
            found[door] = None
    return [*found]


def _taken_apart(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """The words that are no options, and the options with a value; nothing of what is unknown."""
    words, given, rest = [], {}, list(arguments)
    while rest:
        word = rest.pop(0)
        name, with_value, value = word.partition("=")
        if name in ANSWERED:
            given[name] = value if with_value else rest.pop(0)
        elif not word.startswith("-"):
            words.append(word)
        elif word not in ALONE:
            return [], {}
    return words, given


def _nearest(folder: str) -> str:
    """The seawall.yml that `config.find` will find, as far as it stands in one repository."""
    while True:
        if os.path.isfile(f"{folder}/seawall.yml"):
            return f"{folder}/seawall.yml"
        if os.path.exists(f"{folder}/.git") or folder == os.path.dirname(folder):
            return ""
        folder = os.path.dirname(folder)


def _remembered(path: str, ssh_config: str) -> dict[str, Door]:
    """The commands that got into the servers of a file, when nothing they depend on changed."""
    if not path:
        return {}
    seen = _seen(path, ssh_config)
    found = (doors for known, then, *doors in _records() if (known, then) == (path, seen))
    pairs = (door.split(UNIT) for door in next(found, []))
    return {name: tuple(argv) for name, *argv in pairs}


def _records() -> list[list[str]]:
    """Of each seawall.yml: its path, what was seen then, and a door for each server."""
    try:
        with open(f"{state_folder()}/doors", encoding="utf-8", errors="surrogateescape") as file:
            records = [record.split(GROUP) for record in file.read().split(RECORD)]
    except OSError:
        return []
    return [record for record in records if len(record) > 2]


def _seen(path: str, ssh_config: str) -> str:
    """What changes when the file does, or how ssh is asked, or the code that asks."""
    here = os.path.dirname(__file__)
    code = [f"{here}/server/{name}" for name in sorted(os.listdir(f"{here}/server"))]
    settings = ssh_config or os.path.expanduser("~/.ssh/config")
    times = [_changed(each) for each in (path, settings, *code) if not each.endswith("__")]
    return " ".join([ssh_config, os.environ.get("TMPDIR", ""), *times])


def _changed(path: str) -> str:
    try:
        seen = os.stat(path)
    except OSError:
        return "-"
    return f"{seen.st_mtime_ns}.{seen.st_size}"


def _remember(path: str, doors: dict[str, Door]) -> None:
    ssh_config = os.environ.get("SEAWALL_SSH_CONFIG", "")
    seen = _seen(path, ssh_config and os.path.abspath(ssh_config))
    records = _records()
    before = {each[0]: each for each in records}.get(path, [path, seen])
    known = {door.split(UNIT)[0]: door for door in before[2:]} if before[1] == seen else {}
    known |= {name: UNIT.join((name, *argv)) for name, argv in doors.items()}
    after = [path, seen, *known.values()]
    if after != before:
        _write([after, *[each for each in records if each[0] != path][:MOST]])


def _write(records: list[list[str]]) -> None:
    fresh = f"{state_folder()}/doors.{os.getpid()}"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(RECORD.join(GROUP.join(each) for each in records))
    os.replace(fresh, f"{state_folder()}/doors")
