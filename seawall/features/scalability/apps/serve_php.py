"""Serves the PHP of one release: PHP's own workers, and the proxy's program before them.

This file runs on the server by itself, as the app's user, with nothing but Python 3.9. The workers
listen on a socket in a folder that only the app may enter: whoever reaches such a socket can have
any code run, so a port, which every account of the server reaches, would open the app to all of
them. What speaks HTTP on 127.0.0.1:PORT gives out files as they are and sends the rest to PHP.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
from typing import Any

WORKERS = """\
[global]
daemonize = no
error_log = /dev/null
[app]
listen = {run}/php.sock
pm = dynamic
pm.max_children = 10
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
pm.max_requests = 1000
clear_env = no
catch_workers_output = yes
decorate_workers_output = no
php_admin_flag[log_errors] = on
php_flag[display_errors] = off
php_value[upload_max_filesize] = 100M
php_value[post_max_size] = 100M
php_value[opcache.validate_timestamps] = 0
"""
"""What it has to say goes to stderr, to the journal, which it cannot open by name. A release never
changes, so its compiled code needs no second look."""
INDEX = ["{http.request.uri.path}", "{http.request.uri.path}/index.php", "/index.php"]


def main(folder: str) -> int:
    """Start both; end both when one ends or this is told to end."""
    run, port = os.environ["RUNTIME_DIRECTORY"], os.environ["PORT"]
    root = os.path.realpath(folder)
    pathlib.Path(f"{run}/workers.conf").write_text(WORKERS.format(run=run))
    pathlib.Path(f"{run}/front.json").write_text(json.dumps(front(root, run, port)))
    workers = [fpm(), "--nodaemonize", "--force-stderr", "--fpm-config", f"{run}/workers.conf"]
    here = {**os.environ, "XDG_DATA_HOME": run, "XDG_CONFIG_HOME": run}
    caddy = ["/usr/local/bin/caddy", "run", "--config", f"{run}/front.json"]
    started = [
        (subprocess.Popen(workers), signal.SIGQUIT),  # which lets requests end
        (subprocess.Popen(caddy, env=here), signal.SIGTERM),
    ]
    pids = [program.pid for program, _ in started]
    told: list[int] = []

    def end(number: int, frame: object) -> None:
        told.append(number)
        for program, polite in started:
            if program.poll() is None:
                program.send_signal(polite)

    signal.signal(signal.SIGTERM, end)
    ended, status = os.wait()
    while ended not in pids:
        ended, status = os.wait()
    if not told:
        end(0, None)
    return 0 if told[0] else (os.WEXITSTATUS(status) or 1)


def fpm() -> str:
    """The newest php-fpm there is."""
    found = sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"), key=lambda path: path.name)
    if not found:
        sys.exit("php-fpm is missing: seawall apply installs it")
    return str(found[-1])


def front(root: str, run: str, port: str) -> "dict[str, Any]":
    """The configuration of what speaks HTTP; hidden files are not there."""
    server = {
        "listen": [f"127.0.0.1:{port}"],
        "routes": routes(root, run),
        "automatic_https": {"disable": True},
        "trusted_proxies": {"source": "static", "ranges": ["127.0.0.0/8"]},
    }
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {"http": {"grace_period": "1m", "servers": {"front": server}}},
    }


def routes(root: str, run: str) -> "list[dict[str, Any]]":
    """Files as they are; what is not there is for index.php."""
    hidden = {"path": ["*/.*"], "not": [{"path": ["/.well-known/*"]}]}
    gone = {"handler": "static_response", "status_code": 404}
    rewrite = {"handler": "rewrite", "uri": "{http.matchers.file.relative}"}
    files = {"path": ["*.php", "*.php/*"]}
    return [
        {"handle": [{"handler": "vars", "root": root}]},
        {"match": [hidden], "handle": [gone], "terminal": True},
        {
            "match": [{"file": {"try_files": INDEX[:1]}, "not": [files]}],
            "handle": [{"handler": "file_server"}],
            "terminal": True,
        },
        {
            "match": [{"file": {"try_files": INDEX, "split_path": [".php"]}}],
            "handle": [rewrite],
        },
        {"match": [files], "handle": [to_workers(root, run)], "terminal": True},
        {"handle": [gone]},
    ]


def to_workers(root: str, run: str) -> "dict[str, Any]":
    """Sends a request to PHP as it came to the server: over TLS, from the visitor's address."""
    visitor = {"HTTPS": "on", "SERVER_PORT": "443", "REMOTE_ADDR": "{http.vars.client_ip}"}
    how = {"protocol": "fastcgi", "root": root, "split_path": [".php"], "env": visitor}
    return {
        "handler": "reverse_proxy",
        "transport": how,
        "upstreams": [{"dial": f"unix/{run}/php.sock"}],
        "load_balancing": {"try_duration": "5s", "try_interval": "50ms"},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
