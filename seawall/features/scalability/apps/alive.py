"""Does an app serve, does it come back, is it the release that it should be?"""

from collections.abc import Iterator
from typing import Any

from seawall.kit import Finding, Look, Unknown, check

LOOP = 3
"""So many ends of one release, the last within minutes, are no accident."""
BOOTS = ("enabled", "enabled-runtime", "static")


class Alive:
    """Checks of apps that run."""

    @check("Apps answer", needs=("apps",))
    def answers(self, look: Look) -> Iterator[Finding]:
        """The unit is active, the server is green, and still visitors see an error: an app can
        live and not serve. So every instance is asked for its health page, then the proxy for the
        same page, then the domain from outside.
        """
        for app in serving(look):
            for each in app["instances"]:
                if each["state"] != "active":
                    problem = f"an instance of {app['name']} does not run"
                    seen = f"{each['unit']} is {each['state'] or 'gone'}"
                    yield Finding(problem, seen, _again(app))
                elif each["fault"]:
                    problem = f"an instance of {app['name']} is not well"
                    yield Finding(problem, each["fault"], _logs(app))
            if app["proxy"] and not any(each["fault"] for each in app["instances"]):
                problem = f"the proxy does not reach {app['name']}"
                yield Finding(problem, app["proxy"], look.apply_or("systemctl status caddy"))
            yield from _outside(look, app)

    @check("Apps are restarted after a crash", needs=("apps",))
    def restarts_on_crash(self, look: Look) -> Iterator[Finding]:
        """A memory leak, a bad request, a moment without a database: programs end. With a
        restart that is half a second; without one it lasts until a customer calls. One that gives
        up after a few tries is down at three in the morning just the same.
        """
        for app, each in instances(look):
            if each["restart"] != "always":
                seen = f"systemd has Restart={each['restart'] or 'no'} for {each['unit']}"
                yield Finding(f"{app['name']} stays down after a crash", seen, _again(app))
            elif each["gives_up"]:
                seen = f"{each['unit']} has a start limit"
                yield Finding(f"{app['name']} is given up after a few crashes", seen, _again(app))

    @check("Apps start at boot", needs=("apps", "units"))
    def starts_at_boot(self, look: Look) -> Iterator[Finding]:
        """Providers reboot machines, mostly at night. What runs now and is not enabled looks
        perfect until then. The proxy belongs to it: without it nobody reaches the app.
        """
        if not look.fact("apps")["apps"]:
            return
        services = look.fact("units")["services"]
        for app, each in instances(look):
            if each["boot"] not in BOOTS:
                seen = f"{each['unit']} is {each['boot'] or 'not known to systemd'}"
                fix = f"systemctl enable {each['unit']}"
                yield Finding(f"{app['name']} does not start at boot", seen, fix)
        for unit in sorted(set(_needed(look))):
            boot = services.get(unit, {}).get("boot", "not there")
            if boot not in BOOTS:
                problem = f"{unit} does not start at boot, and apps need it"
                fix = look.apply_or(f"systemctl enable {unit}")
                yield Finding(problem, f"{unit} is {boot}", fix)

    @check("No app crashes again and again", needs=("apps",))
    def crash_loop(self, look: Look) -> Iterator[Finding]:
        """Restarting hides it: the page works for a second, every other customer gets an error,
        and the uptime looks fine. The last line that the app wrote mostly says why. Seawall never
        gives an app up, it only waits longer before each start, half a minute at most.
        """
        for app in serving(look):
            told = app["crashes"]
            if told["count"] >= LOOP and told["lines"]:
                last = told["lines"].splitlines()[-1]
                problem = f"{app['name']} keeps crashing: it ended {told['count']} times by itself"
                yield Finding(problem, f"it last wrote: {last}", _logs(app))

    @check("No app hangs", severity="should", needs=("apps",))
    def hung(self, look: Look) -> Iterator[Finding]:
        """An app that lives and does not answer is worse than one that crashes: nothing notices.
        Seawall's watch ends it after half a minute, so it is back; that it happens is yours to
        know. A lock, a full pool of connections, an endless loop?
        """
        for app in serving(look):
            if app["hung"]["count"]:
                times = "once" if app["hung"]["count"] == 1 else f"{app['hung']['count']} times"
                problem = f"{app['name']} hung and was killed, {times} in a day"
                yield Finding(problem, app["hung"]["lines"], _logs(app))

    @check("What serves is what is committed", severity="should", needs=("apps",))
    def release_declared(self, look: Look) -> Iterator[Finding]:
        """A fix that is merged and not deployed helps nobody, and two servers with two releases
        show every other visitor another site. Nobody remembers which release is where; the
        commit of each tells.
        """
        there = {app["name"]: app for app in serving(look)}
        for name in declared(look):
            fix = f"seawall deploy {name}"
            if name not in there:
                yield Finding(f"{name} was never released here", "no release serves", fix)
                continue
            app, known = there[name], look.seen_outside("repository")
            if app["sha"] != known["head"]:
                seen = f"release {app['serving']} is {app['sha'][:7] or 'of no commit'}"
                yield Finding(_ahead(name, known["behind"].get(app["sha"])), seen, fix)

    @check("Every app has a health page", severity="should", needs=("apps",))
    def health_declared(self, look: Look) -> Iterator[Finding]:
        """Without one, an open port has to do: a release whose database is gone takes the place
        of one that works, and one that hangs is never restarted. A page that answers 200 when the
        app is well is ten lines of code.
        """
        for app in serving(look):
            if app["listens"] and not app["path"]:
                wanted = getattr(declared(look).get(app["name"]), "health", None)
                write = f"write apps.{app['name']}.health: /healthz, or what answers 200 when well"
                fix = f"seawall deploy {app['name']}" if wanted else write
                seen = f"release {app['serving']} is well as soon as its port is open"
                yield Finding(f"nobody can tell whether {app['name']} is well", seen, fix)


