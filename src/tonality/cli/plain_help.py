"""Help texts and messages in plain words: ``a whole number, 1 or more``, not ``x>=1``.

typer prints types and ranges as programmers write them. The commands say what kind of thing an
option takes by its placeholder, such as ``FILE`` or ``N``, and the ranges become words here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

HELP = ["-h", "--help"]
_WIDE = 1_000  # letters of a command's line: it is wrapped, not cut
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"(?:(?P<least>{_NUMBER})<=)?x(?:<=(?P<most>{_NUMBER})|>=(?P<from>{_NUMBER}))")


def in_words(text: str) -> str:
    """A help text whose ranges, such as ``[x>=1]`` at its end, are said in words.

    A bound that is written with decimals, such as 0.0, stands for any number, 0 for whole ones.
    """
    head, bracket, tail = text.rpartition("  [")
    return f"{head}{bracket}{_RANGE.sub(_range, tail)}" if bracket else text


def _range(found: re.Match[str]) -> str:
    least, most = found["least"] or found["from"], found["most"]
    kind = "a number" if "." in f"{least}{most}" else "a whole number"
    if least and most:
        return f"{kind} from {_plain(least)} to {_plain(most)}"
    return f"{kind}, {_plain(least)} or more" if least else f"{kind}, {_plain(most)} or less"


def _plain(number: str) -> str:
    return number.removesuffix(".0")


class PlainCommand(TyperCommand):
    """A command whose help, and whose errors, say in plain words what it takes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As in click; of a number out of its range the message says what was expected."""
        given = tuple(args)  # which parsing uses up
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            wanted = _wanted(error.param, ctx) if error.param else None
            if wanted is not None:
                error.message = f"expected {wanted}, got {_given(error.param, given)!r}"
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands after the command's name: ``[OPTIONS] IN...``."""
        arguments = (each for each in self.params if each.param_type_name == "argument")
        return ["[OPTIONS]", *map(_placeholder, arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the arguments, then the options."""
        _write_options(self.get_params(ctx), ctx, formatter)


class PlainGroup(TyperGroup):
    """The commands, each with its first sentence as a whole."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands after the program's name."""
        return ["[OPTIONS]", "COMMAND ..."]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the options, then the commands."""
        _write_options(self.get_params(ctx), ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(_WIDE)) for name, each in self.commands.items()]
            )


def _write_options(parameters: Iterable[Any], ctx: Any, formatter: Any) -> None:
    records: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
    for each in parameters:
        record = each.get_help_record(ctx)
        if record is not None:
            records[each.param_type_name].append((_name(each), in_words(record[1])))
    for title, kind in (("Arguments", "argument"), ("Options", "option")):
        if records[kind]:
            with formatter.section(title):
                formatter.write_dl(records[kind])


def _wanted(parameter: Any, ctx: Any) -> str | None:
    """The range of a number that is wanted, in words; None for what is no such number."""
    record = parameter.get_help_record(ctx)
    found = _RANGE.search(record[1].rpartition("  [")[2]) if record else None
    return _range(found) if found else None


def _given(parameter: Any, args: Sequence[str]) -> str:
    """What stands after an option on the command line."""
    for place, word in enumerate(args):
        name, _, value = word.partition("=")
        if name in parameter.opts:
            return value or next(iter(args[place + 1 :]), "")
    return ""


def _name(parameter: Any) -> str:
    """An option with what it takes, such as ``-o, --output FILE``, or an argument."""
    if parameter.param_type_name == "argument":
        return _placeholder(parameter)
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.secondary_opts:
        names = f"{names} / {', '.join(parameter.secondary_opts)}"
    return names if parameter.is_flag else f"{names} {parameter.metavar}"


def _placeholder(argument: Any) -> str:
    """An argument as the usage line has it: in brackets where it may be left out."""
    many = "..." if argument.nargs != 1 else ""
    name = f"{argument.metavar}{many}"
    return name if argument.required else f"[{name}]"
