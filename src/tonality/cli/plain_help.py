"""Help texts and messages in plain words: ``a whole number, 1 or more``, not ``x>=1``.

The commands say what kind of thing an option takes by its placeholder, such as ``FILE`` or ``N``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}
_WIDE = 1_000  # letters of a command's line: it is wrapped, not cut


class Number(click.ParamType):  # type: ignore[type-arg]  # generic from 8.4 on
    """A number between bounds, which the help and the errors tell in words.

    Args:
        kind: whole numbers or any.
        least: the smallest that is taken; None for no bound.
        most: the largest.
    """

    name = "number"

    def __init__(
        self, kind: type[int | float], least: int | None = None, most: int | None = None
    ) -> None:
        self._kind = kind
        self._least = least
        self._most = most

    @property
    def bounded(self) -> bool:
        """Whether not every number is taken."""
        return self._least is not None or self._most is not None

    def __str__(self) -> str:
        """What is taken, such as ``a number from 0 to 1``."""
        kind = "a whole number" if self._kind is int else "a number"
        if self._least is not None and self._most is not None:
            return f"{kind} from {self._least} to {self._most}"
        if self._least is not None:
            return f"{kind}, {self._least} or more"
        return kind if self._most is None else f"{kind}, {self._most} or less"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | float:
        """The number that a word of the command line says."""
        try:
            number = self._kind(value)
        except ValueError:
            self.fail(f"expected {self}, got {value!r}", param, ctx)
        above = self._least is None or number >= self._least  # which NaN is not
        if not above or not (self._most is None or number <= self._most):
            self.fail(f"expected {self}, got {value!r}", param, ctx)
        return number


class OneOf(click.Choice):  # type: ignore[type-arg]  # generic from 8.2 on, but not at run time
    """One of a few words, which the shell completes and the errors tell."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """What is wrong, and what is taken."""
        return f"expected one of {', '.join(self.choices)}, got {value!r}"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """What is taken, in one line."""
        return f"Give one of {', '.join(self.choices)}."


class Argument(click.Argument):
    """An argument with a help text, in brackets where it may be left out."""

    def __init__(self, *words: Any, help: str, **settings: Any) -> None:
        super().__init__(*words, **settings)
        self.help = help

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The argument as the usage line has it, such as ``[TEXT...]``."""
        name = self.make_metavar(ctx) + ("..." if self.nargs != 1 else "")
        return [name if self.required else f"[{name}]"]


class PlainCommand(click.Command):
    """A command whose help says in plain words what it takes."""

    def __init__(self, name: str | None, **settings: Any) -> None:
        super().__init__(name, context_settings=SETTINGS, **settings)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the help: newer versions of click would list the arguments in their own way."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)
        self.format_epilog(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the arguments, then the options."""
        _write_options(self.get_params(ctx), ctx, formatter)


class PlainGroup(click.Group):
    """The commands, in the order in which they were given, each with its whole first sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """As in click; but Ctrl-C ends a command with the status that shells give it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options, then the commands."""
        _write_options(self.get_params(ctx), ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(_WIDE)) for name, each in self.commands.items()]
            )


def _write_options(
    parameters: list[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    arguments = [
        (each.get_usage_pieces(ctx)[0], _help(each, "required" if each.required else ""))
        for each in parameters
        if isinstance(each, Argument)
    ]
    options = [
        (record[0], _help(each, *_notes(each, ctx)))
        for each in parameters
        if isinstance(each, click.Option) and (record := each.get_help_record(ctx))
    ]
    for title, rows in (("Arguments", arguments), ("Options", options)):
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def _help(parameter: Argument | click.Option, *notes: str) -> str:
    """A help text with notes behind it: ``The port.  [a whole number from 0 to 65535]``."""
    said = "; ".join(filter(None, notes))
    return f"{parameter.help}  [{said}]" if said else parameter.help or ""


def _notes(option: click.Option, ctx: click.Context) -> Iterator[str]:
    extra = option.get_help_extra(ctx)
    if "default" in extra:
        yield f"default: {extra['default']}"
    if isinstance(option.type, Number) and option.type.bounded:
        yield str(option.type)
    if option.required:
        yield "required"
