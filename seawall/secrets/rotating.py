"""A new value in the place of an old one, where chance may make it; where not, whose it is."""

import re

from seawall.errors import ConfigError

OWNERS = (
    (r"(sk|pk|rk)_(live|test)_|whsec_", "Stripe", "https://dashboard.stripe.com/apikeys"),
    (r"(AKIA|ASIA)[A-Z0-9]{16}$", "AWS", "the console of AWS, IAM, security credentials"),
    (r"gh[pousr]_|github_pat_", "GitHub", "https://github.com/settings/tokens"),
    (r"glpat-", "GitLab", "GitLab, access tokens"),
    (r"xox[abprs]-|https://hooks\.slack\.com/", "Slack", "https://api.slack.com/apps"),
    (r"SG\.[\w-]{16,}\.", "SendGrid", "https://app.sendgrid.com/settings/api_keys"),
    (r"key-[0-9a-f]{32}$", "Mailgun", "the control panel of Mailgun"),
    (r"sk-(proj|ant|svcacct)?-?[\w-]{20,}", "an AI provider", "its console"),
    (r"AIza[\w-]{30,}", "Google", "https://console.cloud.google.com/apis/credentials"),
    (r"-----BEGIN ", "whoever issued the certificate", "there, or with openssl"),
    (r"\w+://[^/\s]+:[^/\s]+@", "the service in this address", "the service itself"),
)
"""How values begin that somebody else has to know too, who that is, and where to make a new one."""


def refuse_to_guess(name: str, old: str) -> None:
    """ConfigError when the old value was made by somebody else, who would not know a new one."""
    for pattern, owner, where in OWNERS:
        if re.match(pattern, old):
            hint = f"make the new one at {where}, then: seawall secrets rotate {name} --ask"
            raise ConfigError(f"{name}: is from {owner}, which has to know the new value", hint)
