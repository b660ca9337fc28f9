"""The links that the demo hands out: one for each part that its cast plays, and codes as printed on paper."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import select

from portal.core import clock, db, scope
from portal.creditors import queries as creditors
from portal.debtors import facts, gate, links
from portal.debtors import queries as debtors
from portal.debtors.models import AccessLink, Debtor
from portal.demo.company import CREDITOR
from portal.demo.people import CAST
from portal.invoices import queries as invoices
from portal.web import i18n

CAMPAIGN = "demo"
PORTAL_PARTS = ("caring", "clerk", "late", "elderly", "english", "part_paid", "instalments", "disputed", "foreign")
PAPER_PARTS = ("late", "caring", "elderly")


@dataclass(frozen=True, slots=True)
class DemoLink:
    """One way in, with what the gate asks for: `make demo` prints it, `var/demo.json` holds it."""

    debtor: str
    invoice: str | None
    purpose: str
    url: str
    fact_label: str
    fact: str
    language: str

    def as_json(self) -> dict[str, str | None]:
        return asdict(self)


def links_to_show() -> list[DemoLink]:
    """The demo's links, issued once and found again at a later start."""
    found = []
    with db.transaction():
        creditor = creditors.by_slug(CREDITOR.slug)
        if creditor is None:
            raise LookupError("the demo has not been filled")
        scope.enter(creditor.id)
        by_code = {d.code: d for d in db.session().scalars(select(Debtor).where(Debtor.code.in_(CAST.values())))}
        for part in PORTAL_PARTS:
            debtor = by_code.get(CAST[part])
            if debtor is not None:
                found.append(_portal(creditor.gate_fact, debtor))
        for part in PAPER_PARTS:
            debtor = by_code.get(CAST[part])
            shown = _paper(debtor) if debtor is not None else None
            if shown is not None:
                found.append(shown)
    return found


def _issued(debtor: Debtor, purpose: str, invoice_id: int | None) -> AccessLink:
    found = db.session().scalars(
        select(AccessLink).where(
            AccessLink.debtor_id == debtor.id,
            AccessLink.campaign == CAMPAIGN,
            AccessLink.purpose == purpose,
            AccessLink.revoked_at.is_(None),
            AccessLink.expires_at > clock.now() + timedelta(hours=1),
        )
    ).first()  # fmt: skip
    if found is not None:
        return found
    contact = debtors.mail_contact(debtor.id)
    return links.issue(
        debtor.id,
        purpose=purpose,
        campaign=CAMPAIGN,
        expires_at=clock.now() + timedelta(days=60),
        invoice_id=invoice_id,
        contact_point_id=contact.id if contact and purpose == links.PORTAL else None,
    )


def _portal(preferred_fact: str, debtor: Debtor) -> DemoLink:
    question = facts.question(preferred_fact, gate.held_of(debtor))
    if question is None:
        raise LookupError(f"no fact is held of {debtor.code}")
    link = _issued(debtor, links.PORTAL, None)
    label = i18n.say(question.label, debtor.language)
    return DemoLink(
        debtor.name, None, links.PORTAL, links.address(link.id), label, question.answers[0], debtor.language
    )


def _paper(debtor: Debtor) -> DemoLink | None:
    items = invoices.items_of_debtor(debtor.id)
    if not items:
        return None
    link = _issued(debtor, links.QR, items[0].invoice_id)
    invoice = invoices.invoice(link.invoice_id or 0)
    if invoice is None:
        return None
    label = i18n.say(facts.paper_question(invoice.number, ()).label, debtor.language)
    url = links.address(link.id, links.QR)
    return DemoLink(debtor.name, invoice.number, links.QR, url, label, invoice.number, debtor.language)
