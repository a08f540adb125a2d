"""Secrets are kept encrypted beside the code, and each app gets those it names.

Passwords in a chat, in a .env on five laptops or in git are read by whoever comes by, and nobody
can say who has them. `seawall secrets` keeps them in `secrets/production.age`: names in the open,
values encrypted for admins, for those named here, and for one key that you keep in a drawer. On a
server they lie where only root reads them.
"""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from seawall.kit import Feature, Room
from seawall.kit.fields import Account
from seawall.kit.fields.secrets import SecretName, SecretSource


class Secrets(Feature):
    model_config = ConfigDict(populate_by_name=True)

    section: ClassVar[str] = "secrets"
    room: ClassVar[Room] = "security"

    readers: list[Account] = []
    """People who may read them besides the admins, who are root on every server anyway."""
    sources: Annotated[dict[SecretName, SecretSource], Field(alias="from")] = {}
    """Secrets that are kept elsewhere, each read by that place's own program when it is wanted:
    `{ STRIPE_KEY: "op://vault/item/field" }` (1Password), `pass:acme/stripe`, `bw:acme-stripe`
    (Bitwarden), `aws:acme/stripe` or `aws:acme/all#STRIPE_KEY` (a key of a JSON secret),
    `gcloud:stripe` or `gcloud:projects/acme/secrets/stripe`, `env:OTHER_NAME`."""
