"""What open due items a credit without a reference might pay: looked up by index, a few hundred movements at a time.

Each look-up costs a walk down an index for each movement, whatever the number of open items: by amount, by the
account that paid before, by the name of the payer, by invoice numbers in the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

from sqlalchemy import select, union_all

from portal.bank_statements import rules
from portal.bank_statements.models import BankMovement, PayerAccount
from portal.bank_statements.rules import Evidence
from portal.core import db, scope
from portal.core.money import Money
from portal.core.text import Text
from portal.debtors.models import Debtor, folded
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable

MOST_SHOWN = 20
_AT_ONCE = 300
_WALKS_AT_ONCE = 50
_MOST_OF_DEBTOR = 200  # open items looked at for one customer
_MOST_OF_AMOUNT = 40  # items of one amount: beyond them it says nothing any more
_MOST_OF_NAME = 10
_MOST_OF_WORD = 200
_MOST_IDS = 20_000
_SHORTEST_NAME = 4


@dataclass(frozen=True, slots=True)
class Open:
    """An open due item as a candidate shows it."""

    item_id: int
    debtor_id: int
    debtor: str
    code: str
    number: str
    due_on: Any
    open: Money
    remittance: str | None = None  # what its document asks to be named with a payment


@dataclass(frozen=True, slots=True)
class Candidate:
    """A due item that a movement may pay, with its score and the reasons for it."""

    item: Open
    score: int
    reasons: tuple[Text, ...]
    amount_alone: bool


_OPEN = (
    select(
        DueItem.id,
        DueItem.debtor_id,
        Debtor.name,
        Debtor.code,
        Invoice.number,
        DueItem.due_on,
        Receivable.open_minor,
        Receivable.currency,
        Invoice.remittance,
    )
    .select_from(Receivable)
    .join(DueItem, DueItem.id == Receivable.id)
    .join(Invoice, Invoice.id == DueItem.invoice_id)
    .join(Debtor, Debtor.id == DueItem.debtor_id)
    .where(Invoice.withdrawn_at.is_(None))
)


def _open(item_ids: Iterable[int]) -> list[Open]:
    """What of these is open, the earliest due first.

    Ids are found before, one table at a time: a database without statistics begins joins at the wrong end.
    """
    found: list[Open] = []
    wanted = sorted(set(item_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        rows = db.session().execute(_OPEN.where(DueItem.id.in_(wanted[start : start + _AT_ONCE])))
        found += [
            Open(item_id, debtor_id, name, code, number, due_on, Money(minor, currency), remittance)
            for item_id, debtor_id, name, code, number, due_on, minor, currency, remittance in rows
            if minor > 0
        ]
    return sorted(found, key=lambda one: (one.due_on, one.item_id))


def _ids(column: Any, among: Any, values: Iterable[Any]) -> list[int]:
    """One column of the rows of a single table whose `among` is one of these values, by its index."""
    found: list[int] = []
    wanted = sorted(set(values))
    for start in range(0, len(wanted), _AT_ONCE):
        found += db.session().scalars(
            select(column).where(among.in_(wanted[start : start + _AT_ONCE])).limit(_MOST_IDS)
        )
    return found


def find(movements: Sequence[BankMovement]) -> dict[int, list[Candidate]]:
    """The candidates of each of these credits by its id, the best first; others have none."""
    found: dict[int, list[Candidate]] = {}
    credits_ = [one for one in movements if one.amount_minor > 0]
    for start in range(0, len(credits_), _AT_ONCE):
        found |= _find(credits_[start : start + _AT_ONCE])
    return {one.id: found.get(one.id, []) for one in movements}


def _find(movements: Sequence[BankMovement]) -> dict[int, list[Candidate]]:
    payers = _payers({one.counterparty_iban for one in movements if one.counterparty_iban})
    named = _named({one.counterparty_name for one in movements if one.counterparty_name})
    numbers = {one.id: rules.named_in(one.text, one.creditor_reference) for one in movements}
    numbered = _numbered({number for found in numbers.values() for number in found})
    of_amount = _of_amount({one.amount_minor for one in movements})
    suspects = {debtor_id for found in payers.values() for debtor_id in found}
    suspects |= {debtor_id for found in named.values() for debtor_id in found}
    suspects |= {one.debtor_id for found in numbered.values() for one in found}
    of_debtor = _of_debtors(suspects)
    result: dict[int, list[Candidate]] = {}
    for one in movements:
        weighed = _Weighing(one, payers.get(one.counterparty_iban or "", {}), numbers[one.id])
        for debtor_id in {*weighed.payers, *named.get(one.counterparty_name or "", {})}:
            weighed.add(of_debtor.get(debtor_id, ()))
        for number in weighed.numbers:
            for item in numbered.get(number, ()):
                weighed.add(of_debtor.get(item.debtor_id, ()))
        weighed.add(of_amount.get(one.amount_minor, ()))
        result[one.id] = weighed.candidates()
    return result


class _Weighing:
    """One movement against the items that something brought up."""

    def __init__(self, movement: BankMovement, payers: dict[int, int], numbers: dict[str, bool]) -> None:
        self.movement, self.payers, self.numbers = movement, payers, numbers
        self.items: dict[int, Open] = {}

    def add(self, items: Iterable[Open]) -> None:
        for item in items:
            if item.open.currency == self.movement.currency:  # never across currencies (decision 27)
                self.items[item.item_id] = item

    def candidates(self) -> list[Candidate]:
        evidence = {item_id: self._evidence(item) for item_id, item in self.items.items()}
        self._sums(evidence)
        made = [
            Candidate(item, rules.score(found), tuple(rules.reasons(found)), rules.is_amount_alone(found))
            for item_id, item in self.items.items()
            if rules.score(found := evidence[item_id]) > 0
        ]
        made.sort(key=lambda one: (-one.score, one.item.due_on, one.item.item_id))
        return made[:MOST_SHOWN]

    def _evidence(self, item: Open) -> Evidence:
        number = item.number.upper()
        telling, shown = self.numbers.get(number), item.number
        if item.remittance is not None and item.remittance in self.numbers:
            telling, shown = True, item.remittance
        fits = item.open.minor == self.movement.amount_minor
        alike = rules.likeness(self.movement.counterparty_name, item.debtor)
        times = self.payers.get(item.debtor_id, 0)
        # A short number that nothing announces stands in many texts by chance: it only helps what else speaks.
        counts = telling is True or (telling is False and (times > 0 or alike >= rules.NAME_FITS_FROM))
        return Evidence(amount_fits=fits, iban_times=times, name=alike, number=shown if counts else None)

    def _sums(self, evidence: dict[int, Evidence]) -> None:
        """All open items of a customer, or all that the text names, may make the amount together."""
        by_debtor: dict[int, list[Open]] = {}
        for item in self.items.values():
            by_debtor.setdefault(item.debtor_id, []).append(item)
        for items in by_debtor.values():
            named = [item for item in items if evidence[item.item_id].number is not None]
            for together in (named, items):
                if len(together) > 1 and sum(one.open.minor for one in together) == self.movement.amount_minor:
                    for item in together:
                        evidence[item.item_id] = replace(evidence[item.item_id], sum_fits=len(together))
                    break


def _payers(ibans: set[str]) -> dict[str, dict[int, int]]:
    """For whom these accounts have paid before, and how often."""
    found: dict[str, dict[int, int]] = {}
    if ibans:
        for row in db.session().scalars(select(PayerAccount).where(PayerAccount.iban.in_(ibans))):
            found.setdefault(row.iban, {})[row.debtor_id] = row.times
    return found


def _named(names: set[str]) -> dict[str, set[int]]:
    """Customers whose name is the same, or begins with a word of it and is alike."""
    rows: dict[int, str] = {}
    exact = sorted({folded(name) for name in names})
    beginnings = sorted({start for name in names for start in _beginnings(name)})
    for start in range(0, len(exact), _AT_ONCE):
        found_names = select(Debtor.id, Debtor.name).where(Debtor.name_key.in_(exact[start : start + _AT_ONCE]))
        rows.update({row.id: row.name for row in db.session().execute(found_names)})
    for start in range(0, len(beginnings), _WALKS_AT_ONCE):
        rows.update(_names_beginning(beginnings[start : start + _WALKS_AT_ONCE]))
    by_word: dict[str, list[int]] = {}
    for debtor_id, name in rows.items():
        for word in set(rules.name_words(name)):
            by_word.setdefault(word, []).append(debtor_id)
    found: dict[str, set[int]] = {}
    for name in names:
        near = {debtor_id for word in rules.name_words(name) for debtor_id in by_word.get(word, ())[:_MOST_OF_WORD]}
        alike = sorted(((rules.likeness(name, rows[one]), one) for one in near), reverse=True)
        found[name] = {one for how, one in alike[:_MOST_OF_NAME] if how >= rules.NAME_FITS_FROM}
    return found


def _beginnings(name: str) -> list[str]:
    """How a customer's name may begin: with two of its first words in either order, or with one of them."""
    telling = set(rules.name_words(name))
    words = [word for word in folded(name).split() if telling & set(rules.name_words(word))][:3]
    pairs = [f"{one} {other}" for one, other in permutations(words[:2], 2)]
    return pairs + [word for word in words if len(word) >= _SHORTEST_NAME]


