"""Bank account numbers and payment references: is it right, how is it written (rules B.4, B.5, B-35).

Checking is strict where money could go astray: check digits have one spelling, and Italian accounts are
checked down to their national check letter (CIN), which the IBAN's own check digits do not protect.
"""

import re
from enum import StrEnum

from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum import iso11649, numdb
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.it import codicefiscale

from portal.core import ids
from portal.core.text import Text, t

# fmt: off
EEA = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})
# The SEPA schemes reach further than the EEA (EPC409-09); countries as they stand in an IBAN.
SEPA = EEA | {"AD", "AL", "CH", "GB", "GI", "MC", "MD", "ME", "MK", "RS", "SM", "VA"}
# fmt: on

_IBAN_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]*", re.ASCII)
_ITALIAN_BBAN = re.compile(r"[A-Z][0-9]{10}[A-Z0-9]{12}", re.ASCII)
_ITALIAN_SHAPE = frozenset({"IT", "SM"})
_STRUCTURE_PART = re.compile(r"([0-9]+)!([nac])")
_RF_BODY = re.compile(r"[A-Z0-9]{1,21}", re.ASCII)
_RF = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}", re.ASCII)


class IbanCheck(StrEnum):
    """What is wrong with an account number, in the words of rule B.5; the first fault found counts."""

    OK = "ok"
    FORMAT = "bad-format"
    LENGTH = "bad-length"
    ITALIAN_STRUCTURE = "bad-it-structure"
    MOD97 = "bad-mod97"
    CIN = "bad-cin"


_IBAN_TEXTS = {
    IbanCheck.FORMAT: t("This is not an IBAN. An IBAN begins with two letters and two digits, like IT60."),
    IbanCheck.LENGTH: t("This IBAN is too short or too long for its country. Please compare it once more."),
    IbanCheck.ITALIAN_STRUCTURE: t(
        "This IBAN is not built like an Italian one: after the first letter come ten digits. "
        "Perhaps a letter O stands for a zero?"
    ),
    IbanCheck.MOD97: t("The check digits of this IBAN do not fit. A character may be wrong or swapped."),
    IbanCheck.CIN: t("The check letter (CIN) of this IBAN does not fit. A character may be wrong or swapped."),
}


def _compact(typed: str, dropped: str = "") -> str:
    """Without blanks and `dropped`, in capitals; text with other than ASCII letters is left as it is.

    Capitals are made only of ASCII: `ı` and `ſ` would otherwise become I and S.
    """
    compact = "".join(typed.split())
    for character in dropped:
        compact = compact.replace(character, "")
    return compact.upper() if compact.isascii() else compact


def normalise_iban(typed: str) -> str:
    """As banks want it: capitals, no blanks, hyphens or dots. Says nothing about being right."""
    return _compact(typed, "-.")


def check_iban(typed: str) -> IbanCheck:
    """The first thing wrong with an IBAN in any spelling that people use, or OK (rule B.5)."""
    iban = normalise_iban(typed)
    structure = numdb.get("iban").info(iban)[0][1].get("bban") if _IBAN_SHAPE.fullmatch(iban) else None
    if structure is None:
        return IbanCheck.FORMAT
    if len(iban) - 4 != sum(int(count) for count, _ in _STRUCTURE_PART.findall(structure)):
        return IbanCheck.LENGTH
    if iban[:2] in _ITALIAN_SHAPE and not _ITALIAN_BBAN.fullmatch(iban[4:]):
        return IbanCheck.ITALIAN_STRUCTURE
    # Recomputed rather than taken modulo: 00, 01 and 99 would pass for 97, 98 and 02.
    if stdnum_iban.calc_check_digits(iban) != iban[2:4]:
        return IbanCheck.MOD97
    return _check_nationally(iban)


