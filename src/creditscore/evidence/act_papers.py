"""What a letter says of an act rests on: the case as it stood before and after the act, and what the act was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Phrase
from creditscore.evidence.papers import read_following
from creditscore.store.fold import Stream
from creditscore.store.log import Event

if TYPE_CHECKING:
    from creditscore.store.declarations import Words
    from creditscore.store.store import Store

# Whom an act is told: the organisation it is about, another office, or the organisation of its composite score.
Form = Literal["decision", "office", "composite"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True)
class ActPapers:
    """An act that a letter tells of.

    Parameters
    ----------
    case
        The case as it stands now.
    number, event
        The act, by its number in the case.
    kind
        Which letter it is: a code of the words of letters.
    form
        Whom it is told.
    before, after
        The fields of the case before the act, and with it.
    title
        The act by the name of its workflow's declaration.
    follows
        What else the act changed or opened (`read_following`).
    """

    case: Stream
    number: int
    event: Event
    kind: str
    form: Form
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    title: Words | None = None
    follows: Mapping[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> Mapping[str, Any]:
        """What the act was given, corrections among it."""
        given: Mapping[str, Any] = self.case.payload_of(self.event).get("given", {})
        return given

    @property
    def day(self) -> str:
        """The legal day of the act."""
        return self.case.day_of(self.event)

    def newest(self, name: str) -> Mapping[str, Any] | None:
        """What the newest act of a name before this one was given, with its day; None where there was none."""
        steps = [event for number, event in self.case.acts().items() if number < self.number and event.name == name]
        if not steps:
            return None
        return {**self.case.payload_of(steps[-1]).get("given", {}), "day": self.case.day_of(steps[-1])}


def read_act(store: Store, case: str, number: int | None = None, form: Form = "decision") -> ActPapers:
    """Read an act of a case that a letter can tell of.

    Parameters
    ----------
    store
        The open store.
    case
        The name of the case, `listing/…`.
    number
        The act by its number in `store show`; None: the newest of which there is a letter.
    form
        Whom it is told.

    Returns
    -------
    ActPapers
        The act as it stands, corrections among it.

    Raises
    ------
    UsageError
        There is no such case or act, it was erased, or there is no letter of it in this form.
    """
    stream = store.read(case)
    if stream.is_erased:
        raise UsageError("evidence.case_erased", case=case, where=store.database.shown)
    acts = stream.acts()
    if number is not None and number not in acts:
        raise UsageError("evidence.no_act", number=number, where=case, allowed=[str(known) for known in acts])
    wanted = reversed(acts) if number is None else [number]
    for chosen in wanted:
        papers = _read(store, stream, chosen, acts[chosen], form)
        if papers is not None:
            return papers
    raise UsageError("evidence.no_letter_of_act", form=Phrase("letter_forms", form), where=case)


def _read(store: Store, stream: Stream, number: int, event: Event, form: Form) -> ActPapers | None:
    kind = _name_letter(stream, event)
    follows: Mapping[str, Any] = {}
    if form == "composite" or stream.kind == "objection":
        follows = read_following(store, event.act)
    if form == "composite":
        scores = [row for row in follows["composites"] if row["subject_id"] == stream.subject]
        kind = "composite" if any(row["before"] != row["after"] for row in scores) else None
    if kind is None or (kind in TO_OFFICES and form == "decision"):
        return None
    before: dict[str, Any] = {}
    for earlier in stream.events:
        if earlier.version < event.version:
            before |= stream.payload_of(earlier).get("set", {})
    after = {**before, **stream.payload_of(event).get("set", {})}
    workflow = store.registry.by_id.get(stream.flow)
    act = None if workflow is None else workflow.act_of(event.kind)
    title = None if workflow is None or act is None else workflow.acts[act].title
    return ActPapers(stream, number, event, kind, form, before, after, title, follows)


def _name_letter(stream: Stream, event: Event) -> str | None:
    """Which letter tells of an act; None where there is none."""
    payload = stream.payload_of(event)
    given: Mapping[str, Any] = payload.get("given", {})
    name = f"{stream.kind}.{event.name}"
    if name == "listing.decided":
        return "entry" if given.get("enter") else "no_entry"
    if name == "listing.exited":
        return "annulled" if payload.get("set", {}).get("exit_reason") == "annulled" else "exit"
    if name in ("measure.notified", "measure.lifted"):
        is_reward = stream.fields.get("side") == "reward"
        return ("reward" if is_reward else "measure") + ("" if name == "measure.notified" else "_lifted")
    return LETTERS.get(name)


LETTERS = {
    "listing.noticed": "entry_notice",
    "listing.revoked": "entry_again",
    "listing.prolonged": "longer",
    "listing.refused": "exit_refused",
    "listing.expired": "expiry",
    "objection.asked": "inquiry",
    "objection.decided": "decided",
}
TO_OFFICES = ("inquiry", "decided")  # the organisation of an objection has its own letter, `compose_letter`
ADVERSE: Sequence[str] = ("entry", "entry_again", "longer", "exit_refused", "measure")
