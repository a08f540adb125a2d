"""What `seawall backup` does: asks servers to save or prove, and shows what became of it."""

from seawall.commands.servers import described
from seawall.errors import SeawallError
from seawall.report.screen import Output


def carry_out(output: Output, server: str, verb: str, data: tuple[str, ...]) -> int:
    """Save or prove on one server or on all with data; the exit code."""
    from seawall.engine import backing
    from seawall.report import copies, documents
    from seawall.report.live import waiting

    config, _ = described([server] if server else ())
    names = backing.servers_of(config, server)
    output.stays = lambda: "The servers go on with it: seawall backup list shows it."
    with waiting(output, f"{', '.join(names)}: {'saving' if verb == 'backup' else 'proving'}"):
        saved = backing.carry_out(config, names, backing.Wanted(verb, data))
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
