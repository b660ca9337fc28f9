"""Instalments paid by themselves: what the customer agrees to, the charge on the day, and what a no leads to (B-14).

Nothing is charged while anything else holds the plan's due items, never more than what is left of the instalment,
and nothing once the customer stops it or the plan is left.
"""

from collections.abc import Sequence
from datetime import date

from portal.core import clock, db
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.creditors.faces import Face
from portal.invoices.payable import allocate, payable_now
from portal.payments import accounts, books, methods, off_session, saved
from portal.payments import events as payment_events
from portal.payments import queries as payment_queries
from portal.payments.models import AutoCharge, PaymentAttempt, SavedMethod
from portal.plans import agreement, living, queries, tries
from portal.plans import events as happened
from portal.plans.models import Instalment, Plan
from portal.plans.states import AGREED, OPEN
from portal.silence import queries as silence
from portal.web import i18n

ENDS = (
    happened.PlanWithdrawn, happened.PlanDefaulted, happened.PlanRenegotiated, happened.PlanCancelled,
    happened.PlanCompleted, happened.PlanActivated,
)  # fmt: skip


# The mandate


def mandate(face: Face, plan: Plan, rows: Sequence[Instalment], kind: str, language: str) -> str:
    """Who takes how much when, what happens when the bank says no, and how to stop it: shown before, and kept."""
    with i18n.speaking(language):
        left = [row for row in rows if row.status in OPEN]
        said = [*_whom(face, kind), t("Charged on these days, and never more than what is left:"),
                *(agreement.row_text(row, plan.currency) for row in left), *_rules(kind)]  # fmt: skip
        return "\n".join(i18n.say(line) for line in said)


def _whom(face: Face, kind: str) -> list[Text]:
    if kind == methods.CARD:
        return [t("I let %(creditor)s charge the instalments of my plan to my card, through Stripe.",
                  creditor=face.name)]  # fmt: skip
    in_use = accounts.row(payment_queries.CARD)
    identifier = str((in_use.options if in_use is not None else {}).get(methods.IDENTIFIER) or "")
    known = [t("Its creditor identifier is %(identifier)s.", identifier=identifier)] if identifier else []
    return [
        t("I let %(creditor)s debit my bank account for the instalments of my plan, through Stripe, and my bank "
          "carry these debits out.", creditor=face.name),
        *known,
        t("I can ask my bank to give a debit back within eight weeks."),
    ]  # fmt: skip


def _rules(kind: str) -> list[Text]:
    told = t("This list is my notice. A note comes %(days)s days before each day as well.", days=living.BEFORE)
    if kind == methods.SEPA_DEBIT:
        no = t("If my bank says no, it is not tried again. I am told, and choose another way.")
    else:
        no = t("If my bank says no, it is tried at most two more times, three days apart. Then I am told.")
    return [
        told,
        no,
        t("If my bank wants me to confirm, nothing is charged. I am told, and pay on my page."),
        t("I can stop it at any time on the page of my plan, at once and without a reason."),
    ]


def why_not(plan: Plan) -> Text | None:
    """Why nothing can be saved for this plan, or None."""
    if plan.status not in AGREED:
        return t("This cannot be done any more: it is %(now)s.", now=plan.status.label)
    if plan.currency != "EUR" or not saved.is_offered(plan.creditor_id):
        return t("Cards are not taken here at the moment. You can pay by bank transfer.")
    return None


def confirm(plan: Plan, agreed: saved.Mandate) -> SavedMethod:
    """The mandate was confirmed with a code. Raises NotAllowedNow."""
    refused = why_not(plan)
    if refused is not None:
        raise NotAllowedNow(refused)
    return saved.begin(plan.debtor_id, saved.Source(tries.PLAN, plan.id), agreed)


def stop(plan: Plan) -> None:
    """From this moment on nothing is charged by itself. Raises NotAllowedNow where nothing was."""
    if not saved.stop(saved.Source(tries.PLAN, plan.id)):
        raise NotAllowedNow(t("Nothing is paid automatically here."))


