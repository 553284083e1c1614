"""The command line: one thin file per noun, errors as text, an exit code for each kind of end."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Any

import typer

from creditscore.cli.act import act_app
from creditscore.cli.cascade import cascade_app
from creditscore.cli.case import case_app
from creditscore.cli.composite import composite_app
from creditscore.cli.decisive import decisive_app
from creditscore.cli.demo import demo_command
from creditscore.cli.explain import explain_command
from creditscore.cli.grade import grade_command
from creditscore.cli.joint import joint_app
from creditscore.cli.keep import keep_command, runs_command
from creditscore.cli.life import life_app
from creditscore.cli.lists import lists_app
from creditscore.cli.model import model_app
from creditscore.cli.packet import packet_app
from creditscore.cli.person import person_app
from creditscore.cli.queue import queue_app
from creditscore.cli.records import records_app
from creditscore.cli.repair import repair_app
from creditscore.cli.report import report_app
from creditscore.cli.reproduce import reproduce_command
from creditscore.cli.rules import rules_app
from creditscore.cli.scheme import scheme_app
from creditscore.cli.store import store_app
from creditscore.cli.supervise import supervise_app
from creditscore.cli.timeline import timeline_command
from creditscore.cli.workflow import key_app, workflow_app
from creditscore.core.boundary import run
from creditscore.core.errors import ExitCode, UsageError
from creditscore.core.i18n import LANGS, set_language
from creditscore.core.identity import redact
from creditscore.core.version import __version__

app = typer.Typer(
    name="creditscore",
    help="Credit grading of organisations under published rules. "
    f"Exit codes: {', '.join(f'{code} {code.words}' for code in ExitCode)}.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("grade")(grade_command)
app.command("explain")(explain_command)
app.command("reproduce")(reproduce_command)
app.command("timeline")(timeline_command)
app.command("keep")(keep_command)
app.command("runs")(runs_command)
app.command("demo")(demo_command)
app.add_typer(composite_app, name="composite")
app.add_typer(decisive_app, name="decisive")
app.add_typer(packet_app, name="packet")
app.add_typer(records_app, name="records")
app.add_typer(scheme_app, name="scheme")
app.add_typer(rules_app, name="rules")
app.add_typer(model_app, name="model")
app.add_typer(joint_app, name="joint")
app.add_typer(life_app, name="life")
app.add_typer(case_app, name="case")
app.add_typer(repair_app, name="repair")
app.add_typer(lists_app, name="lists")
app.add_typer(cascade_app, name="cascade")
app.add_typer(store_app, name="store")
app.add_typer(supervise_app, name="supervise")
app.add_typer(report_app, name="report")
app.add_typer(workflow_app, name="workflow")
app.add_typer(key_app, name="key")
app.add_typer(act_app, name="act")
app.add_typer(queue_app, name="queue")
app.add_typer(person_app, name="person")


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    pass


def main(args: list[str] | None = None) -> Any:
    """Run the command line; every error is told in words and becomes its exit code."""
    _plain_where_needed()
    sys.exit(run(lambda: _run(sys.argv[1:] if args is None else args), redact))


def _run(args: list[str]) -> Any:
    """What the command returns: its exit code, where it ends with one."""
    require_filled(args)
    choose_language(args)
    return app(args, standalone_mode=False)


def choose_language(args: list[str]) -> None:
    """Tell errors in the language that `--lang` names, before anything can go wrong."""
    for place, argument in enumerate(args):
        option, is_assigned, value = argument.partition("=")
        if option == "--lang":
            value = value if is_assigned else "".join(args[place + 1 : place + 2])
            if value in LANGS:  # anything else is refused where the option is read
                set_language(value)


def require_filled(args: list[str]) -> None:
    """Raise UsageError where an argument is empty: a folder without a name would be the current one."""
    for place, argument in enumerate(args):
        option, is_assigned, value = argument.partition("=")
        before = args[place - 1] if place else ""
        if is_assigned and option.startswith("-"):
            empty = None if value.strip() else option
        else:
            empty = None if argument.strip() else before if before.startswith("-") else f"argument {place + 1}"
        if empty is not None:
            raise UsageError(
                f"the value of {empty} is empty",
                where="the command line",
                allowed="a value that is not empty (the current folder is .)",
                next="give the value, or leave the option out; is a variable of the shell not set?",
            )


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
