"""Three equal answers about receipt, and each answer to be seen again."""

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.confirmations import actions, notices, queries, rules
from portal.confirmations.forms import ReceiptForm
from portal.confirmations.models import ReceiptAnswer
from portal.confirmations.offers import KIND
from portal.core import clock, ids
from portal.core.text import t
from portal.debtors import queries as debtors
from portal.debtors.visits import Current, answering, current
from portal.invoices import queries as invoices
from portal.invoices.models import Invoice
from portal.invoices.queries import Item
from portal.web import i18n, offers
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("confirmations_debtor", __name__)


def _invoice(invoice_id: int) -> Invoice:
    """The invoice, if this visit's link reaches it (rule A-07)."""
    visit = answering()
    found: Invoice = only_own(invoices.invoice(invoice_id) if visit.reaches(None, invoice_id) else None)
    return found


@blueprint.get("/invoices/<id:invoice_id>/receipt")
def show(invoice_id: int) -> Any:
    blank = ReceiptForm.blank()
    if request.args.get("answer") in rules.ANSWERS:  # a road of another page leads to one of the answers
        blank.form.typed.setdefault("answer", request.args["answer"])
    return _page(_invoice(invoice_id), blank)


@blueprint.post("/invoices/<id:invoice_id>/receipt")
def submit(invoice_id: int) -> Any:
    visit = current()
    invoice = _invoice(invoice_id)
    on_file = debtors.mail_contact(visit.debtor_id)
    read = ReceiptForm.read(clock.today(visit.creditor.time_zone), address_on_file=on_file is not None)
    if read.said is not None and read.said.address and debtors.is_stopped(visit.debtor_id, read.said.address):
        read.refuse_address(t("No mail can go to this address any more. Please write another one."))
    if read.said is None:
        return _page(invoice, read)
    shown = "\n".join((_title(invoice), i18n.say(rules.ANSWERS[read.said.answer]), i18n.say(rules.DISCLAIMER)))
    kept = actions.answer(visit, invoice, read.said, shown_text=shown, language=i18n.language().code)
    if kept.answer == rules.MISSING:
        actions.send_again(invoice)
    return redirect(url_for(".show_answer", answer_id=kept.id), 303)


def _page(invoice: Invoice, read: ReceiptForm) -> Any:
    visit = current()
    on_file = debtors.mail_contact(visit.debtor_id)
    typed, errors = read.form.typed, read.form.errors
    page = render_template(
        "confirmations/debtor_receipt.html",
        title=_title(invoice),
        document={"title": _title(invoice), "about": ""},
        receipt_url=url_for(".submit", invoice_id=invoice.id),
        answer=typed.get("answer", ""),
        pay_on=typed.get("pay_on", ""),
        category=typed.get("category", ""),
        words=typed.get("words", ""),
        address=typed.get("address", ""),
        categories=[(value, i18n.say(label)) for value, label in rules.CATEGORIES.items()],
        address_on_file=debtors.masked(on_file.address) if on_file else "",
        last_date=(clock.today(visit.creditor.time_zone) + rules.LATEST_PAY_ON).isoformat(),
        disclaimer=i18n.say(rules.DISCLAIMER),
        errors=errors,
        error_of=dict(errors),
        back_url=url_for("home_debtor.show"),
    )
    return page, 422 if read.form.wrong else 200


@blueprint.get("/answers/<id:answer_id>")
def show_answer(answer_id: int) -> Any:
    """What was said then, whenever the debtor wants to see it again; what comes next is said of the newest only."""
    visit = current()
    found: queries.Kept = only_own(queries.kept(answer_id))
    kept, zone = found.answer, visit.creditor.time_zone
    invoice = _invoice(kept.invoice_id)
    items = [i for i in invoices.items_of_debtor(visit.debtor_id, kept.invoice_id) if i.is_open]
    rests = any(item.held_for is not None for item in items)
    return render_template(
        "confirmations/debtor_done.html",
        title=i18n.gettext("Your answer"),
        heading=_heading(visit, found),
        happened=i18n.say(t("You answered on %(moment)s.", moment=i18n.moment(kept.at, zone))),
        reference=ids.spell(kept.id).upper(),
        newer=i18n.say(t("You gave another answer on %(moment)s.", moment=i18n.moment(found.newest_at, zone))),
        newer_url=None if found.is_newest else url_for(".show_answer", answer_id=found.newest_id),
        answers=_facts(invoice, found),
        steps=[i18n.say(step) for step in _steps(visit, kept, rests=rests)] if found.is_newest else [],
        keep_url=None,
        mail_url=None,
        mail_to="",
        disclaimer=kept.shown_text.rpartition("\n")[2],  # as it stood on the page then
        actions=_roads(visit, kept, items),
        change_url=url_for(".show", invoice_id=kept.invoice_id) if found.is_newest else None,
    )


