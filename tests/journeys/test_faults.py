"""Whatever breaks between a database and its proven copy is said, and never taken for a success.

One server with a small Postgres. Every row of the table begins with a copy that is stored and
proven, breaks one thing, tries what the timer would try, and puts the clock on by one and a half
periods: what `check` makes of it then has to name the fault.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from breaking import AGAIN, BACK_OF_STATE, KEYS, PERIOD, QUIET, Outcome, Site, prepare
from bucket import backed
from conftest import Boot, Project, on
from faults import BUCKET, FAULTS, HIDDEN, KILL, LOCAL, PIECES, STATE, TOLD, UNSTUB, Fault

from seawall import config as configuration
from seawall import lab
from seawall.features.stability.backups.backups_test import SABOTAGES
from seawall.lab.record import LabServer
from seawall.secrets import Store

pytestmark = pytest.mark.journey
MORE = """\
databases:
  main: {{ engine: postgres, server: site1 }}
backups:
  to:
    to: "{to}"
    secrets: {{ AWS_ACCESS_KEY_ID: BACKUP_ID, AWS_SECRET_ACCESS_KEY: BACKUP_KEY }}
"""


@pytest.fixture(scope="module")
def site(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    server = boot("site1")
    project = projects()
    with backed(project, server, more=MORE, work=tmp_path_factory.mktemp) as storage:
        made = Site(server, project, storage)
        on(server, QUIET)
        made.project.run("apply", "--yes")
        prepare(made)
        yield made


def test_nothing_is_found_where_nothing_is_wrong(site: Site) -> None:
    for place in (BUCKET, LOCAL):
        site.back(place)
        seen = site.drive("backup")
        assert seen.code == 0 and seen.successes and not seen.found, seen


def test_the_timer_comes_back_with_an_apply(site: Site) -> None:
    site.back(BUCKET)
    on(site.server, SABOTAGES["backups.scheduled"].break_it)
    assert any(line.startswith("scheduled: ") for line in site.drive("").found)
    site.project.run("apply", "--yes")
    assert not site.drive("").found


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_fails_silently(site: Site, name: str) -> None:
    row = FAULTS[name]
    seen = site.known.get(row.patch) or broken(site, row)
    if row.verb and row.fails:
        assert seen.code != 0 and not seen.successes, seen
        assert re.search(row.said, seen.said), seen
    assert any(re.search(row.found, line) for line in seen.found), seen


def broken(site: Site, row: Fault) -> Outcome:
    """What is said once this is broken; it is mended afterwards."""
    site.back(row.place)
    if row.edit:
        site.edit(row.edit)
    try:
        if row.sql and row.sql != "true":
            site.shell(f'cd /; runuser -u postgres -- psql -qd main -c "{row.sql}"')
        site.shell(row.damage.replace("$PORT", str(site.bucket.port)) or "true")
        seen = site.drive(row.verb, row.clock or 1.5 * PERIOD, row.patch)
        if row.patch:
            site.known[row.patch] = seen
        return seen
    finally:
        site.shell(row.repair or "true")
        if row.sql:
            site.shell(AGAIN)


LEFT = """
cd /srv/copies/site1/locks; before=$(ls | wc -l)
restic -q -r /srv/copies/site1 check & for i in $(seq 900); do
  [ $(ls | wc -l) -gt $before ] && kill -KILL $! && break
