"""Money that was paid too much, in the words of its owner's page and of the creditor's list."""

from typing import Any

from flask import url_for

from portal.core import clock, ids
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.ledger import accounts
from portal.overpayments import at_the_bank, rules
from portal.overpayments.models import Overpayment
from portal.overpayments.states import OverpaymentStatus
from portal.web import i18n

S = OverpaymentStatus
TINTS = {S.OPEN: "wait", S.KEPT: "plain", S.APPLIED: "good", S.REFUND_REQUESTED: "wait", S.REFUNDED: "good",
         S.WITHDRAWN: "plain"}  # fmt: skip


def number(one: Overpayment) -> str:
    """What to quote on the phone."""
    return ids.spell(one.id).upper()


def came(one: Overpayment, zone: str) -> str:
    """When and how it came in."""
    day = i18n.day(clock.day_of(one.opened_at, zone))
    if one.came_by == accounts.CREDIT_NOTES:
        return i18n.say(t("It comes from a credit note, since %(day)s", day=day))
    if one.came_by == accounts.CREDIT_AHEAD:
        return i18n.say(t("It comes from a credit, since %(day)s", day=day))
    how = rules.CAME_BY.get(one.came_by, Text(one.came_by))
    if one.came_by in accounts.MONEY_IN:
        return i18n.say(t("Arrived on %(day)s by %(how)s", day=day, how=how))
    return i18n.say(t("It was paid for %(how)s, since %(day)s", day=day, how=how))


def why_yours(one: Overpayment) -> str:
    """Why it is its owner's, whatever else is open."""
    if one.came_by == accounts.CREDIT_NOTES:
        return i18n.gettext("The credit note was more than was open on its document, so this is yours.")
    if one.came_by == accounts.CREDIT_AHEAD:
        return i18n.gettext("You were right, and had paid it already, so this is yours.")
    if one.came_by in accounts.MONEY_IN:
        return i18n.gettext("Nothing more was open on what it was paid for, so this is yours.")
    return i18n.gettext("We counted anew, and less is due than you had paid, so this is yours.")


def _way_back(one: Overpayment) -> str:
    day = i18n.day(one.refund_due_on)
    if one.came_by in accounts.MONEY_IN:
        return i18n.say(t("To the card or account that it came from, by %(day)s.", day=day))
    return i18n.say(t("By bank transfer, by %(day)s.", day=day))


def options(one: Overpayment) -> list[tuple[str, str, str]]:
    """The two answers, equal to each other: (value, label, hint)."""
    kept = t("For what is open, the oldest first, or else for your next document.")
    return [
        (rules.GIVE_BACK, i18n.gettext("Give it back to me"), _way_back(one)),
        (rules.KEEP, i18n.gettext("Keep it for what comes next"), i18n.say(kept)),
    ]


def stands(one: Overpayment, creditor: Face) -> str:
    """How it stands, for its owner."""
    name, day = creditor.display_name, i18n.day(clock.day_of(one.status_at, creditor.time_zone))
    told: dict[OverpaymentStatus, Text] = {
        S.OPEN: t("You have not told us yet what to do with it."),
        S.KEPT: t("%(creditor)s keeps it for what comes next.", creditor=name),
        S.APPLIED: t("It was used for your documents on %(day)s.", day=day),
        S.REFUND_REQUESTED: t("%(creditor)s is giving it back.", creditor=name),
        S.REFUNDED: t("It was given back on %(day)s. Your bank may need some days.", day=day),
        S.WITHDRAWN: t("Its payment went back on %(day)s, and this with it.", day=day),
    }
    if one.status is S.OPEN and one.wish == rules.GIVE_BACK:
        until = t("You asked to have it back. You get it by %(day)s.", day=i18n.day(one.refund_due_on))
        return i18n.say(until)
    return i18n.say(told[one.status])


def line(one: Overpayment, debtor: str) -> dict[str, Any]:
    """One line of the creditor's list."""
    label, kind = status(one)
    return {
        "debtor": debtor,
        "href": url_for("overpayments_creditor.show", overpayment_id=one.id),
        "amount": i18n.money(one.left or one.amount),
        "how": i18n.say(rules.CAME_BY.get(one.came_by, Text(one.came_by))),
        "wish": i18n.say(rules.WISHES[one.wish]) if one.wish in rules.WISHES else i18n.gettext("said nothing yet"),
        "due": i18n.short_day(one.refund_due_on) if one.status in {S.OPEN, S.REFUND_REQUESTED} else "",
        "status": label,
        "kind": kind,
    }


def status(one: Overpayment) -> tuple[str, str]:
    if at_the_bank.waits(one):
        return i18n.gettext("given back, not seen at the bank yet"), TINTS[S.OPEN]
    return i18n.say(one.status.label), TINTS[one.status]


def details(one: Overpayment, debtor: str, zone: str) -> list[tuple[str, str]]:
    """What the creditor's people know of one."""
    rows = [
        (i18n.gettext("Customer"), debtor),
        (i18n.gettext("Too much"), i18n.money(one.amount)),
        (i18n.gettext("Came in"), came(one, zone)),
        (i18n.gettext("What they want"), line(one, debtor)["wish"]),
    ]
    if one.left != one.amount:
        rows.append((i18n.gettext("Still there"), i18n.money(one.left)))
    if one.status is S.OPEN:
        rows.append((i18n.gettext("To be given back by"), i18n.day(one.refund_due_on)))
    if one.returned_on is not None:
        rows.append((i18n.gettext("Transferred back on"), i18n.day(one.returned_on)))
    if one.seen_on is not None:
        rows.append((i18n.gettext("Left your account on"), i18n.day(one.seen_on)))
    elif at_the_bank.waits(one):
        rows.append((i18n.gettext("Left your account on"), i18n.gettext("no bank statement shows it yet")))
    if one.why:
        rows.append((i18n.gettext("Giving back did not work"), i18n.gettext(one.why)))
    return [*rows, (i18n.gettext("Number"), number(one))]
