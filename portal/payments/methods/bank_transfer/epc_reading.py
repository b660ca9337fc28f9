"""Taking apart an EPC code that somebody else made, and saying all that is wrong with it (rule B.3)."""

import re
from dataclasses import dataclass
from decimal import Decimal

from portal.core import banking
from portal.core.money import Money, from_decimal
from portal.core.text import t
from portal.payments.methods.bank_transfer import epc
from portal.payments.methods.bank_transfer.epc import EpcPayment, Fault

_ELEMENTS = 12
_WRITTEN_AMOUNT = re.compile(r"EUR([0-9]{1,9}(?:\.[0-9]{1,2})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a payload says. Nobody should pay by it while it has `faults`; `remarks` are harmless oddities.

    `payment` is None when the payload could not be taken apart at all.
    """

    payment: EpcPayment | None
    faults: tuple[Fault, ...]
    remarks: tuple[Fault, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.faults


def decode(payload: bytes) -> Reading:
    """Every element, checked by the rules that `epc.encode` keeps: free text as a reference is a fault."""
    head = [line.removesuffix(b"\r") for line in payload.split(b"\n", 4)[:4]]
    if len(head) < 4 or head[0] != b"BCD" or head[3] != b"SCT":
        return _unreadable(Fault("not-epc", t("This is not an EPC code for a credit transfer.")))
    charset = int(head[2]) if head[2].isdigit() and len(head[2]) == 1 else 0
    if charset not in epc.CHARSETS:
        return _unreadable(epc.CHARSET_FAULT)
    try:
        written = payload.decode(epc.CHARSETS[charset])
    except UnicodeDecodeError:
        return _unreadable(epc.UNENCODABLE_FAULT)
    unified = written.replace("\r\n", "\n")
    lines = unified.rstrip("\n").split("\n")
    trailing = Fault("trailing", t("There are line ends after the last element."))
    payment, wrong_elements = _payment(lines, charset)
    found = [*_frame_faults(written, lines, len(payload)), *wrong_elements, *epc.faults(payment)]
    return Reading(payment, tuple(found), (trailing,) if unified.endswith("\n") else ())


def _unreadable(fault: Fault) -> Reading:
    return Reading(None, (fault,))


def _frame_faults(written: str, lines: list[str], size: int) -> list[Fault]:
    found = []
    pairs = written.count("\r\n")
    if pairs not in {0, written.count("\n")} or pairs != written.count("\r"):
        found.append(Fault("separators", t("The lines are not all separated in the same way.")))
    if len(lines) > _ELEMENTS:
        found.append(Fault("too-many-elements", t("There are more than the twelve elements that exist.")))
    if size > epc.MAX_BYTES:
        found.append(epc.too_long(size))
    return found


def _payment(lines: list[str], charset: int) -> tuple[EpcPayment, list[Fault]]:
    elements = lines[:_ELEMENTS] + [""] * (_ELEMENTS - len(lines))
    _, version, _, _, bic, name, iban, amount, purpose, reference, text, info = elements
    found = []
    money = _read_amount(amount)
    if amount and money is None:
        found.append(epc.AMOUNT_FAULT)
    normal = (banking.normalise_iban(iban), banking.normalise_bic(bic))
    if (iban, bic) != normal:
        found.append(Fault("spelling", t("IBAN and BIC must stand in capitals and without blanks.")))
    payment = EpcPayment(
        name=name,
        iban=iban,
        amount=money,
        reference=reference,
        text=text,
        bic=bic,
        purpose=purpose,
        info=info,
        version=version,
        charset=charset,
    )
    return payment, found


def _read_amount(written: str) -> Money | None:
    match = _WRITTEN_AMOUNT.fullmatch(written)
    return from_decimal(Decimal(match[1]), "EUR") if match else None
