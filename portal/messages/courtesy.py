"""Courtesy messages, which their reader may do without: one signed address stops and allows them (A-36, C-50)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, func, select

from portal.core import clock, db, events, ids, installation, signing
from portal.core.text import t
from portal.messages import events as happened
from portal.messages import levels, rules
from portal.messages.models import CourtesyStop, Message, MessageReport

CARING = levels.CARING
# What a reader stops, by the keys of messages that it covers: one wish for every courtesy of the cadence. Never a
# message that somebody asked for, never a legal notice.
SURVEY = "survey"  # questions about how it went, and what was changed since: a wish of its own
KIND_OF = dict.fromkeys(levels.COURTESY, CARING) | dict.fromkeys(levels.SURVEYS, SURVEY)
PURPOSE = "unsubscribe"
VALID_SECONDS = 2 * 365 * 24 * 3600  # a mail is kept for long, and the wish to stop must be heard then too [D]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an unsubscribe address is about: ids only, so that the address says nothing about anybody (A-06)."""

    creditor_id: int
    debtor_id: int
    contact_id: int
    kind: str
    language: str


def unsubscribe_address(message: Message) -> str | None:
    """Where the reader stops this kind of message; None for messages that are no courtesy."""
    kind = KIND_OF.get(message.key)
    if kind is None or message.contact_point_id is None:
        return None
    about = [message.creditor_id, message.debtor_id, message.contact_point_id, kind, message.language]
    token = signing.serializer(installation.keys(), PURPOSE).dumps(about)
    return f"{installation.settings().public_url}/u/{token}"


def read_address(token: str) -> Wish | None:
    """What a genuine address in its one spelling is about, else None; costs no query."""
    about = signing.read_signed(installation.keys(), PURPOSE, token, VALID_SECONDS)
    if not isinstance(about, list) or len(about) != 5 or about[3] not in KIND_OF.values():
        return None
    return Wish(*about)


def is_stopped(contact_id: int, kind: str) -> bool:
    found = _row(contact_id, kind)
    return found is not None and found.resumed_at is None


def stop(wish: Wish) -> None:
    """No more messages of this kind to this address; the same wish twice is one."""
    found = _row(wish.contact_id, wish.kind)
    if found is not None and found.resumed_at is None:
        return
    if found is None:
        found = CourtesyStop(
            id=ids.new_id(), debtor_id=wish.debtor_id, contact_point_id=wish.contact_id, kind=wish.kind
        )
        db.session().add(found)
    found.stopped_at, found.resumed_at = clock.now(), None
    db.session().flush()
    events.record(happened.CourtesyStopped(contact_id=wish.contact_id, debtor_id=wish.debtor_id, kind=wish.kind))


def resume(wish: Wish) -> None:
    """They may come again."""
    found = _row(wish.contact_id, wish.kind)
    if found is None or found.resumed_at is not None:
        return
    found.resumed_at = clock.now()
    events.record(happened.CourtesyResumed(contact_id=wish.contact_id, debtor_id=wish.debtor_id, kind=wish.kind))


def hear_complaint(message: Message) -> None:
    """A complaint is the wish to stop, said to somebody else."""
    if message.contact_point_id is not None:
        language, contact_id = message.language, message.contact_point_id
        stop(Wish(message.creditor_id, message.debtor_id, contact_id, CARING, language))


def complaints_stand(debtor_ids: Collection[int]) -> set[int]:
    """The contact points whose reader complained, until they let messages come again by any of them."""
    said = (
        select(MessageReport.contact_point_id, func.max(MessageReport.at).label("at"))
        .where(MessageReport.debtor_id.in_(list(debtor_ids)), MessageReport.kind == rules.COMPLAINED)
        .group_by(MessageReport.contact_point_id)
        .subquery()
    )
    since = and_(CourtesyStop.contact_point_id == said.c.contact_point_id, CourtesyStop.resumed_at >= said.c.at)
    rows = db.session().scalars(
        select(said.c.contact_point_id).outerjoin(CourtesyStop, since).where(CourtesyStop.id.is_(None))
    )
    return {contact_id for contact_id in rows if contact_id is not None}


def why_not_send(message: Message) -> str | None:
    """Asked at the moment of sending, as every feature is (decision 16)."""
    if not message.asked_for and message.contact_point_id in complaints_stand([message.debtor_id]):
        return str(t("its reader complained of an earlier one"))
    kind = KIND_OF.get(message.key)
    if kind is None or message.contact_point_id is None:
        return None
    if is_stopped(message.contact_point_id, kind):
        return str(t("its reader does not want courtesy messages"))
    return None


def _row(contact_id: int, kind: str) -> CourtesyStop | None:
    return (
        db.session()
        .scalars(select(CourtesyStop).where(CourtesyStop.contact_point_id == contact_id, CourtesyStop.kind == kind))
        .one_or_none()
    )
