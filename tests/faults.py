"""What other tools report as success: how each comes about, and what has to be said of it.

Read by tests/journeys/test_faults.py, and counted by bench/backup.
"""

from dataclasses import dataclass
from typing import Any

TOLD = "/etc/seawall/backups.json"
HIDDEN = "/etc/seawall/backups.secrets.json"
STATE = "/var/lib/seawall/backups"
SCRATCH = "/var/lib/seawall-scratch"
BIN = "/usr/lib/postgresql/15/bin"
REAL = f"mv {BIN}/pg_dump {BIN}/pg_dump.real; printf '#!/bin/sh\\n%s\\n'"
STUB = f"> {BIN}/pg_dump; chmod 755 {BIN}/pg_dump"
UNSTUB = f"mv {BIN}/pg_dump.real {BIN}/pg_dump"
LOCAL, BUCKET = "local", "bucket"


@dataclass(frozen=True)
class Fault:
    """One row: what is broken, what a run then says, and what `check` finds in time.

    `damage` and `repair` are scripts of the server; `edit` is Python that changes what an apply
    declared (`d`) and hid (`h`); `patch` is Python in the agent, for what no script can break;
    `sql` changes the live database after the last copy. `verb` is what is tried then, "" for
    nothing. `fails` is whether it has to fail; what does not fail is judged by `check` alone.
    `clock` is by how many seconds the clock is put on before judging, besides one and a half
    periods.
    """

    found: str
    said: str = ""
    damage: str = ""
    edit: str = ""
    patch: str = ""
    sql: str = ""
    verb: str = "backup"
    fails: bool = True
    repair: str = ""
    place: str = LOCAL
    clock: float = 0


def stubbed(script: str, **more: Any) -> Fault:
    """A fault of pg_dump, which does this instead."""
    found = "fresh: main has no fresh copy"
    return Fault(found, damage=f"{REAL} '{script}' {STUB}", repair=UNSTUB, **more)


def of_the_place(said: str, edit: str = "", **more: Any) -> Fault:
    """A fault of the S3 storage."""
    return Fault(said, said, edit=edit, place=BUCKET, **more)


CHANGES = (
    "UPDATE public.users SET score = score + 1 WHERE id = 77",
    "DELETE FROM public.part",
    "DROP TABLE public.parent CASCADE",
    "ALTER TABLE public.counts ALTER n TYPE varchar(9)",
    "ALTER TABLE public.users DISABLE ROW LEVEL SECURITY",
    "DROP INDEX public.users_plain",
    "SELECT to_json(1) FROM (SELECT lo_put(min(oid), 0, 'A') FROM pg_largeobject_metadata) put",
)
STALE = f"""
from seawall.agent.backups import declared, making
from seawall.agent.backups.engines import catalogue, psql
with psql.Session(psql.Server(), 'main') as session:
    before = catalogue.measure(session)
with psql.Session(psql.Server(), 'main') as session:
    for change in {CHANGES!r}:
        session.ask(change)
measure, catalogue.measure = catalogue.measure, lambda session: before
assert making.make(declared.declared(), ['main'], lambda event: None)
catalogue.measure = measure
"""
"""Save the database as it is after these changes, with the manifest of how it was before. One
copy for all rows of this kind, and each has to be named."""


def mismatch(found: str) -> Fault:
    """A copy that is not what its manifest says."""
    return Fault(f"proven: .*{found}", found, patch=STALE, sql="true", verb="prove")


FIRST = "d['destinations'][0]"
ROWS = "UPDATE public.users SET name = md5(random()::text)"
NEWEST_PACK = "$(ls -S /srv/copies/*/data/*/* | head -1)"
ROTS = """
sql() { cd /; runuser -u postgres -- psql -qd main -c "$1"; }
run() { python3 /root/drive.py $1 0 | grep '"code": 0' >/dev/null; }
touch /root/before; sleep 0.1
sql "CREATE TABLE zz AS SELECT md5(random()::text) FROM generate_series(1, 60000)"; run backup
pack=$(find /srv/copies/*/data -type f -newer /root/before -printf '%s %p\n' | sort -n | tail -1)
sql 'DROP TABLE zz'; run backup
chmod u+w "${pack#* }"
printf XXXXXX | dd of="${pack#* }" bs=1 seek=$((${pack% *} / 2)) conv=notrunc 2>&1
run prove
"""
"""The newest copy holds, and is proven to; what it replaced does not."""
HUNG = "fresh: main .*; it was ended, because it took longer than 2 s"
NEVER_ENDS = "SELECT pg_sleep(300) IS NULL"
TIMER = "seawall-backup.timer"
PIECES = f"""
{REAL} '"$0.real" "$@" | head -c 40000; sleep 300' {STUB}
python3 /root/drive.py backup 0 >/dev/null 2>&1 & driver=$!
for i in $(seq 200); do pgrep -x restic >/dev/null && pgrep -x sleep && break; sleep 0.1; done
"""
"""A run that is half way, until somebody ends it."""
KILL = "kill -KILL $driver; pkill -KILL -x restic; pkill -KILL -x sleep; sleep 0.2"

