"""`seawall completion`: the shell completes verbs, options and servers."""

import click

from seawall.commands import verb

SHELLS = ("bash", "zsh", "fish")


@verb(
    examples={
        'eval "$(seawall completion bash)"': "in ~/.bashrc",
        'eval "$(seawall completion zsh)"': "in ~/.zshrc",
        "seawall completion fish | source": "in ~/.config/fish/config.fish",
    },
    exits={3: ""},
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what your shell needs to complete verbs, options and servers."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind:
        root = ctx.find_root()
        click.echo(kind(root.command, {}, "seawall", "_SEAWALL_COMPLETE").source())
