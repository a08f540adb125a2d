"""Where a person's key is: the key itself, a file, or a user at GitHub."""

import re
from typing import Annotated

from pydantic import AfterValidator

from seawall.kit.fields.fault import wrong
from seawall.kit.fields.words import Text, one_line
from seawall.kit.publickey import BadKey, PublicKey


def _source(value: str) -> str:
    if "\n" in value.strip():
        raise wrong("should be one key", "write each key as an item of its own", shown=False)
    one_line(value.strip())
    if value.startswith("github:"):
        if not re.fullmatch(r"github:[A-Za-z0-9](-?[A-Za-z0-9]){0,38}", value):
            raise wrong("should name a user at GitHub, such as github:dana")
        return value
    if value.startswith("file:"):
        return value
    return _key(value)


def _key(value: str) -> str:
    try:
        return str(PublicKey.parse(value))
    except BadKey as bad:
        file = f"to read it from a file: file:{value}" if value.endswith(".pub") else ""
        raise wrong(bad.problem, file or bad.hint, shown=False) from None


KeySource = Annotated[Text, AfterValidator(_source)]
