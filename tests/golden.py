"""Golden files: what a person reads, kept as text to be reviewed.

`SEAWALL_ACCEPT=1 pytest …` rewrites them; look at the difference before committing it.
"""

import os
from pathlib import Path

HERE = Path(__file__).parent


def same(name: str, text: str) -> None:
    """Compare with tests/NAME, or rewrite it."""
    file = HERE / name
    if os.environ.get("SEAWALL_ACCEPT"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    known = file.read_text(encoding="utf-8") if file.exists() else ""
    assert text == known, f"{name} changed; SEAWALL_ACCEPT=1 rewrites it"
