"""The due-item diary: every due item by customer and date, searched and filtered in the address."""

from datetime import date
from typing import Any

from flask import render_template, request, url_for

from portal.core import clock, ids
from portal.core.text import Text, t
from portal.inbox import due_item_queries as queries
from portal.inbox import presenting
from portal.invoices import filters
from portal.invoices import queries as invoices
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n, lists
from portal.web.gates import allow, creditor_blueprint

blueprint = creditor_blueprint("due_items_creditor", __name__)

STATES: dict[str, Text] = {
    filters.OPEN: t("Open"),
    filters.HELD: t("Open and on hold"),
    filters.CLOSED: t("Closed"),
    filters.ALL: t("All"),
}
WHEN: dict[str, Text] = {
    "": t("Any date"),
    filters.OVERDUE: t("Past its date"),
    filters.SOON: t("In the next 7 days"),
    filters.FUTURE: t("Later"),
}
NAMES = ("q", "when", "state", "currency", "debtor", "sort", "down")
_SORTED = (("customer", t("Customer")), ("number", t("Document")), ("due", t("Due")), ("open", t("Open")))
_STILL = (t("State"), t("Last word"))


@blueprint.get("/items")
@allow(Permission.READ)
def show() -> Any:
    wanted = _wanted()
    page = queries.page(wanted, request.args.get("after"))
    held = invoices.holds_now([row.item_id for row in page.rows]) if page.rows else {}
    asked = wanted.filter
    sums = queries.sums(asked)
    here = [one for one in sums if asked.currency in {"", one.open.currency}]
    filtered = any(request.args.get(name) for name in ("q", "when", "state", "currency", "debtor"))
    return render_template(
        "invoices/staff_due_items.html",
        title=i18n.gettext("Due items"),
        intro=_intro(here),
        search=asked.words,
        filter_url=url_for(".show"),
        fields=_fields(asked, sums),
        keep=[(name, request.args[name]) for name in ("debtor", "sort", "down") if request.args.get(name)],
        clear_url=url_for(".show") if filtered else None,
        filtered=filtered,
        columns=_columns(wanted),
        rows=[_row(row, asked.today, [hold.reason for hold in held.get(row.item_id, ())]) for row in page.rows],
        shown=_shown(len(page.rows), sum(one.count for one in here)),
        newer_url=presenting.filtered_url(NAMES) if request.args.get("after") else None,
        older_url=presenting.filtered_url(NAMES, after=page.next_cursor) if page.next_cursor else None,
        export_url=_export_url(asked) if person().may(Permission.EXPORT) else None,
        import_url=presenting.road("imports_creditor.show_upload") if person().may(Permission.IMPORT) else None,
    )


def _wanted() -> queries.Wanted:
    """What the address asks for; what cannot be read is not asked for."""
    currency = request.args.get("currency", "")
    try:
        debtor_id = ids.read(request.args.get("debtor", ""))
    except ValueError:
        debtor_id = None
    asked = filters.Filter(
        today=clock.today(person().creditor.time_zone),
        words=presenting.searched(),
        when=presenting.chosen("when", WHEN),
        state=presenting.chosen("state", STATES, filters.OPEN),
        currency=currency if filters.is_currency(currency) else "",
        debtor_id=debtor_id,
    )
    sort = presenting.chosen("sort", queries.SORTS, "due")
    return queries.Wanted(asked, sort, down=request.args.get("down") == "1")


def _export_url(asked: filters.Filter) -> str | None:
    """Where the file of what is listed here is: all pages of it."""
    debtor = ids.spell(asked.debtor_id) if asked.debtor_id is not None else None
    given = {"q": asked.words, "when": asked.when, "currency": asked.currency, "debtor": debtor}
    kept = {name: value for name, value in given.items() if value}
    return presenting.road("sync_creditor.take_results", state=asked.state, **kept)


def _intro(sums: list[queries.Sum]) -> str:
    count = sum(one.count for one in sums)
    said = i18n.ngettext("%(count)s due item", "%(count)s due items", count) % {"count": count}
    return f"{said}, {presenting.sums(one.open for one in sums)}" if sums else said


def _shown(shown: int, count: int) -> str:
    return i18n.say(t("%(shown)s of %(count)s", shown=shown, count=count))


def _fields(wanted: filters.Filter, sums: list[queries.Sum]) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = [
        {"id": "q", "label": i18n.gettext("Customer, code or document"), "value": wanted.words},
        lists.choice("state", t("State"), STATES, wanted.state),
        lists.choice("when", t("Due"), WHEN, wanted.when),
    ]
    currencies = sorted({one.open.currency for one in sums} | ({wanted.currency} - {""}))
    if len(currencies) > 1:
        names: dict[str, Text] = {"": t("All"), **{name: Text(name) for name in currencies}}
        fields.append(lists.choice("currency", t("Currency"), names, wanted.currency))
    return fields


def _columns(wanted: queries.Wanted) -> list[dict[str, Any]]:
    """The heads of the table; a click on the one in use turns the order round."""
    columns: list[dict[str, Any]] = []
    for key, label in _SORTED:
        here = wanted.sort == key
        turned = "1" if (here and not wanted.down) or (key == "open" and not here) else None
        columns.append(
            {
                "label": i18n.say(label),
                "href": presenting.filtered_url(NAMES, sort=key, down=turned),
                "sorted": ("descending" if wanted.down else "ascending") if here else "",
                "numeric": key == "open",
            }
        )
    still = [{"label": i18n.say(label), "href": None, "sorted": "", "numeric": False} for label in _STILL]
    return columns + still


def _row(row: queries.Item, today: date, reasons: list[str]) -> dict[str, Any]:
    is_open = row.open.minor > 0 and not row.withdrawn
    state, kind = presenting.state(
        is_open=is_open, withdrawn=row.withdrawn, reasons=reasons, receipt=row.receipt, late=row.due_on < today
    )
    part = i18n.say(t("of %(amount)s", amount=i18n.money(row.amount))) if row.open != row.amount else ""
    return {
        "debtor": row.debtor,
        "debtor_code": row.debtor_code,
        "href": url_for("debtors_creditor.show", debtor_id=row.debtor_id),
        "document": i18n.say(t("Invoice %(number)s", number=row.number)),
        "document_href": url_for("invoices_creditor.show", invoice_id=row.invoice_id),
        "on": i18n.short_day(row.due_on),
        "on_note": presenting.distance(row.due_on, today) if is_open else "",
        "amount": i18n.money(row.open),
        "amount_note": part,
        "state": state,
        "kind": kind,
        "last": _last_word(row),
    }


def _last_word(row: queries.Item) -> str:
    if row.receipt is None or row.receipt_at is None:
        return i18n.gettext("no answer yet")
    if row.will_pay_on is not None:
        return i18n.say(t("means to pay on %(day)s", day=i18n.short_day(row.will_pay_on)))
    on = i18n.short_day(clock.day_of(row.receipt_at, person().creditor.time_zone))
    return i18n.say(t("%(what)s, %(day)s", what=row.receipt.label, day=on))
