"""Stability: it keeps running, and nothing is lost."""
