"""After a payment: a mail that leads to its receipt, and says neither how much nor what for."""

from portal.debtors import letters
from portal.payments.events import PaymentSucceeded


def send_receipt(happened: PaymentSucceeded, _event_id: int) -> None:
    letters.tell("payment_receipt", happened.debtor_id)
