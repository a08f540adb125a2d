"""What `seawall backup show` and `diff` do: ask a server for manifests, and show them."""

from seawall.commands.servers import described
from seawall.report.screen import Output


def read(output: Output, server: str, *runs: str) -> int:
    """Show one run, or how two differ; the exit code."""
    from seawall.engine import telling
    from seawall.report import documents, stored
    from seawall.report.live import waiting

    config, _ = described([server] if server else ())
    name = telling.server_of(config, server)
    output.stays = lambda: "Nothing was changed."
    with waiting(output, f"{name}: reading what is stored"):
        told = telling.told(config, name, *runs)
    if not output.spoken:
        documents.write(stored.document(name, told))
    elif len(runs) == 1:
        stored.show(name, told, output.out)
    else:
        stored.diff(name, told, output.out)
    return 0
