"""No account is a back door: no empty passwords, no second root, no weak keys.

People are declared under `people:`; a server has thirty more accounts that programs use. One of
them with an empty password, a forgotten key or root's number is a way in that nobody watches.
"""

from collections.abc import Iterator
from shlex import quote
from typing import Any, ClassVar

from seawall.kit import Feature, Finding, Look, Room, check

OLD_HASHES = ("md5", "des")


class Accounts(Feature):
    section: ClassVar[str] = "accounts"
    room: ClassVar[Room] = "security"

    @check("Only root is root", needs=("accounts",))
    def only_root_is_root(self, look: Look) -> Iterator[Finding]:
        """A second account with user id 0 is root under another name. No tool makes one by
        accident: it is how somebody who broke in once keeps the door open, and most lists of
        admins do not show it.
        """
        for account in _accounts(look):
            if account["uid"] == 0 and account["name"] != "root":
                name = account["name"]
                remove = f"sed -i '/^{name}:/d' /etc/passwd /etc/shadow"
                yield Finding(f"{name} is root under another name", f"{name} has uid 0", remove)

    @check("No account has an empty password", needs=("accounts",))
    def no_empty_passwords(self, look: Look) -> Iterator[Finding]:
        """An empty password opens an account to whoever knows its name: on the provider's
        console, with su from any hacked app, and over ssh if its settings ever allow it.
        """
        for account in _accounts(look):
            if account["hash"] == "empty":
                name = account["name"]
                yield Finding(f"{name} has an empty password", "", f"passwd -l {name}")

    @check(
        "Passwords are stored so that they take years to guess",
        severity="should",
        needs=("accounts",),
    )
    def strong_passwords(self, look: Look) -> Iterator[Finding]:
        """Whoever copies /etc/shadow, for instance from an old backup, guesses passwords at
        home. The methods of the nineties, DES and MD5, give in within hours.
        """
        for account in _accounts(look):
            if account["hash"] in OLD_HASHES:
                name, method = account["name"], account["hash"].upper()
                yield Finding(f"the password of {name} is stored as {method}", "", f"passwd {name}")

    @check("Accounts of programs cannot log in", severity="should", needs=("accounts",))
    def service_accounts(self, look: Look) -> Iterator[Finding]:
        """www-data or games with a password or a key is no person you could ask about it. It is
        where an intruder hides, because nobody looks at those accounts.
        """
        for account in _accounts(look):
            if 0 < account["uid"] < 1000 and account["login"] and _opens(account):
                name = account["name"]
                seen = f"uid {account['uid']}, shell {account['shell']}, {_opens(account)}"
                fix = f"usermod --lock --shell /usr/sbin/nologin {name}"
                yield Finding(f"{name}, an account of a program, can log in", seen, fix)

    @check("Keys are long enough", needs=("accounts",))
    def strong_keys(self, look: Look) -> Iterator[Finding]:
        """A 1024-bit RSA or DSA key can be computed from its public half, which is no secret.
        Whoever does that logs in as its owner, and the log shows nothing odd.
        """
        for account in _accounts(look):
            for key in account["keys"]:
                if key["type"] == "ssh-dss" or (key["type"] == "ssh-rsa" and key["bits"] < 2048):
                    what = f"{key['type']}, {key['bits']} bits, {key['comment'] or 'no comment'}"
                    yield Finding(
                        f"a key that opens {account['name']} is too short",
                        f"{what} in {key['path']}",
                        f"sed -i '\\|{key['tail']}|d' {quote(key['path'])}",
                    )

    @check("Only its owner can add a key to an account", needs=("accounts",))
    def private_key_files(self, look: Look) -> Iterator[Finding]:
        """When others may write to a key file, or to a folder on the way to it, any hacked app
        on the server adds a key of its own and is in the account a second later. sshd refuses
        such files, so your own key stops working too.
        """
        for account in _accounts(look):
            for place in account["loose"]:
                path = quote(place.rsplit(" mode ", 1)[0].rsplit(" belongs to ", 1)[0])
                fix = f"chmod go-w {path}; chown {account['name']} {path}"
                yield Finding(f"others can add keys to {account['name']}", place, fix)

    @check("Nobody is root by way of Docker", severity="should", needs=("accounts",))
    def docker_is_root(self, look: Look) -> Iterator[Finding]:
        """Who may talk to Docker can mount the whole disk into a container and change any file:
        that is root without sudo, and without a line in the log.
        """
        admins = {name for name, person in _people(look).items() if person.admin}
        for account in _accounts(look):
            name = account["name"]
            if {"docker", "lxd"} & set(account["groups"]) and name not in {"root", *admins}:
                group = "docker" if "docker" in account["groups"] else "lxd"
                fix = f"gpasswd --delete {name} {group}"
                yield Finding(f"{name} is root by way of {group}", f"member of {group}", fix)


def _accounts(look: Look) -> list[Any]:
    return list(look.fact("accounts")["accounts"])


def _people(look: Look) -> dict[str, Any]:
    return dict(look.config.section("people").people)


def _opens(account: Any) -> str:
    """What lets somebody into an account, or nothing."""
    if account["keys"]:
        return f"{len(account['keys'])} keys"
    return "" if account["hash"] in ("locked", "empty") else "a password"
