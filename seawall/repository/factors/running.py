"""How the app runs for its visitors: nothing of development, nothing of one certain machine.

An app that takes its settings from the environment and writes to stdout runs anywhere: on the next
server, on a rebuilt one, twice side by side. What is fixed in its code has to be changed there
first, in the night in which the server died.
"""

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, check
from seawall.repository.factors.docker import Dockerfile
from seawall.repository.factors.names import assigned, django_settings, sources, starts
from seawall.repository.spots import Spot, code, finding, spot, spots
from seawall.repository.tree import Tree

_FLASK = re.compile(r"\.run\([^()]*\bdebug\s*=\s*True")
_ON = re.compile(r"(?i)1|true|on|yes")
_SWITCHES = {"FLASK_DEBUG", "DEBUG", "DJANGO_DEBUG", "APP_DEBUG", "WERKZEUG_DEBUG_PIN"}
_MODES = {"FLASK_ENV", "NODE_ENV", "RAILS_ENV", "RACK_ENV", "APP_ENV", "ASPNETCORE_ENVIRONMENT"}
_SHOWN = {
    "config/app.php": re.compile(r"(?m)^\s*'debug'\s*=>\s*true\b"),
    "config/environments/production.rb": re.compile(
        r"(?m)^\s*config\.consider_all_requests_local\s*=\s*true"
    ),
}
_DEVELOPMENT = re.compile(
    r"manage\.py\b.*\brunserver\b|\bflask( --app[ =]\S+)?( --debug)? run\b"
    r"|\b(npm|pnpm|bun)( run)? dev\b"
    r"|\byarn( run)? dev\b|\bnodemon\b|artisan serve\b|\bphp -S\b|\bnext dev\b|\bng serve\b"
    r"|\bwebpack(-dev-server| serve)\b|\buvicorn\b.*--reload\b|\bfastapi dev\b|\bvite( dev)?$"
)
_INSTALLS = re.compile(
    r"\b(pip3?|uv pip) install\b|\bnpm (ci|install|i)\b|\byarn install\b|\bpnpm (install|i)\b"
    r"|\bbundle install\b|\bcomposer (install|update)\b|\bapt(-get)? install\b|\bapk add\b"
    r"|\bpoetry install\b|\bgo (run|build)\b|\bcargo (run|build)\b|\b(npm|yarn|pnpm)( run)? build\b"
)
_FILES = re.compile(
    r"\b(Rotating|TimedRotating|Watched)?FileHandler\(\s*[\"'fbr(\w]|logging\.(handlers\.)?\w*FileHandler[\"']"
    r"|basicConfig\([^)]*\bfilename\s*=|\btransports\.(File|DailyRotateFile)\(|logger\.add\(\s*f?[\"'][\w/.{}-]+\.log"
)
_ALSO = re.compile(r"StreamHandler|transports\.Console|console\b.*appender|sys\.stdout|sys\.stderr")
_PORTS = (".listen(", "ListenAndServe", ".Run(")
_PORT = re.compile(
    r"\b(?:app|server|fastify|router|http)\.listen\(\s*(\d{2,5})\s*[,)]"
    r"|ListenAndServe\(\s*\"[^\":]*:(\d{2,5})\"|\b(?:r|router|e|app)\.(?:Run|Start|Listen)\(\s*\"[^\":]*:(\d{2,5})\""
)
_FROM_ENV = re.compile(r"\bPORT\b.*(env|ENV)|(env|ENV)\b.*PORT|Getenv")


