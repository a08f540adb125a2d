"""Checks of what a source tree does to whoever runs it: twelve factors, and what broke apps."""