def _title(invoice: Invoice) -> str:
    return i18n.say(t("Invoice %(number)s", number=invoice.number))


def _heading(visit: Current, found: queries.Kept) -> str:
    if not found.is_newest:
        return i18n.gettext("What you told us before")
    return i18n.say(t("Thank you. %(creditor)s knows now.", creditor=visit.creditor.display_name))


def _facts(invoice: Invoice, found: queries.Kept) -> list[tuple[str, str]]:
    """What this very answer said, whatever was said later."""
    say, kept = i18n.gettext, found.answer
    rows = [(say("Document"), _title(invoice)), (say("Did it reach you?"), i18n.say(rules.ANSWERS[kept.answer]))]
    if kept.will_pay_on:
        rows.append((say("You mean to pay on"), i18n.day(kept.will_pay_on)))
    if kept.category:
        rows.append((say("It is about"), i18n.say(rules.CATEGORIES[kept.category])))
    if kept.words:
        rows.append((say("In your words"), kept.words))
    if found.corrected_to:
        rows.append((say("The address you gave"), debtors.masked(found.corrected_to)))
    return rows


def _steps(visit: Current, kept: ReceiptAnswer, *, rests: bool) -> list[Any]:
    """What follows; that nobody reminds them is said while it is so."""
    name = visit.creditor.display_name
    if kept.answer == rules.RECEIVED:
        named = kept.will_pay_on
        return [
            t("%(creditor)s sees your answer at once.", creditor=name),
            *([t("Until %(day)s nobody will remind you.", day=i18n.day(named))] if rests and named else []),
            t("You need not do anything else now."),
        ]
    if kept.answer == rules.WRONG:
        return [
            t("A person at %(creditor)s reads what you wrote.", creditor=name),
            *([t("Until then nobody will remind you of this invoice.")] if rests else []),
            t("You get an answer by mail or by phone."),
        ]
    address = notices.sent_to(kept.invoice_id, kept.at)
    sent = (
        t("We are sending it again to %(address)s.", address=address)
        if address
        else t("%(creditor)s will send it to you again.", creditor=name)
    )
    now = t("You can also download it here, right now.")
    return [sent, now, *([t("For now nobody will remind you of this invoice.")] if rests else [])]


def _roads(visit: Current, kept: ReceiptAnswer, items: list[Item]) -> list[dict[str, Any]]:
    """The invoice itself, and whatever else may be done about it now."""
    see = {
        "label": i18n.gettext("See the invoice"),
        "hint": i18n.gettext("And download it"),
        "href": url_for("invoices_debtor.show", invoice_id=kept.invoice_id),
        "post": False,
    }
    if kept.answer == rules.WRONG and items:
        others = offers.for_items(visit, items, without=frozenset({KIND, "dispute"}))
        return [_on_to_dispute(kept), *others, see]
    others = offers.for_items(visit, items, without=frozenset({KIND}))
    return [see, *others] if kept.answer == rules.MISSING else [*others, see]


def _on_to_dispute(kept: ReceiptAnswer) -> dict[str, Any]:
    """What is wrong is said in full on the page to contest it; the words are there already."""
    return {
        "label": i18n.gettext("Say which part is wrong"),
        "hint": i18n.gettext("Then only that part rests, and you can add a photo"),
        "href": url_for("disputes_debtor.show_form", invoice_id=kept.invoice_id),
        "post": False,
    }
