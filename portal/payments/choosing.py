"""What is chosen to be paid, and the page that shows it: all that is due, some of it, or a part of an amount.

Which due items are chosen comes from the address or the form; what they cost comes from `payable_now` alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import session, url_for

from portal.core import ids
from portal.core.money import Money, total
from portal.core.text import Text, t
from portal.debtors.visits import Current
from portal.invoices import holds
from portal.invoices import presenting as invoices
from portal.invoices.payable import ONLINE_CURRENCY, Line, Payable, payable_now, proposed, undisputed
from portal.ledger import queries as ledger
from portal.ledger.rules import open_apart_of_all
from portal.payments import agreed, presenting, queries, rules
from portal.payments.models import PaymentAttempt
from portal.payments.states import OPEN, AttemptStatus
from portal.web import i18n
from portal.web.forms import HOW_TO_WRITE

MOST_AT_ONCE = 100
APART_AT_MOST = 20  # due items of which a sum is taken apart: interest is booked day by day
NOTHING_CHOSEN = t("Please choose at least one document to pay.")
TOO_MANY = t("Please choose at most %(most)s documents at a time.", most=MOST_AT_ONCE)
_LONGER = re.compile(r"[1-9][0-9]{9,}(?:[.,][0-9]{1,2})?", re.ASCII)

_NOTES: dict[str | None, Text] = {
    holds.TRANSFER_ON_ITS_WAY: t("You said that a transfer is on its way."),
    holds.PROBLEM_REPORTED: t("You told us that something is wrong with it."),
    holds.DISPUTED: t("It is disputed."),
    holds.ALREADY_PAID: t("You told us that it is paid."),
    holds.DISPUTE: t("You told us that something is wrong with it."),
    holds.CREDIT_EXPECTED: t("A credit note for it is on its way."),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """All that could be paid now, and what of it is chosen; `named`: by the reader, not by us."""

    payable: Payable
    lines: tuple[Line, ...]
    named: bool

    @property
    def total(self) -> Money:
        return total([line.amount for line in self.lines], ONLINE_CURRENCY)

    @property
    def is_cut(self) -> bool:
        """More is due than one payment takes."""
        return not self.named and len(self.lines) == MOST_AT_ONCE

    @property
    def left_out(self) -> Money:
        """What of the chosen due items is contested and stays out."""
        cut = [line.item.open - line.amount for line in self.lines if line.is_cut]
        return total(cut, ONLINE_CURRENCY)


def choose(visit: Current, chosen: Sequence[int], *, contested_too: bool = False) -> Choice:
    """What these ids name of what this visit may pay; without any, what we propose (`payable.proposed`).

    Of a due item that is contested in part only the rest is chosen, unless `contested_too`; who names one that is
    contested as a whole means what is contested.
    """
    payable = payable_now(queries.choosable_for(visit))
    if not chosen:
        return Choice(payable, proposed(payable, presenting.today(visit))[:MOST_AT_ONCE], named=False)
    named = tuple(x for x in payable.payable_lines if x.item.item_id in chosen)
    means_it = contested_too or not all(line.free for line in named)
    return Choice(payable, named if means_it else undisputed(named), named=True)


def partly_payable(choice: Choice) -> tuple[Line, ...]:
    """Where a part of an amount may go: what was named, or all that is open and not contested."""
    if choice.named:
        names = {line.item.item_id for line in choice.lines}
        return tuple(line for line in choice.payable.payable_lines if line.item.item_id in names)
    return undisputed(choice.payable.payable_lines)[:MOST_AT_ONCE]


def as_card(visit: Current, choice: Choice) -> dict[str, Any] | None:
    """What is chosen, in one card: a document with what it is made of, or several with what each takes."""
    if not choice.lines:
        return None
    today = presenting.today(visit)
    if len(choice.lines) == 1:
        item = choice.lines[0].item
        card = invoices.card(item, today, None, ledger.lines_of(item.item_id), history=visit.may_answer)
        if not choice.left_out:
            return card
        out = t("%(amount)s of it is contested and left out.", amount=i18n.money(choice.left_out))
        return card | {"open": i18n.money(choice.total), "note": i18n.say(out)}
    late = any(line.item.due_on <= today for line in choice.lines)
    title = t("What you chose") if choice.named else t("All that is due") if late else t("Open in all")
    rows = [(f"{invoices.title(x.item)} · {invoices.due(x.item, today)}", i18n.money(x.amount), False)
            for x in choice.lines]  # fmt: skip
    rows.append((i18n.gettext("In all"), i18n.money(choice.total), True))
    out = t("%(amount)s of it is contested and left out.", amount=i18n.money(choice.left_out))
    cut = t("These are the %(most)s oldest. You can pay the others after them.", most=MOST_AT_ONCE)
    return {
        "title": i18n.say(title),
        "about": "",
        "due": i18n.say(t("%(count)s amounts", count=len(choice.lines))),
        "open": i18n.money(choice.total),
        "lines": rows,
        "note": " · ".join(
            [
                *_apart_of(choice),
                *([i18n.say(out)] if choice.left_out else []),
                *([i18n.say(cut)] if choice.is_cut else []),
            ]
        ),
    }


def _apart_of(choice: Choice) -> list[str]:
    """What of the sum is interest and costs; of many due items each says it on its own page."""
    if len(choice.lines) > APART_AT_MOST:
        return []
    made_of = ledger.lines_of_items([line.item.item_id for line in choice.lines])
    return presenting.apart(open_apart_of_all(made_of.values(), ONLINE_CURRENCY))


def to_tick(visit: Current, choice: Choice) -> list[dict[str, Any]]:
    """Every due item that could be paid, ticked where it is chosen, with why it is not."""
    today = presenting.today(visit)
    chosen = {line.item.item_id for line in choice.lines}
    return [
        {
            **presenting.choice(line.item, None, today, chosen=line.item.item_id in chosen),
            "note": i18n.say(_NOTES[line.item.held_for]) if visit.may_answer and line.item.held_for in _NOTES else "",
        }
        for line in choice.payable.payable_lines
    ]


def closed(visit: Current, choice: Choice) -> list[dict[str, Any]]:
    """What is open and cannot be paid here now, with the reason."""
    today = presenting.today(visit)
    return [presenting.choice(x.item, x.why_not, today, chosen=False) for x in choice.payable.lines if x.why_not]


def part_hint(visit: Current, choice: Choice) -> str:
    """Between what one may write; empty where the creditor takes the whole only."""
    most = total([line.amount for line in partly_payable(choice)], ONLINE_CURRENCY)
    least = rules.least_part(visit.creditor, most)
    if least is None:
        return ""
    said = t("From %(least)s to %(most)s. You see where it goes before you pay.",
             least=i18n.money(least), most=i18n.money(most))  # fmt: skip
    return i18n.say(said)


def read_part(visit: Current, lines: Sequence[Line], typed: str) -> Money | Text:
    """The amount that was typed, or why these due items do not take it (rules A-63, B-03, B-11)."""
    plain = typed.strip().removeprefix("€").removesuffix("€").strip()
    most = total([line.amount for line in lines], ONLINE_CURRENCY)
    if _LONGER.fullmatch(plain):  # well written, and more than anything that is read (rule A-63)
        return rules.too_much(most)
    try:
        amount = presenting.typed_money(plain)
    except ValueError:
        return HOW_TO_WRITE
    if not amount:
        return HOW_TO_WRITE
    return agreed.why_not_part(visit.creditor, amount, most, lines) or amount


def where_it_goes(visit: Current, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Line by line: the due item, what of it is paid and of which parts, what then is left of it."""
    today = presenting.today(visit)
    made_of = ledger.lines_of_items([line.item.item_id for line in lines])
    return [
        {
            "title": invoices.title(line.item),
            "due": invoices.due(line.item, today),
            "part": i18n.money(line.amount),
            "made_of": presenting.apart(rules.taken(made_of[line.item.item_id], line.amount, today)),
            "left": i18n.say(t("%(left)s is left", left=i18n.money(line.item.open - line.amount)))
            if line.amount < line.item.open
            else i18n.gettext("then it is closed"),
        }
        for line in lines
    ]


def standing(visit: Current, payable: Payable) -> list[dict[str, Any]]:
    """Open payments of these due items: to go on with, or to stop.

    Whoever may pay may stop what stands in the way; only whose it is may look at it (decision 5).
    """
    found = []
    for attempt_id in sorted(payable.reserved_by):
        attempt = queries.attempt(attempt_id)
        stoppable = attempt is not None and may_stop(attempt)
        may_look = queries.for_visit(visit, attempt_id, session.get("pay")) is not None
        found.append(
            {
                "waiting": not stoppable,
                "go_url": url_for("payments_debtor.go_on", attempt_id=attempt_id) if stoppable and may_look else None,
                "see_url": url_for("payments_debtor.show_status", attempt_id=attempt_id) if may_look else None,
                "stop_url": url_for("payments_debtor.stop", attempt_id=attempt_id) if stoppable else None,
            }
        )
    return found


def may_stop(attempt: PaymentAttempt) -> bool:
    return attempt.status in OPEN and attempt.status is not AttemptStatus.PROCESSING


def spelled(lines: Sequence[Line]) -> list[str]:
    return [ids.spell(line.item.item_id) for line in lines]
