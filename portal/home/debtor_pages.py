"""The first page behind the gate: who asks, for what, how much is open, what one can do."""

from datetime import date
from typing import Any

from flask import render_template, url_for

from portal.already_paid import offers as already_paid
from portal.core import clock, ids
from portal.core.money import Money, total
from portal.core.text import Text, t
from portal.debtors import roads
from portal.debtors.visits import Current, current
from portal.disputes import offers as disputes
from portal.home import queries
from portal.invoices import presenting
from portal.invoices import queries as invoices
from portal.invoices.queries import Item
from portal.ledger import queries as ledger
from portal.overpayments import offers as overpayments
from portal.plans import offers as plan_offers
from portal.plans import presenting as plans
from portal.reasons import asking
from portal.releases import presenting as releases
from portal.sdi import presenting as sdi
from portal.silence import presenting as silence
from portal.web import i18n, keepsakes, ladder, offers
from portal.web.gates import debtor_blueprint
from portal.web.ladder import Told

blueprint = debtor_blueprint("home_debtor", __name__)

_TOLD: dict[str, tuple[Text, str | None, str]] = {
    "receipt.confirmed": (t("You said: it arrived and all is fine"), "confirmations_debtor.show_answer", "answer_id"),
    "receipt.problem_reported": (t("You said: something is wrong"), "confirmations_debtor.show_answer", "answer_id"),
    "receipt.denied": (t("You said: it did not arrive"), "confirmations_debtor.show_answer", "answer_id"),
    "dispute.raised": (t("You said what is wrong"), "disputes_debtor.show", "dispute_id"),
    "dispute.closed": (t("We answered what you contested"), "disputes_debtor.show", "dispute_id"),
    "dispute.withdrawn": (t("You took back what you contested"), "disputes_debtor.show", "dispute_id"),
    "dispute.overtaken": (t("What you contested was withdrawn"), "disputes_debtor.show", "dispute_id"),
    "question.asked": (t("You asked us something"), "cases_debtor.show_case", "question_id"),
    "question.answered": (t("We answered your question"), "cases_debtor.show_case", "question_id"),
    "promise.made": (t("You named a day"), "promises_debtor.show", "promise_id"),
    "promise.amended": (t("You named another day"), "promises_debtor.show", "promise_id"),
    "promise.kept": (t("It came by the day that you named"), "promises_debtor.show", "promise_id"),
    "promise.cancelled": (t("You took your day back"), "promises_debtor.show", "promise_id"),
    "already_paid.claimed": (t("You said: I have already paid"), "already_paid_debtor.show", "claim_id"),
    "already_paid.resolved": (t("Our search for it ended"), "already_paid_debtor.show", "claim_id"),
    "transfer.announced": (t("You said: a transfer is on its way"), None, ""),
    "payment.processing": (t("Your payment is on its way"), "payments_debtor.show_status", "attempt_id"),
    "payment.succeeded": (t("You paid"), "payments_debtor.show_status", "attempt_id"),
    "bank_movement.booked": (t("Your bank transfer arrived"), "bank_debtor.show_transfer", "movement_id"),
    "bank_movement.credited": (t("Your bank transfer arrived"), "bank_debtor.show_transfer", "movement_id"),
    "bank_movement.returned": (t("Your bank took a transfer back"), "bank_debtor.show_transfer", "movement_id"),
    "overpayment.applied": (t("We used what was too much"), "overpayments_debtor.show", "overpayment_id"),
    "overpayment.refunded": (t("We gave back what was too much"), "overpayments_debtor.show", "overpayment_id"),
}

# What an event calls by another name than its page: a question is a case under the name that systems know it by.
_ARGUMENTS = {"movement_id": "transfer_id", "question_id": "case_id"}


@blueprint.get("/")
def show() -> Any:
    return first_page(current())


def first_page(visit: Current, **around: Any) -> Any:
    """The page as this visit sees it; `around` is given to the template besides (portal.home.creditor_pages)."""
    today = clock.today(visit.creditor.time_zone)
    items = invoices.items_of_debtor(visit.debtor_id, visit.invoice_id)
    if not items and visit.invoice_id is not None:
        return _closed(visit)
    # What is to be taken apart: interest and costs where it is late, else what was paid of a single one.
    touched = [
        item.item_id for item in items if item.due_on < today or (len(items) == 1 and item.open != item.amount)
    ]
    made_of = ledger.lines_of_items(touched) if touched else {}
    told = ladder.told(visit) if items else {}
    cards = [
        presenting.card(
            item,
            today,
            url_for("invoices_debtor.show", invoice_id=item.invoice_id),
            made_of.get(item.item_id, ()),
            history=visit.may_answer,
            stands=_stands(visit, item, today, told.get(item.invoice_id)),
        )
        for item in items
    ]
    plan = plans.first_screen(visit, items) if visit.may_answer else None
    why = asking.question(visit, items)
    # What the question offers already stands there once.
    asked = why is not None and not why["told"]
    several = len({item.invoice_id for item in items}) > 1
    without = frozenset({already_paid.KIND, *([disputes.KIND] if several else [])}) if asked else frozenset[str]()
    if plan is not None:
        without |= {plan_offers.KIND}
    return render_template(
        "home/debtor_home.html",
        title=i18n.gettext("Your documents"),
        person=visit.debtor_name if visit.may_answer else "",
        items=cards,
        documents=len({item.invoice_id for item in items}),
        total_open=_total(items),
        actions=offers.for_items(visit, items, without=without, more=overpayments.offer(visit)),
        plan=plan,
        why=why,
        release=releases.notice(visit, items),
        quiet=silence.notice(visit),
        sorry=sdi.sorry(visit),
        told=_told(visit, items) if visit.may_answer else [],
        settled=[] if items else _settled(visit),
        papers=[*_papers(visit, items), *roads.of(visit)],
        **around,
    )


