"""The books: what is open is what was charged less what was settled, and every cent in them came from somewhere."""

from collections import Counter
from collections.abc import Iterator

from portal.invoices import credit_notes
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger.models import Credit, Receivable, Transfer
from portal.overpayments.models import Overpayment
from portal.overpayments.states import UNDECIDED, OverpaymentStatus
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
def no_item_is_open_above_its_charges(world: World) -> Iterator[str]:
    """A due item never owes more than was charged on it, less what was taken off; nor is more of anybody's money
    taken from it than that money had settled there."""
    for picture in pictures(world):
        charged: Counter[int] = Counter()
        settled: Counter[tuple[int, str, int]] = Counter()
        for row in picture.of(Transfer):
            if row.receivable_id is None:
                continue
            if {row.debit, row.credit} & accounts.CHARGING:
                charged[row.receivable_id] += row.amount_minor * _side(row)
            else:
                settled[row.receivable_id, row.origin_kind, row.origin_id] -= row.amount_minor * _side(row)
        for item in picture.of(Receivable):
            if item.open_minor > charged[item.id]:
                yield f"{picture.house.slug}: {item.open_minor} is open on {item.id}, charged were {charged[item.id]}"
        for (item_id, kind, origin_id), minor in settled.items():
            if minor < 0:
                yield f"{picture.house.slug}: {-minor} too much was taken from {item_id} of {kind} {origin_id}"


def free_credit(picture: Picture) -> Counter[tuple[str, int]]:
    """What of each origin's money is the debtor's credit, out of the postings alone."""
    found: Counter[tuple[str, int]] = Counter()
    for row in picture.of(Transfer):
        side = (row.credit == accounts.UNALLOCATED) - (row.debit == accounts.UNALLOCATED)
        if side:
            found[row.origin_kind, row.origin_id] += row.amount_minor * side
    return found


@invariant()
def credit_of_no_source_is_overdrawn(world: World) -> Iterator[str]:
    """Of what one source brought too much no more is used or given back than it brought, and so it is kept."""
    for picture in pictures(world):
        folded = free_credit(picture)
        kept = {(row.origin_kind, row.origin_id): row.free_minor for row in picture.of(Credit)}
        for origin in folded.keys() | kept.keys():
            if folded[origin] < 0 or folded[origin] != kept.get(origin, 0):
                said = f"{kept.get(origin, 0)} of {origin} is kept as free, the books say {folded[origin]}"
                yield f"{picture.house.slug}: {said}"


@invariant()
def what_was_too_much_is_there(world: World) -> Iterator[str]:
    """What is open or kept as paid too much is free credit of its own source, to the cent."""
    for picture in pictures(world):
        free = free_credit(picture)
        for one in picture.of(Overpayment):
            left = one.amount_minor - one.used_minor - one.gone_minor
            there = free[one.source_kind, one.source_id]
            if one.status in UNDECIDED and left != there:
                yield f"{picture.house.slug}: {left} of {one.source_kind} {one.source_id} is shown, {there} is there"


@invariant()
def credit_has_a_path(world: World) -> Iterator[str]:
    """Credit of no due item is for its owner to decide about, or being given back, or waits for its invoice."""
    for picture in pictures(world):
        decided = {
            (one.source_kind, one.source_id)
            for one in picture.of(Overpayment)
            if one.status in {*UNDECIDED, OverpaymentStatus.REFUND_REQUESTED}
        }
        documents = picture.of(Invoice)
        there = {(one.debtor_id, one.number) for one in documents if one.kind == "invoice"}
        waiting = {
            (credit_notes.ORIGIN, one.id)
            for one in documents
            if one.kind == "credit_note" and one.related_number and (one.debtor_id, one.related_number) not in there
        }
        for origin, minor in free_credit(picture).items():
            if minor > 0 and origin not in decided | waiting:
                yield f"{picture.house.slug}: nobody decides about {minor} of {origin}"


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
            stated = billed[invoice.number].minor if invoice.number in billed else invoice.credited.minor
            if booked != stated:
                yield f"{picture.house.slug}: {invoice.number} says {stated}, booked are {booked}"


def booked_by_attempt(picture: Picture) -> Counter[int]:
    """Card money in the books, by the attempt that brought it."""
    found: Counter[int] = Counter()
    for row in picture.of(Transfer):
        if row.source_kind == "payment_attempt" and row.debit == accounts.CARD:
            found[row.source_id] += row.amount_minor
    return found
