"""The movements that a person decides about: what each may pay and why, accepted, credited or put aside."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from portal.bank_statements import booking, candidates, presenting, queries, returning, twins, undoing
from portal.bank_statements.models import BankMovement
from portal.bank_statements.states import MovementStatus
from portal.core import db, ids
from portal.core.errors import NotFound
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors.models import Debtor
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own, recently_proved

blueprint = creditor_blueprint("bank_queue_creditor", __name__)
S = MovementStatus
_MOST_CHOSEN = 200


@blueprint.get("/bank")
@allow(Permission.READ)
def show_queue() -> Any:
    """What waits for a person, with the best that is known of each."""
    after = request.args.get("after")
    found = queries.queue(after)
    best = candidates.find(found.rows)
    known = queries.movements_by_id(one.same_as_id for one in found.rows if one.same_as_id is not None)
    rows = []
    for one in found.rows:
        first = next(iter(best[one.id]), None)
        rows.append(
            {
                **presenting.row(one),
                "candidate": f"{first.item.debtor}, {first.item.number}" if first else "",
                "score": first.score if first else None,
                "alone": first.amount_alone if first else False,
                "known": presenting.row(known[one.same_as_id]) if one.same_as_id in known else None,
            }
        )
    return render_template(
        "bank_statements/staff_queue.html",
        title=i18n.gettext("Transfers to look at"),
        rows=rows,
        older_url=url_for(".show_queue", after=found.next_cursor) if found.next_cursor else None,
        newer_url=url_for(".show_queue") if after else None,
        all_url=url_for(".show_movements"),
        statements_url=url_for("bank_creditor.show_statements"),
    )


@blueprint.get("/bank/movements")
@allow(Permission.READ)
def show_movements() -> Any:
    wanted = next((one for one in S if one.value == request.args.get("status")), None)
    after = request.args.get("after")
    found = queries.movements(after, wanted)
    options = [("", i18n.gettext("All")), *((one.value, i18n.say(one.label)) for one in S)]
    status = wanted.value if wanted else ""
    return render_template(
        "bank_statements/staff_movements.html",
        title=i18n.gettext("Movements of your accounts"),
        filter_url=url_for(".show_movements"),
        fields=[{"id": "status", "label": i18n.gettext("State"), "options": options, "value": status}],
        clear_url=url_for(".show_movements") if status else None,
        rows=[presenting.row(one) for one in found.rows],
        older_url=url_for(".show_movements", status=status or None, after=found.next_cursor)
        if found.next_cursor
        else None,
        newer_url=url_for(".show_movements", status=status or None) if after else None,
        queue_url=url_for(".show_queue"),
    )


@blueprint.get("/bank/movements/<id:movement_id>")
@allow(Permission.READ)
def show_movement(movement_id: int) -> Any:
    return _movement_page(_own(movement_id), Form())


def _own(movement_id: int) -> BankMovement:
    found: BankMovement = only_own(queries.movement(movement_id))
    return found


def _locked(movement_id: int) -> BankMovement:
    """The movement, nobody else deciding about it at this moment."""
    _own(movement_id)
    found = queries.locked(movement_id)
    if found is None:
        raise NotFound(t("There is nothing here."))
    return found


def _movement_page(one: BankMovement, form: Form, chosen: list[str] | None = None) -> Any:
    may = person().may(Permission.IMPORT)
    known = queries.movement(one.same_as_id) if one.same_as_id is not None else None
    asks = one.status is S.WAITING and one.why == booking.MAY_BE_KNOWN and known is not None
    waits = one.status is S.WAITING and not asks
    is_credit = one.amount_minor > 0
    found = candidates.find([one])[one.id] if waits and is_credit else []
    originals = [*returning.originals(one)[0], *returning.larger_originals(one)] if waits and not is_credit else []
    said = presenting.told(one)
    page = render_template(
        "bank_statements/staff_movement.html",
        title=i18n.gettext("A movement"),
        amount=i18n.money(one.amount),
        state=i18n.say(one.status.label),
        kind=presenting.KINDS[one.status],
        why=i18n.say(said) if said is not None else "",
        facts=presenting.facts(one),
        candidates=[presenting.candidate(c, one.amount, form.typed, chosen or []) for c in found],
        known=presenting.row(known) if known is not None and (asks or one.why == booking.SAME) else None,
        known_file=presenting.told_by(known) if known is not None and asks else "",
        same_url=url_for(".say_same", movement_id=one.id) if may and asks else None,
        another_url=url_for(".say_another", movement_id=one.id) if may and asks else None,
        originals=[presenting.original(each, one) for each in originals],
        accept_url=url_for(".accept", movement_id=one.id) if may and waits and is_credit else None,
        credit_url=url_for(".credit", movement_id=one.id) if may and waits and is_credit else None,
        return_url=url_for(".accept_return", movement_id=one.id) if may and originals else None,
        **_undo_urls(one),
        ignore_url=url_for(".ignore", movement_id=one.id) if may and waits else None,
        again_url=url_for(".look_again", movement_id=one.id)
        if may and one.status is S.IGNORED and one.why in {*booking.BY_HAND, booking.SAME}
        else None,
        reasons=[(word, i18n.say(booking.WHY_IGNORED[word]), "") for word in booking.BY_HAND],
        typed=form.typed,
        debtor_url=_debtor_url(one.debtor_id),
        statement_url=url_for("bank_creditor.show_statement", statement_id=one.statement_id),
        queue_url=url_for(".show_queue"),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


def _undo_urls(one: BankMovement) -> dict[str, Any]:
    """What this person may do about a booking that was a mistake: ask for it to be undone, agree, say no."""
    may = person().may(Permission.IMPORT) and undoing.why_not(one) is None
    asked = one.undo_asked_by is not None and one.status in queries.HELD
    own = one.undo_asked_by == person().who
    here: dict[str, Any] = {"movement_id": one.id}
    return {
        "undo_url": url_for(".ask_undo", **here) if may and not asked else None,
        "undo_asked": asked,
        "agree_undo_url": url_for(".agree_undo", **here) if may and asked and not own else None,
        "decline_undo_url": url_for(".decline_undo", **here) if asked and person().may(Permission.IMPORT) else None,
        "again_row": presenting.row(_own(one.same_as_id)) if one.status is S.UNDONE and one.same_as_id else None,
    }


def _debtor_url(debtor_id: int | None) -> str | None:
    """The customer's page, where this installation has it."""
    endpoint = "debtors_creditor.show"
    if debtor_id is None or endpoint not in current_app.view_functions:
        return None
    return url_for(endpoint, debtor_id=debtor_id)


