"""Files of the SdI's messages taken in for one creditor: each message to its invoices, and what became of each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from portal.core import db, scope
from portal.core.text import Text
from portal.creditors import queries as creditors
from portal.sdi import actions, queries
from portal.sdi import documents as d
from portal.sdi.finding import Finder, NotFound
from portal.sdi.reading import Read

CHUNK = 200  # messages in one transaction
TAKEN, KNOWN, READ = "taken", "known", "read"
GetText = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one message about one invoice; `invoice` is its number, None where none was looked for or found.

    `outcome` is taken, known, read (a dry run without a creditor), not_found or ambiguous.
    """

    file: str
    message: d.Message
    invoice: str | None
    outcome: str

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.message.kind,
            "file_name": self.message.file_name,
            "sdi_id": self.message.sdi_id,
            "invoice": self.invoice,
            "outcome": self.outcome,
        }


@dataclass(slots=True)
class Report:
    """All of one run."""

    told: list[Told] = field(default_factory=list)
    refusals: list[d.Refused] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.told)

    def as_json(self, gettext: GetText = str) -> dict[str, Any]:
        files: dict[str, list[dict[str, Any]]] = {}
        for one in self.told:
            files.setdefault(one.file, []).append(one.as_json())
        for refused in self.refusals:
            files.setdefault(refused.file, [])
        return {
            "files": [{"file": file, "messages": messages} for file, messages in files.items()],
            "refusals": [{"file": one.file, "why": one.why.render(gettext)} for one in self.refusals],
        }


def only_read(found: Iterable[Read]) -> Report:
    """What the files say, without looking for any invoice."""
    report = Report()
    for one in found:
        if one.message is not None:
            report.told.append(Told(one.file, one.message, None, READ))
        elif one.refused is not None:
            report.refusals.append(one.refused)
    return report


def run(creditor_id: int, found: Iterable[Read], *, keep: bool = True) -> Report:
    """Takes every message in, a chunk a transaction; opens its own. Without `keep` it only says what would become."""
    report, stream = Report(), iter(sorted(found, key=_names_no_file))
    while chunk := list(islice(stream, CHUNK)):
        with db.transaction(writes=keep):
            scope.enter(creditor_id)
            take_chunk(creditor_id, chunk, report, keep=keep)
    return report


def take_chunk(creditor_id: int, chunk: Sequence[Read], report: Report, *, keep: bool = True) -> None:
    """The same within the running transaction and scope."""
    finder = Finder(creditors.by_id(creditor_id))
    finder.load([one.message for one in chunk if one.message is not None])
    for one in sorted(chunk, key=_names_no_file):
        if one.message is None:
            report.refusals += [one.refused] if one.refused is not None else []
            continue
        try:
            invoices = finder.find(one.message)
        except NotFound as error:
            report.told.append(Told(one.file, one.message, None, error.code))
            report.refusals.append(d.Refused(one.file, _named(one.message, error.why)))
            continue
        for invoice in invoices:
            new = (
                actions.take(one.message, invoice) if keep else not queries.knows(invoice.id, one.message.fingerprint)
            )
            report.told.append(Told(one.file, one.message, invoice.number, TAKEN if new else KNOWN))


def _names_no_file(one: Read) -> bool:
    """What is found by the SdI's number alone comes last: another message of the same run may name its file."""
    return one.message is not None and one.message.file_name is None


def _named(message: d.Message, why: Text) -> Text:
    return Text("%(kind)s: %(why)s", {"kind": message.kind, "why": why})
