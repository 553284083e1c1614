"""`creditscore store`: is the log what it was, does all in the store hold together, what may be deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.acting import By, day_given, open_log
from creditscore.cli.log import add_commands, checkpoint_log, is_first_store, verify_log
from creditscore.cli.office import KeyFile, open_store
from creditscore.cli.tables import say_line, show, show_blocks

store_app = typer.Typer(
    name="store",
    help="The store and its log: proof, checkpoints, consistency, retention.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

add_commands(store_app)
File = Annotated[str, typer.Argument(metavar="STORE", help="File of the store.", show_default=False)]
HeldFile = Annotated[list[Path] | None, typer.Option("--held", help="File of checkpoint lines that somebody kept.")]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]


@store_app.command("verify")
def verify_command(
    store: File,
    held: HeldFile = None,
    since: Annotated[int, typer.Option(min=0, help="Events before this number are anchored.")] = 0,
    as_json: Json = False,
) -> int:
    """Check the whole store; exit code 5 at a fault, 7 where events are not anchored, 8 where names are unproven."""
    if not is_first_store(store):
        return verify_log(store, held, since, as_json)
    return _verify_first(Path(store), held, as_json)


def _verify_first(store: Path, held: list[Path] | None, as_json: bool) -> int:
    """The same of a store of one file."""
    from creditscore.core.boundary import outside

    lines: list[str] = []
    for file in held or []:
        with outside("the checkpoints", file, "give the file that `creditscore store checkpoint --out` wrote"):
            lines += [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    with open_log(Path(store), read_only=True, made_by="creditscore keep") as log:
        verification, unfinished, log_id = log.verify(*lines), log.unfinished(), log.log_id
    if as_json:
        data = {
            "log_id": log_id,
            "entries": verification.entries,
            "checkpoints": verification.checkpoints,
            "faults": [vars(fault) for fault in verification.faults],
            "unfinished": [
                {"seq": entry.seq, "action": entry.action, "subject": entry.subject} for entry in unfinished
            ],
        }
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        if verification.faults:
            show(
                ("entry", "kind", "fault"),
                [(str(fault.seq), fault.kind, fault.message) for fault in verification.faults[:50]],
            )
        for entry in unfinished:
            say_line(
                f"unfinished: entry {entry.seq}, {entry.action} {entry.subject} by {entry.actor}: a process died in it"
            )
        say_line(
            f"log {log_id}: {verification.entries} entries, {verification.checkpoints} checkpoints compared,"
            f" {len(verification.faults)} faults"
        )
    verification.require()
    return 0


@store_app.command("checkpoint")
def checkpoint_command(
    store: File,
    out: Annotated[Path | None, typer.Option(help="File for it; keep it elsewhere.")] = None,
    key: KeyFile = None,
) -> None:
    """Fix where the log ends; whoever holds that can show later that nothing before was changed."""
    from creditscore.core.errors import UsageError

    if not is_first_store(store):
        checkpoint_log(store, out, key)
        return
    with open_log(Path(store), made_by="creditscore keep") as log:
        log.verify().require()
        line = str(log.checkpoint())
    if out is not None:
        try:
            with out.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        except OSError as error:
            raise UsageError(
                f"cannot write there: {error.strerror or error}", where=str(out), next="give another file"
            ) from error
    typer.echo(line)


@store_app.command("roles")
def roles_command(
    store: File,
    roles: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="File of roles to set; none: show those that stand.")
    ] = None,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Who may do what in this store. Once set they hold for every command; an approver of them sets others."""
    from creditscore.core.errors import UsageError
    from creditscore.store import load_roles

    if roles is not None and not by.strip():
        raise UsageError("nobody is named", next="give --by PERSON")
    people = None if roles is None else load_roles(roles)
    with open_log(Path(store), read_only=people is None, made_by="creditscore keep") as log:
        if people is not None:
            log.set_roles(people, by)
        standing = log.roles
    if as_json:
        result = None if standing is None else {"roles": standing.people, "origin": standing.origin}
        typer.echo(json.dumps(result, ensure_ascii=False, indent=1))
    elif standing is None:
        say_line("no roles stand in this store: whoever is named acts")
    else:
        show_blocks(
            [(standing.origin, [f"{role}: {', '.join(names) or '-'}" for role, names in standing.people.items()])]
        )


@store_app.command("retention")
def retention_command(
    store: Annotated[str, typer.Argument(metavar="STORE", help="As in `store verify`.", show_default=False)],
    on: Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD.")],
    delete: Annotated[bool, typer.Option("--delete", help="Erase what is due (an approver); else list it.")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules of the office; else those that ship.")] = None,
    by: By = "",
    key: KeyFile = None,
    as_json: Json = False,
) -> None:
    """What is kept and may be erased by that day, by rule; events, hashes and reasons remain."""
    from creditscore.core.days import from_day
    from creditscore.office.retention import erase_due, list_due, list_matters

    day = from_day(day_given(on))
    with open_store(store, key) as opened:
        matters = list_matters(opened, rules)
        due = list(erase_due(opened, day, by=by, rules=rules)) if delete else list_due(matters, day)
    if as_json:
        rows = [{**vars(matter), "since": str(matter.since), "due_on": str(matter.due_on)} for matter in due]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if due:
        names = ("of", "rule", "evidence", "due on")
        show(names, [(matter.name, matter.rule, matter.evidence, str(matter.due_on)) for matter in due], fold=True)
    say_line(f"{len(due)} of {len(matters)} {'erased' if delete else 'may be erased'} on {day}")