def _done(one: BankMovement, sentence: Text) -> Any:
    flash(i18n.say(sentence), "done")
    return redirect(url_for(".show_movement", movement_id=one.id), 303)


@blueprint.post("/bank/movements/<id:movement_id>/accept")
@allow(Permission.IMPORT)
def accept(movement_id: int) -> Any:
    """These due items, each with its amount; what is left over becomes the customer's credit."""
    one, form = _locked(movement_id), Form()
    chosen = request.form.getlist("items[]")[:_MOST_CHOSEN]
    parts = {}
    for spelled in dict.fromkeys(chosen):
        parts[_item_id(spelled)] = _amount(form, f"amount-{spelled}", one.currency)
    if not parts:
        form.wrong["items"] = t("Choose at least one open document.")
    if form.wrong:
        return _movement_page(one, form, chosen)
    booking.accept(one, {item_id: part for item_id, part in parts.items() if part is not None})
    return _done(one, t("Booked. The customer is told."))


def _item_id(spelled: str) -> int:
    try:
        return ids.read(spelled)
    except ValueError:
        raise NotFound(t("There is nothing here.")) from None


def _amount(form: Form, name: str, currency: str) -> Money | None:
    typed = form.text(name, longest=20).replace("\u00a0", "").replace(" ", "")
    amount = form.amount(name, typed, currency)
    if amount is not None and amount.minor <= 0:
        form.wrong[name] = t("Write an amount above nought.")
    return amount


