"""What turns the checks of backups red, and which copies stay."""

import pytest

from seawall import config
from seawall.errors import ConfigError
from seawall.features.stability.backups import judged
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


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("[8-10]", "hours of the day"),
        ("['08:00-24:30']", "hours of the day"),
        ("['08:00-20:01']", "12 hours of a day"),
        ("['08:00-08:00']", "12 hours of a day"),
        ("['08:00-15:00', '22:00-06:00']", "12 hours of a day"),
    ],
)
def test_hours_that_make_no_sense_or_leave_too_few_are_refused(hours: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.parse(f"project: acme\nbackups: {{ quiet: {hours} }}\n")
    config.parse("project: acme\nbackups: { quiet: ['08:00-10:30', '22:00-06:00'] }\n")


@pytest.mark.parametrize(("hours_old", "late"), [(8, False), (10, True)])
def test_a_copy_may_be_older_by_the_quiet_hours_and_no_more(hours_old: int, late: bool) -> None:
    now, hour = 1_000_000.0, 3600
    stored = {"main": {"time": now - hours_old * hour}}
    facts = {"now": now, "every": 4 * hour, "datasets": {"main": {"stored": stored}}}
    assert [*judged.late(facts, "main")]
    assert bool([*judged.late({**facts, "quiet": 3 * hour}, "main")]) is late
