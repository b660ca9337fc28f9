"""The test cards and test IBANs that Stripe documents: the number alone decides what happens.

A number that is not in the table is declined, as Stripe's test mode does: nobody's real card gets anywhere.
Nothing here keeps a number; only its last four digits go on.
"""

from dataclasses import dataclass
from datetime import date

from stdnum import iban as iban_check
from stdnum import luhn
from stdnum.exceptions import ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How one test number behaves. `decline` and `code` are Stripe's; the three fates come after success."""

    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    code: str | None = None
    decline: str | None = None
    authenticate: bool = False
    always: bool = False  # asks for 3-D Secure for a saved card too, when nobody is there to answer
    saves: bool = False  # may be saved, whatever becomes of its charges
    dispute: str | None = None
    inquiry: bool = False
    refund: str = "succeeded"  # or "pending" (succeeds later), "fails" (succeeds, then fails)


def _declined(decline: str, code: str = "card_declined") -> Card:
    return Card(code=code, decline=decline)


CARDS = {
    "4242424242424242": Card(),
    "4000056655665556": Card(funding="debit"),
    "4000003800000008": Card(country="IT"),
    "5555555555554444": Card(brand="mastercard"),
    "378282246310005": Card(brand="amex"),
    "4000000000000002": _declined("generic_decline"),
    "4000000000009995": _declined("insufficient_funds"),
    "4000000000009987": _declined("lost_card"),
    "4000000000009979": _declined("stolen_card"),
    "4000000000000069": _declined("expired_card", "expired_card"),
    "4000000000000127": _declined("incorrect_cvc", "incorrect_cvc"),
    "4000000000000119": _declined("processing_error", "processing_error"),
    "4000000000000341": Card(code="card_declined", decline="generic_decline", saves=True),
    "4000002760003184": Card(country="DE", authenticate=True, always=True),
    "4000002500003155": Card(authenticate=True),
    "4000000000003220": Card(authenticate=True),
    "4000008260003178": Card(
        country="GB", authenticate=True, saves=True, code="card_declined", decline="insufficient_funds"
    ),
    "4000000000000259": Card(dispute="fraudulent"),
    "4000000000002685": Card(dispute="product_not_received"),
    "4000000000001976": Card(dispute="fraudulent", inquiry=True),
    "4000000000007726": Card(refund="pending"),
    "4000000000005126": Card(refund="fails"),
}
STRANGER = _declined("test_mode_live_card")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How one test IBAN behaves once debited; any other valid IBAN succeeds."""

    slow: bool = False
    failure: str | None = None
    dispute: bool = False
    bounces: bool = False  # paid, and taken back later: not one of Stripe's own test accounts


IBANS = {
    "AT611904300234573201": Account(),
    "AT321904300235473204": Account(slow=True),
    "AT861904300235473202": Account(failure="debit_not_authorized"),
    "AT051904300235473205": Account(failure="debit_not_authorized", slow=True),
    "AT591904300235473203": Account(dispute=True),
    "AT751904300235473206": Account(bounces=True),
    "AT981904300002222227": Account(failure="insufficient_funds"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEntry:
    """What the payer typed on the hosted page, already read: digits only, a four-digit year."""

    number: str
    exp_month: int = 12
    exp_year: int = 2049
    cvc: str = "123"
    name: str = "Payer of the double"
    email: str = "payer@example.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitEntry:
    iban: str
    name: str = "Payer of the double"
    email: str = "payer@example.test"


def card_of(number: str) -> Card:
    return CARDS.get(number, STRANGER)


def account_of(iban: str) -> Account:
    return IBANS.get(iban, Account())


def card_mistakes(entry: CardEntry, today: date) -> list[str]:
    """Stripe's codes for what cannot be right, before any bank is asked."""
    mistakes = []
    if not entry.number.isascii() or not entry.number.isdigit() or not luhn.is_valid(entry.number):
        mistakes.append("incorrect_number")
    if not 1 <= entry.exp_month <= 12:
        mistakes.append("invalid_expiry_month")
    elif (entry.exp_year, entry.exp_month) < (today.year, today.month):
        mistakes.append("invalid_expiry_year")
    if not (entry.cvc.isascii() and entry.cvc.isdigit() and len(entry.cvc) in {3, 4}):
        mistakes.append("invalid_cvc")
    return mistakes


def debit_mistakes(entry: DebitEntry) -> list[str]:
    try:
        iban_check.validate(entry.iban)
    except ValidationError:
        return ["invalid_iban"]
    return []
