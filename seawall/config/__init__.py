"""seawall.yml, read once and validated completely before anything is touched.

`load` and `parse` give a Config or raise one ConfigError with every problem in the file, sorted
by line. Nothing here reaches for the network; `keys.resolve` does, when it is asked to.
"""

from seawall.config.model import Config
from seawall.config.reading import find, load, parse
from seawall.config.schema import schema
from seawall.config.servers import Address, ServerSettings

__all__ = ["Address", "Config", "ServerSettings", "find", "load", "parse", "schema"]
