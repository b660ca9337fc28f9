"""Attempts to pay in the words that their payer reads: how it stands, why it did not work, what comes next."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from portal.core import clock, ids
from portal.core.money import Money, from_typed, total
from portal.core.text import Text, t
from portal.creditors.faces import Face
from portal.debtors.visits import Current
from portal.invoices import presenting as invoices
from portal.invoices.models import Reservation
from portal.invoices.payable import ONLINE_CURRENCY
from portal.invoices.queries import Item
from portal.ledger.queries import Booked
from portal.ledger.rules import Apart
from portal.payments import methods
from portal.payments.models import PaymentAttempt
from portal.payments.states import AttemptStatus
from portal.web import i18n

S = AttemptStatus
CHECKING, PAID, WAITING, OPEN, LEFT, FAILED = "checking", "paid", "waiting", "open", "cancelled", "failed"
REFUNDED, TAKEN_BACK = "refunded", "taken_back"
_STATES = {
    S.CREATED: OPEN,
    S.REDIRECTED: OPEN,
    S.PROCESSING: WAITING,
    S.SUCCEEDED: PAID,
    S.FAILED: FAILED,
    S.EXPIRED: LEFT,
    S.CANCELLED: LEFT,
    S.PARTIALLY_REFUNDED: PAID,
    S.DISPUTED: PAID,
    S.WON: PAID,
    S.REFUNDED: REFUNDED,
    S.LOST: TAKEN_BACK,
}

_WHEN = {
    PAID: t("Your payment arrived on %(moment)s."),
    WAITING: t("You ordered it on %(moment)s. Your bank needs some days to carry it out."),
    REFUNDED: t("It was paid back on %(moment)s."),
    TAKEN_BACK: t("Your bank took it back on %(moment)s, because it was contested there."),
    OPEN: t("You began on %(moment)s. Nothing has been charged so far."),
}

# What became of a payment that had arrived.
_SINCE = {
    S.PARTIALLY_REFUNDED: t("Part of it was paid back to you since."),
    S.DISPUTED: t("It is being looked into at your bank. Until that is decided nobody asks you for anything."),
}

# Stripe's codes in plain words; every other code is said as `DECLINED`. Never more than the bank tells the payer.
DECLINED = t("Your bank did not accept the card. You can try another card, or ask your bank why.")
FAILURES: dict[str, Text] = {
    "insufficient_funds": t("There was not enough money on the card or account. You can try another one."),
    "expired_card": t("The card has expired. You can try another one."),
    "incorrect_cvc": t("The security code of the card was not right. You can try again."),
    "incorrect_number": t("The card number was not right. You can try again."),
    "processing_error": t("The bank could not work on it just then. Please try again in a minute."),
    "authentication_required": t("Your bank wanted you to confirm it, and that did not happen. You can try again."),
    "payment_intent_authentication_failure": t(
        "Your bank wanted you to confirm it, and that did not happen. You can try again."
    ),
    "debit_not_authorized": t("Your bank says that the debit was not authorised. You can pay in another way."),
}


_OF_INTEREST = t("%(amount)s for interest")
_OF_COSTS = t("%(amount)s for costs")
_OF_CAPITAL = t("%(amount)s for the invoice")


def state(attempt: PaymentAttempt, *, returned: bool = False, left: bool = False) -> str:
    """Which face of the page an attempt shows; someone who comes back sees that we are checking (rule B-08)."""
    if attempt.status is S.REDIRECTED and left:
        return LEFT
    if attempt.status in {S.CREATED, S.REDIRECTED} and returned:
        return CHECKING
    return _STATES[attempt.status]


def happened(attempt: PaymentAttempt, face: str, zone: str) -> str:
    """One sentence with the time, or why it did not work."""
    if face in {FAILED, LEFT}:
        known = FAILURES.get(attempt.why or "")
        return i18n.say(known or DECLINED) if known or face == FAILED else ""
    if face == CHECKING:
        return i18n.gettext("This takes a few seconds. The page looks again by itself.")
    if attempt.status is S.CREATED:
        return i18n.gettext("The payment page does not answer yet. Nothing was charged.")
    at = attempt.arrived_at if face == PAID and attempt.arrived_at else attempt.status_at
    return i18n.say(t(_WHEN[face].msgid, moment=i18n.moment(at, zone)))


def steps(attempt: PaymentAttempt, face: str, creditor: Face, *, excess: bool) -> list[str]:
    """What comes next."""
    name = creditor.display_name
    told: list[Text] = [_SINCE[attempt.status]] if attempt.status in _SINCE else []
    if face == PAID:
        told.append(t("%(creditor)s sees it at once. Nothing else is needed.", creditor=name))
    if face == PAID and excess:
        told.append(t("Part of it was no longer open: that part is still yours."))
        told.append(t("On your page you choose whether you want it back, or keep it for what comes next."))
    if face == REFUNDED:
        told.append(t("Your bank may need some days until you see it."))
    if face == TAKEN_BACK:
        told.append(t("What it had paid is open again. Does this surprise you? Please call us."))
    if face == WAITING:
        told.append(t("Until your bank has answered this counts as on its way, not as paid."))
        told.append(t("Nobody will remind you in the meantime."))
    return [i18n.say(one) for one in told]


def rows(
    attempt: PaymentAttempt,
    reserved: Sequence[Reservation],
    items: Sequence[Item],
    zone: str,
    went_to: Mapping[int, Apart],
) -> list[tuple[str, str]]:
    """What was or is being paid, item by item, how, and since when; `went_to` says what of each (apart.of)."""
    amounts = {one.due_item_id: Money(one.amount_minor, attempt.currency) for one in reserved}
    paid = []
    for item in items:
        paid.append((invoices.title(item), i18n.money(amounts[item.item_id])))
        parts = apart(went_to[item.item_id]) if item.item_id in went_to else []
        if parts:
            paid.append((i18n.gettext("Of this"), ", ".join(parts)))
    return [
        *paid,
        (i18n.gettext("In all"), i18n.money(amount(attempt))),
        (i18n.gettext("How"), i18n.say(methods.all_methods()[attempt.method].label)),
        (i18n.gettext("Begun"), i18n.moment(attempt.created_at, zone)),
    ]


def apart(taken: Apart) -> list[str]:
    """Interest, costs and capital apart, where there is more than capital (art. 1194 c.c., rule B-11)."""
    if not taken.interest and not taken.costs:
        return []
    parts = ((_OF_INTEREST, taken.interest), (_OF_COSTS, taken.costs), (_OF_CAPITAL, taken.capital))
    return [i18n.say(Text(label.msgid, {"amount": i18n.money(part)})) for label, part in parts if part]


def titles(items: Sequence[Item]) -> str:
    """The documents by name while they are few, else how many they are."""
    names = [invoices.title(item) for item in items]
    documents = {item.invoice_id for item in items}
    return ", ".join(names) if len(names) <= 3 else i18n.say(t("%(count)s documents", count=len(documents)))


def amount(attempt: PaymentAttempt) -> Money:
    return Money(attempt.amount_minor, attempt.currency)


def received(booked: Sequence[Booked], attempt: PaymentAttempt) -> Money:
    """What came in, which a provider may say to be other than what was asked."""
    return total([one.amount for one in booked], attempt.currency)


def typed_money(typed: str) -> Money:
    """An amount as a person writes it: `120`, `120,50`; raises ValueError for anything else (rule A-63)."""
    return from_typed(typed, ONLINE_CURRENCY)


def today(visit: Current) -> date:
    return clock.today(visit.creditor.time_zone)


def number(attempt: PaymentAttempt) -> str:
    """What to quote on the phone."""
    return ids.spell(attempt.id).upper()


def naming(address: str, items: Sequence[Item], **values: str) -> str:
    """The address of a page with these due items chosen, and what else it is asked."""
    asked = [("items[]", ids.spell(item.item_id)) for item in items] + list(values.items())
    return f"{address}?{urlencode(asked)}" if asked else address


def choice(item: Item, why_not: Text | None, on: date, *, chosen: bool) -> dict[str, Any]:
    """One due item among those to choose from."""
    return {
        "id": ids.spell(item.item_id),
        "title": invoices.title(item),
        "due": invoices.due(item, on),
        "open": i18n.money(item.open),
        "chosen": chosen,
        "why_not": i18n.say(why_not) if why_not is not None else "",
    }
