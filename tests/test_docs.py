"""What is written about Seawall is true: the reference is fresh, examples work, links lead
somewhere, and every command that is named exists.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from seawall import config
from seawall.cli import cli

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/README.md")]
)
EXAMPLES = sorted([*ROOT.glob("examples/*.yml"), *ROOT.glob("examples/apps/*/seawall.yml")])
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_reference_is_what_the_code_says() -> None:
    script = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_an_example_loads(path: Path) -> None:
    loaded = config.load(path)
    for server in loaded.servers:
        assert loaded.steps(server)


def test_a_setting_of_the_example_reaches_only_its_server() -> None:
    loaded = config.load(ROOT / "examples" / "two-servers.yml")
    opened = {name: [port.number for port in loaded.ports(name)] for name in loaded.servers}
    assert opened == {"web1": [22, 80, 443], "db1": [22, 5432]}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_tells_the_truth(path: Path) -> None:
    text = path.read_text()
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert "://" in target or (path.parent / target).exists(), f"{target} leads nowhere"
    for language, block in FENCED.findall(text):
        if language == "yaml":
            config.parse(block)
    for verb in re.findall(r"(?:`|\$ |&& )seawall ([a-z]+)\b", text):
        assert verb in cli.commands, f"there is no seawall {verb}"


def test_every_variable_that_is_read_is_documented() -> None:
    told = (ROOT / "docs" / "reference" / "commands.md").read_text()
    for path in (ROOT / "seawall").rglob("*.py"):
        for name in re.findall(r"\bSEAWALL_(?!COMPLETE|APP\b)\w+", path.read_text()):
            assert name in told, f"{name}, in {named(path)}"
