"""Naming a day on which one will pay, seeing it again, changing it before it comes, taking it back."""

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.cases import numbers
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.core import calendars, clock, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors.visits import Current, answering, current
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.payable import ONLINE_CURRENCY, Line
from portal.invoices.queries import Item
from portal.promises import actions, presenting, queries, rules
from portal.promises.forms import PromiseForm
from portal.promises.models import Promise
from portal.promises.offers import KIND
from portal.promises.states import PromiseStatus
from portal.web import i18n, offers
from portal.web.downloads import saved
from portal.web.forms import Form, chosen_ids
from portal.web.gates import debtor_blueprint, only_own

blueprint = debtor_blueprint("promises_debtor", __name__)


@blueprint.get("/promise")
def show_new() -> Any:
    visit = answering()
    named = chosen_ids(Form().listed("items[]"))
    lines, standing = actions.open_lines(visit.debtor_id, visit.invoice_id)
    if named and not all(one in standing or one in {line.item.item_id for line in lines} for one in named):
        only_own(None)
    if standing and not [line for line in lines if not named or line.item.item_id in named]:
        promise_id = next((standing[one] for one in named if one in standing), next(iter(standing.values())))
        found = queries.whole(promise_id)
        if found is not None and not _reaches(visit, invoice_queries.items(found.item_ids)):
            return _page(visit, [], PromiseForm.blank(named), _named_with_others(found.promise))
        return redirect(url_for(".show", promise_id=promise_id))
    return _page(visit, lines, PromiseForm.blank(named))


def _named_with_others(promise: Promise) -> Text:
    """What a link to one of its documents may say of a promise about several (rule A-07)."""
    day = i18n.day(promise.pay_on)
    return t("You have named %(day)s for it, with other documents. To change it, please talk to us.", day=day)


@blueprint.post("/promise")
def submit() -> Any:
    visit = answering()
    lines, standing = actions.open_lines(visit.debtor_id, visit.invoice_id)
    named = chosen_ids(Form().listed("items[]"))
    if any(one in standing for one in named):
        raise NotAllowedNow(t("You have named a day for it already. You can change it on its page."))
    known = {line.item.item_id: line for line in lines}
    if not all(one in known for one in named):
        only_own(None)
    chosen = [known[one] for one in named]
    found = _room(visit, chosen or lines)
    why_not = found.why_not([line.item for line in chosen])
    if why_not is not None:
        raise NotAllowedNow(why_not)
    read = PromiseForm.read(chosen, found.bounds, clock.today(visit.creditor.time_zone), found.last)
    if not read.parts or read.pay_on is None:
        return _page(visit, lines, read)
    made = actions.make(visit.debtor_id, read.parts, read.pay_on, visit_id=visit.id, remind=read.remind)
    return redirect(url_for(".show", promise_id=made.id), 303)


def _room(visit: Current, lines: list[Line]) -> actions.Room:
    items = [line.item for line in lines]
    return actions.room(visit.creditor, visit.debtor_id, items, clock.today(visit.creditor.time_zone))


def _page(visit: Current, lines: list[Line], read: PromiseForm, why_not: Text | None = None) -> Any:
    """The page; `lines` are what may be chosen, the due items that were named chosen beforehand; or `why_not`."""
    typed, today = read.form.typed, clock.today(visit.creditor.time_zone)
    found = _room(visit, lines)
    free = [line for line in lines if found.why_not([line.item]) is None]
    refused = why_not or (found.why_not([line.item for line in lines]) if not free else None)
    uncontested = [line for line in free if line.free]
    wanted = set(read.chosen) or {line.item.item_id for line in uncontested if line.item.due_on <= today}
    chosen = [line for line in free if line.item.item_id in wanted] or uncontested
    most = sum(line.amount.minor for line in chosen)
    whole = i18n.money(Money(most, ONLINE_CURRENCY))
    page = render_template(
        "promises/debtor_promise.html",
        title=i18n.gettext("Your day"),
        save_url=url_for(".submit") if free else None,
        why_not=i18n.say(refused or t("There is nothing open for which a day can be named.")) if not free else "",
        card=_card(chosen[0].item, today) if len(free) == len(chosen) == 1 else None,
        choices=[_choice(line, today, line in chosen) for line in free],
        pay_on=typed.get("pay_on", ""),
        first_day=today.isoformat(),
        last_day=found.last.isoformat(),
        last_said=i18n.day(found.last),
        amount=typed.get("amount", ""),
        whole=whole,
        parts=found.bounds is not None and rules.least(found.bounds, Money(most, ONLINE_CURRENCY)) is not None,
        remind=typed.get("remind") == "yes",
        help_url=url_for("cases_debtor.show_help"),
        errors=read.form.errors,
        error_of=dict(read.form.errors),
    )
    return page, 422 if read.form.wrong else 200


def _card(item: Item, today: date) -> dict[str, Any]:
    return invoices.card(item, today, None)


def _choice(line: Line, today: date, chosen: bool) -> dict[str, Any]:
    return {
        "id": ids.spell(line.item.item_id),
        "title": invoices.title(line.item),
        "due": invoices.due(line.item, today),
        "open": i18n.money(line.amount),
        "chosen": chosen,
    }


