"""Released again and again under visitors who never try again; broken ones change nothing."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apps.load import Load, Seen
from apps.site import Site, site
from conftest import Boot, Project, on

pytestmark = [pytest.mark.machine, pytest.mark.journey]
EXAMPLES = Path(__file__).parents[2] / "examples" / "apps"
ODD = r"""quotes '"` dollar $HOME ${HOME} $$ percent %n %% back\slash \n é 雪 # ; & | tail """
SECRET = "correct-horse-battery-staple"
WATCHER = f"""
import glob, os
secret = bytes.fromhex("{SECRET.encode().hex()}")
found = set()
def read(path):
    try:
        return secret in open(path, "rb").read()
    except OSError:
        return False
def look():
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        if read(path):
            found.add("arguments of " + path)
    for top in ("/srv/apps", "/etc/systemd/system", "/run/systemd", "/var/lib/seawall", "/tmp"):
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    mode = os.lstat(path).st_mode
                except OSError:
                    continue
                if mode & 0o077 and read(path):
                    found.add("%s with mode %o" % (path, mode & 0o777))
open("/run/watching", "w").close()
while not os.path.exists("/run/watched"):
    look()
print("\\n".join(sorted(found)) or "nothing seen")
"""
SHOP = 'env: {{ GREETING: "{greeting}" }}\nsecrets: [TOKEN]\nuploads: [/srv/shop]\nkeep_releases: 2'
STARTS = "version broken starts"
BROKEN = {
    "does not start": (
        "process: no-such-program",
        ("no-such-program: not found", "command not found: apps.shop.process"),
    ),
    "ends at once": (
        "env: { BREAK: dies }",
        (STARTS, "no database, says version broken", "is a variable or a secret missing?"),
    ),
    "is never well": (
        "env: { BREAK: unhealthy }",
        (STARTS, "GET /healthz answered 500", "its own error stands above"),
    ),
    "is well, then ends": (
        "env: { BREAK: dies-later }",
        (STARTS, "it ended by itself, exit code 3", "its own last lines say why"),
    ),
    "listens elsewhere": (
        "env: { BREAK: wrong-port }",
        (STARTS, "it listens on 127.0.0.1:9999 instead", "it must listen on 127.0.0.1:$PORT"),
    ),
    "cannot be built": (
        "install: ['echo missing wheel >&2; exit 3']",
        ("missing wheel", "the build command failed; try it in a fresh clone"),
    ),
    "cannot migrate": (
        "before_switch: 'echo locked table >&2; exit 4'",
        ("locked table", "before_switch failed, so nothing was switched"),
    ),
    "fills the disk": (
        "install: ['head -c 80M /dev/zero > big']",
        ("No space left on device", "df -h; lower keep_releases"),
    ),
}
"""What is wrong with a release, and what has to be said: its own last lines, and a fitting hint."""


