"""The one typed fact that opens the gate: which is asked, how it is put, and whether what was typed is it.

A fact is a relevance check and no authentication (rule A-40): it opens reading and answering, never an
agreement. For a link it is one that does not stand in the message (decision 4); for the code on a paper
invoice it is one that is printed there (decision 5).
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from portal.core.money import Money
from portal.core.text import Text, t

VAT_OR_TAX_CODE = "vat_or_tax_code"
CUSTOMER_CODE = "customer_code"
POSTCODE = "postcode"
CHOICES = (VAT_OR_TAX_CODE, CUSTOMER_CODE, POSTCODE)
PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Held:
    """What the creditor holds of a debtor that could serve as a fact."""

    vat_number: str | None
    tax_code: str | None
    customer_code: str
    postcode: str | None
    is_business: bool


@dataclass(frozen=True, slots=True)
class Question:
    """How the gate asks for one fact; `answers` are the normalised right ones and never leave the server."""

    kind: str
    label: Text
    hint: Text
    where: Text
    inputmode: str
    maxlength: int
    answers: tuple[str, ...]

    def is_right(self, typed: str) -> bool:
        """Compares in constant time, whatever was typed; nothing is right where nothing is held."""
        given = _plain(typed)
        right = False
        for answer in self.answers:
            right |= hmac.compare_digest(given.encode(), answer.encode())
        if self.kind == PAPER:
            right |= _as_amount(typed) in self.answers
        return right and bool(given)


def question(preferred: str, held: Held) -> Question | None:
    """The creditor's preferred fact if it holds it, else the next one that it holds; None when it holds none."""
    for kind in (preferred, *(c for c in CHOICES if c != preferred)):
        found = _ASK[kind](held)
        if found is not None:
            return found
    return None


def _vat_or_tax_code(held: Held) -> Question | None:
    codes = [_plain(c)[-4:] for c in (held.vat_number, held.tax_code) if c and len(_plain(c)) >= 4]
    if not codes:
        return None
    return Question(
        VAT_OR_TAX_CODE,
        t("The last four characters of your VAT number or tax code")
        if held.is_business
        else t("The last four characters of your tax code"),
        t("For example 1234") if held.is_business else t("For example 501U"),
        t("You find it on every invoice you get, and on your health card if you are a private person."),
        "text",
        12,
        tuple(dict.fromkeys(codes)),
    )


def _customer_code(held: Held) -> Question | None:
    if not _plain(held.customer_code):
        return None
    return Question(
        CUSTOMER_CODE,
        t("Your customer code"),
        t("As it stands on our invoices"),
        t("You find it on every invoice of ours, near your name."),
        "text",
        60,
        (_plain(held.customer_code),),
    )


def _postcode(held: Held) -> Question | None:
    if not held.postcode:
        return None
    return Question(
        POSTCODE,
        t("Your postcode"),
        t("For example 40121"),
        t("The postcode of the address that our invoices carry."),
        "text",
        12,
        (_plain(held.postcode),),
    )


_ASK = {VAT_OR_TAX_CODE: _vat_or_tax_code, CUSTOMER_CODE: _customer_code, POSTCODE: _postcode}


def paper_question(number: str, totals: Iterable[Money]) -> Question:
    """For the code on a paper invoice: its number, or its total."""
    amounts = [f"amount:{total.plain}" for total in totals]
    return Question(
        PAPER,
        t("The number of the invoice, or its total"),
        t("For example 128/2026, or 1250,00"),
        t("Both are printed on the invoice that carries the code."),
        "text",
        60,
        (_plain(number), *amounts),
    )


def _plain(typed: str) -> str:
    """Letters and digits in capitals: blanks, dots, slashes and dashes do not matter."""
    return "".join(c for c in typed.upper() if c.isascii() and c.isalnum())


_AMOUNT = re.compile(r"(?:€|EUR)?\s*([0-9]{1,3}(?:[., ']?[0-9]{3})*)(?:[,.]([0-9]{2}))?\s*(?:€|EUR)?", re.ASCII)


def _as_amount(typed: str) -> str:
    found = _AMOUNT.fullmatch(typed.strip().upper())
    if not found:
        return ""
    whole = re.sub(r"[^0-9]", "", found[1])
    cents = found[2] or "00"
    return f"amount:{Decimal(whole + '.' + cents):f}"
