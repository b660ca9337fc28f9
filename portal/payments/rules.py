"""What may be paid how, decided without a database."""

import hashlib
from collections.abc import Sequence
from datetime import date

from portal.core import banking
from portal.core.money import Money
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.invoices.payable import Line
from portal.ledger import rules as ledger
from portal.payments.methods import Payee
from portal.web import i18n


def least_part(creditor: Face, most: Money) -> Money | None:
    """The least that may be paid of `most`; None where the creditor takes the whole only (rule B-11)."""
    if not creditor.partial_payments or creditor.currency != most.currency:
        return None
    least = Money(creditor.least_partial_minor, most.currency)
    return least if least < most else None


def why_not_part(creditor: Face, part: Money, most: Money, rest: Money | None = None) -> Text | None:
    """Why `part` of the `most` that is open may not be paid, or None; all of it may always be (rule B-11), and so may
    the `rest` that is left beside what is contested."""
    if part and part in {most, rest}:
        return None
    least = least_part(creditor, most)
    if part > most:
        return too_much(most)
    if least is None:
        return t("%(creditor)s takes the whole amount only.", creditor=creditor.display_name)
    if part < least:
        return t("Please write at least %(least)s.", least=i18n.money(least))
    return None


def too_much(most: Money) -> Text:
    """That more was written than is open."""
    return t("At most %(most)s is open here now. Please write that or less.", most=i18n.money(most))


def taken(made_of: Sequence[ledger.Line], part: Money, on: date) -> ledger.Apart:
    """Of what a due item's open amount is made of, what `part` paid on that day goes to (art. 1194 c.c.)."""
    paid = ledger.Line(on, "payment", -part)
    before = ledger.open_apart(made_of, part.currency)
    after = ledger.open_apart([*made_of, paid], part.currency)
    return ledger.Apart(before.capital - after.capital, before.interest - after.interest, before.costs - after.costs)


def shown(lines: Sequence[Line]) -> str:
    """What was shown to its payer, in short: to see whether it is still so when they press the button.

    It is compared and never believed (rule B-03).
    """
    said = ",".join(f"{line.item.item_id}:{line.amount.minor}{line.amount.currency}" for line in lines)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def payee(creditor: Face, document_iban: str | None) -> Payee | None:
    """Where a transfer for a due item goes: the account on its document, else the creditor's; None without either.

    Only of the creditor's own account is the holder's name the one that the bank knows (rule B-38): a document
    may name a factor's.
    """
    iban = banking.normalise_iban(document_iban or creditor.iban or "")
    if not iban or banking.why_not_iban(iban):
        return None
    own = creditor.iban is not None and iban == banking.normalise_iban(creditor.iban)
    holder = creditor.holder if own else creditor.name
    return Payee(holder=holder, iban=iban, bic=creditor.bic if own else None, certified=own)
