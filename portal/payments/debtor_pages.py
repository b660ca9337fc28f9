"""Choosing how to pay, the way to the card page and back, and where a payment stands (rules B-01, B-08).

Amounts are nowhere in these forms: what is chosen is which due items, what is paid is what the ledger says.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, g, redirect, render_template, request, session, url_for

from portal.core import ids, once
from portal.core.errors import NotFound
from portal.core.text import Text, t
from portal.debtors.visits import Current, current
from portal.invoices import presenting as invoices
from portal.invoices.payable import Payable, payable_now
from portal.ledger import queries as ledger
from portal.payments import checkout, presenting, queries, receipts, rules
from portal.payments.models import PaymentAttempt
from portal.payments.states import OPEN, AttemptStatus
from portal.web import i18n
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("payments_debtor", __name__)

MOST_AT_ONCE = 100
LOOKS = (3, 4, 6, 10, 20, 30)  # seconds after which the page that is checking looks again; then the reader does
NOTHING_CHOSEN = t("Please choose at least one document to pay.")
TOO_MANY = t("Please choose at most %(most)s documents at a time.", most=MOST_AT_ONCE)


def chosen_ids(written: Sequence[str]) -> list[int]:
    """The due items named in a form or an address; anything that is no id is not there (404)."""
    try:
        return list(dict.fromkeys(ids.read(one) for one in written))
    except ValueError:
        raise NotFound(t("There is nothing here.")) from None


@blueprint.get("/pay")
def show_choices() -> Any:
    return _choices(current(), chosen_ids(request.args.getlist("items[]")))


def _choices(visit: Current, chosen: Sequence[int], wrong: Text | None = None) -> Any:
    payable = payable_now(queries.choosable_for(visit))
    lines = payable.payable_lines
    wanted = {line.item.item_id for line in lines if not chosen or line.item.item_id in chosen}
    today = presenting.today(visit)
    choices = [
        presenting.choice(line.item, line.why_not, today, chosen=line.item.item_id in wanted)
        for line in payable.lines
    ]
    by_transfer = any(rules.payee(visit.creditor, line.item.iban) for line in lines)
    page = render_template(
        "payments/debtor_choose.html",
        title=i18n.gettext("How would you like to pay?"),
        choices=choices,
        payable=[one for one in choices if not one["why_not"]],
        document=_single(visit, payable) if len(lines) == 1 else None,
        total=i18n.money(payable.total),
        standing=_standing(visit, payable),
        card_url=url_for(".start_card") if lines and queries.is_card_offered(visit.creditor.id) else None,
        transfer_url=url_for("transfers_debtor.show_transfer") if by_transfer else None,
        errors=[("items", i18n.say(wrong))] if wrong is not None else [],
        back_url=url_for("home_debtor.show"),
    )
    return page, 422 if wrong is not None else 200


def _single(visit: Current, payable: Payable) -> dict[str, Any]:
    """The one document to pay, with what its open amount is made of."""
    item = payable.payable_lines[0].item
    made_of = ledger.lines_of(item.item_id)
    return invoices.card(item, presenting.today(visit), None, made_of, history=visit.may_answer)


def _standing(visit: Current, payable: Payable) -> list[dict[str, Any]]:
    """Open payments of these due items: to go on with, or to stop.

    Whoever may pay may stop what stands in the way; only whose it is may look at it (decision 5).
    """
    found = []
    for attempt_id in sorted(payable.reserved_by):
        attempt = queries.attempt(attempt_id)
        may_stop = attempt is not None and _may_stop(attempt)
        may_look = queries.for_visit(visit, attempt_id, session.get("pay")) is not None
        found.append(
            {
                "waiting": not may_stop,
                "go_url": url_for(".go_on", attempt_id=attempt_id) if may_stop and may_look else None,
                "see_url": url_for(".show_status", attempt_id=attempt_id) if may_look else None,
                "stop_url": url_for(".stop", attempt_id=attempt_id) if may_stop else None,
            }
        )
    return found


def _may_stop(attempt: PaymentAttempt) -> bool:
    return attempt.status in OPEN and attempt.status is not AttemptStatus.PROCESSING


@blueprint.post("/pay/card")
def start_card() -> Any:
    """To Stripe's page for what was chosen: once, however often it is pressed (decision 25)."""
    visit = current()
    chosen = chosen_ids(request.form.getlist("items[]"))
    if not chosen or len(chosen) > MOST_AT_ONCE:
        return _choices(visit, chosen, TOO_MANY if chosen else NOTHING_CHOSEN)
    attempt = checkout.start_checkout(visit, chosen, language=i18n.language().code)
    session["pay"] = attempt.id
    if queries.for_visit(visit, attempt.id, attempt.id) is None:
        return redirect(url_for(".show_choices"), 303)  # of other documents too, that the paper's code must not show
    if attempt.status is AttemptStatus.REDIRECTED and attempt.provider_url:
        _answer_again_with(url_for(".go_on", attempt_id=attempt.id))
        return redirect(attempt.provider_url, 303)
    return redirect(url_for(".show_status", attempt_id=attempt.id), 303)


