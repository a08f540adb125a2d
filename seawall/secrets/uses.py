"""Who uses which secret, and what brings a new value to them: every section says its own."""

from typing import Any

from seawall.kit.use import Use


def uses(config: Any, environment: str) -> dict[str, tuple[Use, ...]]:
    """Every use of each secret of an environment, by name."""
    found: dict[str, tuple[Use, ...]] = {}
    for use in config.uses():
        if use.environment == environment:
            found[use.name] = (*found.get(use.name, ()), use)
    return found
