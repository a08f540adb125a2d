"""Names of people's accounts and of groups, by Debian's rules."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from seawall.kit.fields.fault import wrong
from seawall.kit.fields.words import Name, name

_SYSTEM = """
root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody
nogroup messagebus sshd ntp chrony postfix postgres mysql redis mongodb caddy nginx docker adm
admin sudo wheel users staff tty disk dialout operator src shadow utmp video audio cdrom tape
input kvm render crontab ssh seawall kmem fax voice floppy sasl plugdev netdev sgx
"""
SYSTEM_ACCOUNTS = frozenset(_SYSTEM.split())
"""Accounts and groups that the system or its services own."""

_LETTERS = "use a-z, 0-9, - and _, starting with a letter, at most 32"
_RULE = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


def _account(value: Any) -> str:
    account = name(value)
    if account in SYSTEM_ACCOUNTS or account.startswith(("systemd-", "_", "seawall-")):
        raise wrong("belongs to the system", "give the person's own name", shown=False)
    if not _RULE.fullmatch(account):
        raise wrong("is not an account name", f"{_LETTERS}{_plainer(account)}", shown=False)
    return account


def _plainer(account: str) -> str:
    plain = re.sub(r"[^a-z0-9_-]", "", account.lower()).lstrip("0123456789-_")
    return f", such as {plain}" if _RULE.fullmatch(plain) else ""


def _group(value: str) -> str:
    if not _RULE.fullmatch(value):
        raise wrong("should be the name of a group")
    return value


Account = Annotated[str, BeforeValidator(_account, json_schema_input_type=str)]
Group = Annotated[Name, AfterValidator(_group)]
