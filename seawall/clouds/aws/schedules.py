"""Rate and cron expressions of AWS, checked here: a wrong one is refused late, or fires never.

Rules of the six fields: EventBridge and Data Lifecycle Manager user guides. Times are UTC.
"""

import re

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
FIELDS = ("minutes", "hours", "day of month", "month", "day of week", "year")
NAMES = {
    3: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    4: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
}
UNITS = {"minute", "minutes", "hour", "hours", "day", "days"}


def valid(expression: str) -> str:
    """The expression, when AWS would take it; ValueError says what is wrong."""
    kind, inside = _parts(expression)
    problem = _rate(inside) if kind == "rate" else _cron(inside)
    if problem:
        raise ValueError(f"{expression}: {problem}")
    return expression


def _parts(expression: str) -> tuple[str, str]:
    found = re.fullmatch(r"(cron|rate)\((.*)\)", expression)
    if not found:
        raise ValueError(f"{expression}: should be cron(…) or rate(…)")
    return found[1], found[2]


def _rate(inside: str) -> str:
    found = re.fullmatch(r"([1-9]\d*) ([a-z]+)", inside)
    if not found or found[2] not in UNITS:
        return "should be a number and minutes, hours or days"
    return "" if (found[1] == "1") != found[2].endswith("s") else "1 minute, 2 minutes"


def _cron(inside: str) -> str:
    fields = inside.split(" ")
    if len(fields) != len(FIELDS):
        return f"has {len(fields)} fields, not 6"
    for at, field in enumerate(fields):
        if not all(_fits(each, at) for each in field.split(",")):
            return f"{FIELDS[at]} cannot be {field}"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "one of day of month and day of week has to be ?"
    return ""


def _fits(value: str, at: int) -> bool:
    if value == "?":
        return at in (2, 4)
    if special := re.fullmatch(r"(\d+)?L|(\d+)W|(\d+)#([1-5])", value):
        return _special(value, at, [each for each in special.groups() if each])
    value, slash, step = value.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if value == "*":
        return True
    first, dash, last = value.partition("-")
    ends = [_number(each, at) for each in ([first, last] if dash else [first])]
    return None not in ends and ends == sorted(each for each in ends if each is not None)


def _special(value: str, at: int, numbers: list[str]) -> bool:
    inside = all(_number(each, at) is not None for each in numbers[:1])
    return inside and (at == 4 if "#" in value else at in (2, 4) and not ("W" in value and at == 4))


def _number(value: str, at: int) -> int | None:
    if value in NAMES.get(at, ()):
        return NAMES[at].index(value) + 1
    low, high = RANGES[at]
    return int(value) if value.isdigit() and low <= int(value) <= high else None


def weekly(clock: str) -> str:
    """Every Sunday at this time of day."""
    hour, minute = clock.split(":")
    return valid(f"cron({int(minute)} {int(hour)} ? * SUN *)")
