"""The days of a plan: a note before each instalment, a word when one is missing, a notice, and only then its end.

It is what was said before the plan was accepted (`agreement.effects`, rule B-74). Nothing is written, and nothing
ends, while something else about its due items waits: a payment on its way, a case, a rest.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from sqlalchemy import select

from portal.channel_wishes import queries as channel_wishes
from portal.core import clock, db, ids
from portal.core.text import t
from portal.debtors import links
from portal.debtors import queries as debtors
from portal.interest.due_dates import last_day
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.messages import actions as messages
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.plans import actions, following, queries, tries
from portal.plans import events as happened
from portal.plans.models import Instalment, Plan
from portal.plans.states import AGREED, OPEN, InstalmentStatus, PlanStatus

AUTHENTICATE, DECLINED = "plan_authenticate", "plan_declined"  # what came of charging it by itself
REMINDER, MISSED, NOTICE, ENDED = "plan_reminder", "plan_missed", "plan_notice", "plan_ended"
BEFORE = 3  # days before an instalment on which its note goes out
LINK_DAYS = timedelta(days=60)
NOT_ANY_MORE = t("what it was about has changed, or nothing is left to do")
I, S = InstalmentStatus, PlanStatus  # noqa: E741
_LOST = frozenset({MessageStatus.FAILED, MessageStatus.SUPPRESSED})
_WAITS = frozenset(
    {holds.TRANSFER_ON_ITS_WAY, holds.PAYMENT_PROCESSING, holds.DISPUTED, holds.DISPUTE, holds.CREDIT_EXPECTED,
     holds.CONTESTED, holds.PROBLEM_REPORTED, holds.NOT_RECEIVED, holds.ALREADY_PAID, holds.PROMISED,
     holds.PLAN_ASKED}
)  # fmt: skip


def see_to(plan_id: int, today: date, *, writes: bool) -> None:
    """What is due to be said or done about a plan on `today`; `writes`: within the hours for writing."""
    plan = queries.plan(plan_id, lock=True)
    if plan is None or plan.status not in AGREED or waits(plan):
        return
    rows = queries.asked(plan.id)
    missing = [row for row in rows if row.status is I.OVERDUE]
    if missing:
        _see_to_missing(plan, missing, today, writes=writes)
    elif writes:
        _remind(plan, rows, today)


def waits(plan: Plan, besides: int | None = None) -> bool:
    """Whether something about its due items, but the payment called `besides`, has to be settled first, or the
    customer rests."""
    if any(asked(plan.debtor_id) for asked in actions.is_resting):
        return True
    items = invoice_queries.items(queries.item_ids(plan.id))
    held = invoice_queries.holds_now([item.item_id for item in items])
    reasons = {one.reason for several in held.values() for one in several}
    return bool(reasons & _WAITS) or any(item.reserved_by not in {None, besides} for item in items)


def _remind(plan: Plan, rows: Sequence[Instalment], today: date) -> None:
    """Once for each instalment, some days before it; not on the day on which the plan was made."""
    for row in rows:
        soon = today <= row.due_on <= today + timedelta(days=BEFORE)
        fresh = plan.accepted_at is not None and clock.day_of(plan.accepted_at) >= today
        if soon and row.reminded_on is None and row.status in {I.SCHEDULED, I.DUE, I.PART_PAID} and not fresh:
            row.reminded_on = today
            write(REMINDER, plan, row)


def _see_to_missing(plan: Plan, missing: Sequence[Instalment], today: date, *, writes: bool) -> None:
    """A friendly word at once; after the grace a notice; as many days after that has left the plan ends. Each missing
    instalment has a notice of its own; without one that left nothing ends by itself: a person looks at it (B-74)."""
    oldest = missing[0]
    notice_from = _grace_ends(plan, oldest)
    notice, zone = _notice_of(plan, oldest), actions.zone_now()
    if notice is not None and notice.status is MessageStatus.SENT and notice.sent_at is not None:
        if today > clock.day_of(notice.sent_at, zone) + timedelta(days=plan.grace_days):
            _default(plan)
    elif not writes or tries.go_on(plan.id, oldest, today):
        return
    elif notice is not None and (notice.status not in _LOST or clock.day_of(notice.planned_at, zone) >= today):
        return  # on its way; one that did not leave is written anew on another day
    elif today > notice_from:
        plan.notice_on = today
        write(NOTICE, plan, oldest)
    else:
        for row in missing:
            if row.missed_told_on is None:
                row.missed_told_on = today
                write(MISSED, plan, row)
                break
    db.session().flush()


def _notice_of(plan: Plan, row: Instalment) -> Message | None:
    """The notice about this instalment since it is as it is, the latest."""
    wanted = select(Message).where(
        Message.debtor_id == plan.debtor_id, Message.key == NOTICE, Message.planned_at >= row.status_at
    )
    spelled = ids.spell(row.id)
    found = db.session().scalars(wanted.order_by(Message.id.desc())).all()
    return next((one for one in found if one.params.get("instalment") == spelled), None)


def _grace_ends(plan: Plan, row: Instalment) -> date:
    """The last day of the grace, from its day on. Where its money went back later, from the word on that it is
    missing: nobody hears of it by a notice (rule B-74)."""
    since = last_day(row.due_on)
    if queries.went_back(row):
        if row.missed_told_on is None:
            return date.max
        since = max(since, row.missed_told_on)
    return since + timedelta(days=plan.grace_days)


def _default(plan: Plan) -> None:
    """It ends, as it was said beforehand: what is open is due, and a person looks at it."""
    left = following.sums(plan).left
    following.end(plan, S.DEFAULTED, happened.PlanDefaulted, open_minor=left)
    write(ENDED, plan, None)


def write(key: str, plan: Plan, row: Instalment | None) -> None:
    """One of our messages, by the way that the customer prefers, with a link of its own; never doubled."""
    goes = channel_wishes.where_to(plan.debtor_id)
    debtor = debtors.debtor(plan.debtor_id)
    if goes.contact is None or debtor is None:
        return
    link = links.issue(
        plan.debtor_id,
        purpose=links.PORTAL,
        campaign=key,
        expires_at=clock.now() + LINK_DAYS,
        invoice_id=plan.invoice_id,
        contact_point_id=goes.contact.id,
    )
    params = {"plan": ids.spell(plan.id)} | ({"instalment": ids.spell(row.id)} if row is not None else {})
    messages.plan(
        key,
        debtor_id=plan.debtor_id,
        contact_point_id=goes.contact.id,
        to_address=goes.contact.address,
        language=debtor.language,
        link_id=link.id,
        channel=goes.channel,
        params=params,
    )


_STILL: dict[str, Callable[[Plan, Instalment | None], bool]] = {
    REMINDER: lambda plan, row: plan.status in AGREED and row is not None and row.status is not I.PAID,
    MISSED: lambda plan, row: plan.status in AGREED and row is not None and row.status is I.OVERDUE,
    AUTHENTICATE: lambda plan, row: plan.status in AGREED and row is not None and row.status in OPEN,
    DECLINED: lambda plan, row: plan.status in AGREED and row is not None and row.status in OPEN,
    NOTICE: lambda plan, row: plan.status in AGREED and row is not None and row.status is I.OVERDUE,
    ENDED: lambda plan, _row: plan.status is S.DEFAULTED,
}


def why_not_send(message: Message) -> str | None:
    """Asked again at the moment of sending: it may be paid, moved or ended by now (decision 16)."""
    still = _STILL.get(message.key)
    if still is None:
        return None
    plan = queries.plan(ids.read(message.params["plan"]))
    spelled = message.params.get("instalment")
    row = next((one for one in queries.instalments(plan.id) if ids.spell(one.id) == spelled), None) if plan else None
    if plan is not None and still(plan, row) and (message.key == ENDED or not waits(plan)):
        return None
    return str(NOT_ANY_MORE)
