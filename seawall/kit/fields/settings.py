"""Settings that are handed on as they are, to sshd and to the kernel: one line each, no more."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from seawall.kit.fields.fault import wrong
from seawall.kit.fields.words import one_line, text

_OWN = {"port": "ssh.port", "allowgroups": "ssh.allow_groups"}


def _keyword(value: str) -> str:
    if value.lower() in ("match", "include"):
        raise wrong("is not allowed", "it would hide settings from Seawall", shown=False)
    if own := _OWN.get(value.lower()):
        raise wrong("has a setting of its own", f"use {own}", shown=False)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,39}", value):
        raise wrong("is not an sshd_config keyword", "see man sshd_config", shown=False)
    return value


def _sshd_value(value: Any) -> str | int:
    if isinstance(value, bool):
        raise wrong("should be what sshd_config wants", f"write {'yes' if value else 'no'}")
    return _value(value)


def _kernel_key(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*([./][A-Za-z0-9_-]+)+", value):
        raise wrong("is not a kernel setting", "they look like vm.swappiness", shown=False)
    return value


def _kernel_value(value: Any) -> str | int:
    if isinstance(value, bool):
        raise wrong("should be a number or text", f"write {int(value)}")
    return _value(value)


def _value(value: Any) -> str | int:
    if isinstance(value, int):
        return value
    if isinstance(value, list | dict | float) or not one_line(text(value)).strip():
        raise wrong("should be a number or text")
    return str(value)


SshdKeyword = Annotated[str, BeforeValidator(_keyword, json_schema_input_type=str)]
SshdValue = Annotated[str | int, BeforeValidator(_sshd_value, json_schema_input_type=str | int)]
KernelKey = Annotated[str, BeforeValidator(_kernel_key, json_schema_input_type=str)]
KernelValue = Annotated[str | int, BeforeValidator(_kernel_value, json_schema_input_type=str | int)]
