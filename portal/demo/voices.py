"""What the demo's customers have said before the first morning: a queue with something of each kind in it.

Each speaks through a visit of their own and the product's actions, as over the portal's pages.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from sqlalchemy import select

from portal.already_paid import actions as already_paid
from portal.calls import actions as calls
from portal.calls.rules import Hours
from portal.cases import actions as cases
from portal.cases import kinds, policies
from portal.cases.models import Case
from portal.cases.rules import working_day_after
from portal.confirmations import actions as confirmations
from portal.confirmations import rules as receipts
from portal.core import clock, db, events, scope
from portal.creditors import queries as creditors
from portal.debtors import gate, links
from portal.debtors import queries as debtors
from portal.debtors.models import ContactPoint, Debtor
from portal.debtors.visits import Current
from portal.demo.people import CAST
from portal.hardship import actions as hardship
from portal.invoices import queries as invoices
from portal.invoices.models import DueItem
from portal.invoices.queries import Item
from portal.ledger.models import Receivable
from portal.people import queries as people
from portal.promises import actions as promises
from portal.reasons import actions as reasons

_MORNING, _NOON, _TWO, _EVENING = 9 * 60, 12 * 60 + 30, 14 * 60, 17 * 60 + 30
HOURS = Hours(
    tuple((day, *span) for day in range(5) for span in ((_MORNING, _NOON), (_TWO, _EVENING))), minutes=20, at_once=1
)
TEXTS = (
    (
        "it",
        "Ci stiamo guardando",
        "Buongiorno, grazie per avercelo detto. Ci stiamo guardando e le rispondiamo presto.",
    ),
    ("it", "Nota di credito", "Buongiorno, ha ragione. Le mandiamo la nota di credito in questi giorni."),
    (
        "en",
        "We are looking into it",
        "Good day, thank you for telling us. We are looking into it and come back soon.",
    ),
)
Say = Callable[[Current, list[Item]], None]


def seed(creditor_id: int, today: date) -> int:
    """Lets customers who have no other part speak; returns how many cases are open then."""
    with db.transaction():
        scope.enter(creditor_id)
        calls.set_hours(HOURS)
        for language, name, words in TEXTS:
            policies.keep_text(language, name, words)
        late, soon = _speakers(today)
    for debtor_id, (say, is_late) in _parts(late, soon):
        _speak(creditor_id, debtor_id, say, today, is_late=is_late)
    with db.transaction():
        scope.enter(creditor_id)
        _staff_have_begun(creditor_id)
        return len(list(db.session().scalars(select(Case.id).where(Case.closed_at.is_(None)))))


def _speakers(today: date) -> tuple[list[int], list[int]]:
    """Customers with an address and no other part: those with something late, and those with something to come."""
    found: tuple[list[int], list[int]] = ([], [])
    rows = db.session().execute(
        select(Debtor.id, DueItem.due_on)
        .join(DueItem, DueItem.debtor_id == Debtor.id)
        .join(Receivable, Receivable.id == DueItem.id)
        .join(ContactPoint, ContactPoint.debtor_id == Debtor.id)
        .where(Receivable.open_minor > 0, Debtor.code.not_in(CAST.values()), ContactPoint.channel == "email")
        .order_by(DueItem.due_on, Debtor.code)
    )
    for debtor_id, due_on in rows:
        if debtor_id not in {*found[0], *found[1]}:
            found[due_on >= today].append(debtor_id)
    return found


def _parts(late: list[int], soon: list[int]) -> Iterator[tuple[int, tuple[Say, bool]]]:
    """Who says what; a part for which there is nobody is left out."""
    for debtor_id, say in zip(late, (_promises, _has_paid, _is_in_difficulty, _forgot, _asks_for_days), strict=False):
        yield debtor_id, (say, True)
    for debtor_id, say in zip(
        soon, (_finds_a_mistake, _misses_it, _asks, _books_a_call, _is_cleared_up), strict=False
    ):
        yield debtor_id, (say, False)


def _speak(creditor_id: int, debtor_id: int, say: Say, today: date, *, is_late: bool) -> None:
    with db.transaction():
        scope.enter(creditor_id, debtor_id)
        debtor, contact = debtors.debtor(debtor_id), debtors.mail_contact(debtor_id)
        if debtor is None or contact is None:
            return
        link = links.issue(
            debtor_id,
            purpose=links.PORTAL,
            campaign="demo_voice",
            expires_at=clock.now() + timedelta(days=30),
            contact_point_id=contact.id,
        )
        visit = gate.admit(link, 2)
        if visit is None:
            return
        face = creditors.face(creditor_id)
        items = [one for one in invoices.items_of_debtor(debtor_id) if (one.due_on < today) is is_late]
        say(Current(visit.id, debtor_id, link.id, 2, None, debtor.name, debtor.kind, face), items)


def _promises(visit: Current, items: list[Item]) -> None:
    parts = [(items[0], items[0].open)]
    day = working_day_after(clock.today(visit.creditor.time_zone), 4)
    promises.make(visit.debtor_id, parts, day, visit_id=visit.id, remind=True)


def _has_paid(visit: Current, items: list[Item]) -> None:
    reasons.give(visit, "paid", invoice_id=items[0].invoice_id)
    paid_on = clock.today(visit.creditor.time_zone) - timedelta(days=6)
    words = "Bonifico fatto dal conto della nuova banca."
    already_paid.claim(visit, items[:1], paid_on=paid_on, reference="CRO12345678901", words=words)


def _is_in_difficulty(visit: Current, _items: list[Item]) -> None:
    reasons.give(visit, "difficulty")
    hardship.say(visit, ["more_time", "smaller"])


def _forgot(visit: Current, items: list[Item]) -> None:
    reasons.give(visit, "forgot", invoice_id=items[0].invoice_id)


def _asks_for_days(visit: Current, items: list[Item]) -> None:
    """With a promise hidden in the words, which the case's page hints at."""
    words = "Abbiamo avuto un mese pieno. Paghiamo entro il 30. Potete mandarci anche l'estratto conto?"
    cases.ask(visit, words, invoice_id=items[0].invoice_id)


