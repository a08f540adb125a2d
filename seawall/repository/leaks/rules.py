r"""What a secret looks like: one table, read by the engine and by Python alike.

Patterns keep to what RE2 and Python's re both understand, and match within one line. Group 1 is
the value. They are generous: `judge` decides what is one and how sure that is. Formats are those
their providers publish.
"""

from seawall.repository.leaks.rule import Rule
from seawall.repository.leaks.tokens import TOKENS

_TAIL = r"[\w.-]{0,30}"
_JOIN = r"['\"]?\]?[ \t]{0,12}(?:=>|:=|==|!=|[=:])[ \t]{0,12}"
_PASSWORD = r"(?i)(?:passwd|passwort|password|passphrase|mot_de_passe|_pwd|_pass|\bpwd|\bpass|\bpw)"
_SECRET = (
    r"(?i)(?:secret|token|api_?key|access_?key|auth_?key|private_?key|encryption_?key|signing_?key|"
    r"consumer_?key|credential|(?:oauth|application|account|service|client|master|shared|hmac|crypt\w{0,8})\w{0,20}_key)"
)
_QUOTED = r"(?:[bru]{0,2}[\"'`])([^\"'`\r\n]{3,200})[\"'`]"
_BARE = r"([^\s\"'`<>(){}\[\],;|&]{4,200})(?:[\s\\;,\"'}]|$)"

RULES: tuple[Rule, ...] = (
    *TOKENS,
    Rule(
        "azure-storage-key",
        "Azure storage key",
        r"(?i)AccountKey=([A-Za-z0-9+/]{86}==)",
        ("accountkey=",),
    ),
    Rule(
        "private-key",
        "private key",
        r"(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\{1,4}[nr]|[\s\"'+,])*"
        r"(?:(?:Proc-Type|DEK-Info|Version|Comment|Charset)[^\n\\]{0,100}(?:\\{1,4}[nr]|\s)+)*[A-Za-z0-9+/]{40})",
        ("private key",),
        "keyfile",
    ),
    Rule(
        "url-password",
        "password in a URL",
        r"(?i)(?:^|[^\w+.-])[a-z][a-z0-9+.-]{1,30}://[^\s/:@'\"`<>]{0,80}:([^\s/@'\"`<>]{1,120})@[\w\[$%{<.-]",
        ("://",),
        "url",
    ),
    Rule(
        "basic-auth",
        "password in an Authorization header",
        r"(?i)\bbasic[ \t]+([A-Za-z0-9+/]{8,200}={0,2})(?:[^A-Za-z0-9+/=]|$)",
        ("basic ",),
        "url",
    ),
    Rule(
        "bearer-token",
        "token in an Authorization header",
        r"(?i)\b(?:bearer|authorization['\"]?[ \t]*[:=,][ \t]*['\"]?token)[ \t]+([\w.~+/=-]{16,400})(?:[^\w.~+/=-]|$)",
        ("bearer ", "authorization"),
    ),
    Rule(
        "curl-password",
        "password on a command line",
        r"(?i)\bcurl\b[^\n|;]{0,120}\s(?:-u|--user)[ =]?['\"]?[^\s:'\"]{1,60}:([^\s'\"@]{3,100})",
        ("curl",),
        "password",
    ),
    Rule(
        "option-password",
        "password on a command line",
        r"(?i)(?:\s--?(?:password|passwd|pass)[ =]|[ =]-?(?:pass(?:in|out)?)[ =]pass:|(?:sshpass|mysql|mysqldump)\b[^\n]{0,60}\s-p)['\"]?([^\s'\"$<-][^\s'\"]{3,100})",
        ("pass",),
        "password",
    ),
    Rule(
        "django-secret",
        "framework's secret key",
        r"(?i)secret_key(?:_base)?['\"]?\]?[ \t]*(?:=>|[=:])[ \t]*[bru]{0,2}['\"]?([^'\"\s]{40,200})(?:['\"\s]|$)",
        ("secret_key",),
    ),
    Rule(
        "laravel-key",
        "framework's secret key",
        r"(?i)app_key['\"]?[ \t]*(?:=>|[=:,])[ \t]*['\"]?(base64:[A-Za-z0-9+/]{42,44}={0,2})",
        ("base64:",),
        shown=7,
    ),
    Rule(
        "php-define",
        "password in the code",
        r"(?i)define\(\s{0,4}['\"]\w{0,40}(?:password|secret|_key|_salt)['\"]\s{0,4},\s{0,4}['\"]([^'\"]{4,100})['\"]",
        ("define(",),
        "password",
    ),
    Rule(
        "xml-password",
        "password in a setting",
        r"(?i)<(?:\w{0,30}password|pass|secret|api_?key|\w{0,20}token)>([^<\s]{4,100})</",
        ("password>", "<pass>", "secret>", "key>", "token>"),
        "password",
    ),
    Rule(
        "sql-password",
        "password of a database user",
        r"(?i)identified\s+(?:with\s+\w+\s+)?by\s+(?:password\s+)?['\"]([^'\"\s]{3,100})['\"]",
        ("identified",),
        "password",
    ),
    Rule(
        "password-quoted",
        "password in the code",
        rf"{_PASSWORD}{_TAIL}{_JOIN}{_QUOTED}",
        ("pass", "pwd", "pw"),
        "password",
    ),
    Rule(
        "password-bare",
        "password in a setting",
        rf"{_PASSWORD}{_TAIL}{_JOIN}{_BARE}",
        ("pass", "pwd", "pw"),
        "password",
    ),
    Rule(
        "key-quoted",
        "key in the code",
        rf"{_SECRET}{_TAIL}{_JOIN}{_QUOTED}",
        ("secret", "token", "key", "credential"),
        "key",
    ),
    Rule(
        "key-bare",
        "key in a setting",
        rf"{_SECRET}{_TAIL}{_JOIN}{_BARE}",
        ("secret", "token", "key", "credential"),
        "key",
    ),
)
"""In the order in which they are believed when two see the same value."""

BY_ID = {rule.id: rule for rule in RULES}
