"""Is it a secret, and how bad is it: by the value, the name in front of it, and the file."""

import base64
import binascii
import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from seawall.repository.leaks.leak import Grade
from seawall.repository.leaks.places import Place, place
from seawall.repository.leaks.rule import Sort
from seawall.repository.leaks.rules import BY_ID

_HOLE = re.compile(
    r"^[\"'(]?(?:\$|%[({\w]|\{|<|\[|#\{|@@?[A-Za-z_]+@|\\|&|\*|os\.|env\b|ENV\b|process\.|getenv|config\b|"
    r"settings\.|self\.|this\.|params\b|request\.|options?\.|args?\.|props\.|secrets?[.\[:]|vault[.:]|"
    r"data\.|var\.|local\.|module\.|op://|pass:|ssm:|arn:|https?://|file:|/|\.{1,2}/|~)"
    r"|\$\{|\$\(|\{\{|\}\}|<%|%>|#\{|\(\)|\)$|%s|%d|\.\.\.|…|::|=>|&&|\|\|"
)
"""Where a value will be put in, or is read from elsewhere: no value yet."""
_PLACEHOLDER = re.compile(
    r"(?i)^(?:x{3,}|\*+|\.+|-+|_+|#+|0+|1+|n/?a|none|null|nil|true|false|yes|no|on|off|undefined|"
    r"empty|string|str|int|bool|bytes|text|hidden|required|optional|unknown|default|invalid|value|"
    r"redacted|removed|masked|encrypted|secret_?key|api_?key|access_?token|token|key|todo|tbd|fixme|"
    r"basic|bearer|digest|password[-_ ]?field|username|user|email|login|never|always|md5|sha\d+|plain|"
    r"bcrypt|scrypt|argon2|rsa|hmac|oauth2?|jwt|session|cookie|header|query|form|body|json|import|"
    r"export|return|function|required|off|current-password|new-password|one-time-code)$"
    r"|your|change[-_ ]?(?:me|this|it)|replace|insert|placeholder|example|sample|dummy|fill[-_ ]?(?:in|me)|"
    r"goes?[-_ ]?here|_here$|<[^>]*>|\bmy[-_]|redacted|xxxx|\*\*\*|not[-_ ]?(?:a[-_ ]?)?real|lorem|"
    r"put[-_ ]|enter[-_ ]|some[-_](?!thing)|any[-_ ]|^the[-_ ]|to[-_ ]?be[-_ ]|foobar|foo_?bar"
)
_DEFAULT_PASSWORDS = re.compile(
    r"(?i)^(?:password|passw0rd|secret|s3cr3t|test\w{0,6}|admin|root|pass|postgres|guest|foo|bar|baz|pw|pwd|abc|123\d*)$"
)
_NOT_SECRET_NAME = re.compile(
    r"(?i)(?:public|primary|foreign|cache|sort|partition|csrf|xsrf|csrfmiddleware|next|page|continuation|"
    r"pagination|cursor|sync|object|row|idempotency|i18n|translation|map|dict|routing|session|"
    r"keyboard|hot|group|order|index|unique|column|delimiter|cancellation|stop|eos|bos|pad|unk|mask|sep|cls)[_-]?"
    r"(?:key|token|pass)|(?:key|token|secret|password|passwd|pass|pwd|credential)s?[_-]?(?:ur[li]|path|file|filename|dir|"
    r"name|id|ids|field|type|kind|class|length|len|size|min|max|regex|pattern|policy|hash|hashed|hint|label|title|"
    r"text|message|msg|error|help|prompt|format|view|form|valid\w*|reset|changed?|confirm\w*|expir\w*|ttl|timeout|"
    r"count|limit|endpoint|header|prefix|suffix|param|params|env|var|ref|arn|manager|provider|store|source|"
    r"location|version|alias|algorithm|alg|method|mode|strategy|required|enabled|scope|scopes|usage|"
    r"index|idx|generator|factory|service|client|handler|backend|checker|strength|question|input|box|column|"
    r"attribute|description|template|lifetime|age|lookup|auth|grant|request|response|info|uuid|set|list|"
    r"mount|from|command|prompt\w*|rotation|rules?|vault)(?:\W|$)|passport|compass|bypass|passiv|passthr|passing|"
    r"tokeni[sz]|monkey|turkey|keyboard|passes|author|secretar"
)
_NAME = re.compile(
    r"([\w.-]{1,60})['\"\]]{0,3}[ \t]{0,12}(?:=>|:=|==|!=|[=:,])[ \t]{0,12}[bru]{0,2}[\"'`]?$"
)
_WORDY = re.compile(r"^[A-Za-z]+(?:[ _.-][A-Za-z]+)*$")
_DOTTED = re.compile(
    r"^[A-Za-z_]+(?:\.[A-Za-z_]+)+$|^[a-z]+(?:[A-Z][a-z]+)+$|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^:[a-z_]+$"
)
_CONSTANT = re.compile(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$")
_PATH = re.compile(r"^[A-Za-z_-]+(?:(?:[.:/]|::)[A-Za-z_*-]+)+$")
_LOCAL = re.compile(
    r"@(?:localhost|127\.|0\.0\.0\.0|\[?::1|host\b|hostname|example\.|[\w.-]*\.example(?:\W|$)|[\w.-]*example\.(?:com|org|net)|[\w-]+(?:[:/\"'\s]|$))"
)
_BY_OTHERS = re.compile(
    r"(?i)gitleaks:allow|betterleaks:allow|allowlist[ _]secret|ggignore|nosec\b|noqa: ?S10[5-7]|notsecret"
)
_ANYBODY = re.compile(r"(?i)//(?:user(?:name)?|login|name|me|you|account|myuser|someuser|u)?:$")
_TELLING = re.compile(
    r"(?i)secret|passw|^pass\\b|test|demo|^(?:admin|root|postgres|guest|changeit|pwd?)\\d*$"
)
_CODE = re.compile(r"\$\{|\{\{|<%|^os\.|^ENV|environ|getenv|^config|process\.env|^\$\w+$")
MANY = 3
"""So few different letters are no key."""


LONG = 2000
"""A line this long was written by a program; only what has a shape of its own counts in it."""


@dataclass(frozen=True)
class Candidate:
    """What looks like a secret: `before` and `after` are what stands around the value on its line,
    as far as it is known (about 100 letters). `sure` when the engine vouches for the kind."""

    rule: str
    sort: Sort
    value: str
    path: str
    before: str = ""
    after: str = ""
    column: int = 1
    sure: bool = False


def judge(seen: Candidate) -> Grade | None:
    """How bad it is; None when it is no secret."""
    where = place(seen.path)
    if where.nobodys or not _SORTS[seen.sort](seen, where):
        return None
    if _BY_OTHERS.search(seen.after) or example(seen.value):
        return "look"
    return _grade(seen, where)


def _grade(seen: Candidate, where: Place) -> Grade:
    if seen.sort == "file":
        return "should" if where.rehearsal else "must"
    if seen.sort in ("token", "keyfile") and (
        seen.sure or seen.sort == "keyfile" or seen.rule not in SOFT
    ):
        return "should" if where.rehearsal else "must"
    if seen.sort == "url":
        if _ANYBODY.search(seen.before) and _DEFAULT_PASSWORDS.match(seen.value):
            return "look"
        real = seen.rule != "basic-auth" and not where.rehearsal and not _LOCAL.match(seen.after)
        return "must" if real and not _TELLING.search(seen.value) else "should"
    return "should"


SOFT = frozenset(
    {
        "stripe-test-key",
        "jwt",
        "mailgun-key",
        "mailchimp-key",
        "twilio-key",
        "google-api-key",
        "bearer-token",
        "discord-token",
        "notion-token",
        "square-token",
    }
)
"""Of a shape that other things have too, or not worth much: should fix."""


def example(value: str) -> bool:
    """True for a value that says of itself that it is none."""
    flat = value.lower()
    if _PLACEHOLDER.search(value) or "akiaiosfodnn7" in flat or "examplekey" in flat:
        return True
    return (len(value) >= 8 and len(set(flat)) <= MANY) or _counting(flat)


def _counting(flat: str) -> bool:
    """1234567890, abcdefgh…: most letters follow their neighbour."""
    steps = sum(ord(b) - ord(a) == 1 for a, b in pairwise(flat))
    return len(flat) >= 8 and steps >= 0.6 * (len(flat) - 1)


def bits(value: str) -> float:
    """Shannon's entropy of the letters, in bits a letter."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts) if value else 0.0


def _token(seen: Candidate, where: Place) -> bool:
    if seen.rule == "django-secret":  # made of any signs: what looks like a hole may be none
        return (
            len(set(seen.value)) > 12
            and bool(re.search(r"\d", seen.value))
            and not _CODE.search(seen.value)
        )
    if seen.rule == "bearer-token" and not re.search(r"\d", seen.value):
        return False
    return bits(seen.value) >= 2.5 and not re.search(r"[{}<>]|\$\(", seen.value)


def _file(seen: Candidate, where: Place) -> bool:
    return seen.rule == "htpasswd" or (len(seen.value) >= 3 and not _HOLE.search(seen.value))


def _keyfile(seen: Candidate, where: Place) -> bool:
    return bool(BY_ID["private-key"].regex.match(seen.value)) or seen.rule != "private-key"


def _url(seen: Candidate, where: Place) -> bool:
    if seen.column > LONG:
        return False
    if seen.rule == "basic-auth":
        return _basic(seen.value)
    if _HOLE.search(seen.value) or (
        re.search(r"(?i)^(?:pass|password|pwd|pw|secret)$", seen.value) and where.docs
    ):
        return False
    return len(seen.value) >= 3 and not seen.value.isdigit()


def _basic(value: str) -> bool:
    try:
        told = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    return ":" in told and told.isprintable()


def _password(seen: Candidate, where: Place) -> bool:
    value = seen.value
    if not 4 <= len(value) <= 200 or _unlikely(seen, where):
        return False
    if " " in value.strip() or (value.endswith((":", "?", "!")) and _WORDY.match(value[:-1])):
        return False
    return not where.words and _flat(value) != _flat(name_of(seen))


def _flat(text: str) -> str:
    return text.lower().replace("_", "").replace("-", "")


def _key(seen: Candidate, where: Place) -> bool:
    value = seen.value
    if len(value) < 8 or _unlikely(seen, where) or " " in value or where.words:
        return False
    if (
        re.search(r"(?i)secret|token", name_of(seen))
        and len(value) >= 8
        and not _WORDY.match(value)
    ):
        return bits(value) >= 2.5
    return len(value) >= 12 and bits(value) >= 3 and bool(re.search(r"\d", value))


def _unlikely(seen: Candidate, where: Place) -> bool:
    """A name that needs no hiding, a value yet to come, or code rather than a value."""
    value, quoted = seen.value, seen.before[-1:] in ("'", '"', "`")
    if seen.column > LONG or _NOT_SECRET_NAME.search(name_of(seen)) or _HOLE.search(value):
        return True
    if not quoted and (where.code or re.search(r"[(){}\[\]]", value) or _DOTTED.match(value)):
        return True
    return bool(_CONSTANT.match(value) or _PATH.match(value))


def name_of(seen: Candidate) -> str:
    """The name that the value is given to, as far as the match tells."""
    named = _NAME.search(seen.before)
    return named[1] if named else seen.before[-60:]


_SORTS = {
    "token": _token,
    "keyfile": _keyfile,
    "url": _url,
    "password": _password,
    "key": _key,
    "file": _file,
}
