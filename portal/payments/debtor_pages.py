"""Choosing how to pay, the way to the card page and back, and where a payment stands (rules B-01, B-08).

Amounts are nowhere in these forms: what is chosen is which due items, what is paid is what the ledger says. Only
«I can pay X» names one, within what the creditor allows and what is open at the click (rule B-03).
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, g, redirect, render_template, request, session, url_for

from portal.core import once
from portal.core.text import Text, t
from portal.debtors import entry_pages
from portal.debtors.visits import Current, current
from portal.invoices import receipt_paper
from portal.invoices.payable import allocate, payable_now
from portal.payments import apart, checkout, choosing, presenting, queries, receipts, rules
from portal.payments.models import PaymentAttempt
from portal.payments.states import ARRIVED, OPEN, AttemptStatus
from portal.web import i18n, keepsakes
from portal.web.forms import HOW_TO_WRITE, chosen_ids
from portal.web.gates import debtor_blueprint, only_own, without_visit

blueprint = debtor_blueprint("payments_debtor", __name__)

LOOKS = (3, 4, 6, 10, 20, 30)  # seconds after which the page that is checking looks again; then the reader does


@blueprint.get("/pay")
def show_choices() -> Any:
    return _choices(
        current(),
        chosen_ids(request.args.getlist("items[]")),
        contested_too=request.args.get("contested") == "yes",
    )


def _choices(
    visit: Current,
    chosen: Sequence[int],
    wrong: tuple[str, Text] | None = None,
    typed: str = "",
    *,
    contested_too: bool = False,
) -> Any:
    """What is to be paid: all that is due beforehand, else what the reader ticked, or a part of it."""
    choice = choosing.choose(visit, chosen, contested_too=contested_too)
    part = {"amount": choice.total.plain} if choice.left_out else {}
    items = [line.item for line in choice.lines]
    card = queries.is_card_offered(visit.creditor.id)
    payees = any(rules.payee(visit.creditor, line.item.iban) for line in choice.payable.payable_lines)
    named = choosing.spelled(choice.lines)
    page = render_template(
        "payments/debtor_choose.html",
        title=i18n.gettext("How would you like to pay?"),
        document=choosing.as_card(visit, choice),
        total=i18n.money(choice.total),
        chosen=named,
        named=named if choice.named else [],
        choices=choosing.to_tick(visit, choice),
        closed=choosing.closed(visit, choice),
        part_hint=choosing.part_hint(visit, choice) if card or payees else "",
        typed=typed,
        standing=choosing.standing(visit, choice.payable),
        pays_here=card or payees,
        card_url=url_for(".start_card") if choice.lines and card else None,
        transfer_url=presenting.naming(url_for("transfers_debtor.show_transfer"), items, **part)
        if choice.lines and payees
        else None,
        amount=part.get("amount", ""),
        shown=rules.shown(choice.lines) if part else "",
        contested=i18n.money(choice.left_out),
        contested_url=presenting.naming(url_for(".show_choices"), items, contested="yes") if part else None,
        errors=[(wrong[0], i18n.say(wrong[1]))] if wrong is not None else [],
        back_url=url_for("home_debtor.show"),
    )
    return page, 422 if wrong is not None else 200


@blueprint.get("/pay/part")
def show_part() -> Any:
    """«I can pay X»: where it would go, before anything is paid (rule B-11)."""
    if "amount" not in request.args:
        return redirect(url_for(".show_choices"), 303)
    return _part(current(), chosen_ids(request.args.getlist("items[]")), request.args["amount"][:40])


def _part(visit: Current, chosen: Sequence[int], typed: str, changed: Text | None = None) -> Any:
    choice = choosing.choose(visit, chosen)
    lines = choosing.partly_payable(choice)
    amount = choosing.read_part(visit, lines, typed)
    if isinstance(amount, Text):
        return _choices(visit, chosen, ("amount", amount), typed)
    parts = allocate(lines, amount)
    payees = [rules.payee(visit.creditor, line.item.iban) for line in parts]
    page = render_template(
        "payments/debtor_part.html",
        title=i18n.gettext("Where it goes"),
        amount=i18n.money(amount),
        plain=amount.plain,
        rows=choosing.where_it_goes(visit, parts),
        chosen=choosing.spelled(lines),
        shown=rules.shown(parts),
        changed=i18n.say(changed) if changed is not None else "",
        card_url=url_for(".start_card") if queries.is_card_offered(visit.creditor.id) else None,
        transfer_url=presenting.naming(
            url_for("transfers_debtor.show_transfer"), [x.item for x in parts], amount=amount.plain
        )
        if any(payees)
        else None,
        back_url=presenting.naming(url_for(".show_choices"), [x.item for x in choice.lines] if choice.named else []),
    )
    return page, 409 if changed is not None else 200


@blueprint.post("/pay/card")
def start_card() -> Any:
    """To Stripe's page for what was chosen: once, however often it is pressed (decision 25)."""
    visit = current()
    chosen = chosen_ids(request.form.getlist("items[]"))
    if not chosen or len(chosen) > choosing.MOST_AT_ONCE:
        return _choices(visit, chosen, ("items", choosing.TOO_MANY if chosen else choosing.NOTHING_CHOSEN))
    typed = request.form.get("amount", "")[:40]
    part = _read_part(typed) if typed else None
    if isinstance(part, Text):
        return _choices(visit, chosen, ("amount", part), typed)
    try:
        attempt = checkout.start_checkout(visit, chosen, language=i18n.language().code, part=part)
    except checkout.Changed as changed:
        return _part(visit, chosen, typed, changed.text)
    session["pay"] = attempt.id
    if queries.for_visit(visit, attempt.id, attempt.id) is None:
        return redirect(url_for(".show_choices"), 303)  # of other documents too, that the paper's code must not show
    if attempt.status is AttemptStatus.REDIRECTED and attempt.provider_url:
        _answer_again_with(url_for(".go_on", attempt_id=attempt.id))
        return redirect(attempt.provider_url, 303)
    return redirect(url_for(".show_status", attempt_id=attempt.id), 303)


