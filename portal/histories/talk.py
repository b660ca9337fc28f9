"""What was written to customers, who opened it, and the cases that their answers begin."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from portal.cases import desks
from portal.cases import events as case_events
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core.events import Actor
from portal.debtors import events as door_events
from portal.debtors import gate
from portal.debtors.links import PORTAL
from portal.debtors.models import AccessLink, LinkDirectory, LinkTrace, Visit
from portal.histories.characters import happens
from portal.histories.papers import Paper
from portal.histories.pen import Pen, Row
from portal.messages import events as message_events
from portal.messages import rules as message_rules
from portal.messages.models import Message, MessageReport
from portal.messages.reports import generic
from portal.messages.states import MessageStatus
from portal.reminders.levels import Level
from portal.reminders.media import Because
from portal.reminders.models import Touch

EMAIL = "email"
_NUMBERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LINK_LASTS = timedelta(days=90)
SCANNED, HEARD = 25, 92  # of a hundred messages: opened by a scanner first; of which the network says that it arrived
TRACES_KEPT = timedelta(days=180)
OUR_DAYS, THEIR_DAYS = timedelta(days=4), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Owners:
    """Who owns what lands at a desk, by the kind of case: read once."""

    by_kind: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Here:
    """One visit behind the gate."""

    visit_id: int
    at: datetime
    who: Actor


def write_to(paper: Paper, contact_id: int, level: Level, at: datetime) -> int:
    """One message about it, sent. Of what it said nothing is kept, as of every message that is old. Its link's id."""
    pen, mine = paper.pen, paper.debtor_id
    link_id, message_id = pen.new_id(at), pen.new_id(at)
    pen.write(LinkDirectory, link_id=link_id)
    pen.write(
        AccessLink, id=link_id, debtor_id=mine, purpose=PORTAL, contact_point_id=contact_id, campaign=level.code,
        issued_at=at, expires_at=at + _LINK_LASTS,
    )  # fmt: skip
    fingerprint = sha256(str(message_id).encode()).hexdigest()
    message = pen.write(
        Message, id=message_id, debtor_id=mine, key=level.code, asked_for=False, channel=EMAIL, language="it",
        contact_point_id=contact_id, to_address="", link_id=link_id, params={}, status=MessageStatus.SENT,
        status_at=at, planned_at=at, sent_at=at, sha256=fingerprint,
    )  # fmt: skip
    pen.write(
        Touch, id=pen.new_id(at), debtor_id=mine, due_item_id=paper.item_id, level=level.code, attempt=1,
        medium=level.medium.value, because=Because.PLANNED.value, policy_number=0, planned_at=at, at=at,
        message_id=message_id,
    )  # fmt: skip
    pen.tell(at, door_events.LinkIssued(link_id=link_id, debtor_id=mine, purpose=PORTAL, campaign=level.code))
    pen.tell(at, message_events.MessagePlanned(message_id=message_id, debtor_id=mine, key=level.code, channel=EMAIL))
    pen.tell(at, message_events.MessageSending(message_id=message_id, debtor_id=mine))
    pen.tell(at, message_events.MessageSent(message_id=message_id, debtor_id=mine, key=level.code, channel=EMAIL,
                                            sha256=fingerprint))  # fmt: skip
    _hear(pen, message)
    if happens(SCANNED, pen.lot):
        _trace(pen, (mine, link_id), gate.FETCHED, at + timedelta(seconds=pen.lot.randint(2, 50)), "scanner")
    return link_id


def _hear(pen: Pen, message: Row) -> None:
    """The network says that it arrived; of some it says nothing."""
    if not happens(HEARD, pen.lot):
        return
    heard, mine = message["sent_at"] + timedelta(seconds=pen.lot.randint(3, 240)), message["debtor_id"]
    if heard > pen.end:
        return
    pen.write(
        MessageReport, id=pen.new_id(heard), debtor_id=mine, message_id=message["id"],
        contact_point_id=message["contact_point_id"], kind=message_rules.DELIVERED, at=heard, source=generic.CODE,
        code="", heard_at=heard,
    )  # fmt: skip
    pen.tell(heard, message_events.MessageDelivered(message_id=message["id"], debtor_id=mine, key=message["key"],
                                                    channel=EMAIL, source=generic.CODE))  # fmt: skip


