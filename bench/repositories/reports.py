"""What `seawall check` and `seawall init` make of repositories that others wrote.

usage: python bench/repositories/reports.py FOLDER... > bench/repositories/reports.txt

For each clone or unpacked archive: what init recognises, and each finding by its id and its files.
None of their text is kept. Every report here was read as its maintainer would read it; after
a change of a check the difference of this file says what it does to them.
"""

import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from seawall import repository
from seawall.kit import SectionVerdict
from seawall.report.places import places
from seawall.repository.topics import FACTORS, check_all

TOPICS = {topic.section for topic in FACTORS}


def report(folder: Path) -> Iterator[str]:
    """The lines of one repository."""
    with chdir(folder):
        app = repository.app(Path.cwd())
        results, _ = check_all(None, lambda check: check.id.partition(".")[0] in TOPICS)
    yield f"{folder.name}: {app.why if app else 'no app'}"
    section = SectionVerdict("repository", tuple(results))
    for severity in ("must", "should"):
        for check, finding in section.found(severity):
            names = sorted({name for name, _ in places(section, finding.evidence)})
            yield f"  {severity:6} {check.id:34} {', '.join(names)}"
    yield from (f"  unknown {one.check.id}" for one in results if one.state == "unknown")


def main(folders: list[str]) -> int:
    for folder in sorted(folders, key=lambda name: Path(name).name.lower()):
        print("\n".join(report(Path(folder).resolve())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
