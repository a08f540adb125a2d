"""What `seawall backup` does: asks servers to save, prove or read, and shows what became of it."""

from typing import TYPE_CHECKING

from seawall.commands.servers import described
from seawall.errors import SeawallError
from seawall.report.screen import Output

if TYPE_CHECKING:
    from seawall.engine.backing import Wanted


DOING = {"backup": "saving", "prove": "proving", "verify": "reading what is stored"}


def carry_out(output: Output, server: str, wanted: "Wanted") -> int:
    """Save, prove or read again on one server or on all with data; the exit code."""
    from seawall.engine import backing
    from seawall.report import copies, documents
    from seawall.report.live import waiting

    config, _ = described([server] if server else ())
    names = backing.servers_of(config, server)
    output.stays = lambda: "The servers go on with it: seawall backup list shows it."
    with waiting(output, f"{', '.join(names)}: {DOING[wanted.verb]}"):
        saved = backing.carry_out(config, names, wanted)
    if output.spoken:
        copies.outcome(saved, output.out)
    else:
        documents.write(copies.document(saved))
    return copies.exit_code(saved)


def listing(output: Output, server: str) -> int:
    """What is stored of one server or of all with data; the exit code."""
    from seawall.engine import backing
    from seawall.report import copies, documents
    from seawall.report.live import waiting

    config, _ = described([server] if server else ())
    names = backing.servers_of(config, server)
    output.stays = lambda: "Nothing was changed."
    with waiting(output, f"{', '.join(names)}: asking where the copies lie"):
        listed = backing.copies(config, names)
    if output.spoken:
        copies.listing(listed, output.out)
    else:
        documents.write(copies.listed_document(listed))
    return int(any(isinstance(told, SeawallError) for _, told in listed))
