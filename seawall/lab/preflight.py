"""Says, before anything is touched, everything this machine lacks to run servers."""

import os
import shutil
import sys

from seawall.errors import SeawallError

from .base import KEYRING

TOOLS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setsid": "util-linux",
}


def require() -> None:
    """Raise one SeawallError with all that is missing, and the command that brings it."""
    if sys.platform != "linux":
        raise SeawallError(
            f"lab: needs Linux, this machine is {sys.platform}",
            "run it inside a Debian virtual machine",
        )
    if os.geteuid() != 0:
        raise SeawallError("lab: needs root to boot servers", "run it again with sudo")
    _require_tools()


def _require_tools() -> None:
    missing = {tool: package for tool, package in TOOLS.items() if not shutil.which(tool)}
    if not shutil.which("nft") and not shutil.which("iptables"):
        missing["nft"] = "nftables"
    if not KEYRING.exists():
        missing["Debian's archive keys"] = "debian-archive-keyring"
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        raise SeawallError(
            f"lab: missing on this machine: {', '.join(sorted(missing))}",
            f"apt-get install {packages}",
        )
