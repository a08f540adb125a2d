"""Docker's settings: what apps need of it, laid over what others have set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict

from seawall.agent import system
from seawall.agent.steps.files import File

NEEDED = ("live-restore", "runtimes")
"""What apps cannot do without; the rest is set only where nobody has set it."""


@dataclass(frozen=True)
class DockerSettings(File):
    """daemon.json with at least these settings; other keys stay as they are."""

    def text(self) -> str:
        wanted: Dict[str, Any] = json.loads(self.content)
        current = self._current()
        merged = {**wanted, **current, **{key: wanted[key] for key in NEEDED}}
        merged["runtimes"] = {**current.get("runtimes", {}), **wanted["runtimes"]}
        return json.dumps(merged, indent=1, sort_keys=True) + "\n"

    def _current(self) -> Dict[str, Any]:
        content = system.read(self.path) or b""
        try:
            return dict(json.loads(content)) if content.strip() else {}
        except (ValueError, TypeError) as error:
            problem = f"{self.path} is not JSON, and Docker would not start with it: {error}"
            raise system.StepError(problem) from error
