"""Cloud accounts behind one contract; a provider's SDK is imported when its account is used.

Each is installed with an extra: `seawall[aws]`, `seawall[gcp]`.
"""

import importlib

from seawall.errors import ConfigError
from seawall.kit.cloud import Cloud, Wanted

KINDS = {"aws": "boto3", "gcp": "googleapiclient"}
"""The clouds there are, and what each needs."""


def opened(name: str, wanted: Wanted) -> Cloud:
    """The account, ready to be asked; ConfigError where its extra is not installed."""
    try:
        module = importlib.import_module(f"seawall.clouds.{name}")
    except ModuleNotFoundError as error:
        needed = error.name or KINDS[name]
        raise ConfigError(
            f"cloud.{name}: the Python package {needed} is not installed",
            f"pipx install 'seawall[{name}]'; or pipx inject seawall {KINDS[name]}",
        ) from None
    cloud: Cloud = module.opened(wanted)
    return cloud
