"""What may be paid how, decided without a database."""

from portal.core import banking
from portal.creditors.faces import Face
from portal.payments.methods import Payee


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
