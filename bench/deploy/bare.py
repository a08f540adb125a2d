"""The limit: the least that brings a change to the same server, without any care for visitors."""

import os
import subprocess
import time

from conftest import on
from kinds import Place

PORT = 9000
PREPARE = f"""
mkdir -p /srv/limit
cat > /etc/systemd/system/limit.service <<'END'
[Service]
WorkingDirectory=/srv/limit
Environment=PORT={PORT}
ExecStart=/usr/bin/python3 app.py
END
systemctl daemon-reload
"""
RESTART = "systemctl restart limit"
RUN = f"""
docker build --quiet --tag=limit . >/dev/null
docker rm --force limit >/dev/null 2>&1
docker run --detach --init --name=limit --publish=127.0.0.1:{PORT}:8000 \
  --env=PORT=8000 --env=LISTEN=0.0.0.0 limit >/dev/null
"""
ANSWERED = f"""
python3 -I -S -c '
import socket, time
wanted = open("/srv/limit/version", "rb").read()
while True:
    try:
        with socket.create_connection(("127.0.0.1", {PORT})) as asked:
            asked.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            answer = b"".join(iter(lambda: asked.recv(4096), b""))
        if answer.endswith(wanted):
            break
    except OSError:
        pass
    time.sleep(0.01)
'
"""


class Bare:
    """git archive, one new login; then a restart, or a layer built and a container started."""

    def __init__(self, place: Place) -> None:
        self.place = place
        change = f"export DOCKER_BUILDKIT=1; {RUN}" if place.kind.containers else RESTART
        self.script = f"cd /srv/limit && tar -xz\n{change}\n{ANSWERED}"
        on(place.site.server, PREPARE)

    def release(self) -> float:
        """Seconds until the first answer of what was committed last."""
        began = time.monotonic()
        packing = ["git", "archive", "--format=tgz", "HEAD"]
        code = subprocess.run(
            packing, cwd=self.place.site.folder, check=True, capture_output=True
        ).stdout
        login = ["ssh", "-F", os.environ["SEAWALL_SSH_CONFIG"], "-o", "ControlPath=none"]
        quoted = self.script.replace("'", "'\\''")
        words = [*login, "-l", "dana", self.place.site.server.name, f"sudo sh -c '{quoted}'"]
        subprocess.run(words, input=code, check=True, capture_output=True)
        return time.monotonic() - began
