"""The only errors a user should ever read; anything else that escapes is a bug.

    SeawallError            something the user can put right           exit code 1
    ├── ConfigError         seawall.yml or the arguments are wrong     exit code 2
    ├── Unreachable         a server cannot be reached or entered      exit code 3
    │   └── HostKeyChanged  it answers with another host key           exit code 3
    ├── Refused             the server said no before any change       exit code 1
    ├── StepFailed          a step could not be made true              exit code 1
    ├── Undone              a guarded change was undone by itself      exit code 1
    ├── PlanChanged         the server is not what the plan showed     exit code 1
    └── Locked              no key here opens the secrets              exit code 1

Every message is `where: what is wrong, got what`, lower case, no full stop; the hint says
what to do.
"""

from typing import Any


class SeawallError(Exception):
    """Something the user can put right: what is wrong, and what to do about it."""

    exit_code = 1

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class ConfigError(SeawallError):
    """seawall.yml or an argument is wrong."""

    exit_code = 2


class Unreachable(SeawallError):
    """A server does not answer, or does not let us in."""

    exit_code = 3


class HostKeyChanged(Unreachable):
    """A server answers with another host key than the one known for it."""


class Refused(SeawallError):
    """The server cannot take the plan; nothing was changed."""


class StepFailed(SeawallError):
    """A step could not be made true; what came before it stays applied."""


class Undone(SeawallError):
    """A guarded change could have locked everybody out, so it was undone."""


class Locked(SeawallError):
    """No key on this machine opens the secrets; others may have one."""


class PlanChanged(SeawallError):
    """The server or the file is no longer what the shown plan was made of.

    `after` is the plan as it would be now.
    """

    after: Any = None
