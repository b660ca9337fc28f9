"""The creditor's first page: what customers did since yesterday, what waits for a person, what is open."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for

from portal.cases import idle, kinds
from portal.core import clock
from portal.core.money import Money
from portal.core.text import Text, t
from portal.inbox import due_item_queries, presenting, queue_pages, queue_queries, today_queries
from portal.inbox.timeline import Entry
from portal.invoices import filters
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("today_creditor", __name__)

KINDS: dict[str, Text] = {
    "answers": t("Answers about receipt"),
    "payments": t("Payments"),
    "questions": t("Questions"),
    "voices": t("Promises, and what is said to be paid"),
    "addresses": t("Addresses"),
    "opened": t("Opened by the person"),
}


def _yesterday() -> datetime:
    """The moment at which yesterday began for the creditor."""
    zone = person().creditor.time_zone
    return datetime.combine(clock.today(zone) - timedelta(days=1), time.min, ZoneInfo(zone))


@blueprint.get("/")
@allow(Permission.READ)
def show() -> Any:
    today = clock.today(person().creditor.time_zone)
    since = _yesterday()
    waiting = [*today_queries.not_me(), *today_queries.attention()]
    private = person().may(Permission.HARDSHIP)
    queued, lies_idle = queue_queries.counts(person().staff_id, private=private), idle.counts(private=private)
    news, counts = today_queries.news_counts(since), today_queries.counts()
    return render_template(
        "home/staff_today.html",
        title=i18n.say(t("Today (%(count)s)", count=queued.todo)),
        intro=i18n.day(today),
        figures=[_queue(queued), *_figures(due_item_queries.open_sums(today), news), *_trouble(counts, lies_idle)],
        kinds=_kinds(private=private),
        queue_url=url_for("queue_creditor.show"),
        waiting=[_waiting(one) for one in waiting],
        news=presenting.told(today_queries.news(since)),
        activity_url=url_for(".show_activity"),
        due=[_due(item) for item in today_queries.due_soon(today)],
        due_url=url_for("due_items_creditor.show", when=filters.SOON),
        steps_url=presenting.road("first_steps_creditor.show"),
        morning_url=presenting.road("digests_creditor.show"),
        import_url=presenting.road("imports_creditor.show_upload") if person().may(Permission.IMPORT) else None,
    )


def _waiting(one: Entry) -> dict[str, Any]:
    """Something that waits for a person; a "this is not me" leads to the card, where the address is stopped."""
    row = presenting.told([one])[0]
    return row | {"href": row["href"] or row["debtor_href"] or url_for(".show_activity")}


def _queue(counts: queue_queries.Counts) -> dict[str, Any]:
    """As many as the queue itself says."""
    note = queue_pages.said(counts) if counts.todo else ""
    return _figure(t("In the queue"), str(counts.todo), note, url_for("queue_creditor.show"))


def _kinds(*, private: bool) -> list[tuple[str, str]]:
    """(label with its number, address) of what waits in the queue, kind by kind."""
    return [
        (f"{i18n.say(kinds.KINDS[kind].label)}: {count}", url_for("queue_creditor.show", kind=kind))
        for kind, count in queue_queries.by_kind(private=private).items()
    ]


def _figures(sums: dict[tuple[str, bool], due_item_queries.Sum], news: dict[str, int]) -> list[dict[str, Any]]:
    """Each figure opens its rows. Amounts are per currency and never added up (decision 27)."""
    since = i18n.gettext("since yesterday")
    answers = sum(news.get(name, 0) for name in today_queries.ANSWERS)
    paid = news.get("payment.succeeded", 0)
    return [
        _figure(t("Answers about receipt"), str(answers), since, url_for(".show_activity", kind="answers")),
        _figure(t("Payments"), str(paid), since, url_for(".show_activity", kind="payments")),
        _sum_figure(t("Not due yet"), sums, late=False, when=None),
        _sum_figure(t("Past its date and open"), sums, late=True, when=filters.OVERDUE),
    ]


def _trouble(counts: today_queries.Counts, lies_idle: idle.Counts) -> list[dict[str, Any]]:
    """Figures that are shown only when there is something; what lies idle shows itself first."""
    found = []
    if lies_idle.late:
        road = url_for("queue_creditor.show", state=queue_queries.LATE)
        found.append(_figure(t("Past their day"), str(lies_idle.late), "", road))
    if lies_idle.unowned:
        road = url_for("queue_creditor.show", owner=queue_queries.NOBODY)
        found.append(_figure(t("Nobody's"), str(lies_idle.unowned), "", road))
    if lies_idle.resting:
        road = url_for("due_items_creditor.show", state=filters.HELD)
        found.append(_figure(t("At rest without a case"), str(lies_idle.resting), "", road))
    messages, webhooks = presenting.road("messages_creditor.show_list", state="failed"), _systems()
    if counts.credit_alerts:
        road = url_for("credit_creditor.show_alerts")
        found.append(_figure(t("Alerts about credit"), str(counts.credit_alerts), "", road))
    if counts.overpayments:
        road = url_for("overpayments_creditor.show_list")
        found.append(_figure(t("Paid too much"), str(counts.overpayments), "", road))
    if counts.account_changes and person().may(Permission.APPROVE_ACCOUNT):
        road = url_for("account_creditor.show")
        found.append(_figure(t("Another bank account"), str(counts.account_changes), "", road))
    if counts.unhappy:
        road = url_for("comments_creditor.show", see="1")
        found.append(_figure(t("Not happy: nobody has looked"), str(counts.unhappy), "", road))
    if counts.failed_messages and messages:
        found.append(_figure(t("Messages not sent"), str(counts.failed_messages), "", messages))
    if counts.stopped_endpoints and webhooks:
        found.append(_figure(t("Systems no longer told"), str(counts.stopped_endpoints), "", webhooks))
    return found


def _systems() -> str | None:
    return presenting.road("webhooks_creditor.show_endpoints") if person().may(Permission.WEBHOOKS) else None


def _figure(label: Text, value: str, note: str, href: str) -> dict[str, Any]:
    return {"label": label, "value": value, "note": note, "href": href}


def _sum_figure(
    label: Text, sums: dict[tuple[str, bool], due_item_queries.Sum], *, late: bool, when: str | None
) -> dict[str, Any]:
    found = [one for (_, is_late), one in sorted(sums.items()) if is_late is late]
    count = sum(one.count for one in found)
    value = presenting.sums(one.open for one in found) or i18n.money(Money(0, person().creditor.currency))
    note = i18n.ngettext("%(count)s due item", "%(count)s due items", count) % {"count": count}
    return _figure(label, value, note, url_for("due_items_creditor.show", when=when))


def _due(item: due_item_queries.Item) -> dict[str, Any]:
    state, kind = presenting.state(is_open=True, withdrawn=False, reasons=(), receipt=item.receipt, late=False)
    return {
        "debtor": item.debtor,
        "href": url_for("debtors_creditor.show", debtor_id=item.debtor_id),
        "document": i18n.say(t("Invoice %(number)s", number=item.number)),
        "document_href": url_for("invoices_creditor.show", invoice_id=item.invoice_id),
        "on": i18n.short_day(item.due_on),
        "amount": i18n.money(item.open),
        "state": state,
        "kind": kind,
    }


@blueprint.get("/activity")
@allow(Permission.READ)
def show_activity() -> Any:
    """What customers did, of one kind or of all, a page at a time."""
    kind = presenting.chosen("kind", KINDS)
    page = today_queries.activity(kind, request.args.get("after"))
    options = [("", i18n.gettext("All")), *((value, i18n.say(label)) for value, label in KINDS.items())]
    return render_template(
        "home/staff_activity.html",
        title=i18n.gettext("What customers did"),
        filter_url=url_for(".show_activity"),
        fields=[{"id": "kind", "label": i18n.gettext("Kind"), "value": kind, "options": options}],
        clear_url=url_for(".show_activity") if kind else None,
        filtered=bool(kind),
        rows=presenting.told(page.rows),
        shown=i18n.say(t("%(count)s shown", count=len(page.rows))),
        newer_url=url_for(".show_activity", kind=kind or None) if request.args.get("after") else None,
        older_url=url_for(".show_activity", kind=kind or None, after=page.next_cursor) if page.next_cursor else None,
        due_url=url_for("due_items_creditor.show"),
    )
