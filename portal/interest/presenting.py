"""Interest and costs on the creditor's pages: what stands booked, how it was reckoned, who let what off."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import select

from portal.core import clock, db
from portal.core.money import Money
from portal.core.text import Text, t
from portal.interest import actions, counting, queries, rates, rules, waiving
from portal.interest.models import InterestPolicy, InterestWaiver
from portal.interest.queries import History
from portal.interest.rules import Row
from portal.ledger.rules import COSTS, INTEREST, open_apart
from portal.people.models import Staff
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n

_OFF: dict[str, Text] = {
    INTEREST: t("Let off interest on %(day)s by %(who)s: %(why)s. It took off %(amount)s."),
    COSTS: t("Let off costs on %(day)s by %(who)s: %(why)s. It took off %(amount)s."),
}


def of_invoice(invoice_id: int, due: Iterable[date]) -> list[dict[str, Any]]:
    """Each due item that bears interest or costs: what is open apart, notes, rows, and where to let them off."""
    zone = person().creditor.time_zone
    if min(due, default=date.max) >= clock.today(zone):
        return []  # nothing before it is late (rule B-58)
    chosen = queries.policy()
    if chosen is None:
        return []  # it was never asked for: nothing can stand there
    found = [item for item in queries.histories([invoice_id], zone) if _concerns(chosen, item)]
    names = _names([one for item in found for one in item.waivers])
    return [_item(chosen, item, names, zone) for item in found]


def _concerns(chosen: InterestPolicy, item: History) -> bool:
    if item.waivers or any(item.booked.values()):
        return True
    asked = chosen.is_on and item.due_on >= chosen.due_from
    return asked and item.open_minor > 0 and item.due_on < queries.today()


def _names(waivers: list[InterestWaiver]) -> dict[int, str]:
    wanted = {one.staff_id for one in waivers}
    if not wanted:
        return {}
    return {
        row.id: row.name for row in db.session().execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    }


def _item(chosen: InterestPolicy, item: History, names: dict[int, str], zone: str) -> dict[str, Any]:
    apart = open_apart(item.lines, queries.CURRENCY)
    notes = [_waiver(one, names, zone) for one in item.waivers]
    if item.waits_from is not None and item.open_minor:
        day = i18n.day(item.waits_from)
        notes.append(i18n.say(t("Interest from %(day)s on is being updated: its rate is not verified yet.", day=day)))
    if any(pause.last is None for pause in item.pauses):
        notes.append(i18n.gettext("No interest is counted while it is contested or a payment of it is on its way."))
    may = person().may(Permission.WAIVE) and item.open_minor > 0 and item.waived != set(waiving.WHATS)
    return {
        "due": i18n.short_day(item.due_on),
        "capital": i18n.money(apart.capital),
        "interest": i18n.money(apart.interest),
        "costs": i18n.money(apart.costs),
        "notes": notes,
        "rows": as_table(_rows(chosen, item)),
        "waive_url": url_for("interest_creditor.show_waive", item_id=item.item_id) if may else None,
    }


def _waiver(one: InterestWaiver, names: dict[int, str], zone: str) -> str:
    said = {
        "day": i18n.day(clock.day_of(one.at, zone)),
        "who": names.get(one.staff_id, "–"),
        "why": waiving.WHY.get(one.why, Text(one.why)),
        "amount": i18n.money(one.amount),
    }
    return i18n.say(Text(_OFF[one.what].msgid, said))


def _rows(chosen: InterestPolicy, item: History) -> list[Row]:
    """How the interest that is due through yesterday comes about; nothing for what was let off."""
    if not chosen.interest_on or INTEREST in item.waived or item.due_on < chosen.due_from:
        return []
    terms = actions.terms_of(chosen, item)
    return list(counting.count(item.lines, terms, item.pauses, queries.yesterday(), item.credit).rows)


def as_table(rows: list[Row]) -> list[dict[str, str]]:
    return [
        {
            "first": i18n.short_day(row.first),
            "last": i18n.short_day(row.last),
            "days": str(row.days),
            "rate": f"{i18n.decimal(rates.shown(row.rate))} %",
            "amount": i18n.money(row.amount),
            "source": row.period.source,
        }
        for row in rows
    ]


def example(regime: rates.Regime, chosen: InterestPolicy | None) -> dict[str, Any]:
    """An invoice of 1,000 euro, 60 days late, at the last rate that is verified: reckoned here and now."""
    period = rates.latest(regime)
    due_on, paid_on = period.last - timedelta(days=60), period.last
    contract = chosen.consumer_rate if chosen is not None else None
    rows = rules.late_interest(Money(1000_00, "EUR"), due_on, paid_on, regime, contract_rate=contract)
    return {
        "due": i18n.day(due_on),
        "paid": i18n.day(paid_on),
        "rows": as_table(rows),
        "total": i18n.money(rules.sum_of(rows, "EUR")),
        "costs": i18n.money(rules.COSTS) if rules.may_have_costs(regime) else None,
    }