@pytest.fixture(scope="module")
def shop(boot: Boot, projects: Callable[[], Project]) -> Iterator[Site]:
    """A server with two apps, of which one has three instances."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN", SECRET)
        made = site(boot("shop"), projects())
        describe(made).commit()
        # A disk of its own, small enough to be filled.
        on(made.server, "mkdir /srv/apps; mount -t tmpfs -o size=64M,mode=755 none /srv/apps")
        made.project.run("apply", "--yes")
        made.deploy("shop")
        made.deploy("blog")
        yield made


def describe(made: Site, greeting: str = "hello", **changed: str) -> Site:
    apps = {"shop": SHOP.format(greeting=greeting), "blog": "instances: 3"}
    return made.describe(**(apps | changed))


def test_systemd_finds_an_app_confined(shop: Site) -> None:
    unit = f"app-shop-{shop.serving('shop')}-1.service"
    said = on(shop.server, f"systemd-analyze security --no-pager {unit} | tail -1")
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", said)
    assert found and float(found[1]) <= 4.0, said


@pytest.mark.parametrize("kind", ["event-stream", "plain"])
def test_an_answer_is_passed_on_part_by_part(shop: Site, kind: str) -> None:
    find = f"shop.example:443:{shop.server.address}"
    ask = ["curl", "-skN", "--compressed", "--resolve", find, f"https://shop.example/parts/{kind}"]
    with subprocess.Popen(ask, stdout=subprocess.PIPE) as asking:
        assert asking.stdout
        assert asking.stdout.read(9) == b"data: one"
        began = time.monotonic()
        assert asking.stdout.read() == b"data: two"
    assert time.monotonic() - began > 0.5


@pytest.mark.quiet
def test_nobody_notices_five_releases(shop: Site, tmp_path: Path) -> None:
    """Of both apps, of the environment alone, and back again; both have visitors all the time."""
    address = shop.server.address
    loads = [
        Load("shop.example", address, tmp_path).start(),
        Load("blog.example", address, tmp_path).start("light"),
    ]
    time.sleep(8)
    began = time.time()
    shop.commit().deploy("shop")
    shop.deploy("blog")
    describe(shop, greeting="good morning").deploy("shop")
    assert shop.get("shop", "/env/GREETING") == "good morning"
    shop.project.run("rollback", "shop", "--yes")
    assert shop.get("shop", "/env/GREETING") == "hello"
    shop.commit().deploy("shop")
    ended = time.time()
    for load in loads:
        unnoticed(load.end(), began, ended)
    assert shop.get("shop") == str(shop.version)
    for app in ("shop", "blog"):
        shop.whole(app)


def unnoticed(seen: Seen, began: float, ended: float) -> None:
    """Nothing failed, nothing waited, and WebSockets were closed politely."""
    assert (seen.failures, seen.left_out) == ({}, 0)
    assert seen.requests > 300
    assert seen.p99(began, ended) <= 2 * seen.p99(0, began) + 100
    assert seen.longest <= 1000
    assert set(seen.sockets) <= {"1000", "1001"}


@pytest.fixture(scope="module")
def visitors(shop: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Somebody is always there while releases fail; for them, nothing does."""
    load = Load("shop.example", shop.server.address, tmp_path_factory.mktemp("load"))
    load.start("light")
    yield
    seen = load.end()
    assert (seen.failures, seen.left_out) == ({}, 0)
    assert seen.longest <= 1000


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_release_changes_nothing(shop: Site, visitors: None, how: str) -> None:
    serving, version = shop.serving("shop"), shop.get("shop")
    change, told = BROKEN[how]
    lines = f"{SHOP.format(greeting='hello')}\n{change}"
    if change.startswith(("env", "process")):
        lines = f"{change}\nsecrets: [TOKEN]\nuploads: [/srv/shop]\nkeep_releases: 2"
    describe(shop, shop=lines).commit("broken")
    said = " ".join(shop.deploy("shop", code=1).split())
    assert [each for each in told if each not in said] == [], said
    assert f"release {serving} is serving" in said.lower()
    assert shop.serving("shop") == serving
    assert shop.get("shop") == version
    shop.whole("shop")


def test_a_disk_that_is_nearly_full_is_left_alone(shop: Site) -> None:
    """Refused before anything is stored."""
    serving = shop.serving("shop")
    on(shop.server, "head -c 62M /dev/zero > /srv/apps/big || true")
    try:
        said = describe(shop).commit().deploy("shop", code=1)
        assert "the disk would be more than 95 % full" in " ".join(said.split())
        assert shop.serving("shop") == serving
    finally:
        on(shop.server, "rm /srv/apps/big")
    shop.deploy("shop")
    shop.whole("shop")


def test_releases_take_the_room_of_those_that_are_kept(shop: Site) -> None:
    """The failed ones have left nothing but a note of the last."""
    code = on(shop.server, "cd /srv/apps/shop/releases && ls -d -- [0-9]* | grep -v json")
    assert len(code.split()) == 2


