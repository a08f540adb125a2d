"""The source tree one stands in, and what this machine already knows about its owner.

Reads files, git, the ssh agent and ~/.ssh; changes nothing and asks no network.
"""

from seawall.repository.processes import Process, process
from seawall.repository.recognise import Trait, traits
from seawall.repository.surroundings import Guess, key, person, project, server

__all__ = ["Guess", "Process", "Trait", "key", "person", "process", "project", "server", "traits"]
