"""Secrets that were committed: found in the working tree and in all of history, never shown.

What is found is a *leak*: where it stands, what it is, how sure that is, and a salted fingerprint.
The value itself stays in memory for as long as it is judged, and goes nowhere.
"""

from seawall.repository.leaks.leak import Leak

__all__ = ["Leak"]
