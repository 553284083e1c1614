"""What every command has: help from the catalogue, settings as defaults, no option twice; and the errors of a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from creditscore.cli.help import render_help
from creditscore.cli.output import choose_json
from creditscore.cli.settings import load_settings
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.core.messages import language


class Command(TyperCommand):
    """A command: what its options leave open stands in the environment, or in `creditscore.toml`; it has `--json`."""

    def __init__(self, *args: Any, params: Any = None, **more: Any) -> None:
        super().__init__(*args, params=[*(params or ()), _make_json_option()], **more)

    def invoke(self, ctx: Any) -> Any:
        """Run it, and let it give its data as JSON where `--json` was given."""
        with choose_json(ctx.params.pop("as_json", False)):
            return super().invoke(ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options; UsageError where one that holds a single value is given twice."""
        if not ctx.resilient_parsing:
            _refuse_repeated(self, ctx, args)
            if not ctx.help_option_names or ctx.help_option_names[0] not in args:
                ctx.default_map = _find_defaults(self.params)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the catalogue."""
        formatter.write(render_help(self, ctx, formatter.width))


class Group(TyperGroup):
    """A group of commands."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command by its name; UsageError where there is none."""
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            raise UsageError(
                "cli.no_such_command",
                allowed=get_close_matches(name, known) or known,
                name=name,
                command=ctx.command_path,
            )
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the catalogue."""
        formatter.write(render_help(self, ctx, formatter.width))


class App(typer.Typer):
    """A group whose commands are `Command`s; its help stands in the catalogue."""

    def __init__(self, name: str | None = None, cls: type[TyperGroup] = Group, **more: Any) -> None:
        super().__init__(
            name=name,
            cls=cls,
            no_args_is_help=True,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            **{"add_completion": False, **more},
        )
        self.callback()(_do_nothing)  # so that a group of one command is a group

    def command(self, name: str | None = None, **more: Any) -> Callable[[Any], Any]:
        """Register a function as a command."""
        return super().command(name, **{"cls": Command, **more})


def _do_nothing() -> None:
    pass


def _take_json(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    pass


@lru_cache(maxsize=1)
def _make_json_option() -> Any:
    """The option `--json`, as the library makes options."""
    plain = typer.Typer(add_completion=False)
    plain.command()(_take_json)
    return next(option for option in typer.main.get_command(plain).params if option.name == "as_json")


def _refuse_repeated(command: TyperCommand, ctx: Any, args: list[str]) -> None:
    """Raise UsageError where an option that takes one value is given twice: the last would win without a word."""
    _, _, order = command.make_parser(ctx).parse_args(list(args))
    seen = set()
    for parameter in order:
        if parameter.param_type_name == "option" and not getattr(parameter, "multiple", False):
            if parameter.name in seen:
                raise UsageError("cli.option_twice", option=parameter.opts[0], command=ctx.command_path)
            seen.add(parameter.name)


def _find_defaults(parameters: Iterable[Any]) -> dict[str, Any]:
    """What stands in for options that are not given, by their name in the code."""
    settings = load_settings()
    defaults = {
        parameter.name: settings.of_variable(parameter.envvar)
        for parameter in parameters
        if isinstance(parameter.envvar, str) and settings.of_variable(parameter.envvar)
    }
    return {**defaults, "lang": language()}


def tell_usage(error: Any, args: list[str]) -> CreditscoreError:
    """An error of the library that reads the command line, as an error of the catalogue."""
    kind, context, parameter = type(error).__name__, getattr(error, "ctx", None), getattr(error, "param", None)
    command = context.command_path if context else "creditscore"
    option = next(iter(getattr(parameter, "opts", ())), "")
    if kind == "MissingParameter" and option.startswith("-"):
        return UsageError("cli.option_missing", option=option, command=command)
    if kind == "MissingParameter" and parameter is not None:
        return UsageError("cli.argument_missing", argument=parameter.display_name_raw, command=command)
    if kind == "NoSuchOption":
        return UsageError(
            "cli.no_such_option", allowed=error.possibilities or None, option=error.option_name, command=command
        )
    if kind == "BadOptionUsage":
        if "not take a value" in error.message:
            return UsageError("cli.option_takes_no_value", option=error.option_name, command=command)
        return UsageError("cli.option_without_value", option=error.option_name, command=command)
    if kind == "BadParameter" and parameter is not None:
        named = option if option.startswith("-") else parameter.display_name_raw
        allowed = parameter.display_type(context).strip("<>") if context else None
        limits = parameter._get_number_range_help_str()
        allowed = f"{allowed} ({limits})" if limits else allowed
        value = _find_value(getattr(parameter, "opts", ()), args)
        return UsageError("cli.value_not_allowed", allowed=allowed, option=named, value=value, command=command)
    extra = re.fullmatch(r"Got unexpected extra argument\(s\) \((.*)\)", error.message)
    if extra:
        return UsageError("cli.too_many_arguments", listed=extra[1], command=command)
    if kind == "UsageError":
        return UsageError("cli.command_missing", command=command)
    return UsageError("cli.not_understood", message=error.message, command=command)


def _find_value(names: Iterable[str], args: list[str]) -> str:
    """What a command line gives for an option; empty for an argument, which is told by its name."""
    for name in names:
        for place, word in enumerate(args):
            if word == name:
                return "".join(args[place + 1 : place + 2])
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
    return ""
