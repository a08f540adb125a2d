"""What turns the checks of backups red, and which copies stay."""

from seawall.kit.sabotage import Sabotage

JOURNEY = "tests/journeys/test_data.py"
FAULTS = "tests/journeys/test_faults.py"
TOLD = "/etc/seawall/backups.json"
AS_POSTGRES = "cd /; runuser -u postgres --"
SIZES = "/var/lib/seawall/backups/state.json"
SHRINK = f"""python3 - <<'END'
import json
d = json.load(open('{SIZES}'))
d['main']['main']['sizes'] = [9_000_000, 9_000_000, 1_000]
json.dump(d, open('{SIZES}', 'w'))
END"""
VERIFY = """
python3 - <<'END'
import sys
sys.path.insert(0, '/usr/local/lib/seawall/agent.pyz')
from seawall.agent.backups import work
work.work('verify', {'reading': {'part': 1, 'of': 1}}, print)
END"""
ROT = f"""for pack in /srv/second/data/data/*/*; do break; done
chmod u+w $pack; cp -p $pack /root/pack; echo $pack > /root/rotten
printf XXXXXX | dd of=$pack bs=1 seek=50 conv=notrunc 2>&1{VERIFY}"""
SABOTAGES = {
    "backups.fresh": Sabotage(f'sed -i \'s/"every": 21600/"every": 0.1/\' {TOLD}', journey=JOURNEY),
    "backups.covered": Sabotage(
        f"{AS_POSTGRES} createdb invoices", heal=f"{AS_POSTGRES} dropdb invoices", journey=JOURNEY
    ),
    "backups.scheduled": Sabotage(
        "systemctl disable --now --quiet seawall-backup.timer", journey=FAULTS
    ),
    "backups.size": Sabotage(
        SHRINK, heal=f"sed -i 's/1000$/9000000/; s/ 1000\\]/ 9000000]/' {SIZES}", journey=JOURNEY
    ),
    "backups.elsewhere": Sabotage("true", heal="true", journey=JOURNEY),
    "backups.intact": Sabotage(
        ROT, heal=f"cp -p /root/pack $(cat /root/rotten){VERIFY}", journey=JOURNEY
    ),
    "backups.proven": Sabotage(
        "mv /var/lib/seawall/backups/evidence.jsonl /root/kept",
        heal="mv /root/kept /var/lib/seawall/backups/evidence.jsonl",
        journey=JOURNEY,
    ),
}
"""Where copies lie is said in seawall.yml, so the journey says something else there."""
