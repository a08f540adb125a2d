"""What seawall.yml means, and how wrong ones are told; every golden file is read aloud here."""

import os
import sys
from pathlib import Path

import pytest

from seawall import config
from seawall.errors import ConfigError

ERRORS = Path(__file__).parent / "errors"
LINE = "\n----------\n"


def error(text: str, folder: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, folder=folder)
    return str(caught.value)


@pytest.mark.parametrize("golden", sorted(ERRORS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_wrong_file_is_told_in_these_words(golden: Path) -> None:
    text, _, expected = golden.read_text("utf-8").partition(LINE)
    told = error(text, ERRORS)
    if os.environ.get("SEAWALL_ACCEPT"):
        golden.write_text(f"{text}{LINE}{told}\n", "utf-8")
        return
    assert told == expected.rstrip("\n")