def _answer(visit: Current, items: list[Item], said: confirmations.Said) -> None:
    invoice = invoices.invoice(items[0].invoice_id)
    if invoice is None:
        return
    shown = f"{receipts.ANSWERS[said.answer].msgid}\n{receipts.DISCLAIMER.msgid}"
    confirmations.answer(visit, invoice, said, shown_text=shown, language="it")
    if said.answer == receipts.MISSING:
        confirmations.send_again(invoice)


def _finds_a_mistake(visit: Current, items: list[Item]) -> None:
    words = "Il prezzo della manodopera non corrisponde al preventivo. Manca anche la nota di credito di ottobre."
    _answer(visit, items, confirmations.Said(receipts.WRONG, category="amount", words=words))


def _misses_it(visit: Current, items: list[Item]) -> None:
    _answer(visit, items, confirmations.Said(receipts.MISSING))


def _asks(visit: Current, _items: list[Item]) -> None:
    cases.ask(visit, "Buongiorno, possiamo avere la fattura anche con il nostro numero d'ordine?")


def _books_a_call(visit: Current, _items: list[Item]) -> None:
    free = calls.free()
    if free:
        calls.book(visit, free[min(2, len(free) - 1)], "031 555 0142", "Vorrei capire le scadenze di dicembre.")


def _is_cleared_up(visit: Current, items: list[Item]) -> None:
    words = "L'indirizzo della sede è quello vecchio."
    _answer(visit, items, confirmations.Said(receipts.WRONG, category="data", words=words))


def _staff_have_begun(creditor_id: int) -> None:
    """One thing is cleared up before its due date, and one question has its answer."""
    owner = people.first_to_answer(creditor_id)
    me = people.by_id(owner) if owner is not None else None
    if me is None:
        return
    events.act_as(events.Actor("staff", me.id))
    for kind in (kinds.PROBLEM, kinds.QUESTION):
        newest = select(Case).where(Case.kind == kind, Case.visit_id.is_not(None))
        case = db.session().scalars(newest.order_by(Case.id.desc()).limit(1)).one_or_none()
        if case is None:
            continue
        cases.answer(case, TEXTS[0][2], me)
        if kind == kinds.PROBLEM:
            cases.close(case, "cleared_up")
