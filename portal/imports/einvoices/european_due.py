"""What is due on an invoice after EN 16931, and when: its instalments, its due date, or what is assumed and said."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.core.money import Money, total
from portal.core.text import t
from portal.imports.documents import DueItem, Kind
from portal.imports.einvoices.fields import Fields, Place
from portal.imports.einvoices.stated import Means, Stated, Term
from portal.imports.identifiers import check_iban, clean

_COLLECTED = frozenset({"49", "59"})  # direct debits (UNTDID 4461): the seller's bank collects


def due_items(stated: Stated, kind: Kind, fields: Fields, terms_days: int) -> tuple[DueItem, ...]:
    """Amounts positive, by date; none when nothing is payable, or when what is due when was refused."""
    payable = Money(abs(stated.amounts.payable.minor), stated.currency)
    if not payable:
        return ()
    iban = _iban(stated.means, fields)
    parts = _instalments(stated, payable, fields)
    if parts is None:
        due_on = _due_on(stated, fields, terms_days)
        parts = [(due_on, payable)] if due_on is not None else []
    for due_on, _ in parts:
        if due_on < stated.issued_on:
            text = t("The due date %(due)s is before the date of issue.", due=due_on.isoformat())
            fields.warn(*stated.due_place, "due_before_issue", text)
    if kind == "invoice":
        _warn_of_collection(stated.means, fields)
    return tuple(DueItem(due_on, amount, iban) for due_on, amount in sorted(parts, key=lambda part: part[0]))


def _iban(means: Sequence[Means], fields: Fields) -> str | None:
    """The first account that is an IBAN; one that is none is left out, for money sent to it would be lost."""
    named = [one for one in means if one.account]
    for one in named:
        iban, doubt = check_iban(one.account)
        if doubt is None:
            return iban
    if named:
        text = t("The account “%(account)s” is no valid IBAN; it was left out.", account=clean(named[0].account, 40))
        fields.warn(*named[0].account_place, "iban_check", text)
    return None


def _warn_of_collection(means: Sequence[Means], fields: Fields) -> None:
    for one in means:
        if one.code in _COLLECTED:
            text = t(
                "The seller's bank collects this payment (%(method)s); asking for a transfer would pay it twice.",
                method=one.code,
            )
            fields.warn(one.place.element, "", "collected_by_seller", text)
            return


def _dated(stated: Stated) -> list[Term]:
    """Terms with a day. Days with a discount are offers: they count only where there is no other."""
    dated = [term for term in stated.terms if term.due_on is not None]
    return [term for term in dated if not term.discount] or dated


def _instalments(stated: Stated, payable: Money, fields: Fields) -> list[tuple[date, Money]] | None:
    """Each day with its amount; None when the terms name no amounts, nothing in the list when they were refused."""
    dated = _dated(stated)
    sized = [term for term in dated if term.amount is not None or term.percent is not None]
    if not sized:
        return None
    if len(sized) < len(dated):
        return _refuse_open_days(dated[0].place, fields)
    parts = [(term.due_on, abs(_size(term, payable))) for term in sized if term.due_on is not None]
    if all(term.amount is None for term in sized) and sum(term.percent or 0 for term in sized) == 100:
        rest = payable.minor - sum(minor for _, minor in parts[:-1])  # cents that rounding leaves over
        parts[-1] = (parts[-1][0], rest)
    found = [(due_on, Money(minor, payable.currency)) for due_on, minor in parts if minor]
    together = total([amount for _, amount in found], payable.currency)
    if together != payable:
        text = t(
            "The instalments add up to %(sum)s, but %(payable)s is to be paid. "
            "State what is left to pay on each day.",
            sum=together.plain,
            payable=payable.plain,
        )
        fields.refuse(*sized[0].place, "instalments_differ", text)
        return []
    return found


def _size(term: Term, payable: Money) -> int:
    """Minor units of an instalment."""
    if term.amount is not None:
        return term.amount.minor
    share = Decimal(payable.minor) * (term.percent or Decimal(0)) / 100
    return int(share.quantize(Decimal(1), ROUND_HALF_UP))


def _refuse_open_days(place: Place, fields: Fields) -> list[tuple[date, Money]]:
    text = t("Several due dates are given, but not how much is due on each. State the amounts.")
    fields.refuse(*place, "due_dates_open", text)
    return []


def _due_on(stated: Stated, fields: Fields, terms_days: int) -> date | None:
    """The document's own day, else the one of its terms, else the one of its ways of paying, else an assumption."""
    of_terms = sorted({term.due_on for term in _dated(stated) if term.due_on is not None})
    of_means = sorted({one.due_on for one in stated.means if one.due_on is not None})
    if stated.due_on is not None:
        other = next((day for day in [*of_terms, *of_means] if day != stated.due_on), None)
        if other is not None:
            text = t(
                "The document is due on %(due)s, its terms name %(other)s; the first counts.",
                due=stated.due_on.isoformat(),
                other=other.isoformat(),
            )
            fields.warn(*stated.due_place, "due_dates_differ", text)
        return stated.due_on
    for days in (of_terms, of_means):
        if len(days) > 1:
            _refuse_open_days(stated.terms[0].place if days is of_terms else stated.means[0].place, fields)
            return None
        if days:
            return days[0]
    due_on = stated.issued_on + timedelta(days=terms_days)
    text = t("The invoice gives no due date; %(date)s was assumed.", date=due_on.isoformat())
    fields.warn(*stated.due_place, "due_date_assumed", text)
    return due_on
