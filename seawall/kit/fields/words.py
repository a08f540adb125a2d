"""Text, names and switches, as people write them into seawall.yml."""

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from seawall.kit.fields.fault import wrong

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class Unquoted(str):
    """A word such as no or on, written without quotes: some YAML readers take it for false."""

    @property
    def truth(self) -> bool:
        """What those readers take it for."""
        return self.lower() in {"y", "yes", "on", "true"}

    @property
    def trap(self) -> str:
        """The words for it where a name is wanted."""
        meaning = "nothing" if self in ("~", "null") else str(self.truth).lower()
        return f"without quotes, YAML may read {self} as {meaning}"

    @property
    def cure(self) -> str:
        """What to type instead."""
        return f'put it in quotes: "{self}"'


def control_character(text: str, allowed: str = "") -> str:
    """The first character that could hide something in a file or a terminal, escaped."""
    hidden = (c for c in text if c not in allowed and unicodedata.category(c) in _HIDDEN)
    return ascii(next(hidden, ""))[1:-1]


def text(value: Any) -> str:
    """Text and nothing else."""
    if not isinstance(value, str):
        raise wrong("should be text")
    return str(value)


def name(value: Any) -> str:
    """One line that names something: never an unquoted yes, no, on or off."""
    if isinstance(value, Unquoted):
        raise wrong(value.trap, value.cure, shown=False)
    return one_line(text(value))


def one_line(value: str) -> str:
    """Text that can be written into a file on a server without becoming a second line."""
    if "\n" in value or "\r" in value:
        raise wrong("should be one line")
    return visible(value)


def visible(value: str, allowed: str = "") -> str:
    """Text in which nothing hides."""
    if hidden := control_character(value, allowed):
        raise wrong(f"contains an invisible character ({hidden})", "type it again by hand")
    return value


def _paragraphs(value: Any) -> str:
    if isinstance(value, bool | int | float):
        raise wrong("should be text", f'put it in quotes: "{str(value).lower()}"')
    return visible(text(value), allowed="\n\t")


def _switch(value: Any) -> bool:
    if isinstance(value, Unquoted):
        return value.truth
    if not isinstance(value, bool):
        quoted = value in ("yes", "no", "on", "off", "true", "false")
        raise wrong("should be true or false", "leave out the quotes" if quoted else "")
    return value


Text = Annotated[str, BeforeValidator(text)]
Paragraphs = Annotated[str, BeforeValidator(_paragraphs, json_schema_input_type=str)]
OneLine = Annotated[Text, AfterValidator(one_line)]
Name = Annotated[str, BeforeValidator(name)]
Switch = Annotated[bool, BeforeValidator(_switch, json_schema_input_type=bool)]
