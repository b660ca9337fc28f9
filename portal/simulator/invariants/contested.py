"""Disputes: only what is contested rests, and what is valid is credited once, whoever credits it first."""

from collections import Counter
from collections.abc import Iterator

from portal.disputes.models import Dispute
from portal.disputes.states import UNDER_WAY
from portal.invoices import holds
from portal.invoices.models import CreditAhead, Hold, Invoice
from portal.ledger import accounts
from portal.ledger.models import Transfer
from portal.simulator.invariants import invariant
from portal.simulator.pictures import pictures
from portal.simulator.world import World


@invariant()
def only_the_contested_part_is_held(world: World) -> Iterator[str]:
    """Every hold of a dispute belongs to one that is under way, and together they hold no more than is contested."""
    for picture in pictures(world):
        open_ones = {one.id: one for one in picture.of(Dispute) if one.status in UNDER_WAY}
        held: Counter[int] = Counter()
        for hold in picture.of(Hold):
            if hold.reason != holds.DISPUTE or hold.ended_at is not None:
                continue
            if hold.source_id not in open_ones:
                yield f"{picture.house.slug}: {hold.due_item_id} rests for a dispute that is over"
            held[hold.source_id] += hold.amount_minor or 0
        for dispute_id, minor in held.items():
            if dispute_id in open_ones and minor > open_ones[dispute_id].amount_minor:
                yield f"{picture.house.slug}: {minor} rests, {open_ones[dispute_id].amount_minor} is contested"


@invariant()
def credit_ahead_waits_as_its_account_says(world: World) -> Iterator[str]:
    """What no credit note has come for of the credits booked here is the balance of their account."""
    for picture in pictures(world):
        balance = sum(
            row.amount_minor * ((row.debit == accounts.CREDIT_AHEAD) - (row.credit == accounts.CREDIT_AHEAD))
            for row in picture.of(Transfer)
        )
        waiting = sum(one.amount_minor - one.covered_minor for one in picture.of(CreditAhead))
        if balance != waiting:
            yield f"{picture.house.slug}: {waiting} waits for credit notes, the account says {balance}"


@invariant()
def nothing_is_credited_twice(world: World) -> Iterator[str]:
    """While a credit of an invoice waits for its note, no note of that invoice that came since lowers anything."""
    for picture in pictures(world):
        documents = {one.id: one for one in picture.of(Invoice)}
        waiting = {
            (one.debtor_id, documents[one.invoice_id].number): one
            for one in picture.of(CreditAhead)
            if one.covered_minor < one.amount_minor and one.ended_at is None
        }
        for row in picture.of(Transfer):
            note = documents.get(row.source_id) if row.debit == accounts.CREDIT_NOTES else None
            if note is None or row.credit == accounts.CREDIT_AHEAD:
                continue
            ahead = waiting.get((note.debtor_id, note.related_number or ""))
            if (
                ahead is not None
                and row.posted_at > ahead.booked_at
                and note.issued_on >= documents[ahead.invoice_id].issued_on
            ):
                yield f"{picture.house.slug}: {note.number} was credited beside the credit of {ahead.dispute_id}"
