"""What becomes of a movement: booked on due items, kept as credit, put aside; each once, with its value date."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from portal.bank_statements import events as happened
from portal.bank_statements import queries, rules
from portal.bank_statements.models import BankMovement, PayerAccount
from portal.bank_statements.states import MOVEMENTS, MovementStatus
from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors import queries as debtors
from portal.interest import due_dates
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries

KIND = "bank_transfer"
S = MovementStatus

# Why a credit waits for a person.
NO_REFERENCE, SEVERAL_DEBTORS, OTHER_CURRENCY, REVERSED_DEBIT = (
    "no_reference", "several_debtors", "other_currency", "reversed_debit",
)  # fmt: skip
# Why a return does, besides queries.NOT_THERE_YET.
SEVERAL_ORIGINALS, MAY_BE_RETURN = "several_originals", "may_be_return"
UNDONE = queries.UNDONE  # why a credit does that a person had given to another document
VALUE_AHEAD = "value_ahead"  # why either does: its value date cannot be right
MAY_BE_KNOWN = "may_be_known"  # why either does: another file has told it perhaps (portal.bank_statements.twins)
# Why something was put aside without a person, and with one where `same_as_id` says as what it is known.
OUTGOING, TAKEN_APART, SAME, _ = queries.ASIDE
WHY_WAITING: dict[str, Text] = {
    NO_REFERENCE: t("It names none of your payment references."),
    SEVERAL_DEBTORS: t("It names references of several customers."),
    OTHER_CURRENCY: t("It is in another currency than what it names."),
    REVERSED_DEBIT: t("The bank takes back an outgoing payment: it is no customer's money."),
    queries.NOT_THERE_YET: t("The bank gives something back, and we do not know what."),
    SEVERAL_ORIGINALS: t("The bank gives something back: several transfers could be meant."),
    # Only what waits since before such returns were booked: a person can book it now.
    "credit_gone": t("The bank gives back a transfer whose excess has gone back to the customer already."),
    UNDONE: t("It had been booked by mistake, and waits for where it belongs."),
    VALUE_AHEAD: t("Its value date lies far ahead. If you book it, the day on which the bank booked it counts."),
    MAY_BE_RETURN: t("It may give back an earlier transfer, but the bank does not say so."),
    MAY_BE_KNOWN: t("It may be known already: another file tells of one like it."),
}
# What a person says when they put a movement aside.
WHY_IGNORED: dict[str, Text] = {
    "not_customer": t("it is not a customer's payment"),
    "own_transfer": t("it comes from another account of ours"),
    "elsewhere": t("it is handled outside the portal"),
    "other": t("another reason"),
    OUTGOING: t("money that went out"),
    TAKEN_APART: t("the bank has told its parts since"),
    SAME: t("it is known already"),
    queries.GIVEN_BACK: t("what was paid too much, transferred back"),
}
BY_HAND = ("not_customer", "own_transfer", "elsewhere", "other")


def wait(movement: BankMovement, why: str) -> None:
    """A person looks at it; one that waits already waits for this reason now."""
    movement.why = why
    if movement.status is S.WAITING:
        return
    waiting = happened.MovementWaiting(
        movement_id=movement.id,
        debtor_id=movement.debtor_id,
        amount_minor=movement.amount_minor,
        currency=movement.currency,
        value_on=movement.value_on,
    )
    MOVEMENTS.move(movement, S.WAITING, waiting)


def is_far_ahead(movement: BankMovement) -> bool:
    """Whether its value date cannot be right."""
    return rules.is_far_ahead(movement.value_on, _booked_by(movement))


def _booked_by(movement: BankMovement) -> date:
    """The day by which the bank had booked it: none lies in the future."""
    today = clock.today()
    return min(movement.booked_on or today, today)


def settle_day(movement: BankMovement) -> None:
    """A person books it: where its value date cannot be right, the day of its booking is the one that counts."""
    if is_far_ahead(movement):
        movement.value_on = _booked_by(movement)


def put_aside(movement: BankMovement, why: str, note: str | None = None) -> None:
    """It settles nothing here; `why` is a word of WHY_IGNORED. Raises NotAllowedNow once it is booked."""
    movement.why, movement.note = why, note or None
    MOVEMENTS.move(movement, S.IGNORED, happened.MovementIgnored(movement_id=movement.id, why=why))


def look_again(movement: BankMovement) -> None:
    """It was put aside by hand, and waits once more. Raises NotAllowedNow."""
    if movement.why not in {*BY_HAND, SAME}:
        raise NotAllowedNow(t("There is nothing to decide about it."))
    if movement.why == SAME:
        movement.why = MAY_BE_KNOWN
    else:
        movement.why = NO_REFERENCE if movement.amount_minor > 0 else queries.NOT_THERE_YET
    MOVEMENTS.move(movement, S.WAITING, happened.MovementReopened(movement_id=movement.id))


def book_by_reference(movement: BankMovement, items: Sequence[Item]) -> None:
    """It names these due items of one customer: settled in the order of their due dates, at once (rule B-35)."""
    ordered = sorted(items, key=lambda item: (item.due_on, item.item_id))
    movement.debtor_id = ordered[0].debtor_id
    matched = happened.MovementMatched(
        movement_id=movement.id, debtor_id=movement.debtor_id, item_ids=tuple(item.item_id for item in ordered)
    )
    MOVEMENTS.move(movement, S.MATCHED, matched)
    payable = [item for item in ordered if item.is_open]
    if not payable:
        credit(movement, movement.debtor_id)
        return
    parts = rules.split(movement.amount, [item.open for item in payable])
    book(movement, [(item, part) for item, part in zip(payable, parts, strict=True) if part])


def accept(movement: BankMovement, chosen: dict[int, Money]) -> None:
    """A person says which due items it pays, and how much of each; what is beyond is the customer's credit.

    Raises NotAllowedNow where that cannot be, or is not so any more.
    """
    _check_waiting_credit(movement)
    items = {item.item_id: item for item in invoice_queries.items(list(chosen))}
    if not items or set(items) != set(chosen):
        raise NotAllowedNow(t("Choose at least one open document."))
    if len({item.debtor_id for item in items.values()}) > 1:
        raise NotAllowedNow(t("These documents belong to different customers. Choose those of one."))
    for item_id, part in chosen.items():
        item = items[item_id]
        if part.currency != item.open.currency or part.currency != movement.currency:
            raise NotAllowedNow(t("The transfer is in another currency than the document."))
        if not item.is_open or part > item.open or part.minor <= 0:
            raise NotAllowedNow(
                t("Less is open on invoice %(number)s than before. Please look again.", number=item.number)
            )
    if sum(part.minor for part in chosen.values()) > movement.amount_minor:
        raise NotAllowedNow(t("Together these are more than the transfer."))
    settle_day(movement)
    book(movement, [(items[item_id], part) for item_id, part in chosen.items()])


def check_waiting(movement: BankMovement) -> None:
    """Raises NotAllowedNow unless it waits, and is surely no other movement once more."""
    if movement.status is not S.WAITING:
        raise NotAllowedNow(t("This cannot be done any more: it is %(now)s.", now=movement.status.label))
    if movement.why == MAY_BE_KNOWN:
        raise NotAllowedNow(t("Please say first whether it is known already."))


def _check_waiting_credit(movement: BankMovement) -> None:
    check_waiting(movement)
    if movement.amount_minor <= 0:
        raise NotAllowedNow(t("Money that went out pays nothing."))


def book(movement: BankMovement, parts: Sequence[tuple[Item, Money]]) -> None:
    """Settles these due items of one customer with a matched or waiting credit; the rest becomes their credit."""
    debtor_id = parts[0][0].debtor_id
    source = ledger.Source(queries.SOURCE, movement.id)
    left, applied, excess = movement.amount, 0, 0
    for position, (item, part) in enumerate(parts):
        settled = invoices.settle_item(
            item,
            part,
            account=accounts.BANK,
            kind=KIND,
            source=source,
            value_on=movement.value_on,
            position=position,
        )
        applied, excess, left = applied + settled.applied.minor, excess + settled.excess.minor, left - part
        invoices.release(item.item_id, holds.TRANSFER_ON_ITS_WAY)
    if left:
        _keep_rest(movement, debtor_id, left, source, position=len(parts))
        excess += left.minor
    item_ids = tuple(item.item_id for item, _ in parts)
    open_minor = sum(one.minor for one in ledger_queries.open_amounts(item_ids).values())
    until = [due_dates.last_day(item.due_on) for item, _ in parts]
    movement.debtor_id, movement.why = debtor_id, None
    movement.outcome = rules.outcome(open_minor, excess, until, movement.value_on)
    booked = happened.MovementBooked(
        movement_id=movement.id,
        debtor_id=debtor_id,
        item_ids=item_ids,
        amount_minor=movement.amount_minor,
        applied_minor=applied,
        excess_minor=excess,
        open_minor=open_minor,
        currency=movement.currency,
        value_on=movement.value_on,
        outcome=movement.outcome,
    )
    MOVEMENTS.move(movement, S.BOOKED, booked)
    _remember_payer(movement, debtor_id)
    db.session().flush()


def _keep_rest(movement: BankMovement, debtor_id: int, rest: Money, source: ledger.Source, position: int) -> None:
    ledger.move(
        debtor_id,
        rest,
        debit=accounts.BANK,
        credit=accounts.UNALLOCATED,
        kind=KIND,
        source=source,
        value_on=movement.value_on,
        position=position,
    )


def credit(movement: BankMovement, debtor_id: int) -> None:
    """All of it becomes the customer's credit, for what is due next. Raises NotAllowedNow."""
    if movement.status is not S.MATCHED:
        _check_waiting_credit(movement)
        settle_day(movement)
    if debtors.debtor(debtor_id) is None:
        raise NotAllowedNow(t("There is no such customer."))
    source = ledger.Source(queries.SOURCE, movement.id)
    _keep_rest(movement, debtor_id, movement.amount, source, position=0)
    movement.debtor_id, movement.outcome, movement.why = debtor_id, "over", None
    credited = happened.MovementCredited(
        movement_id=movement.id,
        debtor_id=debtor_id,
        amount_minor=movement.amount_minor,
        excess_minor=movement.amount_minor,
        currency=movement.currency,
        value_on=movement.value_on,
    )
    MOVEMENTS.move(movement, S.CREDITED, credited)
    _remember_payer(movement, debtor_id)
    db.session().flush()


def _remember_payer(movement: BankMovement, debtor_id: int) -> None:
    """The account paid for this customer: a reason next time, never enough by itself."""
    iban = movement.counterparty_iban
    if iban is None:
        return
    known = (
        db.session()
        .scalars(select(PayerAccount).where(PayerAccount.iban == iban, PayerAccount.debtor_id == debtor_id))
        .one_or_none()
    )
    if known is None:
        known = PayerAccount(id=ids.new_id(), debtor_id=debtor_id, iban=iban, times=0, last_on=movement.value_on)
        db.session().add(known)
    known.times += 1
    known.last_on = max(known.last_on, movement.value_on)
