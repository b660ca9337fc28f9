"""Paying by bank transfer: what to copy, the code beside it, and "my transfer is on its way" (rules B-30…B-40)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import redirect, render_template, request, url_for

from portal.core import banking, clock, ids, qr
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors.visits import Current, current
from portal.invoices import holds
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.payable import Line, allocate, payable_now, rest
from portal.invoices.queries import Item
from portal.payments import actions, choosing, presenting, queries, rules
from portal.payments.methods import TransferText
from portal.payments.methods.bank_transfer.method import METHOD
from portal.web import i18n
from portal.web.forms import chosen_ids
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("transfers_debtor", __name__)

MOST_ON_A_PAGE = 5  # each due item has a reference of its own: a longer list nobody copies


@blueprint.get("/pay/transfer")
def show_transfer() -> Any:
    visit = current()
    chosen = chosen_ids(request.args.getlist("items[]"))
    items = queries.choosable_for(visit, chosen or None)
    if chosen and len(items) != len(chosen):
        only_own(None)
    lines, typed = payable_now(items).lines, request.args.get("amount", "")[:40]
    return _page(visit, lines, typed) if chosen else _page(visit, *_proposed(lines))


def _proposed(lines: Sequence[Line]) -> tuple[Sequence[Line], str]:
    """Without a choice: what is contested or announced stays out as far as it is, unless there is nothing else."""
    free = [line for line in lines if line.free]
    whole = not free or all(line.free == line.amount for line in free)
    return free or lines, "" if whole else rest(free).plain


def _page(visit: Current, lines: Sequence[Line], typed: str) -> Any:
    part = _part(visit, lines, typed) if typed else None
    payable = list(allocate(_payable(lines), part)) if part is not None else _payable(lines)
    payees = [rules.payee(visit.creditor, line.item.iban) for line in payable]
    texts = [
        (line, METHOD.text(payee, line.amount, line.item.reference))
        for line, payee in zip(payable, payees, strict=True)
        if payee is not None
    ]
    told = _told(visit)
    shown = texts if len(texts) <= MOST_ON_A_PAGE else []
    untold = [line for line, _ in shown if line.item.item_id not in told]
    return render_template(
        "payments/debtor_transfer.html",
        title=i18n.gettext("Pay by bank transfer"),
        transfers=[_transfer(line, text, with_code=len(texts) == 1) for line, text in shown],
        choices=[] if shown else [_choice(visit, line) for line, _ in texts],
        nothing=i18n.say(_why_nothing(lines)) if not texts else "",
        told=_told_sentences(told, visit.creditor.time_zone),
        sends=[ids.spell(line.item.item_id) for line in untold],
        amount=part.plain if part is not None and len(untold) == len(shown) else "",
        on_its_way_url=url_for(".announce") if untold and visit.may_answer else None,
        days=visit.creditor.transfer_days,
        back_url=url_for("payments_debtor.show_choices"),
    )


def agreed_page(items: Sequence[Item], amount: Money, reference: str, title: str, back_url: str) -> Any:
    """An amount that was agreed over these due items, an instalment for one, with a reference of its own."""
    visit = current()
    payee = rules.payee(visit.creditor, items[0].iban)
    told = _told(visit)
    lines = allocate(payable_now([replace(item, reserved_by=None) for item in items]).lines, amount)
    text = METHOD.text(payee, amount, reference) if payee is not None else None
    shown = [{**_transfer(lines[0], text, with_code=True), "title": title}] if text is not None else []
    untold = [line for line in lines if line.item.item_id not in told]
    return render_template(
        "payments/debtor_transfer.html",
        title=i18n.gettext("Pay by bank transfer"),
        transfers=shown,
        choices=[],
        nothing=i18n.say(_why_nothing([])) if not shown else "",
        told=_told_sentences(told, visit.creditor.time_zone),
        sends=[ids.spell(line.item.item_id) for line in untold],
        amount=amount.plain if len(untold) == len(lines) else "",
        on_its_way_url=url_for("transfers_debtor.announce") if untold and visit.may_answer else None,
        days=visit.creditor.transfer_days,
        back_url=back_url,
    )


def _payable(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.amount]


def _part(visit: Current, lines: Sequence[Line], typed: str) -> Money:
    """«I can pay X» by transfer. Raises NotAllowedNow for what the creditor or the due items do not take."""
    part = choosing.read_part(visit, _payable(lines), typed)
    if isinstance(part, Text):
        raise NotAllowedNow(part)
    return part


def _told(visit: Current) -> dict[int, tuple[Item, datetime | None]]:
    """What was announced before and is waited for: due items, and until when."""
    if not visit.may_answer:
        return {}
    items = {item.item_id: item for item in queries.items_for(visit) if item.held_for}
    if not items:
        return {}
    return {
        item_id: (items[item_id], one.until)
        for item_id, found in invoice_queries.holds_now(list(items)).items()
        for one in found
        if one.reason == holds.TRANSFER_ON_ITS_WAY
    }


def _told_sentences(told: Mapping[int, tuple[Item, datetime | None]], zone: str) -> list[str]:
    """One sentence for each day until which something is waited for."""
    days: dict[date, list[Item]] = {}
    for item, until in told.values():
        if until is not None:
            days.setdefault(clock.day_of(until, zone), []).append(item)
    return [
        i18n.say(
            t(
                "%(documents)s: you told us that it is on its way. We wait for it until %(day)s.",
                documents=presenting.titles(items),
                day=i18n.day(day),
            )
        )
        for day, items in sorted(days.items())
    ]


def _why_nothing(lines: Sequence[Line]) -> Any:
    reason = next((line.why_not for line in lines if line.why_not), None)
    return reason or t("There is no account to transfer to. Please ask us how to pay.")


def _transfer(line: Line, text: TransferText, *, with_code: bool) -> dict[str, Any]:
    """One due item's four lines; its code only where it stands alone, so that nobody scans the wrong one."""
    label = i18n.gettext("QR code for the bank transfer")
    code = qr.svg(text.code, label).svg if with_code and text.code else None
    return {
        "id": ids.spell(line.item.item_id),
        "title": invoices.title(line.item),
        "holder": text.payee.holder,
        "iban": text.payee.iban,
        "iban_groups": banking.group_iban(text.payee.iban).split(),
        "bic": text.payee.bic,
        "amount_shown": i18n.money(text.amount),
        "amount_plain": _typed(text.amount),
        "reference": text.reference,
        "reference_groups": banking.group_by_four(text.reference).split(),
        "code": code,
        "certified": text.payee.certified,
        "alone_url": None if with_code else presenting.naming(url_for(".show_transfer"), [line.item]),
    }


