"""Values that sections take: each knows what is wrong with it, and says so in a user's words."""

from seawall.kit.fields.accounts import SYSTEM_ACCOUNTS, Account, Group
from seawall.kit.fields.fault import Fault, closest, faults, wrong
from seawall.kit.fields.keys import KeySource
from seawall.kit.fields.network import KnownServer, Network, PortNumber, everywhere
from seawall.kit.fields.settings import KernelKey, KernelValue, SshdKeyword, SshdValue
from seawall.kit.fields.words import (
    Name,
    OneLine,
    Paragraphs,
    Switch,
    Text,
    Unquoted,
    control_character,
    name,
    one_line,
    text,
)

__all__ = [
    "SYSTEM_ACCOUNTS",
    "Account",
    "Fault",
    "Group",
    "KernelKey",
    "KernelValue",
    "KeySource",
    "KnownServer",
    "Name",
    "Network",
    "OneLine",
    "Paragraphs",
    "PortNumber",
    "SshdKeyword",
    "SshdValue",
    "Switch",
    "Text",
    "Unquoted",
    "closest",
    "control_character",
    "everywhere",
    "faults",
    "name",
    "one_line",
    "text",
    "wrong",
]
