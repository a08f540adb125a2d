"""Plan, apply, check: every feature on every server, many servers at once, one round trip each.

One server that fails does not stop the others; its error is part of the outcome.
"""

from seawall.engine.applying import apply
from seawall.engine.doors import install_python, login
from seawall.engine.looking import CheckOptions, check
from seawall.engine.planning import plan
from seawall.engine.removing import remove

__all__ = ["CheckOptions", "apply", "check", "install_python", "login", "plan", "remove"]
