"""The packet filter in use, whoever wrote it: what it does with what nobody asked for."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List

from seawall.agent import system
from seawall.agent.probes.reading import Unseen, need_root, said, shown, text

FAMILIES = {"inet": (4, 6), "ip": (4,), "ip6": (6,)}
LOADERS = ("nftables", "ufw", "firewalld", "netfilter-persistent", "shorewall", "iptables")
"""Units that load a packet filter at boot."""


def firewall() -> Dict[str, Any]:
    """Base chains, doors that address translation opens, and what loads it all at boot."""
    need_root()
    listing = said(["nft", "-j", "-t", "list", "ruleset"])
    objects = _objects(listing)
    old = _legacy()
    return {
        "tool": "nft" if listing else "iptables" if old else "none",
        "chains": [*_chains(objects), *old][:200],
        "redirects": list(_redirects(objects))[:200],
        "loaders": _loaders(),
    }


def _objects(listing: str) -> List[Dict[str, Any]]:
    if not listing.strip():
        return []
    try:
        found = json.loads(listing)["nftables"]
    except (ValueError, KeyError, TypeError):
        raise Unseen("nft wrote something that is not JSON", "nft -j list ruleset") from None
    return [each for each in found if isinstance(each, dict)]


def _chains(objects: List[Dict[str, Any]]) -> Iterator[Dict[str, Any]]:
    rules = [each["rule"] for each in objects if "rule" in each]
    for chain in (each["chain"] for each in objects if "chain" in each):
        if chain.get("hook") not in ("input", "forward") or chain.get("type") != "filter":
            continue
        own = [r for r in rules if _home(r) == _home({**chain, "chain": chain.get("name")})]
        yield {
            "table": f"{chain.get('family')} {chain.get('table')}",
            "families": list(FAMILIES.get(str(chain.get("family")), ())),
            "name": chain.get("name"),
            "hook": chain.get("hook"),
            "policy": "drop" if _closes(own) else chain.get("policy", "accept"),
        }


def _home(thing: Dict[str, Any]) -> List[Any]:
    return [thing.get("family"), thing.get("table"), thing.get("chain")]


def _closes(rules: List[Dict[str, Any]]) -> bool:
    """True when the last rule refuses all that is left, whatever the policy says."""
    last = rules[-1].get("expr", []) if rules else []
    verdicts = [each for each in last if not ({"counter", "log"} & set(each))]
    return len(verdicts) == 1 and bool({"drop", "reject"} & set(verdicts[0]))


def _redirects(objects: List[Dict[str, Any]]) -> Iterator[Dict[str, Any]]:
    """Ports that reach a container or another machine before the input chain is asked."""
    for rule in (each["rule"] for each in objects if "rule" in each):
        expressions = rule.get("expr", [])
        port = next(filter(None, (_matched(each, "dport") for each in expressions)), 0)
        address = next(filter(None, (_matched(each, "daddr") for each in expressions)), "")
        local = str(address).startswith(("127.", "::1"))
        if isinstance(port, int) and port and not local and any(map(_translates, expressions)):
            yield {"table": f"{rule.get('family')} {rule.get('table')}", "port": port}


def _matched(expression: Dict[str, Any], field: str) -> Any:
    match = expression.get("match") or {}
    left = match.get("left")
    payload = left.get("payload", {}) if isinstance(left, dict) else {}
    return match.get("right") if payload.get("field") == field else None


def _translates(expression: Dict[str, Any]) -> bool:
    """nft's own translation, or iptables' as nft shows it."""
    foreign = expression.get("xt") or {}
    return "dnat" in expression or foreign.get("name") == "DNAT"


def _legacy() -> List[Dict[str, Any]]:
    """Rules of the old iptables, which nft does not see."""
    found: List[Dict[str, Any]] = []
    for family, command in ((4, "iptables-legacy-save"), (6, "ip6tables-legacy-save")):
        loaded = text(f"/proc/net/ip{'6' if family == 6 else ''}_tables_names")
        if "filter" in loaded:
            found += _saved(said([command]), family)
    return found


def _saved(listing: str, family: int) -> Iterator[Dict[str, Any]]:
    for line in listing.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] in (":INPUT", ":FORWARD"):
            hook = words[0][1:].lower()
            yield {
                "table": f"iptables {family}",
                "families": [family],
                "name": words[0][1:],
                "hook": hook,
                "policy": words[1].lower(),
            }


def _loaders() -> List[Dict[str, str]]:
    units = [f"{name}.service" for name in LOADERS]
    if not system.has_systemd():
        units.append("seawall-firewall.service")  # ours: Debian's nftables has no init script
    states = shown("Id,LoadState,UnitFileState,ActiveState", units)
    return [
        {"unit": s["Id"], "boot": s.get("UnitFileState", ""), "now": s.get("ActiveState", "")}
        for s in states
        if s.get("LoadState") == "loaded"
    ]
