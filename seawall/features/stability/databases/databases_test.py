"""What turns the checks of databases red."""

from seawall.kit.sabotage import Sabotage

JOURNEY = "tests/journeys/test_data.py"
AS_ADMIN = "cd /; runuser -u postgres -- psql -qc"
TRUST = "sed -i '1i local all all trust' /etc/postgresql/15/main/pg_hba.conf"
SABOTAGES = {
    "databases.closed": Sabotage(f"{TRUST} && systemctl reload postgresql", journey=JOURNEY),
    "databases.ordinary": Sabotage(f"{AS_ADMIN} 'ALTER ROLE main SUPERUSER'", journey=JOURNEY),
}
