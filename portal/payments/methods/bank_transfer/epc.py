"""The EPC069-12 code ("GiroCode"): a credit transfer as a few lines of text that a bank app reads (rule B.3).

`encode` makes the exact bytes, `faults` says why it cannot; `epc_reading` checks what others made.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from portal.core import banking
from portal.core.money import Money, from_typed
from portal.core.text import Text, t

VERSIONS = ("001", "002")
# Line 3 of the payload → how the rest is encoded.
CHARSETS = {
    1: "utf-8",
    2: "iso8859-1",
    3: "iso8859-2",
    4: "iso8859-4",
    5: "iso8859-5",
    6: "iso8859-7",
    7: "iso8859-10",
    8: "iso8859-15",
}
MAX_BYTES = 331  # a version 13 code at level M; one byte more needs version 14
MIN_AMOUNT = Money(1, "EUR")
MAX_AMOUNT = Money(99_999_999_999, "EUR")
NAME_LENGTH, TEXT_LENGTH, INFO_LENGTH = 70, 140, 70

_PURPOSE = re.compile(r"[A-Z0-9]{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a payment or a payload: a stable code for programs, a sentence for people."""

    code: str
    text: Text


AMOUNT_FAULT = Fault("amount", t("The amount must be between 0.01 and 999999999.99 euro, like 250 or 250.00."))
VERSION_FAULT = Fault("version", t("The version must be 001 or 002."))
CHARSET_FAULT = Fault("charset", t("The character set must be a number from 1 to 8."))
UNENCODABLE_FAULT = Fault("characters", t("Some characters do not exist in the chosen character set."))


class EpcError(ValueError):
    """No code can be made of this payment. `code` is stable, `text` says what would mend it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault.text))
        self.code = fault.code
        self.text = fault.text


@dataclass(frozen=True, slots=True, kw_only=True)
class EpcPayment:
    """What the payer's bank app is to fill in; empty strings and `amount=None` are left open.

    `reference` is the structured one (ISO 11649, line 10), `text` the free one (line 11), never both.
    `version` 001 asks for a BIC, 002 only outside the EEA; `charset` is a key of CHARSETS.
    """

    name: str
    iban: str
    amount: Money | None = None
    reference: str = ""
    text: str = ""
    bic: str = ""
    purpose: str = ""
    info: str = ""
    version: str = "002"
    charset: int = 1


def read_amount(typed: str) -> Money:
    """`250`, `250.00` or `1234,56` as euro: no thousands separators, at most two decimals (rule A-63).

    Raises EpcError with code `amount` for anything else, for nought and for more than 999999999.99.
    """
    try:
        amount = from_typed(typed, "EUR")
    except ValueError:
        raise EpcError(AMOUNT_FAULT) from None
    if not _amount_fits(amount):
        raise EpcError(AMOUNT_FAULT)
    return amount


def encode(payment: EpcPayment) -> bytes:
    """The exact bytes of the code: LF, two decimals, nothing after the last element that says something.

    Raises EpcError for the first fault; its code is one of those in `faults`, or `too-long`.
    """
    for fault in faults(payment):
        raise EpcError(fault)
    payload = _payload(payment)
    if len(payload) > MAX_BYTES:
        raise EpcError(too_long(len(payload)))
    return payload


def faults(payment: EpcPayment) -> Iterator[Fault]:
    """Everything wrong with the payment itself; none means that it can be encoded, if it is short enough."""
    if payment.version not in VERSIONS:
        yield VERSION_FAULT
    if payment.charset not in CHARSETS:
        yield CHARSET_FAULT
    yield from _character_faults(payment)
    if not 1 <= len(payment.name.strip()) <= NAME_LENGTH:
        yield Fault("name", t("The name of the account holder must have 1 to 70 characters."))
    yield from _account_faults(payment)
    if payment.amount is not None and not _amount_fits(payment.amount):
        yield AMOUNT_FAULT
    yield from _remittance_faults(payment)
    if payment.purpose and not _PURPOSE.fullmatch(payment.purpose):
        yield Fault("purpose", t("The purpose is a code of up to four capital letters and digits, like CHAR."))
    if len(payment.info.strip()) > INFO_LENGTH:
        yield Fault("info", t("The information for the payer must have at most 70 characters."))


def too_long(size: int) -> Fault:
    """The fault of a payload of `size` bytes, more than a version 13 code can hold."""
    why = t("The code would hold %(size)s bytes; at most %(most)s fit. Shorten it.", size=size, most=MAX_BYTES)
    return Fault("too-long", why)


def _payload(payment: EpcPayment) -> bytes:
    lines = [
        "BCD",
        payment.version,
        str(payment.charset),
        "SCT",
        banking.normalise_bic(payment.bic),
        payment.name.strip(),
        banking.normalise_iban(payment.iban),
        f"EUR{payment.amount.plain}" if payment.amount else "",
        payment.purpose,
        banking.normalise_rf(payment.reference),
        payment.text.strip(),
        payment.info.strip(),
    ]
    return "\n".join(lines).rstrip("\n").encode(CHARSETS[payment.charset])


def _character_faults(payment: EpcPayment) -> Iterator[Fault]:
    """Characters that would begin a new line, or that the chosen character set lacks."""
    everything = "".join(
        (
            payment.name,
            payment.iban,
            payment.bic,
            payment.purpose,
            payment.reference,
            payment.text,
            payment.info,
        )
    )
    # Cc are the control characters, CR, LF and NEL among them; Zl and Zp are Unicode's own line ends.
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in everything):
        yield Fault("line-break", t("Line breaks and control characters are not allowed in any field."))
    try:
        everything.encode(CHARSETS.get(payment.charset, "utf-8"))
    except UnicodeEncodeError:
        yield UNENCODABLE_FAULT


def _account_faults(payment: EpcPayment) -> Iterator[Fault]:
    wrong_iban = banking.why_not_iban(payment.iban)
    if wrong_iban:
        yield Fault("iban", wrong_iban)
    elif not banking.is_sepa(payment.iban):
        yield Fault("iban", t("SEPA credit transfers do not reach the country of this IBAN."))
    if payment.bic and not banking.is_bic(payment.bic):
        yield Fault("bic", t("A BIC has 8 or 11 characters, like BPMOIT22 or BPMOIT22XXX."))
    if payment.bic or wrong_iban:
        return
    if payment.version == "001":
        yield Fault("bic-required-in-001", t("Version 001 needs the BIC of the bank. Version 002 does not."))
    elif not banking.is_eea(payment.iban):
        why = t("For an account outside the European Economic Area the BIC of the bank is needed.")
        yield Fault("bic-required-outside-eea", why)


def _remittance_faults(payment: EpcPayment) -> Iterator[Fault]:
    if payment.reference and payment.text:
        yield Fault("reference-and-text", t("Give either a structured reference or a free text, not both."))
    if payment.reference and not banking.is_rf(payment.reference):
        why = t("The reference must be an RF reference with right check digits, such as RF18539007547034.")
        yield Fault("reference", why)
    if len(payment.text.strip()) > TEXT_LENGTH:
        yield Fault("text", t("The text must have at most 140 characters."))


def _amount_fits(amount: Money) -> bool:
    return amount.currency == "EUR" and MIN_AMOUNT <= amount <= MAX_AMOUNT