def hear_ended(event: happened.Event) -> None:
    """The plan was left: what was saved for it is stopped with it. Where another took its place, only once that one
    cannot be taken back any more: until then it may stand again (rule C-44), and nothing is charged."""
    plan = queries.plan(event.plan_id)  # type: ignore[attr-defined]
    if plan is None:
        return
    if not isinstance(event, happened.PlanActivated | happened.PlanRenegotiated):
        saved.stop(saved.Source(tries.PLAN, plan.id))
    if plan.replaces_id is not None and not isinstance(event, happened.PlanWithdrawn):
        saved.stop(saved.Source(tries.PLAN, plan.replaces_id))


# Charging


def charge_due(plan_id: int, today: date) -> PaymentAttempt | None:
    """Begins to charge the first instalment whose turn it is; None where none is, or something has to be settled."""
    plan = queries.plan(plan_id, lock=True)
    row = tries.in_use(plan_id)
    if plan is None or plan.status not in AGREED or row is None or living.waits(plan):
        return None
    if silence.stops_charges(plan.debtor_id):  # nothing is begun that would only be refused right before it is made
        return None
    if not off_session.is_usable(row):
        saved.fail(row, "account_left")
        return None
    rows = queries.asked(plan.id)
    made = saved.charges(tries.INSTALMENT, [one.id for one in rows])
    for one in rows:
        number = tries.number(row, one, made.get(one.id, []), today)
        if number is not None:
            return _charge(plan, row, one, saved.Try(saved.Source(tries.INSTALMENT, one.id), number, today))
    return None


def _charge(plan: Plan, row: SavedMethod, one: Instalment, this: saved.Try) -> PaymentAttempt | None:
    payable = payable_now(payment_queries.locked_items(queries.item_ids(plan.id)))
    amount = min(Money(one.amount_minor - one.paid_minor, plan.currency), payable.total)
    method = methods.online(row.method)
    if not amount or method is None or method.accepts(amount) is not None:
        return None
    return off_session.open_charge(row, allocate(payable.payable_lines, amount), this)


def is_still_wanted(attempt: PaymentAttempt) -> bool:
    """Asked right before the charge: the plan stands, as much is left, and nothing came in between."""
    charge = saved.charge_of(attempt.id)
    if charge is None or charge.source_kind != tries.INSTALMENT:
        return True
    plan, one = _of(charge)
    if plan is None or one is None or plan.status not in AGREED or living.waits(plan, besides=attempt.id):
        return False
    return one.status in OPEN and attempt.amount_minor <= one.amount_minor - one.paid_minor


def _of(charge: AutoCharge) -> tuple[Plan | None, Instalment | None]:
    one = db.session().get(Instalment, charge.source_id, populate_existing=True)
    return (queries.plan(one.plan_id), one) if one is not None else (None, None)


# What a no leads to


def hear_failed(event: payment_events.PaymentFailed | payment_events.PaymentBounced) -> None:
    """A bank said no: the payer is asked to come where it wants them, told when nothing is tried any more."""
    charge = saved.charge_of(event.attempt_id)
    if charge is None or charge.source_kind != tries.INSTALMENT:
        return
    (plan, one), row = _of(charge), saved.one(charge.saved_method_id, lock=True)
    if plan is None or one is None or row is None:
        return
    why = event.why if isinstance(event, payment_events.PaymentFailed) else books.BOUNCED
    if why == methods.AUTHENTICATION:
        _tell(living.AUTHENTICATE, plan, one)
    elif tries.is_last(row, charge, why):
        saved.fail(row, why)
        _tell(living.DECLINED, plan, one)


def _tell(key: str, plan: Plan, one: Instalment) -> None:
    """It is also the word that the instalment has not come: no other one is written for it."""
    if plan.status in AGREED and one.status in OPEN:
        one.missed_told_on = clock.today(creditors.face(plan.creditor_id).time_zone)
        db.session().flush()
        living.write(key, plan, one)