def test_variables_arrive_as_they_were_written(shop: Site) -> None:
    lines = f"env: {json.dumps({'ODD': ODD, 'EMPTY': ''})}\nsecrets: [TOKEN]"
    describe(shop, shop=lines).deploy("shop", TOKEN=ODD)
    assert shop.get("shop", "/env/ODD") == ODD.strip()
    assert shop.get("shop", "/env/TOKEN") == ODD.strip()
    assert shop.get("shop", "/env/EMPTY") == ""


def test_a_secret_is_seen_by_nobody(shop: Site) -> None:
    """Not in an argument, a unit, the journal, or a file that others may read, for a moment."""
    on(shop.server, "rm -f /run/watch*")
    (shop.folder / "watcher").write_text(WATCHER)
    start = f"cat > /run/watcher <<'END'\n{WATCHER}\nEND\n"
    start += "systemd-run --quiet --unit=watcher python3 /run/watcher"
    on(shop.server, f"{start}\nuntil test -e /run/watching; do sleep 0.1; done")
    migrate = f"{SHOP.format(greeting='hello')}\nbefore_switch: 'test -n \"$TOKEN\"'"
    describe(shop, shop=migrate).commit().deploy("shop")
    on(shop.server, "touch /run/watched; while systemctl -q is-active watcher; do sleep 0.1; done")
    assert on(shop.server, "journalctl _COMM=python3 -u watcher -o cat") == "nothing seen"
    assert (
        on(shop.server, f"journalctl -o cat | grep -c '[{SECRET[0]}]{SECRET[1:]}' || true") == "0"
    )
    assert shop.get("shop", "/env/TOKEN") == SECRET


REACHES = """
cat {path} > /dev/null 2>&1 && echo reads {path}
"""
WRITES = """
for place in /srv/apps/shop . /etc /var/lib /srv /run /home /root /var/tmp/../lib /usr; do
  touch $place/x 2> /dev/null && echo writes $place
done
touch /srv/shop/x /tmp/x && echo fine
"""


def test_an_app_is_alone_with_what_is_its_own(shop: Site) -> None:
    run = ("run", "shop", "--", "sh", "-c")
    assert shop.project.run(*run, WRITES).split() == ["fine"]
    paths = on(
        shop.server,
        "ls -d /srv/apps/*/env/*.env /srv/apps/*/env/*.json /srv/apps/blog/env/*.start "
        "/srv/apps/blog/releases/*/app.py /var/lib/seawall /etc/shadow",
    )
    script = "".join(REACHES.format(path=path) for path in paths.split())
    assert shop.project.run(*run, f"{script}\necho fine").split() == ["fine"]


def test_a_worker_has_no_domain_and_no_port(shop: Site) -> None:
    worker = "  worker:\n    process: sleep 1000\n    instances: 2\n    drain_seconds: 1\n"
    describe(shop)
    text = (shop.folder / "seawall.yml").read_text()
    (shop.folder / "seawall.yml").write_text(text + worker)
    shop.deploy("worker")
    shop.commit().deploy("worker")
    shop.whole("worker")
    assert on(shop.server, "cat /srv/apps/worker/serving") == "2"
    (shop.folder / "seawall.yml").write_text((text + worker).replace("sleep 1000", "/bin/false"))
    assert "it ended by itself" in shop.commit().deploy("worker", code=1)
    shop.whole("worker")


def test_the_example_counts_its_visitors(shop: Site, projects: Callable[[], Project]) -> None:
    """Its migration needs a folder to write to before the first release has ever run."""
    example = site(shop.server, projects(), EXAMPLES / "process")
    declared = (example.folder / "seawall.yml").read_text().split("  visits:\n")[1]
    lines = [line.strip() for line in declared.splitlines() if "domain" not in line]
    describe(shop, visits="\n".join(line for line in lines if "health" not in line))
    shop.project.run("apply", "--yes")
    (example.folder / "seawall.yml").write_text((shop.folder / "seawall.yml").read_text())
    example.commit().deploy("visits")
    assert example.get("visits") == "Welcome, visitor 1"
    example.commit().deploy("visits")
    assert example.get("visits") == "Welcome, visitor 2"
