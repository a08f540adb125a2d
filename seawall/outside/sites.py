"""What visitors of a domain meet: the certificate on the wire, and where the name leads."""

import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from seawall.kit.site import Site
from seawall.outside import Seen, blind
from seawall.server import Server, handshake, names


def sites(server: Server, declared: Collection[Site]) -> Seen:
    """What visitors of these domains get from this server, and where each domain leads."""
    if not declared:
        return {}
    unseen = blind(server)
    if unseen:
        return unseen
    with ThreadPoolExecutor(min(len(declared), 16)) as pool:
        looks = pool.map(lambda site: _site(server, site), declared)
        return {site.name: look for site, look in zip(declared, looks, strict=True)}


def _site(server: Server, site: Site) -> Seen:
    seen = handshake.look(server.address, site.name, site.roots)
    here = names.leads_to(server.address).get("addresses", [])
    return seen | {"at": time.time(), "leads_to": names.leads_to(site.name), "here": here}


def strays(server: Server, declared: Collection[Site]) -> tuple[str, ...]:
    """A sentence for each public domain that does not lead to this server, as seen from here."""
    public = [site.name for site in declared if site.public]
    if not public or blind(server):
        return ()
    here = names.leads_to(server.address).get("addresses", [])
    leads = {name: names.leads_to(name).get("addresses") for name in public}
    found = {name: names.elsewhere(to, here) for name, to in leads.items() if to is not None}
    return tuple(
        f"{name} does not lead to {', '.join(here)} yet ({why}); it gets no certificate before"
        for name, why in found.items()
        if why
    )
