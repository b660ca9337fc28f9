"""Bank transfer as a method: four lines to copy, and the same as a code for those apps that read it (B-30…B-40)."""

from portal.core.money import Money
from portal.core.text import Text, t
from portal.payments.methods import Payee, TransferText
from portal.payments.methods.bank_transfer import epc


class BankTransfer:
    code = "bank_transfer"
    label = t("Bank transfer")

    def accepts(self, amount: Money) -> Text | None:
        if amount.currency != "EUR":
            return t("Amounts in %(currency)s cannot be paid here. Please ask us how.", currency=amount.currency)
        return None

    def text(self, payee: Payee, amount: Money, reference: str) -> TransferText:
        return TransferText(payee, amount, reference, _code(payee, amount, reference))


def _code(payee: Payee, amount: Money, reference: str) -> bytes | None:
    """The EPC code, or none: where the holder's name is not certain a bank would warn of a mismatch (B-38)."""
    if not payee.certified:
        return None
    payment = epc.EpcPayment(
        name=payee.holder, iban=payee.iban, bic=payee.bic or "", amount=amount, reference=reference
    )
    try:
        return epc.encode(payment)
    except epc.EpcError:
        return None  # the lines beside it always work


METHOD = BankTransfer()