def _trace(pen: Pen, link: tuple[int, int], kind: str, at: datetime, client: str | None = None) -> None:
    """What happened at the door of a customer's link, where it has not been forgotten yet (rule C-24)."""
    if pen.end - TRACES_KEPT < at <= pen.end:
        debtor_id, link_id = link
        pen.write(LinkTrace, id=pen.new_id(at), debtor_id=debtor_id, link_id=link_id, kind=kind, client=client, at=at)


def open_link(pen: Pen, debtor_id: int, link_id: int, at: datetime) -> Here:
    """They open it and type the right fact."""
    visit_id = pen.new_id(at)
    pen.write(
        Visit, id=visit_id, debtor_id=debtor_id, link_id=link_id, level=2, started_at=at,
        seen_at=at + timedelta(minutes=2), ends_at=at + gate.ABSOLUTE,
    )  # fmt: skip
    _trace(pen, (debtor_id, link_id), gate.FETCHED, at - timedelta(seconds=pen.lot.randint(8, 90)))
    for minutes in range(1, 1 + pen.lot.randint(1, 3)):
        _trace(pen, (debtor_id, link_id), gate.VIEWED, at + timedelta(minutes=minutes))
    who = Actor("debtor", visit_id, link_id)
    pen.tell(at, door_events.GatePassed(link_id=link_id, debtor_id=debtor_id, visit_id=visit_id, level=2), who)
    return Here(visit_id, at + timedelta(minutes=1 + pen.lot.randrange(4)), who)


def open_case(paper: Paper, kind: str, here: Here, owners: Owners, *, subject_id: int, desk: str | None = None,
              cause: str | None = None, act_by: datetime | None = None) -> Row:  # fmt: skip
    """Somebody has to act on it, or (with `act_by`) waits for the customer until then."""
    pen, at = paper.pen, here.at
    status = CaseStatus.OURS if act_by is None else CaseStatus.THEIRS
    row = pen.write(
        Case, id=pen.new_id(at), debtor_id=paper.debtor_id, number="".join(pen.lot.choices(_NUMBERS, k=8)),
        kind=kind, subject_id=subject_id, invoice_id=paper.invoice_id, visit_id=here.visit_id, cause=cause,
        desk=desk or desks.of_kind(kind), owner_id=owners.by_kind.get(kind), act_by=act_by or at + OUR_DAYS,
        due_on=paper.due_on, opened_at=at, status=status, status_at=at,
    )  # fmt: skip
    pen.tell(at, case_events.CaseOpened(case_id=row["id"], debtor_id=paper.debtor_id, kind=kind,
                                        act_by=row["act_by"]), here.who)  # fmt: skip
    return row


def close_case(paper: Paper, case: Row, outcome: str, at: datetime) -> None:
    case |= {"status": CaseStatus.CLOSED, "status_at": at, "outcome": outcome, "act_by": None, "closed_at": at,
             "closed_on": at.date()}  # fmt: skip
    paper.pen.tell(at, case_events.CaseClosed(case_id=case["id"], debtor_id=paper.debtor_id, outcome=outcome))


def bring_back(paper: Paper, case: Row, at: datetime) -> None:
    """What was waited for did not come: the creditor's people act next."""
    act_by = at + OUR_DAYS
    case |= {"status": CaseStatus.OURS, "status_at": at, "act_by": act_by}
    paper.pen.tell(at, case_events.CaseCameBack(case_id=case["id"], debtor_id=paper.debtor_id, act_by=act_by))
