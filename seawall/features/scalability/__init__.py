"""Scalability: a second server, or a new one, is an afternoon and not a rescue."""
