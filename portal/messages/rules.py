"""Words that features share about messages, and when a message counts as having reached its reader."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from portal.core.text import Text, t
from portal.messages.states import MessageStatus

# Why a message of ours stays where its reader rests, its documents rest, or they wish so: one word for all of these,
# for who reads it may know of some and not of others (rule C-26).
HELD_BACK = t("held back for now")

# What the network can say of a message that has left. BOUNCED: its address takes nothing, ever (rule C-51).
# FAILED: this one did not arrive, and the address may be right. COMPLAINED: it arrived, and its reader minded.
DELIVERED, FAILED, BOUNCED, COMPLAINED = "delivered", "failed", "bounced", "complained"
FACTS: Mapping[str, Text] = {
    DELIVERED: t("arrived"),
    FAILED: t("did not arrive"),
    BOUNCED: t("came back"),
    COMPLAINED: t("the reader complained"),
}

SMS, LETTER = "sms", "letter"
# A gateway tries for two days, rarely for three: a text that nobody has confirmed by then is not known to have come.
LONGEST_SILENCE = timedelta(days=3)

Reached = datetime | Literal["failed", "held"] | None


def reached(
    channel: str,
    status: MessageStatus,
    sent_at: datetime | None,
    facts: Mapping[str, datetime],
    *,
    receipts: bool,
    now: datetime,
) -> Reached:
    """The moment at which a message counts as delivered, "failed", "held" back by us, or None while nobody can know.

    `facts` are what was reported, by kind. `receipts`: whether the gateway for texts confirms what arrived; else a
    text counts from when it was sent, as a mail does. A letter counts from the day on which the post brings it.
    """
    arrived = facts.get(DELIVERED, facts.get(COMPLAINED))
    if status is MessageStatus.SUPPRESSED:
        return "held"
    gone = status is MessageStatus.FAILED or BOUNCED in facts
    if gone or (arrived is None and FAILED in facts):
        return "failed"
    if sent_at is None or status is not MessageStatus.SENT:
        return None
    if channel == LETTER:
        return arrived if arrived is not None and arrived <= now else None
    return _by_receipt(sent_at, arrived, now) if channel == SMS and receipts else sent_at


def _by_receipt(sent_at: datetime, arrived: datetime | None, now: datetime) -> Reached:
    return arrived or ("failed" if now - sent_at >= LONGEST_SILENCE else None)
