"""Due items in the words and shapes that a debtor's pages show."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.core import clock
from portal.core.money import Money
from portal.core.text import Text, t
from portal.invoices import holds, payable
from portal.invoices.queries import Item
from portal.ledger.rules import (
    COSTS,
    COSTS_WAIVED,
    INTEREST,
    INTEREST_WAIVED,
    Apart,
    Line,
    gathered,
    open_apart,
)
from portal.web import i18n
from portal.web.ladder import Rung, Side

_LINE: dict[str, Text] = {
    "invoice": t("Amount due"),
    "payment": t("Paid on %(day)s"),
    "settlement": t("Paid on %(day)s"),
    "bank_transfer": t("Transfer of %(day)s"),
    "bank_return": t("Taken back by your bank on %(day)s"),
    "bank_undone": t("A transfer counted here by mistake, taken off again"),
    "credit_note": t("Credit note of %(day)s"),
    "discount": t("Let go of on %(day)s, as agreed"),
    "discount_back": t("Owed again since %(day)s: not all that was agreed is paid"),
    "overpayment": t("Your credit, used on %(day)s"),
    INTEREST: t("Interest until %(day)s"),
    COSTS: t("Costs of late payment"),
    "interest_agreed": t("Interest agreed with the plan"),
    "interest_agreed_back": t("Interest of the plan, taken off on %(day)s"),
    INTEREST_WAIVED: t("Interest taken off on %(day)s"),
    COSTS_WAIVED: t("Costs taken off on %(day)s"),
    "refund": t("Paid back on %(day)s"),
    "refund_undone": t("It did not get back to you: kept since %(day)s"),
    "card_dispute_lost": t("Taken back by your bank on %(day)s"),
    "payment_bounced": t("Taken back by your bank on %(day)s"),
    "credit_recalled": t("Credit taken back on %(day)s"),
    "invoice_withdrawn": t("Yours again on %(day)s: the invoice was withdrawn"),
}
_WENT_BACK, _CAME_IN = t("Open again since %(day)s"), t("Paid on %(day)s")


def title(item: Item) -> str:
    """«Invoice 128», and which part of it where it is due in several."""
    if item.parts > 1:
        return i18n.say(t("Invoice %(number)s, part %(part)s", number=item.number, part=item.position))
    return i18n.say(t("Invoice %(number)s", number=item.number))


def due(item: Item, today: date) -> str:
    """Plain and without blame: by when, or since when."""
    when = i18n.day(item.due_on)
    if item.due_on >= today:
        return i18n.say(t("Due on %(day)s", day=when))
    return i18n.say(t("Was due on %(day)s", day=when))


def lines(made_of: Sequence[Line], open_now: Money, apart: Apart | None = None) -> list[tuple[str, str, bool]]:
    """What an open amount is made of; nothing to show when it is just the amount itself.

    `made_of` are the lines as `gathered` gives them; `apart` parts what is open where interest or costs are in it.
    """
    if len(made_of) < 2:
        return []
    rows = [(_line(line), i18n.money(line.amount), False) for line in made_of]
    rows.append((i18n.gettext("Still open"), i18n.money(open_now), True))
    if apart is not None and open_now and (apart.interest or apart.costs):
        rows += [
            (i18n.gettext("Of this, the document itself"), i18n.money(apart.capital), False),
            (i18n.gettext("Of this, interest"), i18n.money(apart.interest), False),
            (i18n.gettext("Of this, costs"), i18n.money(apart.costs), False),
        ]
    return rows


def _line(line: Line) -> str:
    label = _LINE.get(line.kind) or (_WENT_BACK if line.amount.minor > 0 else _CAME_IN)
    return i18n.say(Text(label.msgid, {"day": i18n.day(line.on)}))


def extras(apart: Apart, waits_from: date | None) -> str:
    """That interest and costs are in an open amount, and how much; that interest is not known yet (rule B-53)."""
    said = []
    if apart.interest and apart.costs:
        both = {"interest": i18n.money(apart.interest), "costs": i18n.money(apart.costs)}
        said.append(t("%(interest)s of it is interest, %(costs)s is costs of late payment.", **both))
    elif apart.interest:
        said.append(t("%(interest)s of it is interest.", interest=i18n.money(apart.interest)))
    elif apart.costs:
        said.append(t("%(costs)s of it is costs of late payment.", costs=i18n.money(apart.costs)))
    if waits_from is not None:
        said.append(t("Interest from %(day)s on is being updated.", day=i18n.day(waits_from)))
    return " ".join(i18n.say(one) for one in said)


def rung(items: Sequence[Item], today: date, zone: str, said: Rung | None = None) -> Rung:
    """Where a document stands, for both sides: as what somebody said of it and still waits (`said`), else as the
    earliest of its due items that is open. Raises ValueError without due items.
    """
    if said is not None:
        return said
    if not items:
        raise ValueError("a document without due items stands nowhere")
    return _rung(next((item for item in items if item.is_open), items[0]), today, zone)


def _rung(item: Item, today: date, zone: str) -> Rung:
    if item.withdrawn or item.not_issued:
        return Rung(t("withdrawn")) if item.withdrawn else Rung(t("sent back by the tax system"), Side.CREDITOR)
    if not item.is_open:
        return Rung(t("closed"))
    if item.reserved_by is not None:
        return Rung(t("a payment of it is open right now"), Side.CUSTOMER)
    if item.held_for is not None:
        until = clock.day_of(item.held_until, zone) if item.held_until is not None else None
        return Rung(holds.LABELS.get(item.held_for, t("on hold")), _side(item.held_for), until)
    if item.due_on < today:
        return Rung(t("still open"), Side.CUSTOMER)
    return Rung(t("open"), Side.CUSTOMER, item.due_on)


def _side(reason: str) -> Side:
    if reason in {holds.PROMISED, *holds.FOLLOWED}:
        return Side.CUSTOMER
    return Side.BANK if reason in holds.WITH_THE_BANK else Side.CREDITOR


def sorry(items: Sequence[Item]) -> str:
    """What the customer reads of a document that the SdI sent back; nothing of any other."""
    if not any(item.not_issued for item in items):
        return ""
    return i18n.say(
        t("The tax system sent this invoice back to us. The slip is ours, and we are sorry. It counts as not issued: "
          "please pay nothing on it now. We make it again and send you the new one.")
    )  # fmt: skip


def note(item: Item) -> str:
    """Why it cannot be paid here, where it cannot."""
    why_not = payable.why_not_payable(item)
    return i18n.say(why_not) if why_not is not None else ""


def card(
    item: Item,
    today: date,
    href: str | None,
    made_of: Sequence[Line] = (),
    *,
    history: bool = True,
    stands: str = "",
) -> dict[str, Any]:
    """One due item for `summary_card` and `item_list`; without its history for the code on paper (decision 5).

    `stands` is where it stands, as `portal.web.ladder` says it; nothing for the code on paper either.

    Interest and costs are always named: the code on paper must say why more is open than is printed.
    """
    apart = open_apart(made_of, item.open.currency)
    blocked = "" if stands and item.reserved_by is not None else note(item)
    notes = [stands, blocked, extras(apart, item.interest_waits_from) if item.is_open else ""]
    return {
        "title": title(item),
        "about": i18n.say(t("of %(day)s", day=i18n.day(item.issued_on))),
        "due": due(item, today),
        "open": i18n.money(item.open),
        "lines": lines(gathered(made_of), item.open, apart) if history else [],
        "note": " ".join(one for one in notes if one),
        "href": href,
    }