def _names_beginning(beginnings: Sequence[str]) -> dict[int, str]:
    """A few customers for each of these beginnings of names: each a short walk down the index."""
    creditor_id = scope.current().creditor_id
    walks = [
        select(Debtor.id.label("id"), Debtor.name.label("name"))
        .where(
            Debtor.creditor_id == creditor_id,
            Debtor.name_key >= start,
            Debtor.name_key < f"{start}zzzz",  # far enough behind every name that begins so
        )
        .limit(_MOST_OF_NAME)
        for start in beginnings
    ]
    return {row.id: row.name for row in db.session().execute(_together(walks))}


def _together(walks: Sequence[Any]) -> Any:
    """Several limited walks as one statement."""
    some = [select(walk.subquery()) for walk in walks]
    return union_all(*some) if len(some) > 1 else some[0]


def _numbered(numbers: set[str]) -> dict[str, list[Open]]:
    """Open items of invoices with these numbers, or that ask for these references, as they stand in texts."""
    found: dict[str, list[Open]] = {}
    invoices = [*_ids(Invoice.id, Invoice.number, numbers), *_ids(Invoice.id, Invoice.remittance, numbers)]
    for item in _open(_ids(DueItem.id, DueItem.invoice_id, invoices)):
        for number in {item.number.upper(), item.remittance or item.number.upper()}:
            found.setdefault(number, []).append(item)
    return found