done
sleep 0.2; ls | wc -l
"""
"""An exclusive lock whose holder is dead."""


def test_a_run_that_was_killed_is_made_up_for_and_its_locks_heal(site: Site) -> None:
    site.back(LOCAL)
    site.shell(f"{PIECES}{KILL}; {UNSTUB}")
    left = site.shell(KEYS + LEFT)
    seen = site.drive("backup")
    assert int(left) > 0 and seen.code == 0 and seen.copies == 2 and not seen.found, (left, seen)
    assert [one["type"] for one in seen.events] == ["saving", "saved", "pruned"]


def test_a_reboot_in_the_middle_leaves_no_half_copy(site: Site) -> None:
    site.back(LOCAL)
    site.shell(PIECES)
    lab.reboot("site1")
    site.shell(UNSTUB)
    late = site.drive("", 1.5 * PERIOD)
    assert late.copies == 1 and any("no fresh copy" in line for line in late.found), late
    again = site.drive("backup")
    assert again.code == 0 and again.copies == 2 and not again.found, again


def test_two_runs_at_once_do_not_hurt_each_other(site: Site) -> None:
    site.back(LOCAL)
    site.edit("d['prunes'] = False")
    run = "python3 /root/drive.py backup 0 | tail -1"
    both = site.shell(f"{run} > /root/one & {run} > /root/two; wait; cat /root/one /root/two")
    assert [json.loads(line)["code"] for line in both.splitlines()] == [0, 0], both
    seen = site.drive("prove")
    assert seen.code == 0 and seen.copies == 3, seen


def test_retention_leaves_the_last_proven_copy(site: Site) -> None:
    site.back(LOCAL)
    site.edit("d['keep'] = {'daily': 1}")
    site.drive("backup")
    seen = site.drive("backup")
    kept = site.shell(f"{KEYS} restic -r /srv/copies/site1 snapshots --tag manifest --json")
    runs = {tag for each in json.loads(kept) for tag in each["tags"] if tag.startswith("run=")}
    main = seen.facts["backups"]["datasets"]["main"]
    assert runs == {f"run={main['proof']['run']}", f"run={main['stored']['main']['run']}"}
    assert len(runs) == 2 and seen.code == 0 and not seen.found, seen


TWIN = """
rm -rf /root/twin; mkdir -p /root/twin/state; cp {TOLD} {HIDDEN} /root/twin
sed -i 's/site1/site2/; s/"prunes": false/"prunes": true/' /root/twin/backups.json
cat > /root/twin/run <<'END'
mount --bind /root/twin/state {STATE}
mount --bind /root/twin/backups.json {TOLD}
mount --bind /root/twin/backups.secrets.json {HIDDEN}
python3 /root/drive.py $1 0 | tail -1
END
unshare -m sh /root/twin/run backup > /root/two & python3 /root/drive.py backup 0 | tail -1
wait; cat /root/two
sed -i 's/"keep": {[^}]*}/"keep": {"daily": 1}/' /root/twin/backups.json
unshare -m sh /root/twin/run backup; unshare -m sh /root/twin/run prove
"""
"""A second agent with what a server has for itself alone, on a machine with the same host name."""


def test_two_servers_of_one_host_name_share_a_destination(site: Site) -> None:
    site.back(BUCKET)
    site.edit("d['prunes'] = False")
    before = site.drive("").copies
    script = TWIN.replace("{TOLD}", TOLD).replace("{HIDDEN}", HIDDEN).replace("{STATE}", STATE)
    mine, *twins = [json.loads(line) for line in site.shell(script).splitlines()]
    assert [each["code"] for each in (mine, *twins)] == [0, 0, 0, 0], twins
    seen = site.drive("prove")
    assert seen.code == 0 and seen.copies == before + 1, seen


def test_another_project_of_the_same_name_is_refused(site: Site) -> None:
    """It has another passphrase, and remembers no repository."""
    site.back(LOCAL)
    site.shell(f"rm -r {STATE}")
    site.edit("h['passphrase'] = 'of another project'")
    seen = site.drive("backup")
    assert seen.code == 1 and "does not open" in seen.said, seen
    site.shell(BACK_OF_STATE)
    assert site.drive("prove").code == 0


APPEND_ONLY = """
apt-get install -y -q --no-install-recommends rclone >/dev/null 2>&1
mkdir -p /srv/copies
systemd-run -q --unit=copies rclone serve restic --append-only --addr :8000 /srv/copies
systemd-run -q --unit=clearing rclone serve restic --addr :8001 /srv/copies
nft -f - <<'END'
table inet vault { chain in { type filter hook input priority 0;
  ip saddr SITE tcp dport 8001 reject; } }
END
for i in $(seq 100); do ss -ltn | grep -q :8000 && ss -ltn | grep -q :8001 && break; sleep 0.1; done
"""
"""Two ways to the same copies: one that cannot delete, and one that the server does not reach."""
CLEARED = """\
databases:
  main: { engine: postgres, server: site1 }
backups:
  append_only: true
  keep: { hourly: 0, daily: 1, weekly: 0, monthly: 0 }
  to: { to: "rest:http://VAULT:8000", pruner: { to: "rest:http://VAULT:8001" } }
