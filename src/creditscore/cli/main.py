"""The command line: one thin file per noun, errors as text, an exit code for each kind of end."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from creditscore.cli.act import act_app
from creditscore.cli.application import App, tell_usage
from creditscore.cli.archive import archive_app
from creditscore.cli.cascade import cascade_app
from creditscore.cli.case import case_app
from creditscore.cli.composite import composite_app
from creditscore.cli.decisive import decisive_app
from creditscore.cli.demo import demo_command
from creditscore.cli.explain import explain_command
from creditscore.cli.grade import grade_command
from creditscore.cli.init import init_command
from creditscore.cli.lists import lists_app
from creditscore.cli.measures import measures_app
from creditscore.cli.model import model_app
from creditscore.cli.output import told
from creditscore.cli.packet import packet_app
from creditscore.cli.person import person_app
from creditscore.cli.queue import queue_app
from creditscore.cli.records import records_app
from creditscore.cli.repair import repair_app
from creditscore.cli.report import report_app
from creditscore.cli.reproduce import reproduce_command
from creditscore.cli.rules import rules_app
from creditscore.cli.scheme import scheme_app
from creditscore.cli.settings import load_settings
from creditscore.cli.status import status_app
from creditscore.cli.store import store_app
from creditscore.cli.supervise import supervise_app
from creditscore.cli.timeline import timeline_command
from creditscore.cli.workflow import key_app, workflow_app
from creditscore.core.boundary import run
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.core.i18n import LANGS, Lang, set_language
from creditscore.core.identity import redact
from creditscore.core.messages import VARIABLE as LANGUAGE
from creditscore.core.version import __version__

app = App("creditscore", add_completion=True)
COMMANDS: dict[str, Any] = {
    "init": init_command,
    "demo": demo_command,
    "grade": grade_command,
    "explain": explain_command,
    "reproduce": reproduce_command,
    "timeline": timeline_command,
    "archive": archive_app,
    "composite": composite_app,
    "decisive": decisive_app,
    "packet": packet_app,
    "records": records_app,
    "scheme": scheme_app,
    "rules": rules_app,
    "model": model_app,
    "measures": measures_app,
    "status": status_app,
    "case": case_app,
    "repair": repair_app,
    "lists": lists_app,
    "cascade": cascade_app,
    "store": store_app,
    "supervise": supervise_app,
    "report": report_app,
    "workflow": workflow_app,
    "key": key_app,
    "act": act_app,
    "queue": queue_app,
    "person": person_app,
}
for _name, _command in COMMANDS.items():
    if isinstance(_command, App):
        app.add_typer(_command, name=_name)
    else:
        app.command(_name)(_command)


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True),
    lang: Annotated[Lang | None, typer.Option("--lang")] = None,
) -> None:
    pass


def main(args: list[str] | None = None) -> Any:
    """Run the command line; every error is told in words and becomes its exit code."""
    _plain_where_needed()
    sys.exit(run(lambda: _run(sys.argv[1:] if args is None else args), redact))


def _run(args: list[str]) -> Any:
    """What the command returns: its exit code, where it ends with one."""
    choose_language(args)
    require_filled(args)
    try:
        return app(args, prog_name="creditscore", standalone_mode=False)
    except TyperException as error:
        if type(error).__name__ in ("NoArgsIsHelpError", "Abort", "Exit"):
            raise
        raise tell_usage(error, args) from error


def choose_language(args: list[str]) -> None:
    """Choose the language that `--lang` names, else the environment, else `creditscore.toml`, before all else."""
    for place, argument in enumerate(args):
        option, is_assigned, value = argument.partition("=")
        if option == "--lang":
            value = value if is_assigned else "".join(args[place + 1 : place + 2])
            if value in LANGS:  # anything else is refused where the option is read
                set_language(value)
                return
    named = os.environ.get(LANGUAGE)
    if named and named not in LANGS:
        raise UsageError("cli.variable_language", allowed=LANGS, variable=LANGUAGE, value=named)
    if not named:
        with suppress(CreditscoreError):  # a command that needs the file says what is wrong with it
            of_file = load_settings().language
            if of_file:
                set_language(of_file)


def require_filled(args: list[str]) -> None:
    """Raise UsageError where an argument is empty: a folder without a name would be the current one."""
    for place, argument in enumerate(args):
        option, is_assigned, value = argument.partition("=")
        before = args[place - 1] if place else ""
        if is_assigned and option.startswith("-"):
            empty: Any = None if value.strip() else option
        else:
            empty = None if argument.strip() else before if before.startswith("-") else told("argument", place + 1)
        if empty is not None:
            raise UsageError("cli.value_empty", empty=empty)


def _plain_where_needed() -> None:
    """A terminal whose encoding lacks a sign gets a plain one, instead of an error in the middle of a page."""
    signs = {"\u2212": "-", "\u2265": ">=", "\u2264": "<=", "\u2192": "->", "\u2026": "...", "\u00d7": "x"}

    def plain(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        return "".join(signs.get(sign, "?") for sign in error.object[error.start : error.end]), error.end

    codecs.register_error("plain", plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


if __name__ == "__main__":
    main()
