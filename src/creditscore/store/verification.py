"""What a check of a store found, how a command then ends, and what no check can find."""

from __future__ import annotations

from dataclasses import dataclass, field

from creditscore.core.errors import ExitCode, StoreDiffers

WHAT_NOBODY_FINDS = {
    "open": "in mode `open` names are taken at their word, and a whole act forged after the newest anchor is not found",
    "keys": "a rule that stands in code and was passed over by a rightful key is not found, nor a log cut after the "
    "newest anchor",
    "accounts": "the application's key proves the application only: what it writes in an account's name is not found, "
    "nor a log cut after the newest anchor",
}


@dataclass(frozen=True)
class Fault:
    """Something in a store that does not fit: where, what, and of which sort it is."""

    sort: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Verification:
    """What a check of a whole store found.

    Parameters
    ----------
    faults
        What does not fit; none where all does.
    notes
        What is no fault and should be known: clocks that ran backwards, witnesses that cannot be read, others' tables.
    mode, size
        Of the log.
    anchored
        How many events an anchor holds; 0 where there is none.
    """

    mode: str
    size: int = 0
    anchored: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    @property
    def exit_code(self) -> ExitCode:
        """How a command ends: a difference, not anchored, names unproven, or done."""
        if self.faults:
            return ExitCode.DIFFERENCE
        if self.anchored < self.size:
            return ExitCode.NOT_ANCHORED
        return ExitCode.NAMES_UNPROVEN if self.mode == "open" else ExitCode.DONE

    @property
    def limits(self) -> str:
        """What this check cannot find, in words."""
        return WHAT_NOBODY_FINDS.get(self.mode, "")

    def require(self) -> Verification:
        """Return itself, or raise StoreDiffers with what was found."""
        if self.faults:
            raise StoreDiffers(
                "store.store_not_log_says_faults_first",
                faults_count=len(self.faults),
                faults=self.faults[0],
                where=self.faults[0].where,
            )
        return self