def _read_part(typed: str) -> checkout.Part | Text:
    """The part as an amount; whether it may be paid is asked behind the lock (rule B-03)."""
    try:
        return checkout.Part(presenting.typed_money(typed), request.form.get("shown", "")[:40])
    except ValueError:
        return HOW_TO_WRITE


def _answer_again_with(location: str) -> None:
    """The same form again is led by our own address: a provider's is longer than what is kept of an answer."""
    row_id = g.pop("command_row", None)
    if row_id is not None:
        once.answered(row_id, 303, location)


@blueprint.get("/payments/<id:attempt_id>/go")
def go_on(attempt_id: int) -> Any:
    """On to the provider's page while it is open; else to where the payment stands."""
    attempt: PaymentAttempt = only_own(queries.for_visit(current(), attempt_id, session.get("pay")))
    session["pay"] = attempt_id  # begun in another visit perhaps: coming back shows this one
    if attempt.status is AttemptStatus.REDIRECTED and attempt.provider_url:
        return redirect(attempt.provider_url, 303)
    return redirect(url_for(".show_status", attempt_id=attempt_id), 303)


@blueprint.post("/payments/<id:attempt_id>/stop")
def stop(attempt_id: int) -> Any:
    """The payer would rather pay otherwise: the card page closes, and all is to choose from again."""
    visit = current()
    may_look = queries.for_visit(visit, attempt_id, session.get("pay")) is not None
    if not may_look and attempt_id not in payable_now(queries.items_for(visit)).reserved_by:
        only_own(None)
    stopped = checkout.stop(only_own(queries.attempt(attempt_id)))
    if not may_look or stopped.status in {AttemptStatus.CANCELLED, AttemptStatus.EXPIRED, AttemptStatus.FAILED}:
        return redirect(url_for(".show_choices"), 303)
    return redirect(url_for(".show_status", attempt_id=attempt_id), 303)


