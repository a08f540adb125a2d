"""Minimum viable cloud infrastructure for startups, from one file, proven by drills."""

__version__ = "0.1.0"
