"""`seawall lab`: disposable servers on this machine, for tries, tests and rehearsals."""

import json
import os
from typing import Any

import click

from seawall import lab as room
from seawall.commands import json_option, pass_output, verbs
from seawall.errors import ConfigError, SeawallError
from seawall.report.screen import Output

EXITS = {0: "fine", 1: "it could not be done", 2: "an argument is wrong", 3: ""}


@verbs(
    examples={
        "seawall lab up web1": "boot one, in seconds",
        "seawall lab ssh web1": "log in",
        "seawall lab down --all": "take all of them away",
    },
    exits=EXITS,
)
def lab() -> None:
    """Disposable real Debian servers on this machine.

    They reboot, lose their power, and leave nothing behind. Needs root on Linux.
    """


@lab.command(
    examples={
        "seawall lab up": "one with a name of its own",
        "seawall lab up web1 --release trixie": "Debian 13",
        "seawall lab up web1 --user debian": "like a cloud image: no root login",
        "seawall lab up --json | jq -r .address": "in a script",
    },
    exits=EXITS,
)
@click.argument("name", required=False)
@click.option("--release", type=click.Choice(room.RELEASES), help="[default: bookworm]")
@click.option("--init", type=click.Choice(room.INITS), help="[default: systemd]")
@click.option("--user", help="Who may log in.  [default: root]")
@click.option("--sudo", type=click.Choice(room.SUDO), help="For a user.  [default: nopasswd]")
@click.option("--containers", is_flag=True, default=None, help="Let Docker and podman run in it.")
@json_option()
@pass_output
def up(output: Output, /, name: str | None, **wanted: Any) -> None:
    """Boot a server, or boot one again that is off."""
    server = room.up(name, on_progress=_say if output.spoken else None, **wanted)
    if not output.spoken:
        click.echo(json.dumps(_described(server), indent=2))
        return
    _show(server, output)
    if server.password:
        click.echo(f"{'':<14}sudo password {server.password}")
    login = f"{server.user}@{server.name}"
    _say(f"Next: seawall check {login} --ssh-config {server.ssh_config}")


@lab.command(
    "list",
    examples={
        "seawall lab list": "one line a server",
        "seawall lab list --json | jq -r '.[].address'": "for scripts",
    },
    exits=EXITS,
)
@json_option()
@pass_output
def list_servers(output: Output) -> None:
    """List the servers of the lab."""
    servers = room.servers()
    if not output.spoken:
        click.echo(json.dumps([_described(server) for server in servers], indent=2))
        return
    for server in servers:
        _show(server, output)
    if not servers:
        _say("No servers. Next: seawall lab up")


@lab.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    examples={
        "seawall lab ssh web1": "log in",
        "seawall lab ssh web1 systemctl --failed": "run one command",
    },
    exits={**EXITS, 255: "ssh could not connect; others are the command's own"},
)
@click.argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def ssh(name: str, command: tuple[str, ...]) -> None:
    """Log in to a server, or run a command on it."""
    server = room.find(name)
    words = ["ssh", "-F", str(server.ssh_config), name, *command]
    os.execvp("ssh", words)  # noqa: S606


@lab.command(
    examples={
        "seawall lab reboot web1": "and wait until it is back",
        "seawall lab reboot web1 --port 2222": "where its ssh moved",
    },
    exits=EXITS,
)
@click.argument("name")
@click.option("--port", default=22, show_default=True, help="Where its ssh answers.")
def reboot(name: str, port: int) -> None:
    """Reboot a server and wait until ssh answers again."""
    room.reboot(name, port=port)
    _say(f"{name:<14}up again")


@lab.command(
    "cut-power",
    examples={
        "seawall lab cut-power web1": "off, at once",
        "seawall lab up web1": "on again, with its disk",
    },
    exits=EXITS,
)
@click.argument("name")
def cut_power(name: str) -> None:
    """Kill a server at once; its disk stays.

    What it wrote and did not sync survives in this machine's memory: this shows what
    becomes of its services, not of its disk.
    """
    room.cut_power(name)
    _say(f"{name:<14}off\nNext: seawall lab up {name}")


@lab.command(
    examples={
        "seawall lab down web1 web2": "these two",
        "seawall lab down --all": "every server of the lab",
    },
    exits=EXITS,
)
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--all", "everything", is_flag=True, help="Every server of the lab.")
def down(names: tuple[str, ...], everything: bool) -> None:
    """Take servers away, with their disks."""
    if bool(names) == everything:
        raise ConfigError("lab down: should get either names or --all", "seawall lab list")
    chosen = [server.name for server in room.servers()] if everything else list(names)
    problems = [problem for name in chosen if (problem := _take_away(name))]
    if problems:
        raise SeawallError("\n".join(error.problem for error in problems), problems[0].hint)


def _take_away(name: str) -> SeawallError | None:
    """One that cannot be taken away does not keep the others here."""
    try:
        room.down(name)
    except SeawallError as error:
        return error
    _say(f"{name:<14}gone")
    return None


def _described(server: room.LabServer) -> dict[str, str | bool | None]:
    return {
        "name": server.name,
        "running": room.is_running(server.name),
        "address": server.address,
        "address6": server.address6,
        "key": str(server.key),
        "ssh_config": str(server.ssh_config),
        "release": server.release,
        "init": server.init,
        "user": server.user,
        "password": server.password,
        "containers": server.containers,
    }


def _line(server: room.LabServer) -> str:
    state = "running" if room.is_running(server.name) else "off"
    kind = f"{server.release}, {server.init}"
    return f"{server.name:<14}{state:<9}{server.address:<16}{kind:<20}{server.user}"


def _show(server: room.LabServer, output: Output) -> None:
    """One line, or as many as a narrow terminal needs."""
    from seawall.report.words import wrap

    line = _line(server)
    narrow = len(line) > output.out.width
    output.out.show(wrap(" ".join(line.split()), output.out.width) if narrow else [line])


def _say(text: str) -> None:
    click.echo(text, err=True)


command = lab
