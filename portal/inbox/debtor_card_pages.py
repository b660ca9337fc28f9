"""One debtor's card: what is open, how they are reached, what they asked and paid, and everything that happened."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import render_template, request, url_for

from portal.cases import presenting as cases
from portal.cases.models import Case
from portal.channel_wishes import presenting as wishes
from portal.channel_wishes import queries as channel_wishes
from portal.channel_wishes import rules as channels
from portal.core import clock, ids
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors import links as access_links
from portal.debtors import queries as debtors
from portal.debtors.models import AccessLink, ContactPoint, Debtor
from portal.inbox import debtor_queries as queries
from portal.inbox import presenting, stories, timeline
from portal.payments.models import PaymentAttempt
from portal.payments.states import AttemptStatus
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.promises import presenting as promises
from portal.reasons import queries as reasons
from portal.reasons import rules as reason_rules
from portal.silence import presenting as silence
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, creditor_blueprint, only_own

blueprint = creditor_blueprint("debtors_creditor", __name__)

CHANNELS: dict[str, Text] = {
    "email": t("Email"), "pec": t("Certified e-mail (PEC)"), "mobile": t("Mobile"), "phone": t("Phone")
}  # fmt: skip
SOURCES: dict[str, Text] = {"creditor": t("from your records"), "debtor": t("given by the customer")}
KINDS: dict[str, Text] = {"business": t("Business"), "consumer": t("Consumer")}
CORRECTED = ("email", "mobile")  # what somebody here may type anew
_PAID = {AttemptStatus.SUCCEEDED: stories.GOOD, AttemptStatus.FAILED: stories.PLAIN}


@blueprint.get("/debtors/<id:debtor_id>")
@allow(Permission.READ)
def show(debtor_id: int) -> Any:
    return card_page(debtor_id, Form())


def card_page(debtor_id: int, form: Form, *, anchor: str = "address") -> Any:
    """The card; with what was typed wrong, where `anchor` is the field that it stands beside."""
    creditor = person().creditor
    card: queries.Card = only_own(queries.card(debtor_id, clock.today(creditor.time_zone), creditor.currency))
    invoices = queries.invoices(debtor_id=debtor_id)
    may_know = person().may(Permission.HARDSHIP)
    page = timeline.of_debtor(debtor_id, request.args.get("after"), private=may_know)
    paused, stopped = debtors.paused(debtor_id), channel_wishes.stopped(debtor_id)
    errors = [(anchor, sentence) for _, sentence in form.errors]
    body = render_template(
        "debtors/staff_debtor.html",
        title=card.debtor.name,
        debtor=_head(card, stopped),
        actions=_roads(card),
        contacts=[_contact(contact, contact.id in paused, stopped, form, anchor) for contact in card.contacts],
        add_url=_url(".add_contact", Permission.CONTACTS, debtor_id=debtor_id),
        address=form.typed.get("address", "") if anchor == "address" else "",
        mobile=form.typed.get("address", "") if anchor == "mobile" else "",
        charge_url=_url(".put_in_charge", Permission.CONTACTS, debtor_id=debtor_id),
        salesperson=form.typed.get("salesperson", card.debtor.salesperson or ""),
        invoices=[row for invoice in invoices for row in item_rows(invoice)],
        newest_only=i18n.say(t("%(count)s shown", count=len(invoices)))
        if len(invoices) == queries.MOST_INVOICES
        else "",
        items_url=_items_url(debtor_id),
        cases=[
            _case(case, number)
            for case, number in queries.cases(debtor_id, private=person().may(Permission.HARDSHIP))
        ],
        payments=[_payment(attempt) for attempt in queries.payments(debtor_id)],
        links=[_link(row) for row in queries.links(debtor_id)],
        entries=presenting.told(page.rows, here=url_for(".show", debtor_id=debtor_id)),
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=url_for(".show", debtor_id=debtor_id) if request.args.get("after") else None,
        older_url=url_for(".show", debtor_id=debtor_id, after=page.next_cursor) if page.next_cursor else None,
        errors=errors,
        error_of=dict(errors),
    )
    return body, 422 if form.wrong else 200


def _url(endpoint: str, permission: Permission, **values: Any) -> str | None:
    """Where a form leads, for those who may send it."""
    return url_for(endpoint, **values) if person().may(permission) else None


def _head(card: queries.Card, stopped: Mapping[str, datetime]) -> dict[str, Any]:
    note = i18n.ngettext("%(count)s due item past its date", "%(count)s due items past their date", card.late)
    return {
        "name": card.debtor.name,
        "code": card.debtor.code,
        "open": presenting.sums(card.open) or "–",
        "open_note": note % {"count": card.late} if card.late else "",
        "details": _details(card, stopped),
    }


def _details(card: queries.Card, stopped: Mapping[str, datetime]) -> list[tuple[str, str]]:
    debtor = card.debtor
    rows = (
        (t("Kind"), i18n.say(KINDS.get(debtor.kind, Text(debtor.kind)))),
        (t("VAT number"), debtor.vat_number),
        (t("Tax code"), debtor.tax_code),
        (t("Postcode"), debtor.postcode),
        (t("Salesperson"), debtor.salesperson),
        (t("Language"), i18n.languages()[i18n.known(debtor.language) or i18n.DEFAULT].own_name),
        (t("How to reach them"), wishes.said(debtor.preferred_channel, stopped, person().creditor.time_zone)),
        (t("Credit that belongs to no invoice"), presenting.sums(card.credit)),
        (t("Who may be spoken to"), silence.said(card.silent)),
        (t("Promises kept"), promises.rate(card.promises)),
        (t("The reasons that they gave"), _reasons(debtor)),
    )
    return [(i18n.say(label), value) for label, value in rows if value]


def _reasons(debtor: Debtor) -> str:
    """Why something was open, as they said; difficulty only for those who may know (rule C-26)."""
    found = reasons.shown_to_staff(debtor.id, private=person().may(Permission.HARDSHIP))
    said = [
        t("%(reason)s, on %(day)s", reason=reason_rules.REASONS[one.reason], day=i18n.short_day(_day(one.given_at)))
        for one in found
    ]
    return "; ".join(i18n.say(one) for one in said)


def _roads(card: queries.Card) -> list[tuple[str, str]]:
    roads = [(i18n.gettext("Due items"), _items_url(card.debtor.id))]
    preview = presenting.road("home_creditor.show_as_debtor", debtor_id=card.debtor.id)
    if preview:
        roads.append((i18n.gettext("As the customer sees it"), preview))
    messages = presenting.road("messages_creditor.show_list", debtor=ids.spell(card.debtor.id))
    if messages and person().may(Permission.READ_MESSAGES):
        roads.append((i18n.gettext("Messages"), messages))
    writing = presenting.road("channel_wishes_creditor.show", debtor_id=card.debtor.id)
    if writing:
        roads.append((i18n.gettext("How to write to them"), writing))
    coming = presenting.road("calendar_creditor.show_customer", debtor_id=card.debtor.id)
    if coming:
        roads.append((i18n.gettext("When they hear from you"), coming))
    deliveries = presenting.road("releases_creditor.show", debtor_id=card.debtor.id)
    if deliveries:
        roads.append((i18n.gettext("Deliveries"), deliveries))
    spoken_to = presenting.road("silence_creditor.show", debtor_id=card.debtor.id)
    if spoken_to:
        roads.append((i18n.gettext("Who may be spoken to"), spoken_to))
    if person().may(Permission.ANSWER):
        interview = presenting.road("interviews_creditor.show", debtor_id=card.debtor.id)
        roads += [(i18n.gettext("Ask on the telephone how it went"), interview)] if interview else []
    credit = presenting.road("credit_creditor.show", debtor_id=card.debtor.id)
    if credit:
        roads.append((i18n.gettext("Credit line"), credit))
    expected = presenting.road("late_risk_creditor.show", debtor_id=card.debtor.id)
    if expected:
        roads.append((i18n.gettext("What is to be expected"), expected))
    doors = presenting.road("doors_creditor.show_debtor_links", debtor_id=card.debtor.id)
    if doors:
        roads.append((i18n.gettext("Links"), doors))
    papers = presenting.road("account_papers_creditor.show_account", debtor_id=card.debtor.id)
    if papers:
        roads.append((i18n.gettext("Statement of account"), papers))
    if person().may(Permission.EXPORT):
        privacy = presenting.road("privacy_creditor.show", debtor_id=card.debtor.id)
        roads += [(i18n.gettext("Personal data"), privacy)] if privacy else []
    return roads


def _items_url(debtor_id: int) -> str:
    return url_for("due_items_creditor.show", debtor=ids.spell(debtor_id), state="all")


def _contact(
    contact: ContactPoint, paused: bool, stopped: Mapping[str, datetime], form: Form, anchor: str
) -> dict[str, Any]:
    usable = contact.stopped_at is None
    state, kind = t("in use"), stories.GOOD
    if contact.channel == "mobile" and not debtors.takes_texts(contact.address):
        state, kind = t("no mobile's number: no text and no code can go there"), stories.WAIT
    elif contact.codes_from is not None and contact.codes_from > clock.now():
        state = t("in use; one-time codes from %(moment)s", moment=presenting.moment(contact.codes_from))
    unwanted = wishes.not_wanted(stopped, channels.OF_CONTACT[contact.channel], person().creditor.time_zone)
    if unwanted:
        state, kind = Text(unwanted), stories.WAIT
    if paused:
        state, kind = t("we do not write there: somebody said that it is not theirs"), stories.WAIT
    if not usable:
        why = stories.WORDS.get(contact.stopped_why or "", Text(contact.stopped_why or ""))
        state, kind = t("stopped: %(why)s", why=why), stories.WAIT
    field, may = f"address-{ids.spell(contact.id)}", usable and person().may(Permission.CONTACTS)
    values: dict[str, Any] = {"debtor_id": contact.debtor_id, "contact_id": contact.id}
    return {
        "field": field,
        "address": contact.address,
        "type": "tel" if contact.channel == "mobile" else "email",
        "typed": form.typed.get("address", "") if anchor == field else contact.address,
        "channel": CHANNELS.get(contact.channel, Text(contact.channel)),
        "source": SOURCES[contact.source],
        "state": state,
        "kind": kind,
        "correct_url": url_for(".correct_contact", **values) if may and contact.channel in CORRECTED else None,
        "confirm_url": url_for(".confirm_contact", **values) if may and paused else None,
        "stop_url": url_for(".stop_contact", **values) if may else None,
    }


def item_rows(invoice: queries.InvoiceOf) -> list[dict[str, Any]]:
    """One row a due item; a credit note has one row of its own."""
    today = clock.today(person().creditor.time_zone)
    label = t("Credit note %(number)s") if invoice.kind == "credit_note" else t("Invoice %(number)s")
    shared = {
        "document": i18n.say(Text(label.msgid, {"number": invoice.number})),
        "href": url_for("invoices_creditor.show", invoice_id=invoice.invoice_id),
        "issued": i18n.short_day(invoice.issued_on),
    }
    if not invoice.items:
        total = i18n.money(-invoice.total)
        return [
            shared | {"on": "", "amount": total, "open": "", "state": t("credit note"), "kind": "plain", "until": ""}
        ]
    rows = []
    for item in invoice.items.values():
        is_open = bool(item.open) and not invoice.withdrawn
        state, kind = presenting.state(
            is_open=is_open,
            withdrawn=invoice.withdrawn,
            reasons=item.holds,
            receipt=invoice.receipt,
            late=item.due_on < today,
        )
        until = next(iter(item.holds.values()), None) if is_open else None
        rows.append(
            shared
            | {
                "on": i18n.short_day(item.due_on),
                "amount": i18n.money(item.amount),
                "open": i18n.money(item.open),
                "state": state,
                "kind": kind,
                "until": _until(until),
            }
        )
    return rows


def _until(at: datetime | None) -> str:
    return i18n.say(t("until %(day)s", day=i18n.short_day(_day(at)))) if at is not None else ""


def _day(at: datetime) -> date:
    return clock.day_of(at, person().creditor.time_zone)


def _case(case: Case, number: str | None) -> dict[str, Any]:
    return cases.summary(case, person().creditor.time_zone) | {
        "about": i18n.say(t("Invoice %(number)s", number=number)) if number else "",
        "words": case.words or "",
        "href": url_for("cases_creditor.show", case_id=case.id),
    }


def _payment(attempt: PaymentAttempt) -> dict[str, Any]:
    return {
        "when": presenting.moment(attempt.created_at),
        "amount": i18n.money(Money(attempt.amount_minor, attempt.currency)),
        "method": stories.WORDS.get(attempt.method, Text(attempt.method)),
        "state": attempt.status.label,
        "kind": _PAID.get(attempt.status, stories.WAIT if attempt.status is AttemptStatus.PROCESSING else "plain"),
    }


def _link(row: queries.LinkOf) -> dict[str, Any]:
    link = row.link
    state, kind, live = _link_state(link)
    values = {"debtor_id": link.debtor_id, "link_id": link.id}
    return {
        "purpose": stories.WORDS["qr"] if link.purpose == access_links.QR else stories.purpose(link.campaign),
        "made": i18n.say(t("made on %(day)s", day=i18n.short_day(_day(link.issued_at)))),
        "until": i18n.say(t("until %(day)s", day=i18n.short_day(_day(link.expires_at)))),
        "state": state,
        "kind": kind,
        "revoke_url": _url(".revoke_link", Permission.SEND, **values) if live else None,
        "visits": [
            {
                "since": presenting.moment(visit.started_at),
                "end_url": _url(".end_visit", Permission.SEND, debtor_id=visit.debtor_id, visit_id=visit.id),
            }
            for visit in row.visits
        ],
    }


def _link_state(link: AccessLink) -> tuple[Text, str, bool]:
    if link.revoked_at is not None:
        why = stories.WORDS.get(link.revoked_why or "", Text(link.revoked_why or ""))
        return t("revoked: %(why)s", why=why), stories.PLAIN, False
    if link.expires_at <= clock.now():
        return t("run out"), stories.PLAIN, False
    return t("live"), stories.GOOD, True
