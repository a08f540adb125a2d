"""Nothing valuable is where strangers, or any hacked app, can reach it.

A firewall is one line of defence and is turned off one day to find an error. So a database that
listens to the whole world is wrong even behind it, and so is a password file that every program
on the server can read.
"""

from collections.abc import Iterator
from shlex import quote
from typing import ClassVar

from seawall.features.security import doors
from seawall.kit import Feature, Finding, Look, Room, check
from seawall.outside import DANGEROUS, DATABASES

ENGINES = {
    "postgres": "Postgres",
    "mysqld": "MySQL",
    "mariadbd": "MariaDB",
    "redis-server": "Redis",
    "valkey-server": "Valkey",
    "keydb-server": "KeyDB",
    "mongod": "MongoDB",
    "memcached": "memcached",
    "influxd": "InfluxDB",
    "clickhouse-serv": "ClickHouse",
}
LISTEN = {
    "Postgres": "listen_addresses = 'localhost' in postgresql.conf",
    "MySQL": "bind-address = 127.0.0.1 in /etc/mysql/my.cnf",
    "MariaDB": "bind-address = 127.0.0.1 in /etc/mysql/my.cnf",
    "Redis": "bind 127.0.0.1 ::1 in /etc/redis/redis.conf",
    "MongoDB": "bindIp: 127.0.0.1 in /etc/mongod.conf",
    "memcached": "-l 127.0.0.1 in /etc/memcached.conf",
}


class Exposure(Feature):
    section: ClassVar[str] = "exposure"
    room: ClassVar[Room] = "security"

    @check("No database listens to the world", needs=("listeners",))
    def databases(self, look: Look) -> Iterator[Finding]:
        """Robots find an open database within hours, copy it, delete it and leave a ransom
        note. Many ask no password by default. Behind a firewall it is one mistake away from
        that, so this counts even when the port does not answer from outside.
        """
        told = set()
        for door in look.fact("listeners"):
            name = ENGINES.get(door["process"]) or DATABASES.get(door["port"])
            open_ = door["protocol"] == "tcp" and door["reach"] == "everywhere"
            if open_ and name and (name, door["port"]) not in told:
                told.add((name, door["port"]))
                seen = f"{door['address']} port {door['port']}, {door['process'] or 'unknown'}"
                fix = f"{LISTEN.get(name, 'let it listen on 127.0.0.1')}, then restart it"
                if door["process"] == "docker-proxy":
                    fix = f"publish it as 127.0.0.1:{door['port']}:… and make the container again"
                yield Finding(f"{name} listens to the whole world", seen, fix)

    @check("Nothing dangerous answers the internet", needs=("listeners", "system", "firewall"))
    def nothing_dangerous(self, look: Look) -> Iterator[Finding]:
        """Some ports hand out everything behind them: databases, Docker, the shared folder of an
        office. They are knocked on from your machine one by one, because that is what the robots
        do.
        """
        declared = {port.number for port in look.config.ports(look.server)}
        for family, port in doors.open_ports(look):
            if port in DANGEROUS and port not in declared:
                seen = f"port {port} accepted a connection from here over IPv{family}"
                fix = doors.closing(look, port)
                yield Finding(f"{DANGEROUS[port]} answers the internet", seen, fix)

    @check("Docker takes no orders over the network", needs=("listeners",))
    def docker_api(self, look: Look) -> Iterator[Finding]:
        """Whoever reaches Docker's port is root on the server, without a password. Crypto miners
        scan for it all day. The local socket does everything you need.
        """
        for door in look.fact("listeners"):
            docker = door["process"] == "dockerd" or door["port"] == 2375
            if docker and door["protocol"] == "tcp" and door["reach"] != "local":
                seen = f"{door['process'] or 'docker'} on {door['address']} port {door['port']}"
                fix = "remove -H tcp:// from the unit or hosts from /etc/docker/daemon.json"
                yield Finding("Docker takes orders over the network", seen, fix)

    @check("Secrets are readable only by who needs them", needs=("secrets",))
    def private_secrets(self, look: Look) -> Iterator[Finding]:
        """A .env or key file that everybody may read is read by the first app that gets hacked,
        also by the one that has nothing to do with it. Then the attacker has the database, the
        mail account and the payment provider too.
        """
        for path in look.fact("secrets")["readable"]:
            yield Finding("every program here can read a secret", path, f"chmod o= {quote(path)}")

    @check("No development server is on the internet", needs=("listeners",))
    def development_servers(self, look: Look) -> Iterator[Finding]:
        """A server made for a laptop shows tracebacks, source code, sometimes a console that
        runs whatever is typed into it, and falls over with a handful of visitors. Its own
        manual says: never in production.
        """
        for door in look.fact("listeners"):
            if door["development"] and door["reach"] == "everywhere" and door["family"] == 4:
                seen = f"{door['development']} on {door['address']} port {door['port']}"
                fix = "run the app by its production server, on 127.0.0.1 behind a proxy"
                yield Finding("a development server listens to the whole world", seen, fix)

    @check("Only root changes what root runs", needs=("root_runs",))
    def root_runs(self, look: Look) -> Iterator[Finding]:
        """A script that cron runs as root and everybody may edit turns any small hole into
        the whole server: write one line, wait a minute.
        """
        for path in look.fact("root_runs")["changeable"]:
            yield Finding("everybody may change what root runs", path, f"chmod o-w {quote(path)}")

    @check("No program gives root away", severity="should", needs=("root_runs",))
    def set_uid(self, look: Look) -> Iterator[Finding]:
        """A set-uid program runs as root whoever starts it. The system has a dozen known ones in
        /usr/bin. One in /usr/local, /tmp or a home is either a leftover or a back door.
        """
        for path in look.fact("root_runs")["set_uid"]:
            yield Finding("a program out of place runs as root", path, f"chmod u-s {quote(path)}")
