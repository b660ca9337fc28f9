"""Who can be written to on paper, how many letters make a batch, and when one counts as arrived."""

from datetime import date
from typing import Protocol

from portal.core.working_days import working_day_after

MOST_OF_A_BATCH = 100  # a PDF of these takes a second or two; the rest waits for the next batch


class WithPostcode(Protocol):
    @property
    def postcode(self) -> str | None: ...


def can_reach(debtor: WithPostcode) -> bool:
    """Of a postal address the portal knows the postcode alone: the creditor, who has the rest, prints the label."""
    return bool(debtor.postcode)


def arrives(posted_on: date, days: int) -> date:
    """The working day on which the post is taken to bring it."""
    return working_day_after(posted_on, days)
