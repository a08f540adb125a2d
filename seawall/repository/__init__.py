"""The source tree one stands in, and what this machine already knows about its owner.

Reads files, git, the ssh agent and ~/.ssh; changes nothing and asks no network.
"""

from seawall.repository.apps import app
from seawall.repository.guess import AppGuess
from seawall.repository.recognise import Trait, traits
from seawall.repository.surroundings import Guess, key, person, project, server

__all__ = ["AppGuess", "Guess", "Trait", "app", "key", "person", "project", "server", "traits"]