def _typed(amount: Money) -> str:
    """As the form of a bank wants it in the reader's language: `1234,56` or `1234.56`."""
    return i18n.decimal(amount.plain)


def _choice(visit: Current, line: Line) -> dict[str, Any]:
    one = presenting.choice(line.item, None, presenting.today(visit), chosen=False)
    return {**one, "href": presenting.naming(url_for(".show_transfer"), [line.item]), "note": None}


@blueprint.post("/pay/transfer")
def announce() -> Any:
    visit = current()
    chosen = chosen_ids(request.form.getlist("items[]"))
    items = queries.items_for(visit, chosen, lock=True)
    if not chosen or len(items) != len(chosen):
        only_own(None)
    if len(items) > MOST_ON_A_PAGE:
        raise NotAllowedNow(t("Please choose at most %(most)s documents at a time.", most=MOST_ON_A_PAGE))
    typed = request.form.get("amount", "")[:40]
    part = (
        _part(visit, payable_now([replace(item, reserved_by=None) for item in items]).lines, typed) if typed else None
    )
    notice = actions.announce_transfer(visit, items, part)
    return redirect(url_for(".show_notice", notice_id=notice.id), 303)


@blueprint.get("/pay/transfer/<id:notice_id>")
def show_notice(notice_id: int) -> Any:
    """What was said, until when it counts, and what comes next."""
    visit = current()
    notice = only_own(queries.notice(visit, notice_id))
    zone = visit.creditor.time_zone
    return render_template(
        "payments/debtor_status.html",
        title=i18n.gettext("Your transfer"),
        state="on_its_way",
        document={"title": ""},
        amount_shown=i18n.money(Money(notice.amount_minor, notice.currency)),
        happened=i18n.say(t("You told us on %(moment)s.", moment=i18n.moment(notice.said_at, zone))),
        reference=ids.spell(notice.id).upper(),
        rows=[
            (i18n.gettext("Amount"), i18n.money(Money(notice.amount_minor, notice.currency))),
            (i18n.gettext("We wait for it until"), i18n.day(notice.until)),
        ],
        steps=[
            i18n.say(t("Until %(day)s nobody will remind you.", day=i18n.day(notice.until))),
            i18n.say(t("This is not a payment yet: it is settled when your transfer has arrived.")),
        ],
        receipt_url=None,
        again_url=None,
        go_url=None,
        stop_url=None,
        other_url=None,
    )