def _of_amount(amounts: set[int]) -> dict[int, list[Open]]:
    """Open items of exactly these amounts; an amount that very many have says nothing."""
    found: dict[int, list[Open]] = {}
    wanted = sorted(amounts)
    for start in range(0, len(wanted), _WALKS_AT_ONCE):
        few = _few_of_amount(wanted[start : start + _WALKS_AT_ONCE])
        for item in _open(few):
            found.setdefault(item.open.minor, []).append(item)
    return found


def _few_of_amount(amounts: Sequence[int]) -> list[int]:
    """Ids of open items of these amounts, none of an amount that more than a few have.

    Each amount is a short walk down the index, however many items there are; all of them in one statement.
    """
    creditor_id = scope.current().creditor_id
    walks = [
        select(Receivable.id.label("id"), Receivable.open_minor.label("minor"))
        .where(Receivable.creditor_id == creditor_id, Receivable.open_minor == minor)
        .limit(_MOST_OF_AMOUNT + 1)
        for minor in amounts
    ]
    by_amount: dict[int, list[int]] = {}
    for row_id, minor in db.session().execute(_together(walks)):
        by_amount.setdefault(minor, []).append(row_id)
    return [one for found in by_amount.values() if len(found) <= _MOST_OF_AMOUNT for one in found]


def _of_debtors(debtor_ids: set[int]) -> dict[int, list[Open]]:
    """What is open of these customers, the earliest due first."""
    found: dict[int, list[Open]] = {}
    wanted = sorted(debtor_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        still = select(Receivable.id).where(Receivable.debtor_id.in_(some), Receivable.open_minor > 0)
        for item in _open(db.session().scalars(still.limit(_MOST_IDS))):
            of_debtor = found.setdefault(item.debtor_id, [])
            if len(of_debtor) < _MOST_OF_DEBTOR:
                of_debtor.append(item)
    return found
