"""Watching: what is true of this server every ten seconds, what of it somebody must be told, once,
and how it was in the last ninety days.

The resident part is small on purpose (no dataclasses, no typing, no subprocess): it runs on the
smallest servers, beside everything else. What is rare, or needs more, is done by a child.
"""
