"""Small words of bank files: references that mean nothing, IBANs, RF references that stand in free text."""

import re
from collections.abc import Iterator

from portal.core import banking
from portal.core.banking import IbanCheck
from portal.imports.identifiers import clean

_NOTHING = frozenset({"", "NOTPROVIDED", "NOTPROVIDE", "NONREF", "NOREF", "NOTAVAILABLE", "UNKNOWN", "NA", "N/A"})
_ZEROS = re.compile(r"[0\s.\-/]*", re.ASCII)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])", re.ASCII)
# Written without blanks, or in groups of four as people copy it.
_RF_WRITTEN = re.compile(
    r"(?<![A-Z0-9])RF[0-9]{2}(?:[A-Z0-9]{1,21}|(?: [A-Z0-9]{4}){1,5}(?: [A-Z0-9]{1,4})?| [A-Z0-9]{1,4})(?![A-Z0-9])",
    re.ASCII,
)
_RF_BEGINS = re.compile(r"R[\s.\-/]*F[\s.\-/]*(?=[0-9][\s.\-/]*[0-9])", re.ASCII)
_RF_GOES_ON = re.compile(r"[\s.\-/]*([A-Z0-9])", re.ASCII)
_LONGEST_RF = 25
MOST_TEXT = 1000
_SHORTEST_TRIED = 6


def one_line(text: str | None, longest: int = MOST_TEXT) -> str | None:
    """Visible text in one line; None for nothing."""
    return (clean(text, longest) or None) if text else None


def reference(raw: str | None, longest: int = 70) -> str | None:
    """A reference that says something; `NOTPROVIDED` and its kin are how banks write: there is none."""
    found = one_line(raw, longest)
    if found is None or found.upper().replace(" ", "") in _NOTHING or _ZEROS.fullmatch(found):
        return None
    return found


def iban(raw: str | None) -> str | None:
    """The IBAN as banks write it, if it is built like one; check digits are the bank's business."""
    if not raw:
        return None
    compact = banking.normalise_iban(raw)
    return compact if banking.check_iban(compact) in {IbanCheck.OK, IbanCheck.MOD97, IbanCheck.CIN} else None


def ibans_in(text: str) -> Iterator[str]:
    """IBANs with right check digits that stand in free text."""
    for match in _IBAN.finditer(text.upper()):
        compact = match[0].replace(" ", "")
        for length in range(len(compact), 14, -1):  # words behind it may look like its end
            if banking.check_iban(compact[:length]) is IbanCheck.OK:
                yield compact[:length]
                break


def rf_written(text: str) -> str | None:
    """The RF reference that is clearly written in a text: whole, or in groups of four, check digits right."""
    for match in _RF_WRITTEN.finditer(text.upper()):
        groups = match[0].split(" ")
        for count in range(len(groups), 0, -1):
            candidate = "".join(groups[:count])
            if banking.is_rf(candidate):
                return candidate
    return None


def rf_spellings(text: str) -> set[str]:
    """Everything in a text that could be an RF reference with right check digits, blanks and hyphens inside or not.

    One in a hundred of them is one by chance: only what a due item really bears counts (rule B-35).
    """
    upper = text.upper()
    found: set[str] = set()
    for start in _RF_BEGINS.finditer(upper):
        letters, at = "RF", start.end()
        while len(letters) < _LONGEST_RF and (more := _RF_GOES_ON.match(upper, at)):
            letters, at = letters + more[1], more.end()
            if len(letters) >= _SHORTEST_TRIED and banking.is_rf(letters):
                found.add(letters)
    return found
