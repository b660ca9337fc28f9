"""Payments: the list by state, one with its story, paying back with four eyes, and days that do not agree (B-12)."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core import ids
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.inbox import payment_queries as queries
from portal.inbox import presenting, stories
from portal.invoices import queries as invoices
from portal.payments import apart, contested, methods, missing, reconciliation, refundable, refunds
from portal.payments import presenting as payments
from portal.payments import queries as payment_queries
from portal.payments.models import BalanceCheck, CardDispute, PaymentAttempt, Refund
from portal.payments.states import ARRIVED, AttemptStatus, RefundStatus
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("refunds_creditor", __name__)

S, R = AttemptStatus, RefundStatus
GROUPS: dict[str, Text] = {
    "": t("All"),
    queries.WAITING: t("To pay back: waits for a decision"),
    "paid": t("Paid"),
    "processing": t("On their way"),
    "back": t("Paid back, in part or whole"),
    "contested": t("Contested at the bank"),
    "lost": t("Taken back by the bank"),
    "failed": t("Did not go through"),
    "open": t("Begun"),
    "left": t("Not finished"),
}
TINTS = {
    S.SUCCEEDED: stories.GOOD, S.WON: stories.GOOD, S.PROCESSING: stories.WAIT, S.DISPUTED: stories.WAIT,
    S.LOST: stories.PROBLEM,
}  # fmt: skip
REFUND_TINTS = {
    R.REQUESTED: stories.WAIT, R.APPROVED: stories.WAIT, R.PENDING: stories.WAIT, R.SUCCEEDED: stories.GOOD,
    R.FAILED: stories.PROBLEM,
}  # fmt: skip
DISPUTE_REASONS: dict[str, Text] = {
    "fraudulent": t("they say that it was not them"),
    "product_not_received": t("they say that nothing came"),
    "duplicate": t("they say that it was paid twice"),
    "debit_not_authorized": t("their bank says that the debit was not allowed"),
}
MADE_ELSEWHERE = t("Made at the payment provider, by hand")


@blueprint.get("/payments")
@allow(Permission.READ)
def show_list() -> Any:
    group = presenting.chosen("state", GROUPS)
    page = queries.page(group, request.args.get("after"))
    waiting = queries.waiting()
    options = [(value, i18n.say(label)) for value, label in GROUPS.items()]
    said = i18n.ngettext("%(count)s refund waits for a decision", "%(count)s refunds wait for a decision", waiting)
    return render_template(
        "payments/staff_list.html",
        title=i18n.gettext("Payments"),
        intro=said % {"count": waiting} if waiting else "",
        checks=[_check_row(check) for check in queries.differing()] if not request.args.get("after") else [],
        filter_url=url_for(".show_list"),
        fields=[{"id": "state", "label": i18n.gettext("State"), "value": group, "options": options}],
        clear_url=url_for(".show_list") if group else None,
        filtered=bool(group),
        rows=[_row(row) for row in page.rows],
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=url_for(".show_list", state=group or None) if request.args.get("after") else None,
        older_url=url_for(".show_list", state=group or None, after=page.next_cursor) if page.next_cursor else None,
    )


def _row(row: queries.Row) -> dict[str, Any]:
    attempt = row.attempt
    return {
        "debtor": row.debtor,
        "href": url_for(".show", attempt_id=attempt.id),
        "amount": i18n.money(payments.amount(attempt)),
        "how": methods.all_methods()[attempt.method].label,
        "when": presenting.moment(attempt.created_at),
        "state": attempt.status.label,
        "kind": TINTS.get(attempt.status, stories.PLAIN),
    }


def _check_row(check: BalanceCheck) -> dict[str, str]:
    return {
        "day": i18n.day(check.day),
        "difference": i18n.money(Money(check.difference_minor, check.currency)),
        "href": url_for(".show_check", check_id=check.id),
    }


@blueprint.get("/payments/<id:attempt_id>")
@allow(Permission.READ)
def show(attempt_id: int) -> Any:
    return _page(attempt_id, Form())


def _page(attempt_id: int, form: Form) -> Any:
    attempt: PaymentAttempt = only_own(payment_queries.attempt(attempt_id))
    debtor, known = debtors.debtor(attempt.debtor_id), refundable.known_of(attempt)
    reserved = payment_queries.reservations(attempt.id)
    items = invoices.items([one.due_item_id for one in reserved])
    zone, may = person().creditor.time_zone, person().may(Permission.REFUND)
    has_arrived = attempt.status in ARRIVED
    left = refundable.refundable(attempt, known=known) if has_arrived else None
    why_not = refundable.why_not_refund(attempt, known=known)
    page = render_template(
        "payments/staff_payment.html",
        title=i18n.gettext("Payment"),
        amount=i18n.money(payments.amount(attempt)),
        status=attempt.status.label,
        kind=TINTS.get(attempt.status, stories.PLAIN),
        details=_details(attempt, debtor.name if debtor else "", left, zone),
        debtor_url=url_for("debtors_creditor.show", debtor_id=attempt.debtor_id),
        documents=payments.rows(attempt, reserved, items, zone, apart.of(attempt, reserved, zone))[:-3],
        refunds=[_refund(refund, may=may) for refund in known.refunds],
        disputes=[_dispute(dispute) for dispute in known.disputes],
        go_on_url=url_for(".let_go_on", attempt_id=attempt.id) if may and contested.rests(known.disputes) else None,
        evidence_url=url_for("evidence_creditor.take_out", attempt_id=attempt.id) if may and known.disputes else None,
        is_missing=missing.is_missing(attempt),
        give_up_url=url_for(".give_up", attempt_id=attempt.id) if may and missing.is_missing(attempt) else None,
        refund_url=url_for(".request_refund", attempt_id=attempt.id) if may and why_not is None else None,
        why_not=i18n.say(why_not) if why_not is not None and has_arrived else "",
        typed={name: form.typed.get(name, "") for name in ("amount", "reason")},
        hint=i18n.say(t("At most %(amount)s.", amount=i18n.money(left))) if left else "",
        entries=presenting.told(queries.story(attempt.id), here=url_for(".show", attempt_id=attempt.id)),
        list_url=url_for(".show_list"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _details(attempt: PaymentAttempt, debtor: str, left: Money | None, zone: str) -> list[tuple[str, str]]:
    rows = [
        (i18n.gettext("Customer"), debtor),
        (i18n.gettext("How"), i18n.say(methods.all_methods()[attempt.method].label)),
        (i18n.gettext("Begun"), i18n.moment(attempt.created_at, zone)),
        (i18n.gettext("So since"), i18n.moment(attempt.status_at, zone)),
        (i18n.gettext("Can still be paid back"), i18n.money(left) if left else ""),
        (i18n.gettext("Number"), payments.number(attempt)),
        (i18n.gettext("At the provider"), attempt.provider_payment_id or ""),
    ]
    return [row for row in rows if row[1]]


def _refund(refund: Refund, *, may: bool) -> dict[str, Any]:
    waits = refund.status is R.REQUESTED and may
    elsewhere = refund.requested_by == refunds.PROVIDER
    return {
        "amount": i18n.money(Money(refund.amount_minor, refund.currency)),
        "when": presenting.moment(refund.created_at),
        "reason": i18n.say(MADE_ELSEWHERE) if elsewhere else refund.reason,
        "state": refund.status.label,
        "kind": REFUND_TINTS.get(refund.status, stories.PLAIN),
        "why": refund.why if refund.status is R.DECLINED else "",
        "own": waits and refund.requested_by == person().who,
        "approve_url": url_for(".approve", refund_id=refund.id)
        if waits and refund.requested_by != person().who
        else None,
        "decline_url": url_for(".decline", refund_id=refund.id) if waits else None,
        "field": f"why-{ids.spell(refund.id)}",
    }


def _dispute(dispute: CardDispute) -> dict[str, Any]:
    reason = DISPUTE_REASONS.get(dispute.reason)
    return {
        "amount": i18n.money(Money(dispute.amount_minor, dispute.currency)),
        "when": presenting.moment(dispute.opened_at),
        "reason": i18n.say(reason) if reason else dispute.reason.replace("_", " "),
        "state": dispute.status.label,
        "answer_by": presenting.moment(dispute.answer_by) if dispute.answer_by else "",
    }


def _done(attempt_id: int, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show", attempt_id=attempt_id), 303)


@blueprint.post("/payments/<id:attempt_id>/refund")
@allow(Permission.REFUND)
@recently_proved
def request_refund(attempt_id: int) -> Any:
    """One person asks; the money moves when another has approved."""
    attempt: PaymentAttempt = only_own(payment_queries.attempt(attempt_id))
    form = Form()
    amount = _amount(form, attempt)
    reason = form.text("reason", longest=refunds.LONGEST_WORDS, needed=t("Please say why, for your colleagues."))
    if form.wrong or amount is None:
        return _page(attempt_id, form)
    refunds.request(attempt, amount, by=person().who, reason=reason)
    return _done(attempt_id, t("Done. Now a colleague has to agree."))


def _amount(form: Form, attempt: PaymentAttempt) -> Money | None:
    """How much goes back, within what may; else what is wrong stands beside its field."""
    typed = form.text("amount", longest=20, needed=t("Please write how much goes back."))
    if "amount" in form.wrong:
        return None
    amount = form.amount("amount", typed, attempt.currency)
    if amount is None:
        return None
    why_not = refundable.why_not_refund(attempt, amount)
    if why_not is not None:
        form.wrong["amount"] = why_not
    return amount


def _of(refund_id: int) -> Refund:
    found: Refund = only_own(refundable.one(refund_id))
    return found


@blueprint.post("/payments/refunds/<id:refund_id>/approve")
@allow(Permission.REFUND)
@recently_proved
def approve(refund_id: int) -> Any:
    attempt_id = _of(refund_id).attempt_id
    refunds.approve(refund_id, by=person().who)
    return _done(attempt_id, t("Done. It goes back the way it came, and the customer is told."))


@blueprint.post("/payments/refunds/<id:refund_id>/decline")
@allow(Permission.REFUND)
def decline(refund_id: int) -> Any:
    attempt_id, form = _of(refund_id).attempt_id, Form()
    why = form.text("why", longest=refunds.LONGEST_WORDS)
    if form.wrong:
        return _page(attempt_id, form)
    refunds.decline(refund_id, by=person().who, why=why)
    return _done(attempt_id, t("Done. Nothing goes back."))


@blueprint.post("/payments/<id:attempt_id>/go-on")
@allow(Permission.REFUND)
def let_go_on(attempt_id: int) -> Any:
    """A dispute was lost and its documents are open again: a person lets them be asked for (rule B-13)."""
    contested.let_go_on(only_own(payment_queries.attempt(attempt_id)))
    return _done(attempt_id, t("Done. Its documents no longer rest."))


@blueprint.post("/payments/<id:attempt_id>/give-up")
@allow(Permission.REFUND)
@recently_proved
def give_up(attempt_id: int) -> Any:
    """The provider denies the payment, and a person has looked there: nothing was paid (rule B-07)."""
    only_own(payment_queries.attempt(attempt_id))
    missing.give_up(attempt_id)
    return _done(attempt_id, t("Done. It has ended, and its documents can be paid again."))


@blueprint.get("/payments/checks/<id:check_id>")
@allow(Permission.READ)
def show_check(check_id: int) -> Any:
    """A day on which the provider and the books differ, payment by payment."""
    check: BalanceCheck = only_own(reconciliation.one(check_id))
    sums = [Money(minor, check.currency) for minor in (check.provider_minor, check.ledger_minor)]
    return render_template(
        "payments/staff_check.html",
        title=i18n.say(t("Payments of %(day)s", day=i18n.day(check.day))),
        status=check.status.label,
        kind=stories.PROBLEM if check.details else stories.GOOD,
        details=[
            (i18n.gettext("At the provider"), i18n.money(sums[0])),
            (i18n.gettext("In your books here"), i18n.money(sums[1])),
            (i18n.gettext("Difference"), i18n.money(Money(check.difference_minor, check.currency))),
            (i18n.gettext("Compared"), presenting.moment(check.checked_at)),
        ],
        rows=[_difference(check, *row) for row in check.details],
        list_url=url_for(".show_list"),
    )


def _difference(check: BalanceCheck, payment: str, provider: int, ledger: int) -> dict[str, Any]:
    known = payment_queries.attempt(ids.read(payment)) is not None
    return {
        "payment": payment.upper(),
        "href": url_for(".show", attempt_id=ids.read(payment)) if known else None,
        "provider": i18n.money(Money(provider, check.currency)),
        "ledger": i18n.money(Money(ledger, check.currency)),
    }
