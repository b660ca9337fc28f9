"""Field 86 and what else says who paid and why: each bank writes it in its own way, five of them are known.

What is not understood stays text: a person reads it, and an RF reference is found in it all the same.
"""

import re
from dataclasses import dataclass

from portal.bank_statements import wording
from portal.bank_statements.swift.lines import StatementLine

_GERMAN = re.compile(r"^\d{3}([?>@])(?=\d\d)")
_SEPA_TAG = re.compile(
    r"(EREF|KREF|MREF|PREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+", re.ASCII
)  # inside the purpose of payment of German banks
_FULL = 27  # characters of one part of it: a full one goes on in the next without a blank
_NEARLY_FULL_LINE = 63  # of 65
_CODES = (
    "TRTP|TRCD|IBAN|BIC|NAME|REMI|EREF|PREF|ORDP|BENM|CNTP|MARF|CSID|RTRN|ISDT|ADDR|ULTC|ULTD|UDTR|ORDR"
    "|CUR|SUM|OCMT|CHGS"
)
_SLASHED = re.compile(rf"/({_CODES})/")
_DUTCH = re.compile(r"\b(IBAN|BIC|NAAM|OMSCHRIJVING|KENMERK|BETALINGSKENM\.|REK|ID DEBITEUR|MACHTIGING):\s?")
_BEGINS_WITH_IBAN = re.compile(r"([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})\s+(.*)", re.DOTALL)
_CURRENT_REFERENCE = re.compile(r"(?:SCOR|STRD)/CUR/([A-Z0-9]{1,35})")


@dataclass(frozen=True, slots=True)
class Details:
    """What was understood; `text` is what the payer wrote, as far as it can be told apart."""

    text: str = ""
    name: str | None = None
    iban: str | None = None
    end_to_end_id: str | None = None
    creditor_reference: str | None = None


def read(lines: list[str], line: StatementLine | None) -> Details:
    """The lines of field 86 (perhaps none) beside their statement line."""
    joined = _joined(lines)
    if match := _GERMAN.match(joined):
        found = _german(joined, match[1])
    elif _SLASHED.search(joined):
        found = _slashed(joined)
    else:
        found = _dutch(lines)
    name, iban = _beside(line)
    reference = _CURRENT_REFERENCE.search(joined)
    text = found.text
    return Details(
        text=text,
        name=found.name or name,
        iban=found.iban or iban,
        end_to_end_id=found.end_to_end_id,
        creditor_reference=found.creditor_reference or (reference[1] if reference else wording.rf_written(text)),
    )


def _joined(lines: list[str]) -> str:
    """One text: a full line was cut anywhere, a shorter one ended with a word."""
    text = ""
    for line in lines:
        text += line if len(line) >= _NEARLY_FULL_LINE or line.endswith(" ") else line + " "
    return text.strip()


def _german(joined: str, mark: str) -> Details:
    """`166?00GUTSCHRIFT?20EREF+…?30BIC?31IBAN?32name?33name`: parts of at most 27 characters."""
    parts = re.split(rf"{re.escape(mark)}(\d\d)", joined)
    values: dict[int, str] = {}
    for code, value in zip(parts[1::2], parts[2::2], strict=False):
        values[int(code)] = values.get(int(code), "") + value
    purpose = _run_on(values, (*range(20, 30), *range(60, 64)))
    tagged = _sepa_tags(purpose)
    text = tagged.get("SVWZ") or tagged.get("") or purpose or values.get(0, "")
    iban = wording.iban(values.get(31)) or next(wording.ibans_in(tagged.get("IBAN", "")), None)
    return Details(
        text=" ".join(text.split()),
        name=wording.one_line(tagged.get("ABWA") or _run_on(values, (32, 33)), 140),
        iban=iban,
        end_to_end_id=wording.reference(tagged.get("EREF")),
    )


def _run_on(values: dict[int, str], codes: tuple[int, ...]) -> str:
    said = ""
    for code in codes:
        value = values.get(code, "")
        said += value if len(value) >= _FULL or not value else value + " "
    return said.strip()


def _sepa_tags(purpose: str) -> dict[str, str]:
    """`EREF+…SVWZ+…` by tag; what stands before the first one under nothing."""
    parts = _SEPA_TAG.split(purpose)
    tagged = {"": parts[0].strip()} if parts[0].strip() else {}
    for tag, value in zip(parts[1::2], parts[2::2], strict=False):
        tagged.setdefault(tag, value.strip())
    return tagged


def _slashed(joined: str) -> Details:
    """`/EREF/…/ORDP//NAME/…/REMI/…` and ING's `/CNTP/IBAN/BIC/name/city/`."""
    parts = _SLASHED.split(joined)
    values: dict[str, str] = {}
    for code, value in zip(parts[1::2], parts[2::2], strict=False):
        values[code] = values.get(code) or value.strip().strip("/").strip()
    counterparty = [one.strip() for one in values.get("CNTP", "").split("/")]
    iban = wording.iban(values.get("IBAN")) or (wording.iban(counterparty[0]) if counterparty else None)
    name = values.get("NAME") or (counterparty[2] if len(counterparty) > 2 else "")
    remittance = re.sub(r"^(?:USTD//|STRD/)", "", values.get("REMI", ""))
    return Details(
        text=" ".join(remittance.split()) or " ".join(parts[0].split()),
        name=wording.one_line(name, 140),
        iban=iban,
        end_to_end_id=wording.reference(values.get("EREF")),
        creditor_reference=wording.reference(values.get("CUR")),
    )


def _dutch(lines: list[str]) -> Details:
    """`IBAN: … NAAM: … OMSCHRIJVING: …`, or an IBAN with its owner's name on the first line."""
    text = " ".join(" ".join(lines).split())
    parts = _DUTCH.split(text)
    values = {code: value.strip().rstrip("/") for code, value in zip(parts[1::2], parts[2::2], strict=False)}
    if "NAAM" in values:
        return Details(
            text=values.get("OMSCHRIJVING") or parts[0].strip() or text,
            name=wording.one_line(values["NAAM"], 140),
            iban=wording.iban((values.get("IBAN") or values.get("REK") or "").split(" ")[0]),
        )
    begins = _BEGINS_WITH_IBAN.fullmatch(lines[0].strip()) if lines else None
    if begins and wording.iban(begins[1]) and len(lines) > 1 and not lines[1].strip():
        return Details(
            text=" ".join(" ".join(lines[1:]).split()),
            name=wording.one_line(begins[2], 140),
            iban=wording.iban(begins[1]),
        )
    return Details(text=text, iban=next(wording.ibans_in(text), None))


def _beside(line: StatementLine | None) -> tuple[str | None, str | None]:
    """Name and account as some banks put them into the statement line itself: the account, then the name."""
    if line is None:
        return None, None
    in_reference, in_supplement = wording.iban(line.customer_reference), wording.iban(line.supplement)
    name = line.supplement if in_reference and not in_supplement else None
    return wording.one_line(name, 140), in_reference or in_supplement
