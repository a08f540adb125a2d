"""Which host a key of SFTP goes to, and what is refused before."""

import pytest

from seawall import config
from seawall.errors import ConfigError
from seawall.features.stability.backups import Backups, sftp

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIERhFbNhDCjVApm7mgUFltM8Las3SNOnt2tYZbjjo"
PLACE = "project: acme\nbackups: {{ to: {{ to: '{to}', key: BACKUP_SSH_KEY{more} }} }}\n"


@pytest.mark.parametrize(
    ("repository", "there"),
    [
        ("sftp:acme@store.example:/copies", ("acme", "store.example", 22)),
        ("sftp:store.example:/copies", ("", "store.example", 22)),
        ("sftp://acme@store.example:2222//copies", ("acme", "store.example", 2222)),
        ("sftp://acme@[fd00::1]:23//copies", ("acme", "fd00::1", 23)),
        ("sftp:-oProxyCommand=true@store:/copies", None),
        ("sftp:-store:/copies", None),
        ("s3:https://store.example/copies", None),
    ],
)
def test_an_address_is_read_as_restic_reads_it(
    repository: str, there: tuple[str, str, int] | None
) -> None:
    assert sftp.address(repository) == there


@pytest.mark.parametrize(
    ("to", "more", "said"),
    [
        ("sftp:acme@store:/copies", "", "host_key"),
        ("sftp:acme@store:/copies", ", host_key: nonsense", "host key"),
        ("s3:https://store.example/copies", f", host_key: {HOST_KEY}", "sftp"),
    ],
)
def test_a_key_goes_to_no_host_that_is_not_pinned(to: str, more: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.parse(PLACE.format(to=to, more=more))


def test_ssh_takes_our_key_and_the_pinned_host_key_alone() -> None:
    told = PLACE.format(to="sftp://acme@store:2222//copies", more=f", host_key: {HOST_KEY}")
    [option] = sftp.options("main", config.parse(told).of(Backups).to)
    for words in (
        "-p 2222",
        "-i /etc/seawall/backups.main.key",
        "UserKnownHostsFile=/etc/seawall/backups.main.known_hosts",
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "-l acme store -s sftp",
    ):
        assert words in option
