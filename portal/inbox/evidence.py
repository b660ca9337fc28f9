"""What the product knows of a payment that its cardholder contests, for the bank: one ZIP (rule B-13).

`evidence.pdf` tells it in order; beside it lie the documents, the messages as they were sent, the receipt, and what
was handed to the payment page. No fact that somebody typed at the gate, no token and no key is in it: none is kept.
"""

import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

from sqlalchemy import select

from portal.core import clock, db, ids
from portal.core.money import Money
from portal.core.text import t
from portal.creditors.faces import Face
from portal.debtors import papers
from portal.debtors import queries as debtors
from portal.debtors.models import AccessLink, ContactPoint, Debtor, LinkTrace, Visit
from portal.documents import store
from portal.documents.typst import render_pdf
from portal.inbox import payment_queries, presenting, timeline
from portal.invoices import copies
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.messages.models import Message
from portal.payments import apart, checkout, queries, receipts
from portal.payments import presenting as payments
from portal.payments.models import CardDispute, PaymentAttempt
from portal.web import i18n
from portal.web.i18n import gettext as _

MOST = 200  # lines of each kind: a bank reads no more
MOST_PAGES = 4  # of the story of one document
Section = dict[str, Any]


def write(attempt: PaymentAttempt, disputes: Sequence[CardDispute], face: Face, into: IO[bytes]) -> None:
    """Writes the ZIP, in the current language, about a payment that arrived."""
    debtor = debtors.debtor(attempt.debtor_id)
    if debtor is None:
        raise LookupError("a payment of nobody")
    items, messages = queries.paid_items(attempt), _messages(attempt)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence.pdf", _summary(attempt, disputes, face, debtor, items, messages))
        archive.writestr("receipt.pdf", receipts.paper(face, debtor, attempt))
        archive.writestr("payment-page.json", json.dumps(_payment_page(attempt), ensure_ascii=False, indent=1))
        for name, content in _documents(face, debtor, items):
            archive.writestr(name, content)
        for name, words in _as_sent(messages):
            archive.writestr(name, words)


def _payment_page(attempt: PaymentAttempt) -> dict[str, Any]:
    """What was handed to the provider, whose page showed it: the lines and amounts to the cent, in which language."""
    order = checkout.order_of(attempt)
    return {
        "reference": order.reference,
        "provider_session": attempt.provider_id,
        "provider_payment": attempt.provider_payment_id,
        "language": order.language,
        "begun_at": clock.iso(order.begun_at),
        "open_until": clock.iso(order.expires_at),
        "currency": attempt.currency,
        "lines": [{"title": part.title, "amount_minor": part.amount.minor} for part in order.parts],
        "total_minor": attempt.amount_minor,
    }


def _documents(face: Face, debtor: Debtor, items: Sequence[Item]) -> Iterator[tuple[str, bytes]]:
    """A copy of each document that it paid, and the original where that holds nothing else."""
    for invoice_id in dict.fromkeys(item.invoice_id for item in items):
        invoice = invoice_queries.invoice(invoice_id)
        if invoice is None:
            continue
        its_items = invoice_queries.items_of_debtor(debtor.id, invoice.id, only_open=False)
        name = f"documents/{_safe(invoice.number)}-{ids.spell(invoice.id)}"
        yield f"{name}.pdf", copies.pdf(face, debtor, invoice, its_items)
        file = (
            store.row(invoice.file_id) if invoice.file_id and not invoice_queries.shares_its_file(invoice) else None
        )
        if file is not None:
            yield f"{name}{'.xml.p7m' if file.name.lower().endswith('.p7m') else '.xml'}", store.content(file)


def _messages(attempt: PaymentAttempt) -> list[Message]:
    """What they were sent at their own addresses; the oldest first."""
    of_colleagues = select(ContactPoint.id).where(ContactPoint.colleague.is_(True))
    wanted = (
        select(Message)
        .where(Message.debtor_id == attempt.debtor_id, Message.sent_at.is_not(None))
        .where(Message.contact_point_id.is_(None) | Message.contact_point_id.not_in(of_colleagues))
        .order_by(Message.id.desc())
        .limit(MOST)
    )
    return list(db.session().scalars(wanted))[::-1]


def _as_sent(messages: Sequence[Message]) -> Iterator[tuple[str, str]]:
    for one in messages:
        name = f"messages/{one.sent_at:%Y-%m-%d}-{one.key}-{ids.spell(one.id)}"
        if one.text_body:
            yield f"{name}.txt", f"{one.subject or ''}\n\n{one.text_body}"
        if one.html_body:
            yield f"{name}.html", one.html_body