def serving(look: Look) -> list[Any]:
    """Every app of the server that serves."""
    return list(look.fact("apps")["apps"])


def instances(look: Look) -> Iterator[tuple[Any, Any]]:
    """Every instance with its app."""
    return ((app, each) for app in serving(look) for each in app["instances"])


def declared(look: Look) -> dict[str, Any]:
    """The apps of this server by name, as seawall.yml has them."""
    return dict(look.config.section("apps").on(look.server)) if look.described else {}


def _outside(look: Look, app: Any) -> Iterator[Finding]:
    """What visitors get who come over its domains; that nobody answers at all is found by tls."""
    domains = getattr(declared(look).get(app["name"]), "domains", [])
    seen = look.outside.get("sites", {})
    for domain in domains if "unknown" not in seen else ():
        status = seen.get(domain, {}).get("https", {}).get("status", 0)
        if status >= 500 and status not in (502, 503, 504):
            yield Finding(f"visitors of {domain} get an error", f"it answers {status}", _logs(app))


def _needed(look: Look) -> Iterator[str]:
    """Units without which its apps do not serve."""
    for app in serving(look):
        if app["contained"]:
            yield "docker.service"
        if app["proxy"] or getattr(declared(look).get(app["name"]), "domains", []):
            yield "caddy.service"


def _ahead(name: str, count: int | None) -> str:
    if count is None:
        return f"{name} serves a commit that is not in this repository's history"
    commits = "1 commit" if count == 1 else f"{count} commits"
    return f"{name} serves an older release: the repository is {commits} ahead"


def _again(app: Any) -> str:
    return f"seawall restart {app['name']}"


def _logs(app: Any) -> str:
    return f"seawall logs {app['name']} says why; seawall rollback {app['name']} goes back"


def raise_if(unseen: list[str], fix: str) -> None:
    """Unknown, with the first of these reasons."""
    if unseen:
        raise Unknown(unseen[0], fix)
