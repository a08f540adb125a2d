"""How a check is seen to fail: every check names what turns it red, and what heals it."""

from dataclasses import dataclass

DROP_IN = "/etc/ssh/sshd_config.d/00-seawall.conf"


@dataclass(frozen=True)
class Sabotage:
    """What makes one check red on a hardened server.

    `break_it` is shell, run there as root. `heal` is "apply" when `seawall apply` must put it
    right, a command of `seawall` that is typed here, as the finding's fix says, otherwise the
    shell that does what the fix says or undoes the damage; `tidy`
    removes what is left after that. `wait` is how many seconds the damage takes to show. A check
    that judges only servers without a seawall.yml says `described=False`. One that needs more than
    a hardened server names its own `journey`, which must use it.
    """

    break_it: str
    heal: str = "apply"
    tidy: str = ""
    wait: float = 0.0
    described: bool = True
    journey: str = ""


def listener(port: int, address: str = "", options: str = "") -> str:
    """Shell that starts a program listening on a TCP port, as the unit `sabotage`."""
    code = f"import socket,time; s=socket.create_server(('{address}',{port})); time.sleep(900)"
    return f'systemd-run --quiet --unit=sabotage {options} python3 -c "{code}"; sleep 0.4'


STOP = "systemctl stop sabotage"


def sshd(expression: str) -> str:
    """Shell that changes Seawall's own drop-in by a sed expression and lets sshd read it."""
    return f"sed -i '{expression}' {DROP_IN} && systemctl reload ssh"


def instead_of(path: str, expression: str) -> str:
    """Shell that lets the server see a file of /proc or /usr as changed by a sed expression."""
    return f"sed '{expression}' {path} > /run/sabotage && mount --bind /run/sabotage {path}"