"""
PRUNE = ("backup", "prune", "site1")
ATTACK = """
restic -r $R list snapshots > /root/snapshots; restic -r $R list packs > /root/packs
python3 - <<'END'
import urllib.error, urllib.request
for kind, folder in (('snapshots', 'snapshots'), ('packs', 'data')):
    for name in open(f'/root/{kind}').read().split():
        for method, junk in (('DELETE', None), ('POST', b'junk')):
            url = f'http://VAULT:8000/site1/{folder}/{name}'
            asked = urllib.request.Request(url, junk, method=method)
            try:
                print(kind, method, urllib.request.urlopen(asked).status)
            except urllib.error.HTTPError as error:
                print(kind, method, error.code)
END
"""


def test_who_takes_the_server_cannot_delete_its_copies(site: Site, boot: Boot) -> None:
    vault = boot("vault")
    on(vault, APPEND_ONLY.replace("SITE", site.server.address))
    site.back(LOCAL)
    site.shell(f"rm -r {STATE}")
    where = f"rest:http://{vault.address}:8000/site1"
    site.edit(f"d['destinations'][0]['repository'] = {where!r}\nd['prunes'] = False")
    for _ in range(2):
        made = site.drive("backup")
        assert made.code == 0 and "pruned" not in [one["type"] for one in made.events], made
    said = site.shell(f"R={where}; {KEYS}{ATTACK.replace('VAULT', vault.address)}")
    assert "snapshots DELETE 403" in said and "packs POST 403" in said and " 200" not in said, said
    seen = site.drive("prove")
    assert seen.code == 0 and seen.copies == 2, (said, seen)
    forgotten_from_elsewhere(site, vault)


def forgotten_from_elsewhere(site: Site, vault: LabServer) -> None:
    """Two more copies: now two are neither the newest nor the one that was proven."""
    for _ in range(2):
        assert site.drive("backup").code == 0
    file = site.project.folder / "seawall.yml"
    kept = file.read_text()
    site.project.describe(site.server, more=CLEARED.replace("VAULT", vault.address))
    try:
        shown = site.project.json(*PRUNE, "--dry-run")
        asked = site.project.run(*PRUNE, code=2)
        wrong = site.project.run(*PRUNE, "--confirm", "vault", code=1)
        assert site.drive("").copies == 4, (asked, wrong)
        said = site.project.run(*PRUNE, "--confirm", "site1")
        again = site.project.run(*PRUNE, "--confirm", "site1")
    finally:
        file.write_text(kept)
    [place] = shown["places"]
    stays = [run["run"] for run in place["runs"] if run["stays"]]
    assert not shown["forgotten"] and len(place["runs"]) == 4 and len(stays) == 2, shown
    assert "--confirm site1 is missing" in asked and "2 runs forgotten" in said, (asked, said)
    assert "nothing is old enough to go" in again, again
    seen = site.drive("prove")
    main = seen.facts["backups"]["datasets"]["main"]
    assert seen.code == 0 and seen.copies == 2 and not seen.found, seen
    assert main["stored"]["main"]["run"] == stays[0] and place["runs"][2]["run"] == stays[1]


SFTP = """\
databases:
  main: { engine: postgres, server: site1 }
backups:
  to:
    to: sftp:acme@VAULT:/home/acme/copies
    key: BACKUP_SSH_KEY
    host_key: HOST_KEY
"""
ACCOUNT = """
id acme >/dev/null 2>&1 || useradd -m acme
mkdir -p /home/acme/.ssh; echo "restrict PUBLIC" > /home/acme/.ssh/authorized_keys
chown -R acme: /home/acme; cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub
"""


def test_copies_go_by_sftp_to_the_host_that_is_pinned(
    site: Site, boot: Boot, tmp_path: Path
) -> None:
    vault = boot("vault")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True
    )
    public = " ".join((tmp_path / "key.pub").read_text().split()[:2])
    host_key = on(vault, ACCOUNT.replace("PUBLIC", public)).strip()
    told = SFTP.replace("VAULT", vault.address).replace("HOST_KEY", host_key)
    site.project.describe(site.server, more=told)
    loaded = configuration.load(site.project.folder / "seawall.yml")
    Store.open(loaded).update({"BACKUP_SSH_KEY": (tmp_path / "key").read_text()})
    site.shell(f"rm -rf {STATE}")
    site.project.run("apply", "--yes")
    assert site.drive("backup").code == 0 and site.drive("prove").code == 0
    other = public.split()[1]
    site.shell(f"sed -i 's|ed25519 .*|ed25519 {other}|' /etc/seawall/backups.main.known_hosts")
    seen = site.drive("backup")
    assert seen.code == 1 and "Host key verification failed" in seen.said, seen
