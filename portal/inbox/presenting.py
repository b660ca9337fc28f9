"""Due items, events and addresses in the words and shapes that the creditor's pages show."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask import current_app, request, url_for

from portal.confirmations.states import ReceiptStatus
from portal.core.money import Money
from portal.core.text import Text, t
from portal.inbox import stories
from portal.inbox.timeline import Entry
from portal.invoices import filters, holds
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n

MOST_DETAIL = 400

_ACTORS: Mapping[str, Text] = {
    "debtor": t("the customer, by their link"),
    "provider": t("the payment provider"),
    "api": t("your system"),
}
_RECEIPTS: Mapping[ReceiptStatus, tuple[Text, str]] = {
    ReceiptStatus.SDI_DELIVERED: (t("delivered by the SdI"), stories.GOOD),
    ReceiptStatus.CONFIRMED: (t("arrived, all fine"), stories.GOOD),
    ReceiptStatus.PROBLEM: (t("something is wrong"), stories.WAIT),
    ReceiptStatus.DENIED: (t("has not arrived"), stories.WAIT),
}


def searched(name: str = "q") -> str:
    """What was typed into a search, without characters that no name holds and databases refuse."""
    return filters.searchable(request.args.get(name, ""))


def chosen(name: str, allowed: Iterable[str], otherwise: str = "") -> str:
    """One of the choices of a filter; anything else in the address is none."""
    typed = request.args.get(name, "")
    return typed if typed in set(allowed) else otherwise


def road(endpoint: str, **values: Any) -> str | None:
    """The address of another feature's page, where this installation has it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def moment(at: datetime) -> str:
    return i18n.moment(at, person().creditor.time_zone)


def sums(amounts: Iterable[Money]) -> str:
    """`1.234,56 € + 20,00 $`: one sum per currency, never added up."""
    return " + ".join(i18n.money(amount) for amount in amounts)


def distance(day: date, today: date) -> str:
    """`in 9 days`, `today`, `19 days ago`."""
    days = (day - today).days
    if days == 0:
        return i18n.gettext("today")
    if days > 0:
        return i18n.ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}
    return i18n.ngettext("%(count)s day ago", "%(count)s days ago", -days) % {"count": -days}


def state(
    *, is_open: bool, withdrawn: bool, reasons: Iterable[str], receipt: ReceiptStatus | None, late: bool
) -> tuple[Text, str]:
    """How a due item stands, and its tint; calm words, never red for what is late (look.md)."""
    if withdrawn:
        return t("withdrawn"), stories.PLAIN
    if not is_open:
        return t("closed"), stories.GOOD
    reason = next(iter(reasons), None)
    if reason is not None:
        return holds.LABELS.get(reason, t("on hold")), stories.WAIT
    if receipt is not None and receipt is not ReceiptStatus.SDI_DELIVERED:  # what nearly all have says little
        return _RECEIPTS[receipt]
    return (t("past its date") if late else t("open")), stories.PLAIN


def told(entries: Iterable[Entry], *, here: str = "") -> list[dict[str, Any]]:
    """Entries as parts/guidance timeline and the tables want them; `here` is the address of this very page."""
    return [_told(one, here) for one in entries]


def _told(one: Entry, here: str) -> dict[str, Any]:
    known = stories.TRACES if one.trace else stories.STORIES
    story = known.get(one.name) or stories.Story(Text(one.name))
    what, note = stories.tell(story, one.data, one.number)
    if one.trace and one.data.get("client"):
        note = i18n.say(t("It calls itself %(client)s.", client=one.data["client"]))
    detail = (one.detail or "")[:MOST_DETAIL]
    href = _story_of(one)
    return {
        "when": moment(one.at),
        "what": what,
        "who": _actor(one),
        "note": " ".join(part for part in (note, detail) if part) or None,
        "href": href if href != here else None,
        "kind": story.kind,
        "debtor": one.debtor or "",
        "debtor_href": url_for("debtors_creditor.show", debtor_id=one.debtor_id) if one.debtor_id else None,
        "document": i18n.say(t("Invoice %(number)s", number=one.number)) if one.number else "",
    }


def _actor(one: Entry) -> str | None:
    if one.actor:
        return one.actor
    label = _ACTORS.get(one.actor_kind or "")
    return i18n.say(label) if label is not None else None


# Where each kind of subject is told in full: the page, and the name of its id there.
_STORIES = {
    "message": ("messages_creditor.show", "message_id"),
    "overpayment": ("overpayments_creditor.show", "overpayment_id"),
    "attempt": ("refunds_creditor.show", "attempt_id"),
    "check": ("refunds_creditor.show_check", "check_id"),
    "movement": ("bank_queue_creditor.show_movement", "movement_id"),
    "plan": ("plans_creditor.show", "plan_id"),
    "batch": ("imports_creditor.show_report", "batch_id"),
}


_SYSTEMS = {
    "endpoint": ("webhooks_creditor.show_endpoints", None),
    "delivery": ("webhooks_creditor.show_delivery", "delivery_id"),
    "connector": ("connectors_creditor.show", "connector_id"),
    "mailbox": ("mailbox_creditor.show", None),
}


def _story_of(one: Entry) -> str | None:
    """Where this is told in full."""
    if one.case_id:
        return url_for("cases_creditor.show", case_id=one.case_id)
    if one.subject_kind in _SYSTEMS and one.subject_id:
        return _system_story(one.subject_kind, one.subject_id)
    if one.subject_kind in _STORIES and one.subject_id:
        endpoint, name = _STORIES[one.subject_kind]
        return road(endpoint, **{name: one.subject_id})
    if one.invoice_id:
        return url_for("invoices_creditor.show", invoice_id=one.invoice_id)
    return url_for("debtors_creditor.show", debtor_id=one.debtor_id) if one.debtor_id else None


def _system_story(kind: str, row_id: int) -> str | None:
    if not person().may(Permission.WEBHOOKS):
        return None
    endpoint, name = _SYSTEMS[kind]
    return road(endpoint, **({name: row_id} if name else {}))


def filtered_url(names: Iterable[str], **changes: Any) -> str:
    """This page with other filters: those of `names` that stand in its address, and `changes` (None takes one away).

    Only known names are carried on: what else stands in an address is not ours to repeat.
    """
    values = {name: request.args.get(name) for name in names} | changes
    kept = {name: value for name, value in values.items() if value}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept)
