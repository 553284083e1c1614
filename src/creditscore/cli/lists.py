"""`creditscore lists`: propose, notice, object, check, decide, publish, exit, expire, show, due, export."""

from __future__ import annotations

import typer

from creditscore.cli.lists_entry import (
    check_command,
    decide_command,
    notice_command,
    object_command,
    propose_command,
    publish_command,
    take_over_command,
)
from creditscore.cli.lists_exit import correct_command, exit_command, expire_command, prolong_command
from creditscore.cli.lists_show import due_command, export_command, show_command

lists_app = typer.Typer(
    name="lists",
    help="Lists from proposal to exit: notice, hearing, a person's decision, term, ways out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
lists_app.command("propose")(propose_command)
lists_app.command("take-over")(take_over_command)
lists_app.command("notice")(notice_command)
lists_app.command("object")(object_command)
lists_app.command("check")(check_command)
lists_app.command("decide")(decide_command)
lists_app.command("publish")(publish_command)
lists_app.command("prolong")(prolong_command)
lists_app.command("exit")(exit_command)
lists_app.command("expire")(expire_command)
lists_app.command("correct")(correct_command)
lists_app.command("show")(show_command)
lists_app.command("due")(due_command)
lists_app.command("export")(export_command)
