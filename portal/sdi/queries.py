"""Messages of the SdI and the invoices that they are about, within the creditor in scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.states import CaseStatus
from portal.core import db
from portal.documents.models import StoredFile
from portal.invoices import holds
from portal.invoices.models import DueItem, Hold, Invoice
from portal.sdi import documents as d
from portal.sdi.models import SdiFile, SdiMessage

_FEW = 25  # names that are looked for one by one; more are found by reading all
_MOST = 200


def of_invoice(invoice_id: int) -> list[SdiMessage]:
    """What the SdI said of an invoice, in the order in which it was taken in."""
    wanted = select(SdiMessage).where(SdiMessage.invoice_id == invoice_id).order_by(SdiMessage.id)
    return list(db.session().scalars(wanted.limit(_MOST)))


def files_of(invoice: Invoice) -> list[str]:
    """The stems of the files that an invoice came in, the first one first."""
    first = db.session().scalar(select(StoredFile.name).where(StoredFile.id == invoice.file_id))
    later = select(SdiFile.stem).where(SdiFile.invoice_id == invoice.id).order_by(SdiFile.id)
    return [*([d.stem(first)] if first else []), *db.session().scalars(later)]


def stems_of(invoice_ids: Iterable[int]) -> dict[int, set[str]]:
    """The same of many invoices at once."""
    wanted, found = sorted(invoice_ids), dict[int, set[str]]()
    first = select(Invoice.id, StoredFile.name).join(StoredFile, StoredFile.id == Invoice.file_id)
    for invoice_id, name in db.session().execute(first.where(Invoice.id.in_(wanted))):
        found.setdefault(invoice_id, set()).add(d.stem(name))
    later = select(SdiFile.invoice_id, SdiFile.stem).where(SdiFile.invoice_id.in_(wanted))
    for invoice_id, own in db.session().execute(later):
        found.setdefault(invoice_id, set()).add(own)
    return found


def lock(invoice: Invoice) -> None:
    """Two who bring messages about the same invoice wait for each other until a transaction ends."""
    db.session().execute(select(Invoice.id).where(Invoice.id == invoice.id).with_for_update())


def knows(invoice_id: int, fingerprint: str) -> bool:
    wanted = select(SdiMessage.id).where(SdiMessage.invoice_id == invoice_id, SdiMessage.fingerprint == fingerprint)
    return db.session().scalar(wanted) is not None


def by_sdi_id(sdi_id: str) -> list[tuple[int, str | None]]:
    """The invoices that a number of the SdI's is known to be about, each with the file that was named then."""
    wanted = select(SdiMessage.invoice_id, SdiMessage.file_name).where(SdiMessage.sdi_id == sdi_id)
    return [(invoice_id, name) for invoice_id, name in db.session().execute(wanted)]


def by_number(number: str, year: int | None) -> list[Invoice]:
    wanted = select(Invoice).where(Invoice.number == number)
    if year is not None:
        wanted = wanted.where(Invoice.year == year)
    return list(db.session().scalars(wanted.order_by(Invoice.id).limit(_MOST)))


def invoices(invoice_ids: Iterable[int]) -> list[Invoice]:
    wanted = select(Invoice).where(Invoice.id.in_(sorted(invoice_ids))).order_by(Invoice.id)
    return list(db.session().scalars(wanted))


@dataclass(slots=True)
class Names:
    """Which invoices came in under a file's name: `members` by each kept file, `archives` by the ZIP around it."""

    members: dict[str, dict[int, set[int]]] = field(default_factory=dict)
    archives: dict[str, set[int]] = field(default_factory=dict)

    def add(self, file_id: int, name: str, invoice_id: int, wanted: set[str]) -> None:
        own = d.stem(name)
        if own in wanted:
            self.members.setdefault(own, {}).setdefault(file_id, set()).add(invoice_id)
        for around in (d.stems(name) - {own}) & wanted:
            self.archives.setdefault(around, set()).add(invoice_id)


def names(wanted: set[str]) -> Names:
    """The invoices that came in under these stems (portal.sdi.documents.stem)."""
    found = Names()
    if not wanted:
        return found
    kept = select(StoredFile.id, StoredFile.name, Invoice.id).join(Invoice, Invoice.file_id == StoredFile.id)
    again = select(SdiFile.file_id, SdiFile.stem, SdiFile.invoice_id)
    if len(wanted) <= _FEW:
        lowered = func.lower(StoredFile.name)
        kept = kept.where(or_(*(lowered.contains(one, autoescape=True) for one in sorted(wanted))))
        again = again.where(SdiFile.stem.in_(sorted(wanted)))
    for file_id, name, invoice_id in db.session().execute(kept.execution_options(yield_per=2000)):
        found.add(file_id, name, invoice_id, wanted)
    for file_id, own, invoice_id in db.session().execute(again):
        found.add(file_id, own, invoice_id, wanted)
    return found


def open_cases(invoice_id: int, *causes: str) -> list[Case]:
    wanted = select(Case).where(
        Case.kind == kinds.SDI, Case.invoice_id == invoice_id, Case.status != CaseStatus.CLOSED
    )
    if causes:
        wanted = wanted.where(Case.cause.in_(causes))
    return list(db.session().scalars(wanted.order_by(Case.id)))


def not_issued(debtor_id: int) -> Sequence[str]:
    """The numbers of a customer's invoices that the SdI sent back, earliest first; none of withdrawn ones."""
    wanted = (
        select(Invoice.number)
        .join(DueItem, DueItem.invoice_id == Invoice.id)
        .join(Hold, Hold.due_item_id == DueItem.id)
        .where(
            DueItem.debtor_id == debtor_id, Hold.reason == holds.SDI_REJECTED, holds.running(),
            Invoice.withdrawn_at.is_(None),
        )
        .distinct()
        .order_by(Invoice.number)
    )  # fmt: skip
    return db.session().scalars(wanted.limit(_MOST)).all()


def latest(limit: int = 50) -> list[tuple[SdiMessage, str]]:
    """The messages that were taken in last, each with its invoice's number."""
    wanted = (
        select(SdiMessage, Invoice.number)
        .join(Invoice, Invoice.id == SdiMessage.invoice_id)
        .order_by(SdiMessage.id.desc())
    )
    return [(one, number) for one, number in db.session().execute(wanted.limit(limit))]