class Running(Feature):
    section: ClassVar[str] = "running"
    room: ClassVar[Room] = "stability"

    @check("Nothing is debugged in front of visitors")
    def no_debug(self, look: Look) -> Iterator[Finding]:
        """A debug page shows your settings, your code and sometimes a prompt that runs commands to
        everybody who makes the app fail. It also remembers every query, until memory is full."""
        tree: Tree = look.fact("tree")
        files = look.fact("dockerfiles")
        fix = "read it from the environment, and let it be off when nothing is said"
        problem = "errors show the inside of the app to visitors"
        where = [*_django_debug(tree), *_flask_debug(tree, files), *_shown(tree)]
        yield from finding(problem, [*where, *_switched_on(files)], fix)

    @check("Only the app's own names are answered", severity="should")
    def no_wildcard_host(self, look: Look) -> Iterator[Finding]:
        """With ALLOWED_HOSTS = ["*"] a stranger chooses the name that the app believes to have. The
        next mail with a link to reset a password then leads to the stranger's site."""
        tree: Tree = look.fact("tree")
        where = []
        for name in django_settings(tree):
            text = code(tree, name)
            told = assigned(text, "ALLOWED_HOSTS")
            if told and re.match(r"[\[(]\s*[\"']\*[\"']\s*,?\s*[\])]", told[1]):
                where.append(spot(name, text, told.start()))
        fix = "list your domains, or read them: os.environ['ALLOWED_HOSTS'].split(',')"
        yield from finding("every host name is believed", where, fix)

    @check("No development server serves visitors", severity="should")
    def no_development_server(self, look: Look) -> Iterator[Finding]:
        """It answers one request at a time, restarts when a file changes, and its authors write
        that it was never looked at for security."""
        every = starts(look.fact("tree"), look.fact("dockerfiles"))
        where = [each for each in every if _DEVELOPMENT.search(each.text.rstrip("\"'] "))]
        fix = "start a real one: gunicorn, uvicorn without --reload, node, puma, php-fpm"
        yield from finding("a development server is started", where, fix)

    @check("Everything is installed before it starts", severity="should")
    def installed_before(self, look: Look) -> Iterator[Finding]:
        """What is installed at start makes each restart wait for somebody else's server, and fail
        with it: after a crash, at night, when the package index is down."""
        tree: Tree = look.fact("tree")
        every = starts(tree, look.fact("dockerfiles"))
        where = [each for each in every if _INSTALLS.search(each.text) and not _asked(each.text)]
        fix = "move it into a RUN line, or into install: of seawall.yml"
        yield from finding("installs or builds when it starts", where, fix)

    @check("The log goes to stdout", severity="should")
    def logs_to_stdout(self, look: Look) -> Iterator[Finding]:
        """A log file fills the disk, is lost with the container, and is where nobody looks. What is
        written to stdout is dated, kept, rotated and searched by what runs the app."""
        tree: Tree = look.fact("tree")
        if not look.fact("deployed"):
            return
        names = [name for name in sources(tree, ".py", ".js", ".ts") if not _is_tool(name)]
        words = ("FileHandler", "transports.", "basicConfig", "logger.add")
        found = spots(tree, names, _FILES, words=words)
        where = [place for place, _ in found if not _ALSO.search(tree.text(place.name))]
        yield from finding("the log goes to a file alone", where, "let it write to stdout")

    @check("The port comes from the environment", severity="should")
    def port_from_environment(self, look: Look) -> Iterator[Finding]:
        """A new release starts beside the old one, on another port, so that no request is lost. An
        app with its port in the code cannot."""
        tree: Tree = look.fact("tree")
        files: tuple[Dockerfile, ...] = look.fact("dockerfiles")
        if files or not look.fact("deployed"):
            return
        found = spots(tree, sources(tree, ".js", ".ts", ".mjs", ".go"), _PORT, words=_PORTS)
        where = [place for place, _ in found if not _FROM_ENV.search(tree.text(place.name))]
        fix = 'listen on the variable PORT: process.env.PORT, os.Getenv("PORT")'
        yield from finding("the port is fixed in the code", where, fix)


def _django_debug(tree: Tree) -> Iterator[Spot]:
    names = list(django_settings(tree))
    off = re.compile(r"(?m)^DEBUG\s*(:.*)?=\s*False")
    for name in names:
        text = code(tree, name)
        told = assigned(text, "DEBUG")
        folder = name.rpartition("/")[0]
        beside = [other for other in names if other != name and other.startswith(folder)]
        on = told and told[1].split("#")[0].strip() == "True"
        if told and on and not any(off.search(code(tree, other)) for other in beside):
            yield spot(name, text, told.start())


def _flask_debug(tree: Tree, files: Iterable[Dockerfile]) -> Iterator[Spot]:
    """In front of visitors where the file is what is started, or where nothing says what is."""
    started = " ".join(each.text for each in starts(tree, tuple(files)))
    for place, match in spots(tree, sources(tree, ".py"), _FLASK, words=("debug",)):
        guarded = "__main__" in code(tree, place.name)[: match.start()]
        last = re.escape(place.name.rpartition("/")[2])
        alone = not started and not guarded and "127.0.0.1" not in match[0]
        if alone or re.search(rf"python[\d.]* (-u )?(\S*/)?{last}", started):
            yield place


def _shown(tree: Tree) -> Iterator[Spot]:
    for name, pattern in _SHOWN.items():
        yield from (place for place, _ in spots(tree, [name], pattern))


def _switched_on(files: Iterable[Dockerfile]) -> Iterator[Spot]:
    for file in files:
        told = {name: (each, value) for each in file.all("ENV") for name, value in each.pairs}
        for name, (each, value) in told.items():
            mode = name in _MODES and value.lower() in ("development", "dev", "local")
            if mode or (name in _SWITCHES and _ON.fullmatch(value)):
                yield file.spot(each.line, f"ENV {name}={value}")


def _asked(line: str) -> bool:
    """True when somebody asks for it each time, such as for extensions of their own."""
    return bool(re.search(r"install.*\$|\|\|\s*\w|^\s*(if|\[)|echo ", line))


def _is_tool(name: str) -> bool:
    return bool(re.search(r"(?i)(^|/)(commands?|cli|management|tasks|jobs)(/|\.|$)", name))
