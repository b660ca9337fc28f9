"""Which invoices a message is about. What is not found, or could be several, is said; nothing is guessed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.core.text import Text, t
from portal.creditors.models import Creditor
from portal.invoices.models import Invoice
from portal.sdi import documents as d
from portal.sdi import queries

NOT_FOUND, AMBIGUOUS = "not_found", "ambiguous"


class NotFound(Exception):
    """No invoice, or more than one could be meant: `code` is NOT_FOUND or AMBIGUOUS, `why` says how to mend it."""

    def __init__(self, code: str, why: Text) -> None:
        super().__init__(code)
        self.code, self.why = code, why


@dataclass(slots=True)
class Finder:
    """Looks for invoices of the creditor in scope; `names` holds what the messages of one chunk name."""

    creditor: Creditor
    names: queries.Names = field(default_factory=queries.Names)

    def load(self, messages: Sequence[d.Message]) -> None:
        self.names = queries.names({d.stem(one.file_name) for one in messages if one.file_name} - {""})

    def find(self, message: d.Message) -> list[Invoice]:
        """The invoices of one sending, or the one that the message names. Raises NotFound."""
        by_file, by_id, contradicts = self._by_file(message), *_by_id(message)
        if contradicts or (by_file and by_id and not by_file & by_id):
            text = t("The SdI's number %(id)s was another file's before: nobody can tell which invoice is meant.",
                     id=message.sdi_id)  # fmt: skip
            raise NotFound(AMBIGUOUS, text)
        found = queries.invoices(by_file or by_id)
        if not found:
            return self._by_number(message)
        return _narrowed(message, found)

    def _by_file(self, message: d.Message) -> set[int]:
        if message.file_name is None:
            return set()
        own = d.stem(message.file_name)
        files = list(self.names.members.get(own, {}).values())
        if not files:
            return self.names.archives.get(own, set())
        if any(one != files[0] for one in files):
            together = queries.invoices(set().union(*files))
            if message.reference is None or len(_matching(message.reference, together)) != 1:
                text = t("Several files are called %(file)s, and other invoices are in each: nobody can tell which "
                         "one is meant.", file=message.file_name)  # fmt: skip
                raise NotFound(AMBIGUOUS, text)
        return set().union(*files)

    def _by_number(self, message: d.Message) -> list[Invoice]:
        """By number and year, where the creditor itself sent the file: its VAT number stands in the file's name."""
        reference = message.reference
        if reference is None or not reference.number:
            raise NotFound(NOT_FOUND, _unknown(message))
        said = d.sender(message.file_name or message.own_name)
        if not said or said != _own(self.creditor):
            text = t("Its invoice %(number)s is not known by its file, and it does not show that you sent it: bring "
                     "the e-invoice in first, then this message again.", number=reference.number)  # fmt: skip
            raise NotFound(NOT_FOUND, text)
        found = queries.by_number(reference.number, reference.year)
        if not found:
            raise NotFound(NOT_FOUND, _unknown(message))
        if len(found) > 1:
            text = t("Several invoices have the number %(number)s: nobody can tell which one is meant. Bring the "
                     "e-invoice in, then this message again.", number=reference.number)  # fmt: skip
            raise NotFound(AMBIGUOUS, text)
        return found


def _by_id(message: d.Message) -> tuple[set[int], bool]:
    """The invoices that the SdI's number is known to be about; and whether it was named with another file only."""
    known = queries.by_sdi_id(message.sdi_id)
    own = d.stem(message.file_name or "")
    fits = {one for one, name in known if not own or not name or d.stem(name) == own}
    return fits, bool(known) and not fits


def _own(creditor: Creditor) -> str:
    compact = "".join((creditor.vat_number or "").split()).upper()
    return compact if compact[:2].isalpha() else f"IT{compact}"


def _matching(reference: d.Reference, found: Sequence[Invoice]) -> list[Invoice]:
    return [
        one for one in found if one.number == reference.number and reference.year in {None, one.year}
    ]  # fmt: skip


def _narrowed(message: d.Message, found: list[Invoice]) -> list[Invoice]:
    """The invoice that the message names, of those of its file; all where it names none."""
    if message.reference is None or not message.reference.number:
        return found
    named = _matching(message.reference, found)
    if not named:
        text = t("It speaks of invoice %(number)s, which was not in the file that it is about.",
                 number=message.reference.number)  # fmt: skip
        raise NotFound(NOT_FOUND, text)
    if len(named) > 1:
        text = t("Several invoices of its file have the number %(number)s: nobody can tell which one is meant.",
                 number=message.reference.number)  # fmt: skip
        raise NotFound(AMBIGUOUS, text)
    return named


def _unknown(message: d.Message) -> Text:
    if message.file_name is None:
        return t("No invoice here has the SdI's number %(id)s. Bring in the e-invoice, or a message that names its "
                 "file, then this message again.", id=message.sdi_id)  # fmt: skip
    return t("No invoice came in with the file %(file)s. Bring the e-invoice in first, then this message again.",
             file=message.file_name)  # fmt: skip