def _check_nationally(iban: str) -> IbanCheck:
    """What only the country's own rules can see, once length and check digits are right."""
    if iban[:2] in _ITALIAN_SHAPE:
        return IbanCheck.OK if italian_cin(iban[5:]) == iban[4] else IbanCheck.CIN
    if not stdnum_iban.is_valid(iban, check_country=False):
        return IbanCheck.FORMAT
    try:
        stdnum_iban.validate(iban)
    except InvalidChecksum:
        return IbanCheck.MOD97  # the national check digits of Belgium, Spain, Norway, Montenegro
    except ValidationError:
        pass  # a bank missing from the library's list of banks, which ages: no fault of the number
    return IbanCheck.OK


def why_not_iban(typed: str) -> Text | None:
    """What to tell the person who typed it; None when the IBAN is right."""
    return _IBAN_TEXTS.get(check_iban(typed))


def italian_cin(account: str) -> str:
    """The check letter for the 22 characters ABI, CAB and account number of an Italian IBAN (rule B.5).

    It is the tax code's algorithm over 22 places instead of 15.
    """
    letter: str = codicefiscale.calc_check_digit(account)
    return letter


def group_by_four(value: str) -> str:
    """`IT60 X054 2811 …`: how an IBAN or an RF reference is shown to people."""
    compact = "".join(value.split())
    return " ".join(compact[at : at + 4] for at in range(0, len(compact), 4))


def group_iban(iban: str) -> str:
    """An IBAN as people read it, in groups of four; it is copied without the blanks."""
    return group_by_four(normalise_iban(iban))


def is_eea(iban: str) -> bool:
    """Whether the account lies in the European Economic Area, where a payment needs no BIC."""
    return normalise_iban(iban)[:2] in EEA


def is_sepa(iban: str) -> bool:
    """Whether a SEPA credit transfer can reach the account at all."""
    return normalise_iban(iban)[:2] in SEPA


def normalise_bic(typed: str) -> str:
    """A BIC in capitals and without blanks. Says nothing about being right."""
    return _compact(typed)


def is_bic(typed: str) -> bool:
    """Eight or eleven characters with a real country (ISO 9362), in any casing, blanks ignored."""
    bic = normalise_bic(typed)
    return bic.isascii() and bic.isalnum() and stdnum_bic.is_valid(bic)


def normalise_rf(typed: str) -> str:
    """An RF reference in capitals and without blanks. Says nothing about being right."""
    return _compact(typed)


def make_rf(body: str) -> str:
    """`539007547034` → `RF18539007547034` (ISO 11649). Raises ValueError unless 1–21 of A–Z and 0–9."""
    if not _RF_BODY.fullmatch(body):
        raise ValueError(f"not the body of an RF reference: {body!r}")
    return f"RF{stdnum_iban.calc_check_digits('RF00' + body)}{body}"


def is_rf(typed: str) -> bool:
    """Whether it is an ISO 11649 reference; blanks and casing do not matter, anything else does."""
    rf = normalise_rf(typed)
    return bool(_RF.fullmatch(rf)) and iso11649.is_valid(rf) and make_rf(rf[4:]) == rf


def payment_reference(row_id: int) -> str:
    """The RF reference of the payment with this row id: one id, one reference, for ever (rule B-35).

    The body is the id in Crockford's 32 characters, which lack I, L, O and U, and is never made from an
    invoice number. It has no leading zeros: ISO 11649 check digits do not see them, and some banks drop
    or add them. An id of today gives 16 characters, four groups of four.
    """
    if not 0 < row_id < 1 << 63:
        raise ValueError(f"not a row id: {row_id}")
    return make_rf(ids.spell(row_id).upper().lstrip("0"))


def payment_of(reference: str) -> int | None:
    """The row id that `payment_reference` put into a reference; None for anybody else's reference.

    Zeros that a bank added or dropped at the front of the body are forgiven.
    """
    rf = normalise_rf(reference)
    if not is_rf(rf):
        return None
    try:
        row_id = ids.read(rf[4:].lstrip("0").lower().rjust(13, "0"))
    except ValueError:
        return None
    return row_id or None
