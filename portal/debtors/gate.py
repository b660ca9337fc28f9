"""Passing the gate: tries are counted before they are judged, so that twenty at once are still five (A-41)."""

import enum
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from portal.core import clock, db, events, ids
from portal.debtors import events as happened
from portal.debtors import facts
from portal.debtors.models import AccessLink, Debtor, GateTries, LinkTrace, Visit

MAX_TRIES = 5
MAX_WRONG_PER_DEBTOR = 10
DAY = timedelta(hours=24)
IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(minutes=60)
VIEWED_EVERY = timedelta(minutes=1)
FETCHED, WRONG_FACT, NOT_ME, VIEWED = "fetched", "wrong_fact", "not_me", "viewed"


class Try(enum.Enum):
    MAY = "may"
    FROZEN = "frozen"


def held_of(debtor: Debtor) -> facts.Held:
    return facts.Held(debtor.vat_number, debtor.tax_code, debtor.code, debtor.postcode, debtor.kind == "business")


def is_frozen(link: AccessLink) -> bool:
    """Five wrong facts at this link, or ten of this debtor within a day."""
    tries = db.session().scalar(select(GateTries.tries).where(GateTries.link_id == link.id)) or 0
    return tries >= MAX_TRIES or _wrong_within_a_day(link) >= MAX_WRONG_PER_DEBTOR


def _wrong_within_a_day(link: AccessLink) -> int:
    wrong = db.session().scalar(
        select(func.count())
        .select_from(LinkTrace)
        .where(
            LinkTrace.debtor_id == link.debtor_id,
            LinkTrace.kind == WRONG_FACT,
            LinkTrace.at > clock.now() - DAY,
        )
    )
    return wrong or 0


def claim_try(link: AccessLink) -> Try:
    """Counts one try of this link in a transaction of its own, before it is judged."""
    with db.trace() as session:
        if is_frozen(link):
            return Try.FROZEN
        if _count_one(link):
            return Try.MAY
        try:
            with session.begin_nested():
                session.add(GateTries(link_id=link.id, debtor_id=link.debtor_id, tries=1))
        except IntegrityError:  # all five are used up, or another's first try came at this moment
            return Try.MAY if _count_one(link) else Try.FROZEN
        return Try.MAY


def _count_one(link: AccessLink) -> bool:
    counted = update(GateTries).where(GateTries.link_id == link.id, GateTries.tries < MAX_TRIES)
    return db.changed(counted.values(tries=GateTries.tries + 1)) == 1


def note_wrong_fact(link: AccessLink, client: str | None) -> bool:
    """Keeps a wrong fact as a trace; True when it was the one that froze the link."""
    with db.trace() as session:
        session.add(_trace(link, WRONG_FACT, client))
        session.flush()
        froze = _froze_now(link)
        if froze:
            events.record(happened.LinkFrozen(link_id=link.id, debtor_id=link.debtor_id))
    return froze


def _froze_now(link: AccessLink) -> bool:
    """Of several wrong facts that are judged at once one says that the link rests: who moves the count beyond."""
    beyond = update(GateTries).where(GateTries.link_id == link.id, GateTries.tries == MAX_TRIES)
    return db.changed(beyond.values(tries=MAX_TRIES + 1)) == 1 or _wrong_within_a_day(link) == MAX_WRONG_PER_DEBTOR


def note(link: AccessLink, kind: str, client: str | None) -> None:
    """Keeps that somebody was at the door, without a word about who (rule A-33)."""
    with db.trace() as session:
        session.add(_trace(link, kind, client))


def note_viewed(link_id: int, debtor_id: int, client: str | None) -> None:
    """Keeps that a document was shown or taken along through this link, at most once a minute."""
    lately = select(AccessLink.id).where(AccessLink.id == link_id, viewed_lately(link_id))
    if db.session().scalar(lately) is None:
        keep_viewed(link_id, debtor_id, client)


def viewed_lately(link_id: int) -> ColumnElement[bool]:
    """That this trace was kept within the last minute."""
    return exists().where(
        LinkTrace.link_id == link_id, LinkTrace.kind == VIEWED, LinkTrace.at > clock.now() - VIEWED_EVERY
    )


def keep_viewed(link_id: int, debtor_id: int, client: str | None) -> None:
    """The trace itself."""
    with db.trace() as session:
        session.add(
            LinkTrace(
                id=ids.new_id(), debtor_id=debtor_id, link_id=link_id, kind=VIEWED, client=client, at=clock.now()
            )
        )


def _trace(link: AccessLink, kind: str, client: str | None) -> LinkTrace:
    return LinkTrace(
        id=ids.new_id(), debtor_id=link.debtor_id, link_id=link.id, kind=kind, client=client, at=clock.now()
    )


def admit(link: AccessLink, level: int, device: str | None = None) -> Visit | None:
    """The right fact was typed: a fresh visit, and the tries start again at nought; None if revoked meanwhile.

    The link's row is locked, so that whoever revokes it at this moment finds the visit and ends it (rule A-10).
    """
    still = db.session().get(AccessLink, link.id, with_for_update=True, populate_existing=True)
    if still is None or still.revoked_at is not None:
        return None
    now = clock.now()
    visit = Visit(
        id=ids.new_id(),
        debtor_id=link.debtor_id,
        link_id=link.id,
        level=level,
        device=device,
        started_at=now,
        seen_at=now,
        ends_at=now + ABSOLUTE,
    )
    session = db.session()
    session.add(visit)
    db.changed(update(GateTries).where(GateTries.link_id == link.id).values(tries=0))
    session.flush()
    events.act_as(events.Actor("debtor", visit.id, link.id))
    events.record(happened.GatePassed(link_id=link.id, visit_id=visit.id, debtor_id=link.debtor_id, level=level))
    return visit


_CLIENTS = (
    ("WhatsApp", "whatsapp"),
    ("facebookexternalhit", "facebook"),
    ("Slackbot", "slack"),
    ("TelegramBot", "telegram"),
    ("bingpreview", "microsoft"),
    ("ms-office", "microsoft"),
    ("Barracuda", "scanner"),
    ("Proofpoint", "scanner"),
    ("Mimecast", "scanner"),
    ("bot", "robot"),
    ("curl", "tool"),
    ("python-requests", "tool"),
)


def client_label(user_agent: str | None) -> str | None:
    """What the user agent calls itself, in one word; a label, never an authorisation (rule A-35)."""
    lowered = (user_agent or "").lower()
    for needle, label in _CLIENTS:
        if needle.lower() in lowered:
            return label
    return None
