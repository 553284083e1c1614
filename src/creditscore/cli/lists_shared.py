"""What the commands of the lists share: their options, the book of a store, one step written and said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.acting import open_log

if TYPE_CHECKING:
    from creditscore.lists import Book
    from creditscore.store import Log

Store = Annotated[Path, typer.Option(help="File of the store; created when absent.")]
Kept = Annotated[Path, typer.Option("--store", help="File of the store.")]
By = Annotated[str, typer.Option(help="Who does it, as the log will name them.")]
On = Annotated[str, typer.Option(help="Legal day of the step, YYYY-MM-DD.")]
Recorded = Annotated[str | None, typer.Option(help="Day from which it was known (default: the day of the step).")]
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.", show_default=False)]
Organ = Annotated[str, typer.Option(help="Office that acts.")]
Document = Annotated[str, typer.Option(help="Number of its document.")]
Evidence = Annotated[str, typer.Option(help="What it rests on.")]
Dates = Annotated[list[str] | None, typer.Option("--date", help="A named day: deadline_on=2024-03-01 (repeatable).")]
EnteredOn = Annotated[str | None, typer.Option(help="Day of the entry (default: the day of the step).")]
PublishedOn = Annotated[str | None, typer.Option(help="Day of its publication; some terms begin with it.")]
Term = Annotated[str, typer.Option(help="Which term of the list's rule, where there are several: relisted …")]
TermEnd = Annotated[str | None, typer.Option(help="Last day of the term, where no text says how long it is.")]
Lang = Annotated[str, typer.Option(help="Language of the words: zh or en.")]


@contextmanager
def open_book(store: Path, roles: Path | None) -> Iterator[tuple[Log, Book]]:
    """The log and the book to write in; StoreError where the book is not what the log holds."""
    from creditscore.lists import load
    from creditscore.lists.replay import replay

    with open_log(store, roles) as log:
        replay(log)
        yield log, load(log.store)


def read_book(store: Path, proved: bool = False) -> Book:
    """The book to look at, compared with the log; `proved`: the whole log is proved before."""
    from creditscore.lists import load
    from creditscore.lists.replay import replay

    with open_log(store, read_only=True) as log:
        if proved:
            log.verify().require()
        replay(log)
        return load(log.store)


def save_book(log: Log, before: Book, after: Book) -> None:
    from creditscore.lists import save

    save(log, before, after)


def one_step(store: Path, roles: Path | None, case: str, act: Callable[[Book], Book]) -> None:
    """One step of one case, written and said."""
    from creditscore.cli.tables import say_line

    with open_book(store, roles) as (log, book):
        after = act(book)
        save_book(log, book, after)
    event = after.events[-1]
    say_case(after, event.case_id)
    heard = after.case(event.case_id).heard_until
    if event.kind == "objected" and heard is not None and event.on > heard:
        say_line(f"too late: the window ended on {iso_day(heard)}; the objection is kept and changes nothing")


def say_case(book: Book, case_id: str) -> None:
    """Where a case stands, in one line or two."""
    from creditscore.cli.tables import say_beside

    case = book.case(case_id)
    days: Any = {
        "window until": case.heard_until if case.open else None,
        "entered": case.entered_on,
        "term to": case.term_end,
        "off the list from": case.exited_on,
        "withdraw publication by": case.withdraw_by,
    }
    text = "  ".join(f"{name} {iso_day(day)}" for name, day in days.items() if day is not None)
    say_beside(f"{case_id}  {case.state}", text)


def said_of(
    on: str, by: str, organ: str = "", document: str = "", evidence: str = "", recorded_on: str | None = None
) -> Any:
    return {"on": on, "by": by, "organ": organ, "document": document, "evidence": evidence, "recorded_on": recorded_on}


def iso_day(value: int | None) -> str:
    from creditscore.core.days import iso

    return iso(value)
