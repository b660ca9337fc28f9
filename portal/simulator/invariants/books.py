"""The books: what is open is what was charged less what was settled, and every cent in them came from somewhere."""

from collections import Counter
from collections.abc import Iterator

from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.simulator.invariants import invariant
from portal.simulator.pictures import Picture, pictures
from portal.simulator.world import World


@invariant()
def residual_is_debits_less_credits(world: World) -> Iterator[str]:
    """What is open on a due item is what was charged on it less what was settled, and never below nought (D-40.1)."""
    for picture in pictures(world):
        folded: Counter[int] = Counter()
        for row in picture.of(Transfer):
            if row.receivable_id is not None:
                folded[row.receivable_id] += row.amount_minor * (_side(row))
        for item in picture.of(Receivable):
            if item.open_minor != folded[item.id] or item.open_minor < 0:
                yield f"{picture.house.slug}: {item.open_minor} is open on {item.id}, the books say {folded[item.id]}"


def _side(row: object) -> int:
    debit, credit = row.debit, row.credit  # type: ignore[attr-defined]
    return (debit == accounts.RECEIVABLE) - (credit == accounts.RECEIVABLE)


@invariant()
def books_balance(world: World) -> Iterator[str]:
    """Every posting moves a positive amount between two accounts; what all due items owe is one account."""
    for picture in pictures(world):
        balance: Counter[str] = Counter()
        for row in picture.of(Transfer):
            balance[row.debit] += row.amount_minor
            balance[row.credit] -= row.amount_minor
            if row.amount_minor <= 0 or row.debit == row.credit:
                yield f"{picture.house.slug}: {row.amount_minor} from {row.credit} to {row.debit}"
        owed = sum(item.open_minor for item in picture.of(Receivable))
        if sum(balance.values()) != 0 or balance[accounts.RECEIVABLE] != owed:
            yield f"{picture.house.slug}: {owed} is owed, the account says {balance[accounts.RECEIVABLE]}"


@invariant()
def credit_is_never_overdrawn(world: World) -> Iterator[str]:
    """What came in beyond what was open is kept as the debtor's credit, and no more of it is used than there is."""
    for picture in pictures(world):
        credit: Counter[int] = Counter()
        for row in picture.of(Transfer):
            credit[row.debtor_id] += row.amount_minor * (
                (row.credit == accounts.UNALLOCATED) - (row.debit == accounts.UNALLOCATED)
            )
        for debtor_id, minor in credit.items():
            if minor < 0:
                yield f"{picture.house.slug}: debtor {debtor_id} has used {-minor} more than their credit"


@invariant()
def charged_is_what_was_billed(world: World) -> Iterator[str]:
    """Every invoice and credit note stands in the books once, with the amount that its creditor wrote on it."""
    for picture in pictures(world):
        by_source: Counter[tuple[str, int]] = Counter()
        for row in picture.of(Transfer):
            if row.credit == accounts.SALES or row.debit == accounts.CREDIT_NOTES:
                by_source[row.source_kind, row.source_id] += row.amount_minor
        billed = {one.number: one for one in world.billed if one.house is picture.house}
        items: dict[int, list[int]] = {}
        for item in picture.of(DueItem):
            items.setdefault(item.invoice_id, []).append(item.id)
        for invoice in picture.of(Invoice):
            booked = by_source["credit_note", invoice.id] + sum(
                by_source["due_item", item_id] for item_id in items.get(invoice.id, [])
            )
            stated = billed[invoice.number].minor if invoice.number in billed else invoice.total_minor
            if booked != stated:
                yield f"{picture.house.slug}: {invoice.number} says {stated}, booked are {booked}"


def booked_by_attempt(picture: Picture) -> Counter[int]:
    """Card money in the books, by the attempt that brought it."""
    found: Counter[int] = Counter()
    for row in picture.of(Transfer):
        if row.source_kind == "payment_attempt" and row.debit == accounts.CARD:
            found[row.source_id] += row.amount_minor
    return found
