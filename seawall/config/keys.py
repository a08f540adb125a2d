"""People's keys, from wherever they are written, as lines for authorized_keys."""

from pathlib import Path

from seawall.config.model import Config
from seawall.config.problem import Problem


def filled(config: Config, folder: Path) -> tuple[Config, list[Problem]]:
    return config, []
