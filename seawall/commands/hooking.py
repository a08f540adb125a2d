"""A look before every commit and in CI: a secret that is never committed needs no changing.

Files that are there already are never replaced: what to add to them is shown.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.errors import SeawallError
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.repository.leaks.tree import Ground

HOOK = """\
#!/bin/sh
# Written by seawall init --hooks: no secret is committed. Once without: git commit --no-verify
if command -v seawall >/dev/null; then
  exec seawall leaks --staged
fi
echo "seawall is not on PATH: nobody looked for secrets in this commit" >&2
"""
LINE = "seawall leaks --staged || exit 1"
GITHUB = """\
# Written by seawall init --hooks.
name: seawall
on: [push, pull_request]
permissions:
  contents: read
jobs:
  secrets:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # all of history
      - run: pipx install seawall # or wherever you install it from
      - run: seawall check --only committed --format github
"""
GITLAB = """\
seawall:
  variables:
    GIT_DEPTH: 0 # all of history
  script:
    - pipx install seawall # or wherever you install it from
    - seawall check --only committed
"""


@dataclass(frozen=True)
class Planned:
    """A file to write; `instead` is what to add by hand where one is there already."""

    path: Path
    shown: str
    text: str
    mode: int
    instead: str

    @property
    def taken(self) -> bool:
        """True when somebody else's file is there."""
        return (self.path.exists() or self.path.is_symlink()) and not self.done

    @property
    def done(self) -> bool:
        """True when it is there, as we would write it."""
        return self.path.is_file() and self.path.read_bytes() == self.text.encode()


def install(output: Output, here: Path, yes: bool) -> None:
    """Show what would be written, ask, and write it."""
    from seawall.repository.leaks.tree import ground

    found = ground(here)
    if not found.tracked or found.blind:
        raise SeawallError("hooks need a git repository", "git init, then seawall init --hooks")
    plan = _planned(found)
    new = [each for each in plan if not each.taken and not each.done]
    if output.spoken:
        _show(output, plan, new)
        if new and not yes and may_ask() and not click.confirm("Write them?", err=True):
            return
    for each in new:
        _write(each)
    _say(output, plan, new)


def _planned(found: "Ground") -> list[Planned]:
    from seawall.repository.leaks import git

    told = git.real(found.top, "rev-parse", "--git-path", "hooks") or b".git/hooks\n"
    hook = found.top / os.fsdecode(told.removesuffix(b"\n")) / "pre-commit"
    plan = [Planned(hook, "the hook pre-commit", HOOK, 0o755, LINE)]
    if (found.top / ".gitlab-ci.yml").exists():
        name = ".gitlab-ci.yml"
        return [*plan, Planned(found.top / name, name, GITLAB, 0o644, GITLAB)]
    name = ".github/workflows/seawall.yml"
    return [*plan, Planned(found.top / name, name, GITHUB, 0o644, GITHUB)]


def _show(output: Output, plan: list[Planned], new: list[Planned]) -> None:
    for each in new:
        output.err.show([f"+ {each.shown}", *(f"    {line}" for line in each.text.splitlines())])
    for each in plan:
        if each.taken and LINE not in _text(each.path) and "seawall check" not in _text(each.path):
            lines = (f"    {line}" for line in each.instead.splitlines())
            output.err.show([f"{each.shown} is there already. Add to it:", *lines])


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.is_file() else ""


def _write(each: Planned) -> None:
    try:
        each.path.parent.mkdir(parents=True, exist_ok=True)
        with each.path.open("x", encoding="utf-8") as file:
            file.write(each.text)
        each.path.chmod(each.mode)
    except OSError as error:
        raise SeawallError(f"{each.shown}: cannot be written: {error.strerror}") from None


def _say(output: Output, plan: list[Planned], new: list[Planned]) -> None:
    from seawall.report import documents

    if not output.spoken:
        rows = [{"what": each.shown, "wrote": each in new, "taken": each.taken} for each in plan]
        documents.write({"format": documents.FORMAT, "hooks": rows})
        return
    kept = [each.shown for each in plan if each not in new]
    lines = [f"{each.shown}: written" for each in new] + [f"{name}: left as it is" for name in kept]
    output.out.show([*lines, "Next: seawall leaks"])