def _stands(visit: Current, item: Item, today: date, told: Told | None) -> str:
    """Where a due item stands, as its document does; nothing for the paper's code."""
    if not visit.may_answer:
        return ""
    rung = presenting.rung([item], today, visit.creditor.time_zone, told.rung if told is not None else None)
    return ladder.sentence(rung, visit.creditor.display_name, visit.debtor_name)


def _papers(visit: Current, items: list[Item]) -> list[tuple[str, str]]:
    """What to take along about the whole account; nothing for the paper's code, or a link to one invoice."""
    if not visit.may_answer or visit.invoice_id is not None:
        return []
    statement = (i18n.gettext("Statement of account"), url_for("account_papers_debtor.show_account"))
    return [*([] if items else keepsakes.for_visit(visit)), statement]


def _total(items: list[Item]) -> str:
    """The sum per currency; nothing for a single item, whose card says it."""
    if len(items) < 2:
        return ""
    currencies = sorted({item.open.currency for item in items})
    sums = [total([i.open for i in items if i.open.currency == c], c) for c in currencies]
    return " + ".join(i18n.money(amount) for amount in sums)


def _told(visit: Current, items: list[Item]) -> list[dict[str, Any]]:
    zone = visit.creditor.time_zone
    entries = []
    for one in queries.recalled(visit.debtor_id, visit.invoice_id, {item.item_id for item in items}):
        sentence, endpoint, field = _TOLD[one.name]
        argument = one.data.get(field)
        entries.append(
            {
                "when": i18n.moment(one.at, zone),
                "what": i18n.say(sentence),
                "who": None,
                "note": _amount(one.data),
                "href": _road(endpoint, field, argument),
            }
        )
    return entries


def _road(endpoint: str | None, field: str, spelled: str | None) -> str | None:
    if endpoint is None or spelled is None:
        return None
    values: dict[str, Any] = {_ARGUMENTS.get(field, field): ids.read(spelled)}
    return url_for(endpoint, **values)


def _amount(data: dict[str, Any]) -> str | None:
    if "amount_minor" not in data:
        return None
    return i18n.money(Money(data["amount_minor"], data["currency"]))


def _settled(visit: Current) -> list[dict[str, Any]]:
    rows = invoices.items_of_debtor(visit.debtor_id, visit.invoice_id, only_open=False)[-5:]
    return [
        {
            "title": presenting.title(item),
            "due": i18n.gettext("settled"),
            "open": i18n.money(item.amount),
            "href": url_for("invoices_debtor.show", invoice_id=item.invoice_id),
            "note": None,
        }
        for item in reversed(rows)
        if not item.withdrawn and not item.not_issued
    ]


def _closed(visit: Current) -> Any:
    """A link to one invoice on which nothing is open explains itself (decision 2)."""
    rows = invoices.items_of_debtor(visit.debtor_id, visit.invoice_id, only_open=False)
    invoice = invoices.invoice(visit.invoice_id or 0)
    withdrawn = invoice is not None and invoice.withdrawn_at is not None
    made_of = ledger.lines_of_items([item.item_id for item in rows])
    kinds = {line.kind for lines in made_of.values() for line in lines if line.amount.minor < 0}
    last = max((line.on for lines in made_of.values() for line in lines), default=None)
    rejected = not withdrawn and any(item.not_issued for item in rows)
    closed = (
        "withdrawn" if withdrawn else "rejected" if rejected else "credited" if kinds == {"credit_note"} else "paid"
    )
    return render_template(
        "debtors/link_closed.html",
        title=i18n.gettext("Your document"),
        document=i18n.say(t("Invoice %(number)s", number=invoice.number if invoice else "")),
        closed=closed,
        closed_on=i18n.day(last) if last and closed == "paid" and visit.may_answer else "",
        keep_url=url_for("invoices_debtor.download", invoice_id=visit.invoice_id)
        if visit.may_answer and not rejected
        else None,
        home_url=None,
        yours=[(i18n.say(one.label), one.href) for one in overpayments.offer(visit)],
        papers=keepsakes.for_visit(visit),
        told=_told(visit, rows) if visit.may_answer else [],
    )
