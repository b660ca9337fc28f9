"""Plans the day's contacts: one for a customer at most, never twice at one level, kept row by row with its reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases import queries as case_queries
from portal.core import clock, db, events, ids
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import links
from portal.invoices.events import InvoiceSettled, InvoiceWithdrawn
from portal.invoices.models import DueItem
from portal.ledger.models import Receivable
from portal.messages import actions as messages
from portal.messages import levels as words
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.postal import actions as postal
from portal.reminders import events as happened
from portal.reminders import policies, queries, reading, rules
from portal.reminders.cadence import capped_until
from portal.reminders.deciding import Customer, Due, Moment, decide
from portal.reminders.levels import CALL, DECISION, INTERNAL, Medium
from portal.reminders.models import Outlook, Pause, Touch
from portal.reminders.outlook import Coming, look_ahead
from portal.reminders.policies import Version

_CASES = {INTERNAL: kinds.ESCALATION, DECISION: kinds.DECISION}


@dataclass(slots=True)
class Planned:
    """How many contacts were planned, how many things for our own people, and why others were not (by customer)."""

    contacts: int = 0
    cases: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, more: "Planned") -> "Planned":
        self.contacts += more.contacts
        self.cases += more.cases
        self.left_out += more.left_out
        return self


def plan(creditor: Creditor, *, at: datetime | None = None, any_hour: bool = False) -> Planned:
    """Plans all that is due for the creditor in scope at the moment `at`, else now, in one transaction.

    `any_hour` is for trying out: what is planned leaves whatever the hour.
    """
    planned, version = Planned(), policies.current()
    moment = Moment(at or clock.now(), creditor.time_zone, any_hour)
    for customers in reading.everyone(creditor, version, moment.now):
        planned += _plan(customers, creditor, version, moment)
    return planned


def plan_some(creditor: Creditor, debtor_ids: Sequence[int]) -> Planned:
    """The same for these customers alone, now."""
    version, moment = policies.current(), Moment(clock.now(), creditor.time_zone)
    found = reading.some(creditor, debtor_ids, version, moment.now)
    return _plan(found, creditor, version, moment)


def _plan(customers: Sequence[Customer], creditor: Creditor, version: Version, moment: Moment) -> Planned:
    planned, spoken_to = Planned(), []
    for customer in customers:
        decision = decide(customer, version, moment)
        for due in decision.due:
            if due.medium is Medium.CASE:
                _put_before_people(customer, due, version)
                planned.cases += 1
            elif due.at <= moment.now:
                _say(customer, due, version, moment)
                planned.contacts += 1
                spoken_to.append(customer.debtor_id)
        planned.left_out.update({one.reason for one in decision.not_due})
    db.session().flush()
    rest = [one for one in customers if one.debtor_id not in spoken_to]
    _look_ahead([*rest, *reading.some(creditor, spoken_to, version, moment.now)], version, moment)
    return planned


def _look_ahead(customers: Sequence[Customer], version: Version, moment: Moment) -> None:
    """Keeps what comes next for each of them, where it is not what was kept before."""
    before = queries.outlooks([one.debtor_id for one in customers])
    for customer in customers:
        found = look_ahead(customer, version, moment)
        seen: tuple[date | None, str | None, str | None, str, int]
        if isinstance(found, Coming):
            seen = (found.on, found.level.code, found.medium.value, str(found.because), len(found.items))
        else:
            seen = (None, None, None, str(found.reason), len(customer.items))
        row = before.get(customer.debtor_id)
        if row is None:
            row = Outlook(id=ids.new_id(), debtor_id=customer.debtor_id)
            db.session().add(row)
        elif (row.on, row.level, row.medium, row.reason, row.items) == seen:
            continue
        row.on, row.level, row.medium, row.reason, row.items = seen
        row.looked_at = moment.now


def forget_outlooks(last: date) -> int:
    """Nothing is open any more of what falls due until `last`: nothing is to come. Returns how many went."""
    open_items = (
        exists()
        .where(DueItem.debtor_id == Outlook.debtor_id, Receivable.id == DueItem.id)
        .where(Receivable.open_minor > 0, DueItem.due_on <= last)
    )
    return db.changed(delete(Outlook).where(~open_items))


def _write(customer: Customer, due: Due, version: Version, moment: Moment) -> None:
    """One message, by mail or text as they wish, and a touch for every item that it names."""
    assert customer.writes_to is not None  # a message is decided on where one can go alone
    contact_id, address = customer.writes_to
    last = max([moment.today, *(one.item.due_on for one, _level in due.items)])
    link = links.issue(
        customer.debtor_id,
        purpose=links.PORTAL,
        campaign=due.level.code,
        expires_at=links.caring_expiry(last),
        contact_point_id=contact_id,
    )
    message = messages.plan(
        _words(due),
        debtor_id=customer.debtor_id,
        contact_point_id=contact_id,
        to_address=address,
        language=customer.language,
        link_id=link.id,
        channel=customer.writes_by,
        params={"whatever_the_hour": True} if moment.any_hour else None,
    )
    _keep(customer, due, version, message_id=message.id)


def _words(due: Due) -> str:
    """The key of the message: a call that cannot be made, or reached nobody, is written instead."""
    if due.level.code != CALL:
        return due.level.code
    was_tried = any(one.failed.get(CALL) for one, _level in due.items)
    return words.REMINDER_SECOND if was_tried else words.REMINDER_GENTLE


def _say(customer: Customer, due: Due, version: Version, moment: Moment) -> None:
    if due.medium is Medium.MESSAGE:
        _write(customer, due, version, moment)
    elif due.medium is Medium.LETTER:
        invoice_ids = queries.invoices_of([one.item.item_id for one, _level in due.items])
        letter = postal.write(customer.debtor_id, invoice_ids, key=_words(due))
        _keep(customer, due, version, message_id=letter.id)
    else:
        _put_before_people(customer, due, version)


def _put_before_people(customer: Customer, due: Due, version: Version) -> None:
    """One open case for a customer and level: what falls due later joins it. A call is one, too."""
    kind = kinds.CALL_TO_MAKE if due.medium is Medium.CALL else _CASES[due.level.code]
    case = case_queries.open_of_kind(customer.debtor_id, kind) or cases.open_case(
        kind,
        customer.debtor_id,
        invoice_id=_only(queries.invoices_of([one.item.item_id for one, _level in due.items])),
    )
    _keep(customer, due, version, case_id=case.id)


def _only(invoice_ids: Sequence[int]) -> int | None:
    return invoice_ids[0] if len(invoice_ids) == 1 else None


def _keep(customer: Customer, due: Due, version: Version, **said_by: int) -> None:
    for one, level in due.items:
        touch = Touch(
            id=ids.new_id(),
            debtor_id=customer.debtor_id,
            due_item_id=one.item.item_id,
            level=level.code,
            attempt=one.tries.get(level.code, 0) + 1,
            medium=due.medium.value,
            because=str(due.because),
            policy_number=version.number,
            planned_at=clock.now(),
            at=due.at,
            **said_by,
        )
        db.session().add(touch)


def pause(debtor_id: int | None, until: date | None, by: int | None) -> Pause:
    """Nothing is planned for the customer, or for anybody, until the end of that day; the same twice is one."""
    running = queries.pause(debtor_id)
    if running is not None and running.until == until:
        return running
    if running is not None:
        resume(running, by)
    row = Pause(id=ids.new_id(), debtor_id=debtor_id, since=clock.now(), until=until, paused_by=by)
    db.session().add(row)
    db.session().flush()
    events.record(happened.CadencePaused(cadence_pause_id=row.id, debtor_id=debtor_id, until=until))
    return row


def resume(row: Pause, by: int | None) -> None:
    """It goes on: what was missed is taken up where it stands."""
    if row.ended_at is not None:
        return
    row.ended_at, row.ended_by = clock.now(), by
    db.session().flush()
    events.record(happened.CadenceResumed(cadence_pause_id=row.id, debtor_id=row.debtor_id))


def hear_settled(event: InvoiceSettled | InvoiceWithdrawn, _event_id: int) -> None:
    """Nothing of what our people were to look at is open any more: their case is over."""
    if event.debtor_id is None:
        return
    for kind in (*_CASES.values(), kinds.CALL_TO_MAKE):
        case = case_queries.open_of_kind(event.debtor_id, kind)
        if case is not None and not queries.anything_open(case.id):
            cases.let_close(case, kinds.SETTLED)


def why_not_send(message: Message) -> str | None:
    """Asked again at the moment of sending: what was to be said may be settled or paused by now (decision 16)."""
    if message.key not in words.KEYS:
        return None
    if queries.pauses(message.debtor_id):
        return str(rules.PAUSED)
    standings = queries.standings(message.id, _today(message))
    if not standings and message.key != words.CARING:
        return None  # it names no due item here: whoever planned it answers for it
    why = rules.why_not_say(standings, until_due=message.key in words.UNTIL_DUE)
    return str(why) if why is not None else None


def _today(message: Message) -> date:
    return clock.today(creditors.by_id(message.creditor_id).time_zone)


def not_before(message: Message) -> datetime | None:
    """When a message of ours may leave at the earliest (rule C-10); what was asked for may leave at once.

    At a lawful hour, and not as one contact too many: what piled up over a weekend leaves on several days. A second
    try of the same message is the same contact.
    """
    if message.asked_for or message.params.get("whatever_the_hour"):
        return None
    version, creditor = policies.current(), creditors.by_id(message.creditor_id)
    saturdays = message.key not in words.KEYS or version.saturdays
    at = queries.next_moment(message.debtor_id, creditor, saturdays=saturdays)
    if message.status is MessageStatus.SENDING:
        return at
    zone = creditor.time_zone
    spoken = queries.spoken_on(message.debtor_id, zone, but=message.id)
    free = capped_until(spoken, clock.day_of(at, zone), version.per_week)
    if free is None:
        return at
    opens = datetime.combine(free, time(), ZoneInfo(zone))
    return queries.next_moment(message.debtor_id, creditor, saturdays=saturdays, at=opens)


def known_for(message: Message) -> dict[str, int]:
    """How many documents a message of the cadence speaks of."""
    if message.key not in words.KEYS:
        return {}
    until_due = message.key in words.UNTIL_DUE
    return {"count": queries.documents_of(message.id, _today(message), until_due=until_due)}
