"""What is due on a FatturaPA document and when: its payment block says so; without one, its total does (issue 2).

How a payment is to be made never means that it was made: an invoice "in cash" stays due until somebody says so.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from portal.core.money import Money, total
from portal.core.text import t
from portal.imports.documents import DueItem
from portal.imports.einvoices.fields import Fields
from portal.imports.einvoices.totals import Totals
from portal.imports.einvoices.xml import Element, children, text_at
from portal.imports.identifiers import check_iban

# RID, RIBA, standing orders, SEPA direct debits: the seller's bank collects them, the customer pays nothing itself.
_COLLECTED = frozenset({"MP09", "MP10", "MP11", "MP12", "MP16", "MP17", "MP19", "MP20", "MP21"})
_KEPT_FROM_RECEIPTS = "MP22"
_COMPLETE = "TP02"


@dataclass(frozen=True, slots=True)
class Payment:
    """One DettaglioPagamento as the file says it, with its sign; `due_on` is None where nothing says when."""

    element: Element
    block: Element
    terms: str
    method: str
    amount: Money
    due_on: date | None
    iban: str | None


class PaymentReader:
    """Reads the payment blocks of one body; `terms_days` after the issue is when what has no date is due."""

    def __init__(self, body: Element, issued_on: date, terms_days: int, fields: Fields) -> None:
        self.body, self.issued_on, self.terms_days, self.fields = body, issued_on, terms_days, fields

    def payments(self, currency: str) -> list[Payment]:
        """Every instalment of every payment block, in the file's order."""
        found = []
        for block in children(self.body, "DatiPagamento"):
            terms = text_at(block, "CondizioniPagamento").upper()
            for detail in children(block, "DettaglioPagamento"):
                amount = self.fields.money(detail, "ImportoPagamento", currency)
                due_on, iban = self._due_on(detail), self._iban(detail)
                if amount is not None:
                    method = text_at(detail, "ModalitaPagamento").upper()
                    found.append(Payment(detail, block, terms, method, amount, due_on, iban))
        return found

    def due_items(self, payments: list[Payment], totals: Totals) -> tuple[DueItem, ...]:
        """Amounts positive, by date. Refused when pluses and minuses on different days leave open what is due."""
        if not payments:
            return self._from_total(totals)
        payments = self._one_of_alternatives(payments, totals)
        self._remark(payments, totals)
        owed = [(day, iban, amount) for (day, iban), amount in self._by_day(payments).items() if amount]
        if len({amount.minor > 0 for _, _, amount in owed}) > 1:
            text = t(
                "The payment block has amounts to pay and amounts to get back on different days. State what is left "
                "to pay on each day."
            )
            self.fields.refuse(payments[0].element, "ImportoPagamento", "mixed_signs", text)
            return ()
        items = (DueItem(day, Money(abs(amount.minor), amount.currency), iban) for day, iban, amount in owed)
        return tuple(sorted(items, key=lambda item: item.due_on))

    def _due_on(self, detail: Element) -> date | None:
        """The stated day, else the reference day and its days; days without a reference count from the issue."""
        stated = self.fields.date(detail, "DataScadenzaPagamento", needed=False)
        reference = self.fields.date(detail, "DataRiferimentoTerminiPagamento", needed=False)
        days = self.fields.days(detail, "GiorniTerminiPagamento")
        if stated is not None or days is None:
            return stated
        due_on = (reference or self.issued_on) + timedelta(days=days)
        if reference is None:
            text = t(
                "%(days)s days are given but not from when; they were counted from the date of issue: %(date)s.",
                days=days,
                date=due_on.isoformat(),
            )
            self.fields.warn(detail, "GiorniTerminiPagamento", "due_date_assumed", text)
        return due_on

    def _iban(self, detail: Element) -> str | None:
        raw = text_at(detail, "IBAN")
        if not raw:
            return None
        iban, doubt = check_iban(raw)
        self.fields.heed(doubt, detail, "IBAN")
        return iban

    def _assumed(self, element: Element, below: str = "") -> date:
        due_on = self.issued_on + timedelta(days=self.terms_days)
        text = t("The invoice gives no due date; %(date)s was assumed.", date=due_on.isoformat())
        self.fields.warn(element, below, "due_date_assumed", text)
        return due_on

    def _from_total(self, totals: Totals) -> tuple[DueItem, ...]:
        if not totals.payable:
            return ()
        amount = Money(abs(totals.payable.minor), totals.payable.currency)
        return (DueItem(self._assumed(self.body, "DatiPagamento"), amount),)

    def _one_of_alternatives(self, payments: list[Payment], totals: Totals) -> list[Payment]:
        """Complete payment named several times on one day: several ways to pay the whole, not several wholes."""
        first = payments[0]
        alternatives = (
            len(payments) > 1
            and {payment.terms for payment in payments} == {_COMPLETE}
            and len({(payment.amount, payment.due_on) for payment in payments}) == 1
            and abs(first.amount.minor) in totals.acceptable
        )
        if not alternatives:
            return payments
        text = t("The full amount is given %(count)s times as complete payment; it is due once.", count=len(payments))
        self.fields.warn(first.element, "", "alternative_payments", text)
        return [first]

    def _by_day(self, payments: list[Payment]) -> dict[tuple[date, str | None], Money]:
        """What is due by day and account; where a day has minus amounts they lower its largest amount."""
        days: dict[date, dict[str | None, Money]] = {}
        for payment in payments:
            accounts = days.setdefault(payment.due_on or self._assumed(payment.element), {})
            accounts[payment.iban] = accounts.get(payment.iban, Money(0, payment.amount.currency)) + payment.amount
        owed: dict[tuple[date, str | None], Money] = {}
        for day, accounts in days.items():
            if len({amount.minor > 0 for amount in accounts.values() if amount}) > 1:
                largest = max(accounts, key=lambda iban: abs(accounts[iban].minor))
                accounts = {largest: total(list(accounts.values()), accounts[largest].currency)}
            owed.update({(day, iban): amount for iban, amount in accounts.items()})
        return owed

    def _remark(self, payments: list[Payment], totals: Totals) -> None:
        """Warns of sums, days and methods that a person should look at."""
        for payment in payments:
            if payment.due_on is not None and payment.due_on < self.issued_on:
                text = t("The due date %(due)s is before the date of issue.", due=payment.due_on.isoformat())
                self.fields.warn(payment.element, "DataScadenzaPagamento", "due_before_issue", text)
            if payment.method in _COLLECTED:
                text = t(
                    "The seller's bank collects this payment (%(method)s); asking for a transfer would pay it twice.",
                    method=payment.method,
                )
                self.fields.warn(payment.element, "ModalitaPagamento", "collected_by_seller", text)
            if payment.method == _KEPT_FROM_RECEIPTS:
                text = t("This amount is kept from money already received (MP22); perhaps it is paid.")
                self.fields.warn(payment.element, "ModalitaPagamento", "perhaps_settled", text)
        paid = total([payment.amount for payment in payments], totals.total.currency)
        if abs(paid.minor) not in totals.acceptable:
            text = t(
                "The payments add up to %(paid)s, the document to %(total)s; the payments count.",
                paid=paid.plain,
                total=totals.total.plain,
            )
            self.fields.warn(payments[0].block, "", "payments_differ", text)
