"""What level 3 asks for, decided without a database: the code's form and life, who may sign, where a code may go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.text import Text, t

CODE = re.compile(r"[0-9]{6}", re.ASCII)  # rule A-43: `'١٢٣'.isdigit()` is True, and int() reads it
LASTS = timedelta(minutes=10)
MAX_TRIES = 5
SENDS_SOON, SOON = 3, timedelta(minutes=15)
SENDS_A_DAY, DAY = 5, timedelta(hours=24)
REST = timedelta(hours=72)  # a contact that the debtor gave takes no code before (rule A-44)

EMAIL, MOBILE = "email", "mobile"  # as in contact points
SENT_BY = {EMAIL: "email", MOBILE: "sms"}  # which message channel brings a code there
_FAMILY = {EMAIL: "mail", "pec": "mail", MOBILE: "mobile"}

ROLES: dict[str, Text] = {
    "legal_representative": t("I am its legal representative"),
    "owner": t("I am the owner"),
    "attorney": t("I hold a power of attorney"),
    "private": t("I act for myself"),
    "other": t("Something else"),
}
OTHER = "other"
_OF = {
    "business": ("legal_representative", "owner", "attorney", "other"),
    "consumer": ("private", "attorney", "other"),
}
STATEMENT = t("I am entitled to do this, and what I have written here is true.")


def is_code(typed: object) -> bool:
    """Six ASCII digits in a string, and nothing else (rule A-43): no number, no list, no other script's digits."""
    return isinstance(typed, str) and CODE.fullmatch(typed) is not None


def roles_for(kind: str) -> dict[str, Text]:
    """Who may sign for a debtor of this kind (business or consumer), in the order in which they are asked."""
    return {name: ROLES[name] for name in _OF.get(kind, tuple(ROLES))}


@dataclass(frozen=True, slots=True)
class Reachable:
    """One contact of the creditor's master data, as far as codes are concerned."""

    contact_id: int
    channel: str
    address: str
    codes_from: datetime | None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a code goes. `same_channel`: it is the link's own, since the creditor allows it and has no other."""

    contact: Reachable
    same_channel: bool


def target(
    contacts: Sequence[Reachable],
    link_channels: Sequence[str | None],
    now: datetime,
    *,
    preferred: str | None,
    same: bool,
) -> Target | None:
    """Where the code may go (rules A-44, A-45), or None: a contact on another channel than the link's.

    `link_channels`: of the link and of those it was handed over from; None among them is unknown, and so may be any.
    `same`: the creditor accepts the link's own channel where there is no other. The preferred channel comes first,
    then the newest contact.
    """
    ready = [c for c in contacts if c.channel in SENT_BY and (c.codes_from is None or c.codes_from <= now)]
    ready.sort(key=lambda c: (c.channel == preferred, c.contact_id), reverse=True)
    arrived_by = {_FAMILY.get(channel or "") for channel in link_channels}
    for contact in ready:
        if None not in arrived_by and _FAMILY[contact.channel] not in arrived_by:
            return Target(contact, False)
    return Target(ready[0], True) if same and ready else None


def why_not_send(asked: Sequence[datetime], now: datetime) -> Text | None:
    """Why no further code is sent now: three within a quarter of an hour, five within a day (rule A-42)."""
    if sum(at > now - DAY for at in asked) >= SENDS_A_DAY:
        return t("Enough codes were sent for today. Please try again tomorrow, or call us.")
    if sum(at > now - SOON for at in asked) >= SENDS_SOON:
        return t("Three codes are on their way. Please wait a quarter of an hour before you ask for another one.")
    return None


def is_fresh(made_at: datetime | None, now: datetime) -> bool:
    """Whether a code made then still counts."""
    return made_at is not None and now < made_at + LASTS
