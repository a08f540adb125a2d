"""Names of secrets, and where one is kept when it is not in the file of the environment."""

import re
from typing import Annotated

from pydantic import AfterValidator

from seawall.kit.fields.fault import closest, wrong
from seawall.kit.fields.words import Name, OneLine

SCHEMES = ("op", "pass", "bw", "aws", "gcloud", "env")


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", value):
        hint = "use A-Z, 0-9 and _, such as STRIPE_KEY"
        raise wrong("is not a name for a secret", hint, shown=False)
    return value


def _source(value: str) -> str:
    scheme, colon, rest = value.partition(":")
    if not colon:
        raise wrong("should say where it is kept, such as pass:acme/stripe", shown=False)
    if scheme not in SCHEMES:
        close = closest(scheme, SCHEMES)
        known = f"did you mean {close}:?" if close else f"known are {', '.join(SCHEMES)}"
        raise wrong("is kept where Seawall cannot look", known, shown=False)
    if scheme == "op" and not rest.startswith("//"):
        raise wrong("should look like op://vault/item/field", shown=False)
    if not rest or rest.startswith("-") or re.search(r"\s-", rest):
        raise wrong("names nothing that could be read", shown=False)
    return value


SecretName = Annotated[Name, AfterValidator(_name)]
SecretSource = Annotated[OneLine, AfterValidator(_source)]
