"""Telling somebody: what is put into the outbox reaches a person, once, or that is told too."""
