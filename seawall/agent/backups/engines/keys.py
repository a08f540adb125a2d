"""What a Redis holds: how many keys of each type, and a checksum of them that knows no order.

Keys that expire are summed up by the hour in which they do: a restore leaves out what is over by
then, and the hours to come are still comparable.
"""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Iterator, List, Tuple

from seawall.agent import system
from seawall.agent.backups.engines.resp import Talk, Word
from seawall.agent.backups.manifest import Parts

BATCH = 200
"""Keys that are asked for at once."""
CHUNK = 2000
"""Members of a large key that are asked for at once."""
HOUR, DAY = 3600, 86400
VOLATILE = "keys until"
SCANS = {"set": "SSCAN", "hash": "HSCAN", "zset": "ZSCAN"}
"""How the types are read whose members have no order."""
KNOWN = {"string", "list", "stream", *SCANS}


def measure(talk: Talk, since: float) -> Parts:
    """Everything that has to be the same in a restored copy; keys that expire within a week of
    `since` count by the hour, later ones by the day."""
    parts: Parts = {"keys": {}, VOLATILE: {}, "functions": _functions(talk)}
    for database in _databases(talk):
        talk.ask("SELECT", database)
        seen, there = 0, talk.ask("DBSIZE")
        for kind, expires, key in _found(talk):
            seen += 1
            if expires is None:
                continue  # it expired while we counted
            part, name = _place(kind, expires, since)
            group = parts[part].setdefault(f"{name} in {database}", {"count": 0, "sum": "0"})
            total = int(group["sum"], 16) + _sum(talk, kind, expires, key)
            group.update(count=group["count"] + 1, sum=f"{total % (1 << 64):016x}")
        if seen < talk.ask("DBSIZE") or seen > there:
            raise system.StepError(f"{seen} keys were counted of {there} in the copy")
    return parts


def lived(made: Parts, seen: Parts, now: float) -> Parts:
    """The same as seen, but for hours that are over: what expired then is as it was made."""
    begun = {name for name in {*made[VOLATILE], *seen[VOLATILE]} if float(name.split()[0]) <= now}
    kept = {name: value for name, value in seen[VOLATILE].items() if name not in begun}
    old = {name: value for name, value in made[VOLATILE].items() if name in begun}
    return {**seen, VOLATILE: {**kept, **old}}


def _place(kind: str, expires: int, since: float) -> Tuple[str, str]:
    if expires < 0:
        return "keys", kind
    moment = expires // 1000
    length = HOUR if moment < since + 7 * DAY else DAY
    return VOLATILE, str(moment - moment % length)


def _databases(talk: Talk) -> List[int]:
    told = talk.ask("INFO", "keyspace").decode().splitlines()
    return [int(line[2 : line.index(":")]) for line in told if line.startswith("db")]


def _functions(talk: Talk) -> Dict[str, str]:
    """Libraries of functions, and the code of each as a hash."""
    found = {}
    for told in talk.ask("FUNCTION", "LIST", "WITHCODE"):
        library = dict(zip(told[::2], told[1::2]))
        code = hashlib.blake2b(library[b"library_code"], digest_size=8).hexdigest()
        found[_shown(library[b"library_name"])] = code
    return found


def _found(talk: Talk) -> Iterator[Tuple[str, "int | None", bytes]]:
    """Every key with its type and when it expires, in ms; -1 for never, None when it just did."""
    cursor: Any = 0
    while cursor != b"0":
        cursor, names = talk.ask("SCAN", cursor, "COUNT", BATCH)
        asked = [(word, name) for name in names for word in ("TYPE", "PEXPIRETIME")]
        told = list(talk.answers(asked))
        for name, kind, expires in zip(names, told[::2], told[1::2]):
            yield kind.decode(), None if expires == -2 or kind == b"none" else expires, name


def _sum(talk: Talk, kind: str, expires: int, key: bytes) -> int:
    """One key with all that it holds, as a number."""
    if kind not in KNOWN:
        raise system.StepError(f"{_shown(key)} is of the type {kind}, which is not known")
    total = sum(map(_digest, _members(talk, kind, key)))
    return _digest([key, kind, expires, total])


def _members(talk: Talk, kind: str, key: bytes) -> Iterator[Any]:
    """What a key holds, in pieces whose order does not count."""
    if kind == "string":
        yield talk.ask("GET", key)
    elif kind == "list":
        yield from _listed(talk, key)
    elif kind == "stream":
        yield from _streamed(talk, key)
    else:
        yield from _scanned(talk, kind, key)


def _listed(talk: Talk, key: bytes) -> Iterator[Any]:
    length = talk.ask("LLEN", key)
    for begin in range(0, length, CHUNK):
        members = talk.ask("LRANGE", key, begin, begin + CHUNK - 1)
        yield from ([begin + at, member] for at, member in enumerate(members))


def _streamed(talk: Talk, key: bytes) -> Iterator[Any]:
    told = talk.ask("XINFO", "STREAM", key)
    about = dict(zip(told[::2], told[1::2]))
    yield [about[b"last-generated-id"], about[b"length"], talk.ask("XINFO", "GROUPS", key)]
    begin: Word = "-"
    while entries := talk.ask("XRANGE", key, begin, "+", "COUNT", CHUNK):
        yield from entries
        begin = b"(" + entries[-1][0]


def _scanned(talk: Talk, kind: str, key: bytes) -> Iterator[Any]:
    cursor: Any = 0
    width = 1 if kind == "set" else 2
    while cursor != b"0":
        cursor, told = talk.ask(SCANS[kind], key, cursor, "COUNT", CHUNK)
        yield from (told[at : at + width] for at in range(0, len(told), width))


def _digest(told: Any) -> int:
    raw = told if isinstance(told, bytes) else ascii(told).encode()
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big")


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
