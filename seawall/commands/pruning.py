"""What `seawall backup prune` does: shows what would go, asks for the name, lets it go."""

from seawall.commands.naming import require_name
from seawall.commands.servers import described
from seawall.report.screen import Output


def prune(output: Output, server: str, confirm: str, *, dry: bool) -> int:
    """Show what goes, and let it go when that is wanted; the exit code."""
    from seawall.engine import backing, pruning
    from seawall.report import documents, pruned
    from seawall.report.live import waiting

    config, _ = described([server])
    [name] = backing.servers_of(config, server)
    output.stays = lambda: "Nothing was forgotten."
    with waiting(output, f"{name}: asking what is proven, and where the copies lie"):
        found = pruning.look(config, name)
    if output.spoken:
        pruned.shown(found, output.out)
    goes = any(old.gone for old in found)
    if goes and not dry:
        require_name(output, (name,), confirm, again=f"seawall backup prune {name}")
        output.stays = lambda: "What was forgotten is gone; the same command goes on."
        with waiting(output, f"{name}: forgetting, and clearing up"):
            for old in found:
                pruning.forget(old)
        if output.spoken:
            pruned.done(found, output.out)
    if not output.spoken:
        documents.write(pruned.document(found, forgotten=goes and not dry))
    return 0
