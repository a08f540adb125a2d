"""What a restore beside the live database leaves as it is."""

from seawall.agent.backups.engines.beside import literal, missing

ROLES = """\
SET default_transaction_read_only = off;
CREATE ROLE app;
ALTER ROLE app WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$older';
CREATE ROLE "Read ""only"" too";
ALTER ROLE "Read ""only"" too" WITH NOLOGIN;
CREATE ROLE postgres;
GRANT "Read ""only"" too" TO app GRANTED BY postgres;
GRANT pg_monitor TO app GRANTED BY postgres;
"""


def test_only_roles_that_are_missing_are_made() -> None:
    """Those that are there keep their passwords and memberships."""
    made = list(missing(ROLES, {"app", "postgres"}))
    assert made == [
        'CREATE ROLE "Read ""only"" too";',
        'ALTER ROLE "Read ""only"" too" WITH NOLOGIN;',
        'GRANT "Read ""only"" too" TO app GRANTED BY postgres;',
    ]
    assert list(missing(ROLES, {"app", "postgres", 'Read "only" too'})) == []


def test_a_text_is_a_text_whatever_is_in_it() -> None:
    assert literal("it's \\ 'quoted'") == "E'it''s \\\\ ''quoted'''"