@blueprint.post("/bank/movements/<id:movement_id>/credit")
@allow(Permission.IMPORT)
def credit(movement_id: int) -> Any:
    """All of it for the customer with this code, for what is due next."""
    one, form = _locked(movement_id), Form()
    code = form.text("debtor_code", longest=60, needed=t("Write the customer's code."))
    debtor_id = db.session().scalar(select(Debtor.id).where(Debtor.code == code)) if code else None
    if debtor_id is None:
        form.wrong.setdefault("debtor_code", t("There is no customer with this code."))
        return _movement_page(one, form)
    booking.credit(one, debtor_id)
    return _done(one, t("Done. It is the customer's credit now."))


@blueprint.post("/bank/movements/<id:movement_id>/return")
@allow(Permission.IMPORT)
def accept_return(movement_id: int) -> Any:
    """This debit gives back that earlier credit."""
    one, form = _locked(movement_id), Form()
    spelled = form.text("original", longest=13)
    original = _locked(_item_id(spelled)) if spelled else None
    if original is None:
        form.wrong["original"] = t("Choose the transfer that was given back.")
        return _movement_page(one, form)
    returning.accept(one, original)
    return _done(one, t("Booked. What the transfer had paid is open again."))


@blueprint.post("/bank/movements/<id:movement_id>/same")
@allow(Permission.IMPORT)
def say_same(movement_id: int) -> Any:
    """It is the movement that it may be: told by two files, and counted once."""
    one = _locked(movement_id)
    twins.same(one)
    return _done(one, t("Good: it counts once."))


@blueprint.post("/bank/movements/<id:movement_id>/another")
@allow(Permission.IMPORT)
def say_another(movement_id: int) -> Any:
    """It is another: looked at as if it had just come."""
    one = _locked(movement_id)
    twins.another(one)
    if one.status is S.WAITING:
        return _done(one, t("Good: it is another. It waits for you."))
    return _done(one, t("Good: it is another, and it is booked."))


@blueprint.post("/bank/movements/<id:movement_id>/ignore")
@allow(Permission.IMPORT)
def ignore(movement_id: int) -> Any:
    one, form = _locked(movement_id), Form()
    why = form.choice("why", frozenset(booking.BY_HAND), t("Please say why."))
    note = form.text("note", longest=300)
    if why is None or form.wrong:
        return _movement_page(one, form)
    booking.put_aside(one, why, note)
    return _done(one, t("Put aside. You can look at it again at any time."))


@blueprint.post("/bank/movements/<id:movement_id>/look-again")
@allow(Permission.IMPORT)
def look_again(movement_id: int) -> Any:
    one = _locked(movement_id)
    booking.look_again(one)
    return _done(one, t("It waits for you once more."))


@blueprint.post("/bank/movements/<id:movement_id>/undo")
@allow(Permission.IMPORT)
def ask_undo(movement_id: int) -> Any:
    """It was given to the wrong document or customer: a colleague has to agree."""
    one, form = _locked(movement_id), Form()
    reason = form.text("reason", longest=300, needed=t("Please say why, for your colleague."))
    if form.wrong:
        return _movement_page(one, form)
    undoing.ask(one, by=person().who, reason=reason)
    return _done(one, t("Done. Now a colleague has to agree."))


@blueprint.post("/bank/movements/<id:movement_id>/undo/agree")
@allow(Permission.IMPORT)
@recently_proved
def agree_undo(movement_id: int) -> Any:
    again = undoing.agree(_locked(movement_id), by=person().who)
    return _done(again, t("Undone. The transfer waits here for where it belongs."))


@blueprint.post("/bank/movements/<id:movement_id>/undo/decline")
@allow(Permission.IMPORT)
def decline_undo(movement_id: int) -> Any:
    one = _locked(movement_id)
    undoing.decline(one)
    return _done(one, t("Good: it stays as it is booked."))
