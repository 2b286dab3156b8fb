"""``lvsha completion``: what a shell needs to complete our commands."""

import os
import shlex

import click
from click.shell_completion import (
    BashComplete,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)


class Bash(BashComplete):
    """Completes words with colons, such as an address and its port.

    Bash takes a colon for the end of a word and replaces only what stands after
    it: it has to be told the line as it was typed, and is given what is missing.
    """

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' line kind
    COMPREPLY=()
    while read -r line; do
        kind=${line%%%%,*}
        case $kind in
            dir) compopt -o dirnames 2>/dev/null;;
            file) compopt -o default 2>/dev/null;;
            plain) COMPREPLY+=("${line#*,}");;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:$COMP_POINT}" \\
        COMP_WORDBREAKS="$COMP_WORDBREAKS" %(complete_var)s=bash_complete $1)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the whole words before the last one, and that."""
        line = os.environ["COMP_LINE"]
        words = _words(line)
        if not words or line[-1:].isspace():
            return words[1:], ""
        return words[1:-1], words[-1]

    def complete(self) -> str:
        """Return a line for each word, without what is to be left as it is."""
        args, incomplete = self.get_completion_args()
        kept = 0
        if ":" in os.environ.get("COMP_WORDBREAKS", ""):
            kept = incomplete.rfind(":") + 1
        return "\n".join(
            f"{item.type},{item.value if item.type != 'plain' else item.value[kept:]}"
            for item in self.get_completions(args, incomplete)
        )


def _words(line: str) -> list[str]:
    """Return the words of a *line* of which the last may not be complete."""
    for end in ("", "'", '"'):
        try:
            return shlex.split(line + end)
        except ValueError:
            continue
    return line.split()


def prepare() -> None:
    """Have click complete for bash our way."""
    add_completion_class(Bash)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script for SHELL.

    \b
    bash:  lvsha completion bash > /etc/bash_completion.d/lvsha
    zsh:   lvsha completion zsh > /usr/share/zsh/site-functions/_lvsha
    fish:  lvsha completion fish > /usr/share/fish/vendor_completions.d/lvsha.fish
    """  # noqa: D301 - click looks for a backspace
    # The group imports this module.
    from lvsha.cli.main import cli  # noqa: PLC0415

    prepare()
    found: type[ShellComplete] | None = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(cli, {}, "lvsha", "_LVSHA_COMPLETE").source())
