"""Requests per second through our proxy, beside the same program with nothing but a way through."""

import re
import statistics
from collections.abc import Callable

from conftest import on
from kinds import Place

PORT = 9443
SECONDS = 5
ROUNDS = 4
ALONE = f"""
apt-get install -qq -y --no-install-recommends wrk >/dev/null 2>&1
mkdir -p /srv/alone
port=$(cat /srv/apps/fast/upstreams/1)
cat > /srv/alone/Caddyfile <<END
{{
  admin off
  auto_https disable_redirects
  skip_install_trust
}}
https://fast.example:{PORT} {{
  tls internal
  reverse_proxy 127.0.0.1:$port
}}
END
grep -q fast.example /etc/hosts || echo 127.0.0.1 fast.example >> /etc/hosts
systemd-run --quiet --unit=alone --setenv=XDG_DATA_HOME=/srv/alone --setenv=HOME=/srv/alone \
  /usr/local/bin/caddy run --config /srv/alone/Caddyfile
for try in $(seq 100); do
  bash -c '</dev/tcp/127.0.0.1/{PORT}' 2>/dev/null && exit; sleep 0.1
done
"""


def compared(place: Place, say: Callable[[str], None]) -> dict[str, float]:
    """In turns, over connections that are kept, to an app that answers at once."""
    server = place.site.server
    on(server, ALONE)
    ours, alone = [], []
    try:
        for _ in range(ROUNDS):
            ours.append(_rate(place, 443))
            alone.append(_rate(place, PORT))
    finally:
        on(server, "systemctl stop alone")
    say(f"requests/s: ours {ours}, Caddy alone {alone}")
    pairs = [one / other for one, other in zip(ours, alone, strict=True)]
    return {"rps": statistics.median(ours), "rps_vs_caddy": round(statistics.median(pairs), 2)}


def _rate(place: Place, port: int) -> float:
    asked = f"wrk -t1 -c16 -d{SECONDS}s https://fast.example:{port}/"
    told = on(place.site.server, asked)
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found and "Non-2xx" not in told, told
    return float(found[1])
