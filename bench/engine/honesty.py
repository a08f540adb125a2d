"""Proof that everybody really looks: the same three things are broken before each of them."""

import re
from collections.abc import Callable

from contenders import ONE_BY_ONE, Line
from timing import Ran, Wrong

from seawall import lab

BREAK = """\
echo changed >> /etc/issue.net
systemctl --quiet disable --now apt-daily.timer
sysctl --quiet --write net.ipv4.tcp_syncookies=0
"""
SIGNS = {
    "shell": r"^(differs:.*|.*: FAILED)$",
    "pyinfra": r"\[.*\] Success",
    "ansible": r"^changed: .*$",
    "seawall": r"^  [~+] .*$",
}


def prove(line: Line) -> None:
    """Break, ask, heal, for each of them; raises Wrong when somebody sees too little."""
    asked: dict[str, Callable[[], Ran]] = {
        "shell": line.shell,
        "pyinfra": lambda: line.pyinfra(*ONE_BY_ONE["pyinfra"]),
        "pyinfra, clever": line.pyinfra,
        "ansible": lambda: line.ansible(*ONE_BY_ONE["ansible"]),
        "ansible, clever": line.ansible,
        "seawall": line.apply,
    }
    for who, ask in asked.items():
        lab.shell(line.server, BREAK)
        ran = ask()
        seen = re.findall(SIGNS[who.split(",")[0]], ran.said, re.MULTILINE)
        if len(seen) < 3:
            raise Wrong(f"{who} saw {len(seen)} of 3 changes:\n{ran.said[-3000:]}")
        line.apply()
