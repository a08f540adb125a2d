"""What runs on the server: each contender's commands, as its users would type them."""

SQL = "cd /; runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1 -d main"
INSTALL = """
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends borgmatic borgbackup >/dev/null 2>&1
mkdir -p /etc/systemd/system/seawall-backup.service.d
printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' \
  > /etc/systemd/system/seawall-backup.service.d/quiet.conf
mkdir -p /root/bench/nothing /etc/borgmatic; echo secret > /root/bench/password
"""
FILL = """
SET ROLE main;
CREATE TABLE orders (id bigint PRIMARY KEY, customer int, note text, body text, made timestamptz);
INSERT INTO orders SELECT i, i % 1000, 'order ' || i, md5(i::text) || md5((i * 7)::text), now()
  FROM generate_series(1, ROWS) i;
CREATE INDEX ON orders (customer);
CREATE TABLE lines AS
  SELECT id, customer, md5(id::text) AS sku, customer * 1.5 AS price FROM orders;
RESET ROLE; CHECKPOINT;
"""
CHANGE = """
UPDATE orders SET body = md5(random()::text) || md5(random()::text)
  WHERE id BETWEEN ROWS / 3 AND ROWS / 3 + ROWS / 50;
"""
DAY = """
UPDATE orders SET body = md5(random()::text) || md5(random()::text)
  WHERE id BETWEEN ROWS * (DAY % 40) / 40 AND ROWS * (DAY % 40) / 40 + ROWS / 200;
INSERT INTO orders SELECT i, i % 1000, 'order ' || i, md5(i::text) || md5((i * 7)::text), now()
  FROM generate_series(ROWS + DAY * 1000, ROWS + DAY * 1000 + ROWS / 200) i ON CONFLICT DO NOTHING;
"""
RESTIC = "export RESTIC_PASSWORD_FILE=/root/bench/password RESTIC_REPOSITORY=/srv/bare GOGC=20; "
BARE = (
    RESTIC + "set -e -o pipefail; cd /; runuser -u postgres -- pg_dump -Fc -Z0 main"
    " | restic -q backup --stdin --stdin-filename dump"
)
BARE_RESTORE = (
    RESTIC + "set -e -o pipefail; cd /; restic -q dump latest /dump"
    " | runuser -u postgres -- pg_restore -d again"
)
CHECKSUM = "".join(
    f"SELECT count(*), sum(hash_record_extended(t, 0)) FROM {table} t;"
    for table in ("orders", "lines")
)
BORG = "export BORG_PASSPHRASE=secret BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes; "
BORGMATIC = """
location:
  source_directories: [/root/bench/nothing]
  repositories: [/srv/borg]
storage: { encryption_passphrase: secret }
retention: { keep_daily: 14 }
hooks:
  postgresql_databases:
    - { name: main, username: main, password: PASSWORD, hostname: 127.0.0.1 }
"""
OURS = """
import json, os, sys, threading, time
sys.path.insert(0, '/usr/local/lib/seawall/agent.pyz')
from seawall.agent.backups import work
peak, events, over = [0], [], threading.Event()

def mine():
    parents = {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            told = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
            parents.setdefault(int(told[1]), []).append(int(pid))
        except OSError:
            pass
    found, todo = [], [os.getpid()]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += parents.get(pid, [])
    scratch = [each for each in map(int, filter(str.isdigit, os.listdir('/proc'))) if theirs(each)]
    return {*found, *scratch}

def theirs(pid):
    try:
        return 'seawall-scratch' in open(f'/proc/{pid}/cmdline').read()
    except OSError:
        return False

def pss(pid):
    try:
        for line in open(f'/proc/{pid}/smaps_rollup'):
            if line.startswith('Pss:'):
                return int(line.split()[1])
    except OSError:
        pass
    return 0

def watch():
    while not over.wait(0.3):
        peak[0] = max(peak[0], sum(map(pss, mine())))

if sys.argv[2:]:
    threading.Thread(target=watch, daemon=True).start()
began = time.monotonic()
code = work.work(sys.argv[1], {}, events.append)
took = time.monotonic() - began
over.set()
print(json.dumps({'code': code, 'seconds': took, 'peak_mb': peak[0] / 1024, 'events': events}))
"""
