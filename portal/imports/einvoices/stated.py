"""What an invoice after EN 16931 states, read from either of its two spellings (UBL, CII) and judged in one place.

ubl.py and cii.py only know where a thing stands; european.py says what it means. `element` is where a remark about
a thing points to, with the path below it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.core.money import Money
from portal.imports.einvoices.fields import Fields, Place
from portal.imports.einvoices.xml import Element


@dataclass(frozen=True, slots=True)
class StatedParty:
    """Seller or buyer as written; absent is an empty string. `place` is the party itself."""

    place: Place
    name: str
    vat: str
    vat_place: Place
    tax_code: str  # an Italian one
    tax_place: Place
    country: str
    postcode: str
    email: str
    email_place: Place
    phone: str
    phone_place: Place


@dataclass(frozen=True, slots=True)
class Term:
    """One set of payment terms: a day, and how much of the amount is due then where it says so."""

    place: Place
    due_on: date | None
    amount: Money | None
    percent: Decimal | None
    discount: bool  # an earlier day with less to pay: an offer, nothing that is due


@dataclass(frozen=True, slots=True)
class Means:
    """One way of paying: its code (UNTDID 4461), the account as written, and a day where it names one."""

    place: Place
    code: str
    account: str
    account_place: Place
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Amounts:
    """The document's sums with its own sign; `payable` decides what is due, the others are checked against it."""

    place: Place
    lines: Money | None
    allowances: Money | None
    charges: Money | None
    net: Money | None
    tax: Money | None
    total: Money | None
    prepaid: Money | None
    rounding: Money | None
    payable: Money
    total_place: Place
    payable_place: Place
    each_line: tuple[Decimal, ...] | None  # None where lines stand within lines, or one cannot be read


@dataclass(frozen=True, slots=True)
class Stated:
    """One document. `national_code` is the type that an Italian seller's SdI was told (TD01…), where it is named."""

    place: Place
    number: str
    type_code: str
    type_place: Place
    type_needed: bool  # the root says nothing
    credit_note: bool  # the root itself says that it is one
    national_code: str
    national_place: Place
    issued_on: date
    currency: str
    due_on: date | None
    due_place: Place
    terms: tuple[Term, ...]
    means: tuple[Means, ...]
    amounts: Amounts
    seller: StatedParty
    buyer: StatedParty
    payee: str
    payee_place: Place
    remittance: str
    related: tuple[str, ...]


# Reads one root, with the currency that is taken where none is named; None when what it needs was refused.
StatedReader = Callable[[Element, str, Fields], Stated | None]
