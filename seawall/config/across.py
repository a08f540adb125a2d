"""What is wrong only when several sections are seen together."""

from seawall.config.model import Config
from seawall.config.problem import Problem


def problems(config: Config) -> list[Problem]:
    return []
