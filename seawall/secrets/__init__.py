"""Secrets: one file for each environment beside the code, its names in the open, its values not.

`secrets/production.age` holds every value as a block that stock `age` reads. The values are
encrypted to a key of the file's own, and that key to each reader: to people's ssh keys and to one
key of the project, which is kept outside the repository. So a new reader changes one block, a new
value changes another, and git merges both. A name and its date are sealed together with the value,
so a block that was moved, cut or changed is refused.

    store = Store.open(config)                    # or Store.open(config, "staging", create=True)
    store.names()                                 # needs no key
    store.get("STRIPE_KEY")
    store.set("STRIPE_KEY", value)
    store.ensure("DATABASE_MAIN_PASSWORD")        # made at the first call, the same ever after

Every error is a SeawallError with a hint; no value ever stands in one, and none is written
anywhere but, encrypted, into that file. Nothing heavy is imported before a value is wanted.
"""

from seawall.secrets.store import PRODUCTION, Store, generated

__all__ = ["PRODUCTION", "Store", "generated"]
