"""``--install-completion`` and ``--show-completion``: the script by which a shell completes.

click writes the script, which asks ``tonality`` itself what may follow.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from tonality.cli.common_options import AddOptions

_PROGRAM = "tonality"
# Where each shell's script goes in the home folder, and what in which file has it read.
_BASH = ".bash_completions/tonality.sh", ".bashrc", "source '{script}'"
_ZSH = ".zfunc/_tonality", ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit"
_FISH = ".config/fish/completions/tonality.fish", None, ""
_PLACES = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def _show(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    if given and not ctx.resilient_parsing:
        click.echo(_script(_calling_shell(), ctx))
        ctx.exit()


def _install(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    if not given or ctx.resilient_parsing:
        return
    shell = _calling_shell()
    place, settings, line = _PLACES[shell]
    script = Path.home() / place
    text = _script(shell, ctx)
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f"{text}\n", encoding="utf-8")
    if settings is not None:
        _add_line(Path.home() / settings, line.format(script=script))
    click.secho(f"{shell} completion installed in {script}", fg="green")
    click.echo("Completion will take effect once you restart the terminal")
    ctx.exit()


def _script(shell: str, ctx: click.Context) -> str:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    variable = f"_{_PROGRAM}_COMPLETE".upper()  # click looks there for what a shell asks
    return kind(ctx.command, {}, _PROGRAM, variable).source().strip()


def _add_line(settings: Path, line: str) -> None:
    """Adds a line to a file of settings that does not hold it yet."""
    text = settings.read_text(encoding="utf-8") if settings.is_file() else ""
    if line not in text:
        with settings.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")


def _calling_shell() -> str:
    """The shell that started this program, maybe through others; elsewhere than on Linux, SHELL.

    Raises:
        click.UsageError: it is none whose scripts click writes.
    """
    process = os.getppid()
    while (status := Path("/proc", str(process), "status")).is_file():
        lines = status.read_text().splitlines()
        fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if fields["Name"] in _PLACES:
            return fields["Name"]
        process = int(fields["PPid"])
    shell = Path(os.environ.get("SHELL", "")).stem
    if shell not in _PLACES:
        raise click.UsageError(
            f"expected {', '.join(_PLACES)} as the shell, got {shell or 'none'!r}; name it: "
            "SHELL=bash tonality --show-completion"
        )
    return shell


def _option(name: str, callback: Callable[..., None], help: str) -> AddOptions:
    # Not an eager one: click would take it before a --help behind it, which wins.
    return click.option(name, is_flag=True, expose_value=False, callback=callback, help=help)


install_completion_option = _option(
    "--install-completion", _install, "Install completion for the current shell."
)
show_completion_option = _option(
    "--show-completion",
    _show,
    "Show completion for the current shell, to copy it or customize the installation.",
)