def _own(promise_id: int, *, lock: bool = False) -> tuple[queries.Whole, list[Item]]:
    """The promise with its due items, if this visit's link reaches them (rule A-07)."""
    visit = answering()
    found: queries.Whole = only_own(queries.whole(promise_id, lock=lock))
    items = invoice_queries.items(found.item_ids)
    if not _reaches(visit, items):
        only_own(None)
    return found, items


def _reaches(visit: Current, items: list[Item]) -> bool:
    return visit.invoice_id is None or all(item.invoice_id == visit.invoice_id for item in items)


@blueprint.get("/promises/<id:promise_id>")
def show(promise_id: int) -> Any:
    """How it stands, what comes next, and what one may do about it."""
    return _day_page(*_own(promise_id), Form())


def _day_page(found: queries.Whole, items: list[Item], form: Form) -> Any:
    visit, promise = current(), found.promise
    zone, is_open = visit.creditor.time_zone, promise.status is PromiseStatus.OPEN
    may_change = rules.why_not_amend(promise.status, promise.pay_on, clock.today(zone)) is None
    terms = queries.terms(promise.id)
    page = render_template(
        "promises/debtor_day.html",
        title=i18n.gettext("Your day"),
        done=promise.status in {PromiseStatus.KEPT, PromiseStatus.OVERTAKEN, PromiseStatus.CANCELLED},
        heading=presenting.heading(promise, visit.creditor),
        happened=i18n.say(t("You told us on %(moment)s.", moment=i18n.moment(terms[-1].said_at, zone))),
        reference=numbers.spoken(found.case_number) if found.case_number is not None else "",
        case_url=url_for("cases_debtor.show_case", case_id=found.case_id) if found.case_id is not None else None,
        steps=presenting.steps(promise, visit.creditor),
        facts=presenting.facts(promise, items),
        earlier=presenting.earlier(terms, zone),
        actions=offers.for_items(visit, [one for one in items if one.is_open], without=frozenset({KIND})),
        calendar_url=url_for(".keep", promise_id=promise.id) if is_open else None,
        amend_url=url_for(".amend", promise_id=promise.id) if may_change else None,
        cancel_url=url_for(".cancel", promise_id=promise.id) if may_change else None,
        pay_on=form.typed.get("pay_on", promise.pay_on.isoformat()),
        remind=form.typed.get("remind", "yes" if promise.remind else "") == "yes",
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, 422 if form.wrong else 200


@blueprint.post("/promises/<id:promise_id>/day")
def amend(promise_id: int) -> Any:
    """Another day, before the one that stands."""
    found, items = _own(promise_id, lock=True)
    visit, form, promise = current(), Form(), found.promise
    day = form.day("pay_on")
    remind = request.form.get("remind") == "yes"
    form.typed["remind"] = "yes" if remind else ""
    if "pay_on" not in form.wrong:
        wrong = _why_not_day(promise, items, day)
        if wrong is not None:
            form.wrong["pay_on"] = wrong
    if form.wrong or day is None:
        return _day_page(found, items, form)
    actions.amend(promise, day, visit_id=visit.id, remind=remind)
    flash(i18n.say(t("Done. %(creditor)s sees the new day.", creditor=visit.creditor.display_name)), "done")
    return redirect(url_for(".show", promise_id=promise.id), 303)


def _why_not_day(promise: Promise, items: list[Item], day: date | None) -> Text | None:
    """What can be mended beside the field; what cannot is a business no (409)."""
    visit = current()
    today = clock.today(visit.creditor.time_zone)
    found = actions.room(visit.creditor, promise.debtor_id, items, today)
    return rules.why_not_day(day, today, max(found.last, promise.pay_on))


@blueprint.post("/promises/<id:promise_id>/cancel")
def cancel(promise_id: int) -> Any:
    found, _ = _own(promise_id, lock=True)
    actions.cancel(found.promise)
    return redirect(url_for(".show", promise_id=promise_id), 303)


@blueprint.get("/promises/<id:promise_id>/calendar")
def keep(promise_id: int) -> Any:
    """The day for the reader's own calendar."""
    promise = _own(promise_id)[0].promise
    if promise.status is not PromiseStatus.OPEN:
        only_own(None)
    name = current().creditor.display_name
    entry = calendars.Entry(
        uid=f"{ids.spell(promise.id)}@debtor-portal",
        begins=promise.pay_on,
        ends=promise.pay_on + timedelta(days=1),
        summary=i18n.say(t("A note of yours about %(creditor)s", creditor=name)),
        description=i18n.say(t("You find everything about it on your page.")),
        sequence=len(queries.terms(promise.id)) - 1,
        alarm_before=timedelta(hours=15),
    )
    return saved(calendars.write(entry, clock.now()).encode(), "calendar.ics", calendars.MIME)


def panel(case: Case) -> Panel | None:
    """What the case's page adds for its customer."""
    values = presenting.panel_values(case)
    if values is None:
        return None
    shown = {"facts": values["facts"], "href": url_for("promises_debtor.show", promise_id=case.subject_id)}
    return Panel("promises/customer_panel.html", shown)
