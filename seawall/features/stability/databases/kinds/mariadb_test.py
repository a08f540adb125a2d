"""What turns the checks of databases red where MariaDB runs."""

from seawall.kit.sabotage import Sabotage

JOURNEY = "tests/journeys/test_mariadb.py"
SETTINGS = "/etc/mysql/mariadb.conf.d/zz-seawall.cnf"
SABOTAGES = {
    "databases.exact": Sabotage(
        'mariadb main -e "CREATE TABLE frail (id int) ENGINE=MyISAM"',
        heal='mariadb main -e "ALTER TABLE frail ENGINE=InnoDB"',
        journey=JOURNEY,
    ),
}
OTHERS = [
    (
        "databases.exact",
        Sabotage(
            'mariadb main -e "CREATE TABLE rounded (n FLOAT)"',
            heal='mariadb main -e "ALTER TABLE rounded MODIFY n DOUBLE"',
        ),
    ),
    (
        "databases.ordinary",
        Sabotage('mariadb -e "GRANT SUPER, FILE ON *.* TO main@localhost WITH GRANT OPTION"'),
    ),
    (
        "databases.closed",
        Sabotage("mariadb -e \"CREATE USER ''@localhost; GRANT SELECT ON main.* TO ''@localhost\""),
    ),
    ("databases.closed", Sabotage('mariadb -e "CREATE USER shop@localhost"')),
    (
        "databases.closed",
        Sabotage(
            "mariadb -e \"CREATE USER far@'%' IDENTIFIED BY 'x'\"",
            heal="mariadb -e \"RENAME USER 'far'@'%' TO 'far'@'localhost'\"",
        ),
    ),
    (
        "databases.closed",
        Sabotage(f"sed -i 's/127.0.0.1/0.0.0.0/' {SETTINGS}; systemctl restart mariadb"),
    ),
    (
        "backups.covered",
        Sabotage(
            'mariadb -e "CREATE DATABASE invoices"', heal='mariadb -e "DROP DATABASE invoices"'
        ),
    ),
]
"""Further ways to turn a check red: the check, and how."""