def _summary(  # noqa: PLR0917 - what the paper is made of
    attempt: PaymentAttempt,
    disputes: Sequence[CardDispute],
    face: Face,
    debtor: Debtor,
    items: Sequence[Item],
    messages: Sequence[Message],
) -> bytes:
    made_on = clock.today(face.time_zone)
    arrived = attempt.arrived_at or attempt.status_at
    data: dict[str, Any] = {
        "made_at": papers.made_at(made_on),
        "title": i18n.say(t("Payment of %(amount)s", amount=i18n.money(payments.amount(attempt)))),
        "creditor": papers.sender(face),
        "debtor": papers.reader(debtor),
        "facts": [
            [_("Arrived on"), i18n.moment(arrived, face.time_zone)],
            [_("Number"), payments.number(attempt)],
            [_("At the provider"), attempt.provider_payment_id or "–"],
        ],
        "notice": _("What we know of this payment, for the bank. The copies lie beside this paper."),
        "sections": [
            _contested(disputes, face.time_zone),
            _paid(attempt, items, face.time_zone),
            _visits(attempt, face.time_zone),
            _sent(messages, face.time_zone),
            _happened(attempt, items, face.time_zone),
        ],
        "closing": [papers.whom_to_ask(face)],
        **papers.foot(face, made_on),
    }
    return render_pdf("statement", data, i18n.language().code)


def _section(heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Section:
    empty = [[_("Nothing"), *("–" for _one in columns[1:])]]
    return {"heading": heading, "columns": list(columns), "rows": [list(row) for row in rows] or empty, "totals": []}


def _contested(disputes: Sequence[CardDispute], zone: str) -> Section:
    rows = [
        [one.reason.replace("_", " "), i18n.moment(one.opened_at, zone), i18n.say(one.status.label),
         i18n.money(Money(one.amount_minor, one.currency))]
        for one in disputes
    ]  # fmt: skip
    return _section(_("Contested at the bank"), [_("Reason"), _("When"), _("State"), _("Amount")], rows)


def _paid(attempt: PaymentAttempt, items: Sequence[Item], zone: str) -> Section:
    """The documents as the payment page named them, and what of the money went to each."""
    reserved = queries.reservations(attempt.id)
    went_to, amounts = apart.of(attempt, reserved, zone), {one.due_item_id: one.amount_minor for one in reserved}
    rows = []
    for item in items:
        parts = payments.apart(went_to[item.item_id]) if item.item_id in went_to else []
        title = f"{invoices.title(item)} ({', '.join(parts)})" if parts else invoices.title(item)
        rows.append([title, i18n.day(item.due_on), i18n.money(Money(amounts[item.item_id], attempt.currency))])
    return _section(_("What it paid"), [_("Document"), _("Due on"), _("Amount")], rows)


def _visits(attempt: PaymentAttempt, zone: str) -> Section:
    """When somebody came in who knew a fact that stands in no mail; which fact that was is kept nowhere."""
    wanted = (
        select(Visit, AccessLink, ContactPoint.address)
        .join(AccessLink, AccessLink.id == Visit.link_id)
        .outerjoin(ContactPoint, ContactPoint.id == AccessLink.contact_point_id)
        .where(Visit.debtor_id == attempt.debtor_id)
        .order_by(Visit.id.desc())
        .limit(MOST)
    )
    rows = []
    for visit, link, address in reversed(db.session().execute(wanted).all()):
        through = debtors.masked(address) if address else "–"
        here = f" · {_('paid in this visit')}" if visit.id == attempt.visit_id else ""
        said = t("Proved who they are, with the link of %(day)s", day=i18n.moment(link.issued_at, zone))
        seen = [i18n.moment(at, zone) for at in (visit.started_at, visit.seen_at)]
        rows.append([i18n.say(said) + here, through, *seen])
    return _section(_("Visits"), [_("What"), _("Link sent to"), _("From"), _("Last seen")], rows)


def _sent(messages: Sequence[Message], zone: str) -> Section:
    rows = [
        [one.subject or one.key, debtors.masked(one.to_address), i18n.moment(one.sent_at, zone)]
        for one in messages
        if one.sent_at is not None
    ]
    return _section(_("Messages"), [_("Subject"), _("To"), _("Sent")], rows)


def _happened(attempt: PaymentAttempt, items: Sequence[Item], zone: str) -> Section:
    """The payment, its documents, and the door of the link that it was paid through; the oldest first."""
    entries = {one.id: one for one in payment_queries.story(attempt.id)}
    for invoice_id in dict.fromkeys(item.invoice_id for item in items):
        for one in _of_invoice(invoice_id, [item.item_id for item in items if item.invoice_id == invoice_id]):
            entries[one.id] = one
    for one in _at_the_door(attempt):
        entries[one.id] = one
    in_order = [entries[entry_id] for entry_id in sorted(entries)][-MOST:]
    told = presenting.told(in_order)
    rows = [[said["what"], i18n.moment(one.at, zone)] for one, said in zip(in_order, told, strict=True)]
    return _section(_("What happened"), [_("What"), _("When")], rows)


def _of_invoice(invoice_id: int, item_ids: list[int]) -> Iterator[timeline.Entry]:
    cursor: str | None = None
    for _page in range(MOST_PAGES):
        page = timeline.of_invoice(invoice_id, item_ids, cursor)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _at_the_door(attempt: PaymentAttempt) -> list[timeline.Entry]:
    link = select(Visit.link_id).where(Visit.id == attempt.visit_id)
    wanted = select(LinkTrace).where(LinkTrace.link_id.in_(link)).order_by(LinkTrace.id.desc()).limit(MOST)
    return [
        timeline.Entry(one.id, one.at, one.kind, {}, True, subject_kind="link", subject_id=one.link_id)
        for one in db.session().scalars(wanted)
    ]


def _safe(number: str) -> str:
    return "".join(one if one.isascii() and one.isalnum() else "-" for one in number)
