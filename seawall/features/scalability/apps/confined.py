"""May an app do no more than it has to: as whom, reached how, with which secrets and limits?"""

from collections.abc import Iterator
from typing import Any

from seawall.features.scalability.apps.alive import declared, instances, raise_if, serving
from seawall.kit import Finding, Look, check

CONTROLLERS = {"memory": "memory", "cpus": "cpu"}
"""The kernel's name for what each setting needs."""


class Confined:
    """Checks of what apps may do."""

    @check("No app runs as root", needs=("apps",))
    def not_root(self, look: Look) -> Iterator[Finding]:
        """Sooner or later an app has a hole. As a user of its own the intruder has the app; as
        root he has the server, and root in a container is root for the kernel.
        """
        unseen = []
        for app, each in instances(look):
            if "root" in each["users"]:
                seen = f"processes of {each['unit']} run as {', '.join(each['users'])}"
                yield Finding(f"{app['name']} runs as root", seen, f"seawall restart {app['name']}")
            elif not each["users"] and each["state"] == "active":
                unseen.append(f"the processes of {each['unit']} could not be seen")
        raise_if(unseen, "try again: it may just have started")

    @check("Apps are reached through the proxy alone", needs=("apps",))
    def no_published_port(self, look: Look) -> Iterator[Finding]:
        """Beside the proxy there is no TLS, no login and no limit, and Docker opens published
        ports past the firewall. A firewall that closes it today is one mistake away from open.
        """
        for app, each in instances(look):
            for door in each["doors"]:
                is_open = _answers(look, door)
                where = f"{door['address']} port {door['port']}"
                seen = f"{each['unit']} listens on {where}" + (
                    "; it answers from outside" if is_open else ""
                )
                problem = f"{app['name']} can be reached beside the proxy"
                fix = f"let it listen on 127.0.0.1:$PORT alone, then seawall deploy {app['name']}"
                yield Finding(problem, seen, fix, "must" if is_open else "should")

    @check("No secret is a default or in the open", needs=("apps",))
    def env_has_no_default_secret(self, look: Look) -> Iterator[Finding]:
        """`SECRET_KEY=changeme` comes from the tutorial, and whoever read the same tutorial can
        forge your users' sessions. A real secret under `env:` is in your repository, in every
        clone and backup of it. Debug pages show both to anybody who finds an error.
        """
        for app in serving(look):
            open_ones = getattr(declared(look).get(app["name"]), "env", {})
            for each in app["variables"]:
                if found := _suspect(app["name"], each, each["name"] in open_ones):
                    yield found

    @check("Limits are enforced", needs=("apps",))
    def limits_enforced(self, look: Look) -> Iterator[Finding]:
        """One app with a leak takes the memory of all, and the kernel ends whichever it likes,
        often the database. A limit that is only written down ends nothing.
        """
        known, unseen = look.fact("apps")["controllers"], []
        for app, each in instances(look):
            for limit, controller in CONTROLLERS.items():
                if not getattr(declared(look).get(app["name"]), limit, None):
                    continue
                if known is None or controller not in known:
                    why = "this kernel offers no " + controller + " controller"
                    unseen.append(f"{limit} of {app['name']} is not enforceable here: {why}")
                elif (each["limits"][limit] or "max").startswith("max"):
                    seen = f"{each['unit']} may use as much as there is"
                    fix = f"seawall deploy {app['name']}"
                    yield Finding(f"{limit} of {app['name']} is not limited", seen, fix)
        raise_if(unseen, "nothing on this server can enforce it; a virtual machine of its own can")

    @check("Apps write only where it is kept", severity="should", needs=("apps",))
    def container_writes(self, look: Look) -> Iterator[Finding]:
        """What an app writes beside `uploads` is gone with the next release, and on one server
        of two only. Mostly nobody notices until a customer asks for the file. Here such writes
        are refused, and the app says so in its log.
        """
        for app in serving(look):
            fix = (
                f"name the folder in apps.{app['name']}.uploads, which is kept"
                + (", or in scratch, which is not" if app["contained"] else ", or write to /tmp")
                + f"; then seawall deploy {app['name']}"
            )
            problem = f"{app['name']} writes where nothing is kept"
            if app["refused"] is None:
                raise_if(
                    [f"the journal of {app['name']} gave no answer"], "journalctl --disk-usage"
                )
            if app["refused"]:
                yield Finding(problem, app["refused"][-1], fix)
            written = [path for each in app["instances"] for path in each["written"]]
            if written:
                yield Finding(problem, f"it wrote {', '.join(written[:3])} into its container", fix)


def _answers(look: Look, door: Any) -> bool:
    """True when this machine got an answer at a port."""
    seen = look.outside.get("ports", {})
    return door["protocol"] == "tcp" and any(
        known.get(str(door["port"])) == "open" for known in seen.values() if isinstance(known, dict)
    )


def _suspect(app: str, each: Any, is_open: bool) -> Finding | None:
    name = each["name"]
    move = f"write {name} under apps.{app}.secrets instead of env, with a value of its own"
    keep = f"give {name} a value of its own, such as openssl rand -hex 32 prints"
    then = f"; then seawall deploy {app}"
    if each["looks"] == "placeholder":
        fix = (move if is_open else keep) + then
        return Finding(f"{name} of {app} is a placeholder", "anybody can guess its value", fix)
    if each["looks"] == "debug":
        fix = f"take {name} out of apps.{app}.env{then}"
        return Finding(f"{app} runs in debug mode", f"{name} says so", fix)
    if is_open:
        fix = move + ", because this one is known to whoever reads the repository" + then
        return Finding(f"{name} of {app} is a secret in the open", "it stands in seawall.yml", fix)
    return None
