"""``lvsha completion``: what a shell needs to complete our commands."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    r"""Print a completion script for SHELL.

    \b
    bash:  lvsha completion bash > /etc/bash_completion.d/lvsha
    zsh:   lvsha completion zsh > /usr/share/zsh/site-functions/_lvsha
    fish:  lvsha completion fish > /usr/share/fish/vendor_completions.d/lvsha.fish
    """
    # The group imports this module.
    from lvsha.cli.main import cli  # noqa: PLC0415

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(cli, {}, "lvsha", "_LVSHA_COMPLETE").source())
