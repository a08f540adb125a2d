"""Values that this run has seen, so that whatever is shown or kept can be cleaned of them."""

SHORTEST = 8
"""Characters: hiding shorter values would garble everything else and hide nothing."""
_VALUES: set[str] = set()


def remember(value: str) -> str:
    """The value itself, which nobody is shown from now on."""
    if len(value) >= SHORTEST:
        _VALUES.add(value)
        _VALUES.update(line for line in value.splitlines() if len(line) >= SHORTEST)
    return value


def hide(text: str) -> str:
    """The text with `(secret)` where a value stood."""
    for value in sorted(_VALUES, key=len, reverse=True):
        text = text.replace(value, "(secret)")
    return text
