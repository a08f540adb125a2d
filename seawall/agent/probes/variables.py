"""An app's environment, judged where it is: names leave the server, values never do."""

from __future__ import annotations

import re
from typing import Dict, Iterator

from seawall.agent.probes.reading import text

SECRET = re.compile(
    r"(?i)(^|_)(SECRETS?|SECRET_KEY(_BASE)?|PASSWORD|PASSWD|PASSPHRASE|PASS|TOKEN|SALT|DSN|CREDENTIALS?"
    r"|(API|APP|ACCESS|PRIVATE|ENCRYPTION|SIGNING|SESSION|AUTH|JWT|MASTER)_?KEY)$|SECRET$|PASSWORD$"
)
"""Names of variables that hold what nobody else may know."""
PLACEHOLDER = re.compile(
    r"(?i)^(change[-_ ]?(me|this|it)\W*|replace[-_ ]?(me|this).*|(my|your|the|a|some|super)?[-_ ]?"
    r"(secret|password|passw0rd|token|key|salt)s?([-_ ]?(key|here|value))?[-_ ]?\d*\W*|admin\d*"
    r"|root|toor|test(ing)?\d*|example|default|dummy|none|foo(bar)?|todo|fixme|secret123|s3cr3t"
    r"|letmein|qwerty|your[-_ ].*|<.*>|\{\{.*\}\}|x{3,}|\*{3,}|1234\d*|0+|(django-)?insecure.*"
    r"|dev|postgres|development)$"
)
"""Values that came with a tutorial."""
TOKEN = re.compile(
    r"^(sk_live_|rk_live_|sk-|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abp]-|AKIA|ASIA|AIza|SG\.|ya29\.)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
"""How keys of well-known services begin."""
WITH_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://([^:@/\s]*):([^@/\s]+)@")
DEBUG = re.compile(r"^([A-Z]+_)?DEBUG$")
KIND = re.compile(r"^(NODE|RAILS|RACK|FLASK|APP|DJANGO)_ENV$")
ON = ("1", "true", "yes", "on")


def of(pid: int) -> Dict[str, str]:
    """The environment that a process was started with."""
    pairs = text(f"/proc/{pid}/environ", 1 << 20).split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def suspects(environment: Dict[str, str]) -> Iterator[Dict[str, str]]:
    """The variables that look wrong, and as what: placeholder, debug or secret."""
    for name, value in sorted(environment.items()):
        looks = look(name, value)
        if looks:
            yield {"name": name[:128], "looks": looks}


def look(name: str, value: str) -> str:
    """What a variable looks like; nothing for one that looks as it should."""
    if DEBUG.match(name) and value.lower() in ON:
        return "debug"
    if KIND.match(name) and value.lower() in ("development", "dev", "debug"):
        return "debug"
    within = WITH_PASSWORD.match(value)
    if within:
        user, password = within.groups()
        return "placeholder" if password == user or PLACEHOLDER.match(password) else "secret"
    if SECRET.search(name) and _is_value(value):
        return "placeholder" if PLACEHOLDER.match(value) else "secret"
    return "secret" if TOKEN.search(value) else ""


def _is_value(value: str) -> bool:
    """Not a file, a number, a switch or an address without a password."""
    plain = re.fullmatch(r"\d{0,3}|(?i:true|false|yes|no|on|off)", value)
    return not plain and not value.startswith(("/", "http://", "https://"))
