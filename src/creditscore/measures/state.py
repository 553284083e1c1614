"""Where a measure stands: the acts on it, folded in order. The same acts give the same state whenever they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from creditscore.core.days import from_day
from creditscore.core.errors import StoreError, UsageError
from creditscore.core.i18n import language, show, word

# From which states an act is possible; the state that it leads to has its name.
MAY_FOLLOW: Mapping[str, tuple[str, ...]] = {
    "accepted": ("proposed",),
    "rejected": ("proposed",),
    "notified": ("accepted",),
    "executed": ("notified",),
    "fed_back": ("executed",),
    "annulled": ("accepted", "notified", "executed", "fed_back"),
    "lifted": ("executed", "fed_back", "annulled"),
    "lapsed": ("proposed", "accepted", "notified"),  # it ended before it was carried out
}
STANDING = ("executed", "fed_back")  # what has effect, unless it has ended since
PENDING = ("proposed", "accepted", "notified")


@dataclass(frozen=True)
class MeasureAct:
    """One act on a proposal. `nr` counts over the whole store; `on` is the day it is said to have happened."""

    nr: int
    proposal_id: str
    act: str
    on: int
    actor: str
    reason: str = ""
    document_no: str = ""
    acknowledged: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """The newest act, and the days that later acts depend on."""

    state: str
    since: int
    executed_on: int | None = None
    fed_back_on: int | None = None

    @property
    def open(self) -> bool:
        """Proposed, decided or carried out, and not over."""
        return self.state in (*PENDING, *STANDING)

    @property
    def to_undo(self) -> bool:
        """Annulled after it was carried out: it has no effect, and somebody must still lift it."""
        return self.state == "annulled" and self.executed_on is not None


def fold(acts: Iterable[MeasureAct]) -> State:
    """The state after acts of one proposal, in order of `nr`; StoreError where they contradict each other."""
    ordered = sorted(acts, key=lambda act: act.nr)
    if not ordered or ordered[0].act != "proposed":
        raise StoreError("measures.measure_whose_first_act_no_proposal")
    state = State("proposed", ordered[0].on)
    for act in ordered[1:]:
        try:
            state = step(state, act.act, act.on, act.proposal_id)
        except UsageError as error:
            raise StoreError(
                "measures.acts_contradict_each_other", what_value=error.what, where=act.proposal_id
            ) from error
    return state


def step(state: State, act: str, on: int, where: str) -> State:
    """The state after one more act; UsageError where it is not possible now, or lies before the last one."""
    allowed = [name for name, before in MAY_FOLLOW.items() if state.state in before]
    if state.state == "annulled" and not state.to_undo:
        allowed = []
    if act not in allowed:
        raise UsageError(
            "measures.measure_so_cannot",
            word=word("measure_states", state.state),
            word_2=word("measure_states", act),
            where=where,
            allowed=show([word("measure_states", name) for name in allowed or ("nothing_more",)], language()),
        )
    if on < state.since:
        raise UsageError(
            "measures.lies_before_last_act",
            from_day=from_day(on),
            where_value=where,
            word=word("measure_states", state.state),
            from_day_2=from_day(state.since),
        )
    executed = on if act == "executed" else state.executed_on
    return State(act, on, executed, on if act == "fed_back" else state.fed_back_on)