def _answer_again_with(location: str) -> None:
    """The same form again is led by our own address: a provider's is longer than what is kept of an answer."""
    row_id = g.pop("command_row", None)
    if row_id is not None:
        once.answered(row_id, 303, location)


@blueprint.get("/payments/<id:attempt_id>/go")
def go_on(attempt_id: int) -> Any:
    """On to the provider's page while it is open; else to where the payment stands."""
    attempt: PaymentAttempt = only_own(queries.for_visit(current(), attempt_id, session.get("pay")))
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


@blueprint.get("/pay/return")
def show_return() -> Any:
    """Back from the provider after paying: only reads, whatever the address says (rule B-08)."""
    return _came_back(returned=True)


@blueprint.get("/pay/left")
def show_left() -> Any:
    """Back from the provider without paying."""
    return _came_back(left=True)


def _came_back(*, returned: bool = False, left: bool = False) -> Any:
    visit, kept = current(), session.get("pay")
    attempt = queries.for_visit(visit, kept, kept) if isinstance(kept, int) else None
    attempt = attempt or queries.latest_of_visit(visit.id)
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
    if attempt.status is not AttemptStatus.SUCCEEDED:
        only_own(None)
    answer = Response(receipts.pdf(visit, attempt), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{receipts.file_name(attempt)}"'
    return answer


def _status(visit: Current, attempt: PaymentAttempt, *, returned: bool = False, left: bool = False) -> Any:
    zone = visit.creditor.time_zone
    face = presenting.state(attempt, returned=returned, left=left)
    reserved, items, booked = queries.reservations(attempt.id), queries.paid_items(attempt), queries.booked(attempt)
    is_open = attempt.status is AttemptStatus.REDIRECTED
    page = render_template(
        "payments/debtor_status.html",
        title=i18n.gettext("Your payment"),
        state=face,
        document={"title": presenting.titles(items)},
        amount_shown=i18n.money(presenting.received(booked, attempt) if booked else presenting.amount(attempt)),
        happened=presenting.happened(attempt, face, zone),
        reference=presenting.number(attempt),
        rows=presenting.rows(attempt, reserved, items, zone),
        steps=presenting.steps(face, visit.creditor, excess=any(one.item_id is None for one in booked)),
        receipt_url=url_for(".download_receipt", attempt_id=attempt.id) if face == presenting.PAID else None,
        again_url=request.path if face in {presenting.CHECKING, presenting.WAITING} else None,
        go_url=url_for(".go_on", attempt_id=attempt.id) if is_open and face != presenting.CHECKING else None,
        stop_url=url_for(".stop", attempt_id=attempt.id)
        if _may_stop(attempt) and face != presenting.CHECKING
        else None,
        other_url=url_for(".show_choices") if attempt.status not in {*OPEN, AttemptStatus.SUCCEEDED} else None,
    )
    return _looking_again(page) if face == presenting.CHECKING else page


def _looking_again(page: str) -> Any:
    """The page looks again by itself, a few times and ever more slowly, without script."""
    written = request.args.get("look", "0")
    look = int(written) if written.isascii() and written.isdigit() and len(written) == 1 else len(LOOKS)
    if look >= len(LOOKS):
        return page
    return page, 200, {"Refresh": f"{LOOKS[look]}; url={request.path}?look={look + 1}"}