CUT = f"""
{REAL} '"$0.real" "$@" | (head -c 40000; touch /tmp/half; sleep 1; cat)' {STUB}
cut() {{
  for i in $(seq 100); do [ -e /tmp/half ] && break; sleep 0.05; done
  nft add table inet cut
  nft add chain inet cut out '{{ type filter hook output priority -300; }}'
  nft add rule inet cut out tcp dport $PORT drop
}}
cut >/dev/null 2>&1 &
"""
MENDED = f"{UNSTUB}; rm /tmp/half; nft delete table inet cut"

FAULTS = {
    "the database is down": Fault(
        "fresh: main .*(gone|connect)",
        "gone|connect",
        "systemctl stop postgresql",
        repair="systemctl start postgresql",
    ),
    "the dump dies half way": stubbed(
        '"$0.real" "$@" | head -c 40000; kill -KILL $$', said="pg_dump failed"
    ),
    "the dump is empty": stubbed("exit 0", said="dump is empty"),
    "the dump hangs": stubbed("sleep 300", said="took longer than 2 s", edit="d['longest'] = 2"),
    "the client is older than the server": Fault(
        "fresh: main .*older than the server",
        "older than the server",
        f"mkdir -p /usr/lib/postgresql/14/bin; mv {BIN}/pg_dump /usr/lib/postgresql/14/bin",
        repair=f"mv /usr/lib/postgresql/14/bin/pg_dump {BIN}; rm -r /usr/lib/postgresql/14",
    ),
    "the password of the database is another": Fault(
        "fresh: main .*password authentication failed",
        "database is gone",
        edit="d['datasets'][0]['told'].update(host='127.0.0.1', user='main', tls='prefer')\n"
        "h['datasets'] = {'main': {'password': 'wrong'}}",
    ),
    "the folder of uploads is gone": Fault(
        "fresh: uploads .*is not there",
        "is not there",
        edit="d['datasets'].append({'name': 'uploads', 'engine': 'files',"
        " 'told': {'paths': ['/srv/gone']}})\nd['datasets'].pop(0)",
    ),
    "the key is revoked": of_the_place(
        "refuses our key", "h['destinations']['main']['AWS_SECRET_ACCESS_KEY'] = 'x' * 32"
    ),
    "the key may only read": of_the_place(
        "Access ?Denied", "h['destinations']['main'] = reader\nd['longest'] = 6"
    ),
    "the storage does not answer": of_the_place(
        "cannot be reached", f"{FIRST}['repository'] = 's3:http://127.0.0.1:9/acme/site1'"
    ),
    "the network is cut in the middle": Fault(
        "fresh: .* cannot be reached",
        "took longer than 3 s",
        CUT,
        edit="d['longest'] = 3",
        repair=MENDED,
        place=BUCKET,
    ),
    "another bucket is in its place": of_the_place(
        "another repository", f"{FIRST}['repository'] = other"
    ),
    "the bucket is empty": of_the_place(
        "gone: it was there before", f"{FIRST}['repository'] = empty"
    ),
    "the bucket is gone": of_the_place(
        "gone: it was there before", f"{FIRST}['repository'] = gone"
    ),
    "the passphrase is another": Fault(
        "does not open", "does not open", edit="h['passphrase']='x'"
    ),
    "the passphrase is lost": Fault(
        "fresh: nothing is saved or proven here", "makes no sense", edit="h.pop('passphrase')"
    ),
    "the secrets are lost": Fault(
        "fresh: nothing is saved or proven here", "set up", damage=f"rm {HIDDEN}"
    ),
    "the server's disk is full": Fault(
        "fresh: main has no fresh copy",
        damage=f"mount -t tmpfs -o size=64k full {STATE}; cp -a /root/good.local/state/. {STATE};"
        f" head -c 1M /dev/zero > {STATE}/fill 2>&1; true",
        repair=f"umount {STATE}",
    ),
    "the disk of the copies is full": Fault(
        "fresh: main .*storage is full",
        "storage is full",
        damage="mkdir -p /srv/full; cp -a /srv/copies/. /srv/full;"
        " mount -t tmpfs -o size=6M full /srv/copies; cp -a /srv/full/. /srv/copies;"
        " head -c 9M /dev/zero > /srv/copies/fill 2>&1; true",
        sql=ROWS,
        repair="umount /srv/copies; rm -r /srv/full",
    ),
    "the disk for restores is full": Fault(
        "proven: .*a restore needs",
        "a restore needs",
        f"mkdir -p {SCRATCH}; mount -t tmpfs -o size=9M full {SCRATCH}",
        verb="prove",
        repair=f"umount {SCRATCH}",
    ),
    "the run is killed": Fault(
        "fresh: main has no fresh copy", damage=PIECES + KILL, verb="", repair=UNSTUB
    ),
    "bytes of the copy flipped": Fault(
        "proven: .*damaged",
        "damaged",
        f"printf XXXXXXXXXXXXXXXXXXXXXXXX | dd of={NEWEST_PACK} bs=1 seek=5000 conv=notrunc 2>&1",
        verb="prove",
    ),
    "a pack of the copy is gone": Fault(
        "proven: .*no such file",
        "no such file",
        f"rm {NEWEST_PACK}",
        edit="d['longest'] = 8",
        verb="prove",
    ),
    "a pack that only an old copy needs rots": Fault(
        "intact: stored copies are damaged; .*does not match",
        "does not match",
        ROTS,
        edit="d['verify'] = 86400\nd['prunes'] = False",
        verb="verify",
    ),
    "the copies are gone": Fault(
        "gone: it was there before", "gone: it was there", "rm -r /srv/copies/*"
    ),
    "one value changed": mismatch("rows of public.users"),
    "rows are lost": mismatch("rows of public.part1"),
    "a table is lost": mismatch("table of public.parent"),
    "a column has another type": mismatch("public.counts"),
    "row level security is off": mismatch("table of public.users"),
    "an index is lost": mismatch("index public.users_plain"),
    "a large object changed": mismatch("large objects all"),
    "a role is missing at the restore": Fault(
        'proven: .*role "main" does not exist',
        'role "main" does not exist',
        patch="from seawall.agent.backups import declared, making\n"
        "from seawall.agent.backups.engines import postgres\n"
        "postgres._roles = lambda client: ''\n"
        "assert making.make(declared.declared(), ['main'], lambda event: None)",
        verb="prove",
    ),
    "an extension is missing at the restore": Fault(
        "proven: .*unaccent",
        "unaccent",
        "mv /usr/share/postgresql/15/extension/unaccent.control /root",
        verb="prove",
        repair="mv /root/unaccent.control /usr/share/postgresql/15/extension",
    ),
    "a question is not true of the copy": Fault(
        "proven: .*is False",
        "is False",
        edit="d['datasets'][0]['asserts'] = ['SELECT count(*) = 7 FROM users']",
        verb="prove",
    ),
    "the restore hangs": Fault(
        "proven: .*took longer than 4 s",
        "took longer than 4 s",
        edit=f"d['datasets'][0]['asserts'] = [{NEVER_ENDS!r}]\nd['longest'] = 4",
        verb="prove",
    ),
    "the timer is stopped": Fault(
        "scheduled: .*inactive",
        damage=f"systemctl stop {TIMER}",
        verb="",
        repair=f"systemctl start {TIMER}",
    ),
    "the timer is disabled": Fault(
        "scheduled: .*disabled",
        damage=f"systemctl disable --quiet {TIMER}",
        verb="",
        repair=f"systemctl enable --quiet {TIMER}",
    ),
    "the timer is removed": Fault(
        "scheduled: .*(not-found|disabled|inactive)",
        damage=f"systemctl disable --now --quiet {TIMER}; mv /etc/systemd/system/{TIMER} /root;"
        " systemctl daemon-reload",
        verb="",
        repair=f"mv /root/{TIMER} /etc/systemd/system; systemctl daemon-reload;"
        f" systemctl enable --now --quiet {TIMER}",
    ),
    "the timer is masked": Fault(
        "scheduled: .*(masked|inactive)",
        damage=f"systemctl mask --runtime --now --quiet {TIMER}",
        verb="",
        repair=f"systemctl unmask --runtime --quiet {TIMER}; systemctl start {TIMER}",
    ),
    "the clock is put back": Fault("fresh: .*in the future", verb="", clock=-2 * 86400),
    "the clock was ahead at the proof": Fault("proven: .*in the future", verb="", clock=-2 * 86400),
    "the clock jumps forward": Fault("fresh: main .* old", verb="", clock=400 * 86400),
    "a new database is not covered": Fault(
        "covered: nobody saves the database invoices",
        damage="cd /; runuser -u postgres -- createdb invoices",
        verb="",
        repair="cd /; runuser -u postgres -- dropdb invoices",
    ),
    "the copy shrank by half": Fault(
        "size: the copy of main shrank",
        sql="DELETE FROM public.users WHERE id > 99",
        fails=False,
    ),
    "the evidence was changed": Fault(
        "proven: the record of proofs was changed",
        damage=f'sed -i \'s/"ok": true/"ok":  true/; s/main/nain/\' {STATE}/evidence.jsonl',
        verb="",
    ),
}
