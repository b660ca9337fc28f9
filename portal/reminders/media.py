"""By what a level is said to one customer: as the level wants, as the customer wishes, and as the law allows."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from portal.core.text import Text, t
from portal.reminders.levels import Level, Medium


class Because(StrEnum):
    """Why a contact takes the way it takes: kept with each touch."""

    PLANNED = "as_planned"
    PREFERRED = "preferred"  # the customer asked to be reached like this
    NO_AGREEMENT = "no_agreement"  # rule C-11: a consumer's first reminder
    NO_OTHER_WAY = "no_other_way"  # what the level wants, the customer does not have


BECAUSE: dict[Because, Text] = {
    Because.PLANNED: t("as the cadence has it"),
    Because.PREFERRED: t("as the customer wishes"),
    Because.NO_AGREEMENT: t("no agreement to written reminders by e-mail is on file"),
    Because.NO_OTHER_WAY: t("there is no other way to reach the customer"),
}

NO_ADDRESS, NO_CONSENT, STOPPED = "no_address", "no_consent", "stopped"


@dataclass(frozen=True, slots=True)
class Reach:
    """What is on file of a customer: which media lead there, which they stopped, which they asked for.

    `agreed` is the medium that they themselves chose (channel wishes); None where they never did.
    """

    usable: frozenset[Medium]
    stopped: bool = False  # there is an address, and they want nothing there
    agreed: Medium | None = None
    failed: frozenset[Medium] = frozenset()  # of earlier tries of the same level: another way comes first


@dataclass(frozen=True, slots=True)
class Way:
    """The medium of a contact and why; or None and why there is none (no_address, no_consent, stopped)."""

    medium: Medium | None
    because: str


def way(level: Level, reach: Reach, *, consumer: bool, first: bool, first_by: Medium) -> Way:
    """How a contact at `level` is made.

    `first`: none of its items has been spoken of since it is late. A consumer's first reminder goes by `first_by`
    (letter or call) unless they agreed to writing (rule C-11, decision 11). What comes before the due date is
    courtesy: it never costs a letter or a call.
    """
    if not level.is_after:
        return _one_of((Medium.MESSAGE,), reach, Because.PLANNED)
    if consumer and first and reach.agreed is not Medium.MESSAGE:
        found = _one_of((first_by, *_others(first_by)), reach, Because.NO_AGREEMENT)
        return Way(None, NO_CONSENT) if found.medium is None and Medium.MESSAGE in reach.usable else found
    wanted = level.medium
    if reach.agreed is not None and reach.agreed in reach.usable - reach.failed and reach.agreed is not wanted:
        return Way(reach.agreed, Because.PREFERRED)
    if wanted in reach.usable and wanted not in reach.failed:
        return Way(wanted, Because.PLANNED)
    return _one_of((Medium.MESSAGE, Medium.LETTER, Medium.CALL), reach, Because.NO_OTHER_WAY)


def _others(first_by: Medium) -> Collection[Medium]:
    return (Medium.CALL,) if first_by is Medium.LETTER else (Medium.LETTER,)


def _one_of(wanted: Collection[Medium], reach: Reach, because: Because) -> Way:
    found = min((one for one in wanted if one in reach.usable), key=lambda one: one in reach.failed, default=None)
    if found is None:
        return Way(None, STOPPED if reach.stopped else NO_ADDRESS)
    return Way(found, because)
