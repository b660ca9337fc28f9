"""An invoice of the demo, its due items, and how a pile of drafts gets its numbers in the order of issue."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from portal.core.money import Money
from portal.demo.catalogue import Line, Vat
from portal.demo.people import Debtor


class Source(Enum):
    """The way by which a document reaches the portal."""

    LEDGER_EXPORT = "csv"
    E_INVOICE = "fatturapa"


@dataclass(frozen=True, slots=True)
class DueItem:
    """One amount due on one date; `settled_on` when it was paid in full."""

    due_on: date
    amount: Money
    settled_on: date | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A sale before it has a number. `part_paid`: a day and a share in per cent; `credits`: another draft."""

    debtor: Debtor
    issued_on: date
    due_on: tuple[date, ...]
    lines: tuple[Line, ...]
    vat: Vat
    currency: str = "EUR"
    settled_on: tuple[date | None, ...] = ()
    disputed: bool = False
    withholding_rate: int = 0  # hundredths of a per cent of the taxable amount
    part_paid: tuple[date, int] | None = None
    credits: "Draft | None" = None


@dataclass(frozen=True, slots=True)
class PartPayment:
    """Money that came for a due item without closing it."""

    number: str
    debtor_code: str
    due_on: date
    paid_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Invoice:
    """A numbered document; amounts are positive, `credits` names the invoice that a credit note lowers."""

    number: str
    issued_on: date
    debtor: Debtor
    lines: tuple[Line, ...]
    vat: Vat
    currency: str
    due_items: tuple[DueItem, ...]
    source: Source
    disputed: bool = False
    withholding_rate: int = 0
    part_payment: PartPayment | None = None
    credits: str | None = None
    credits_issued_on: date | None = None

    @property
    def credit_note(self) -> bool:
        return self.credits is not None

    @property
    def taxable(self) -> Money:
        return Money(sum(line.net_minor for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        return _share(self.taxable, self.vat.rate)

    @property
    def total(self) -> Money:
        """What the document says at its foot, before withholding and split payment."""
        return self.taxable + self.tax

    @property
    def withholding(self) -> Money:
        return _share(self.taxable, self.withholding_rate)

    @property
    def payable(self) -> Money:
        """What the customer has to pay: less what it withholds, less VAT that it pays to the State itself."""
        left = self.total - self.withholding
        return left - self.tax if self.vat.payability == "S" else left

    @property
    def open(self) -> bool:
        return not self.credit_note and any(item.settled_on is None for item in self.due_items)


def number_all(drafts: Sequence[Draft], today: date) -> tuple[Invoice, ...]:
    """Every draft as a document, in the order of issue; numbers rise with the date and restart each year."""
    ordered = sorted(drafts, key=lambda draft: (draft.issued_on, draft.debtor.code, draft.due_on))
    names: dict[int, str] = {}
    counters: dict[tuple[bool, int], int] = {}
    for draft in ordered:
        series = (draft.credits is not None, draft.issued_on.year)
        # A year that began before the first document we show already has a document or so a day behind it.
        before = draft.issued_on.timetuple().tm_yday // (30 if series[0] else 1)
        counters[series] = counters.get(series, before) + 1
        prefix = "NC " if series[0] else ""
        names[id(draft)] = f"{prefix}{counters[series]}/{series[1]}"
    return tuple(_numbered(draft, names, today) for draft in ordered)


def _numbered(draft: Draft, names: dict[int, str], today: date) -> Invoice:
    number = names[id(draft)]
    document = Invoice(
        number=number,
        issued_on=draft.issued_on,
        debtor=draft.debtor,
        lines=draft.lines,
        vat=draft.vat,
        currency=draft.currency,
        due_items=(),
        source=_source(draft, today),
        disputed=draft.disputed,
        withholding_rate=draft.withholding_rate,
        credits=names[id(draft.credits)] if draft.credits else None,
        credits_issued_on=draft.credits.issued_on if draft.credits else None,
    )
    items = _due_items(draft, document.payable)
    return replace(document, due_items=items, part_payment=_part_payment(draft, number, items))


def _due_items(draft: Draft, payable: Money) -> tuple[DueItem, ...]:
    if draft.credits:
        return ()
    settled = draft.settled_on or (None,) * len(draft.due_on)
    amounts = payable.split([1] * len(draft.due_on))
    return tuple(DueItem(*row) for row in zip(draft.due_on, amounts, settled, strict=True))


def _part_payment(draft: Draft, number: str, items: tuple[DueItem, ...]) -> PartPayment | None:
    if draft.part_paid is None:
        return None
    paid_on, per_cent = draft.part_paid
    item = next(item for item in items if item.settled_on is None)
    amount = _share(item.amount, per_cent * 100)
    return PartPayment(number, draft.debtor.code, item.due_on, paid_on, amount)


def _source(draft: Draft, today: date) -> Source:
    """New and unpaid documents come as e-invoices, the rest from the accounting package's list."""
    special = draft.vat.payability == "S" or draft.withholding_rate > 0
    recent = (today - draft.issued_on).days <= 25
    e_invoice = draft.currency == "EUR" and not any(draft.settled_on) and (recent or special)
    return Source.E_INVOICE if e_invoice else Source.LEDGER_EXPORT


def _share(amount: Money, rate: int) -> Money:
    """`rate` hundredths of a per cent of `amount`, rounded half up."""
    return Money((amount.minor * rate + 5000) // 10000, amount.currency)
