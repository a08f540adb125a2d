"""Amounts as people say them: units, and one useful digit."""

DAY = 24 * 3600.0


def age(seconds: float) -> str:
    """How long ago: `23 days`, `5 h`, `2 min`."""
    for size, unit in ((DAY, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size or (seconds >= size and unit != "days"):
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def size(amount: float) -> str:
    """Bytes in powers of 1000, as disks are sold: `31 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return (
                f"{amount:.0f} {unit}"
                if amount >= 10 or unit == "bytes"
                else f"{amount:.1f} {unit}"
            )
        amount /= 1000
    return f"{amount:.1f} TB"


def count(number: int, name: str) -> str:
    """How many there are, as the start of a sentence: `1 package is`, `3 packages are`."""
    return f"1 {name} is" if number == 1 else f"{number} {name}s are"


def several(names: list[str], most: int = 4) -> str:
    """A list that stays one line: `a, b, c and 12 more`."""
    shown = ", ".join(names[:most])
    rest = len(names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown
