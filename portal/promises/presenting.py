"""A promise in the words that its customer and the creditor's people read."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from portal.cases.models import Case
from portal.core import clock
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.invoices import presenting as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.queries import Item
from portal.promises import queries
from portal.promises.models import Promise, PromiseTerm
from portal.promises.rules import KeptRate
from portal.promises.states import PromiseStatus
from portal.web import i18n

S = PromiseStatus
HEADINGS: dict[PromiseStatus, Text] = {
    S.OPEN: t("Thank you. %(creditor)s waits until %(day)s."),
    S.KEPT: t("Thank you. It came in time."),
    S.BROKEN: t("The day that you named has passed."),
    S.OVERTAKEN: t("Nothing is left to pay of it."),
    S.EXPIRED: t("The day came while we were still looking into it."),
    S.CANCELLED: t("You took your day back."),
}


def heading(promise: Promise, creditor: Face) -> str:
    said = HEADINGS[promise.status]
    return i18n.say(t(said.msgid, creditor=creditor.display_name, day=i18n.day(promise.pay_on)))


def steps(promise: Promise, creditor: Face) -> list[str]:
    """What comes next, or what one may do now."""
    found: list[Text] = []
    if promise.status is S.OPEN:
        found.append(t("Until then nobody will remind you."))
        found.append(t("You can pay earlier at any time."))
        if will_remind(promise, creditor.time_zone):
            before = i18n.day(promise.pay_on - timedelta(days=1))
            found.append(t("We write to you on %(day)s, as you asked.", day=before))
    elif promise.status is S.BROKEN:
        found.append(t("Did something come in between? Tell us: most things can be put right."))
        found.append(t("If you have paid, tell us when: we look for it."))
    elif promise.status is S.EXPIRED:
        found.append(t("You need not do anything now. We come back to you."))
    return [i18n.say(one) for one in found]


def will_remind(promise: Promise, zone: str) -> bool:
    """Whether a note is still to come."""
    tomorrow = clock.today(zone) + timedelta(days=1)
    return promise.remind and promise.pay_on >= tomorrow and promise.reminded_for != promise.pay_on


def documents(items: Sequence[Item]) -> str:
    return ", ".join(invoices.title(item) for item in items)


def facts(promise: Promise, items: Sequence[Item]) -> list[tuple[str, str]]:
    rows = [
        (t("Day"), i18n.day(promise.pay_on)),
        (t("Amount"), i18n.money(promise.amount)),
        (t("Document"), documents(items)),
    ]
    return [(i18n.say(label), value) for label, value in rows]


def earlier(terms: Sequence[PromiseTerm], zone: str) -> list[str]:
    """The days that were named before the one that stands."""
    return [
        i18n.say(t("%(day)s, named on %(moment)s", day=i18n.day(one.pay_on), moment=i18n.moment(one.said_at, zone)))
        for one in reversed(terms[:-1])
    ]


def rate(found: KeptRate) -> str:
    """«6 of 10 kept (60 %), 63.33 % by amount»; nothing where none was due."""
    if found.by_count is None or found.by_value is None:
        return ""
    said = t("%(kept)s of %(due)s kept (%(count)s %%), %(value)s %% by amount", kept=found.kept, due=found.due,
             count=_plain(found.by_count), value=_plain(found.by_value))  # fmt: skip
    return i18n.say(said)


def _plain(percent: Decimal) -> str:
    return i18n.decimal(f"{percent.normalize():f}")


def panel_values(case: Case) -> dict[str, Any] | None:
    """What both sides' panels show; None for a case whose promise is gone."""
    promise = queries.promise(case.subject_id) if case.subject_id is not None else None
    if promise is None:
        return None
    items = invoice_queries.items(queries.item_ids(promise.id))
    return {"promise": promise, "items": items, "facts": facts(promise, items)}