def _ended() -> Any:
    """Back from the provider, and the visit is over: what counts is asked of the provider, not of this browser."""
    return render_template(
        "payments/debtor_ended.html",
        left=request.endpoint == "payments_debtor.show_left",
        again_url=entry_pages.to_the_gate_again(),
        **entry_pages.common_values(None, t("Welcome back")),
    ), 403


@blueprint.get("/pay/return")
@without_visit(_ended)
def show_return() -> Any:
    """Back from the provider after paying: only reads, whatever the address says (rule B-08)."""
    return _came_back(returned=True)


@blueprint.get("/pay/left")
@without_visit(_ended)
def show_left() -> Any:
    """Back from the provider without paying."""
    return _came_back(left=True)


def _came_back(*, returned: bool = False, left: bool = False) -> Any:
    visit, kept = current(), session.get("pay")
    attempt = queries.for_visit(visit, kept, kept) if isinstance(kept, int) else None
    attempt = attempt or queries.latest_of_visit(visit)
    if attempt is None:
        return redirect(url_for(".show_choices"), 303)
    return _status(visit, attempt, returned=returned, left=left)


@blueprint.get("/payments/<id:attempt_id>")
def show_status(attempt_id: int) -> Any:
    visit = current()
    return _status(visit, only_own(queries.for_visit(visit, attempt_id, session.get("pay"))))


@blueprint.get("/payments/<id:attempt_id>/receipt.pdf")
def download_receipt(attempt_id: int) -> Response:
    """The payment receipt, of a payment that arrived. Only within the session (rule A-09)."""
    visit = current()
    attempt: PaymentAttempt = only_own(queries.for_visit(visit, attempt_id, session.get("pay")))
    if attempt.status not in ARRIVED:
        only_own(None)
    return receipt_paper.saved(receipts.pdf(visit, attempt), presenting.number(attempt))


def _status(visit: Current, attempt: PaymentAttempt, *, returned: bool = False, left: bool = False) -> Any:
    zone = visit.creditor.time_zone
    face = presenting.state(attempt, returned=returned, left=left)
    reserved, items = queries.reservations(attempt.id), queries.paid_items(attempt)
    booked = queries.booked(attempt) if attempt.status not in OPEN else []
    is_open = attempt.status is AttemptStatus.REDIRECTED
    page = render_template(
        "payments/debtor_status.html",
        title=i18n.gettext("Your payment"),
        state=face,
        document={"title": presenting.titles(items)},
        amount_shown=i18n.money(presenting.received(booked, attempt) if booked else presenting.amount(attempt)),
        happened=presenting.happened(attempt, face, zone),
        reference=presenting.number(attempt),
        rows=presenting.rows(attempt, reserved, items, zone, apart.of(attempt, reserved, zone)),
        steps=presenting.steps(attempt, face, visit.creditor, excess=any(one.item_id is None for one in booked)),
        receipt_url=url_for(".download_receipt", attempt_id=attempt.id) if face == presenting.PAID else None,
        papers=keepsakes.for_visit(visit) if face == presenting.PAID else [],
        again_url=request.path if face in {presenting.CHECKING, presenting.WAITING} else None,
        go_url=url_for(".go_on", attempt_id=attempt.id) if is_open and face != presenting.CHECKING else None,
        stop_url=url_for(".stop", attempt_id=attempt.id)
        if choosing.may_stop(attempt) and face != presenting.CHECKING
        else None,
        other_url=url_for(".show_choices") if attempt.status not in {*OPEN, *ARRIVED} else None,
    )
    return _looking_again(page) if face == presenting.CHECKING else page


def _looking_again(page: str) -> Any:
    """The page looks again by itself, a few times and ever more slowly, without script."""
    written = request.args.get("look", "0")
    look = int(written) if written.isascii() and written.isdigit() and len(written) == 1 else len(LOOKS)
    if look >= len(LOOKS):
        return page
    return page, 200, {"Refresh": f"{LOOKS[look]}; url={request.path}?look={look + 1}"}
