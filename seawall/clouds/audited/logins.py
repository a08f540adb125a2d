"""Logins to the account: who could take all of it."""

from collections.abc import Iterator

from seawall.clouds.audited import account, ignored
from seawall.kit import Finding, Look, check
from seawall.kit.amounts import DAY, age
from seawall.kit.check import Severity
from seawall.kit.cloud import AccessKey, Login

OLD = 90 * DAY
"""A key older than this has been in too many places (CIS AWS Foundations 1.14: 90 days)."""


class LoginChecks:
    """Who gets in."""

    @check("Root has no access keys", severity="must")
    def root_has_no_keys(self, look: Look) -> Iterator[Finding]:
        """Whoever has a key of root owns the account, its backups and its bill, and no policy
        limits them. Nothing needs such a key."""
        for login in account(look).all(Login):
            if login.root and login.keys:
                seen = f"{login.keys} access keys of root"
                fix = "log in as root, Security credentials, delete its access keys"
                yield Finding("root has access keys", seen, fix)

    @check("Every login wants a second factor", severity="must")
    def logins_want_a_second_factor(self, look: Look) -> Iterator[Finding]:
        """A password alone is guessed, reused or phished. One login without a second factor is
        the way into all of it."""
        for login in account(look).all(Login):
            if not login.second_factor and not ignored(look, login.name):
                fix = f"give {login.name} a passkey or an authenticator app"
                seen = f"{login.name} logs in with a password alone"
                severity: Severity | None = None if login.root else "should"
                yield Finding("a login has no second factor", seen, fix, severity)

    @check("Access keys are young", severity="should")
    def access_keys_are_young(self, look: Look) -> Iterator[Finding]:
        """Keys end up in shells, laptops and CI settings of people who left. A key that is changed
        now and then is gone from there too."""
        now = account(look).now
        for key in account(look).all(AccessKey):
            if now - key.at > OLD and not ignored(look, key.id, key.owner):
                seen = f"{key.id} of {key.owner} is {age(now - key.at)} old"
                fix = f"make {key.owner} a new one, use it, then delete this one"
                yield Finding("an access key is old", seen, fix)
