"""The settlement letter (quietanza): there when everything is at nought by money or credit notes, never else."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.account_papers import offers, settlements
from portal.account_papers.statements import Due, Entry
from portal.core import clock, db, ids, outbox, scope
from portal.core.link_addresses import QR
from portal.core.money import Money
from portal.core.readability import flesch, gulpease
from portal.core.states import Status
from portal.creditors import queries as creditors
from portal.debtors.models import AccessLink
from portal.interest.actions import COUNT
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger.actions import Source
from portal.messages import rendering
from portal.messages.models import Message
from portal.payments.models import PaymentAttempt
from portal.payments.states import AttemptStatus
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.account_papers.reading import credit, entered, pay, take_back, text_of
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor

LETTER = "/d/account/settled.pdf"
ROAD = f'href="{LETTER}"'


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account(make_creditor())
    made.add_invoice("128/2026", "1234.56", -40)
    made.add_invoice("129/2026", "100.00", 10, parts=2)
    return made


def pay_all(account: Account, days_ago: int = 0) -> None:
    for invoice_id in account.invoice_ids:
        pay(account, invoice_id, value_on=clock.today() - timedelta(days=days_ago))


def test_it_is_there_when_nothing_is_open_and_says_what_it_must(app: PortalFlask, account: Account) -> None:
    browser = entered(app, account)
    assert ROAD not in browser.text
    assert browser.get(LETTER).status_code == 409
    assert "something is still open" in browser.text
    pay(account, account.invoice_ids[0])
    assert browser.get(LETTER).status_code == 409, "the other is open still"
    pay(account, account.invoice_ids[1])
    assert ROAD in browser.get("/d/").text
    assert ROAD in browser.get("/d/account").text
    answer = browser.get(LETTER)
    today = clock.today()
    assert answer.status_code == 200
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="settlement-letter-{today.isoformat()}.pdf"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    text = text_of(answer.data)
    for piece in (
        "Settlement letter", "Rossi Impianti S.r.l. declares to have received €1,334.56 from Bianchi Costruzioni",
        "nothing more to ask for the documents listed here", "128/2026", "129/2026", "€100.00", "Still open €0.00",
        f"{today:%Y%m%d}-",
    ):  # fmt: skip
        assert piece in text, piece


def test_its_day_is_when_it_came_to_nought_and_the_bytes_stay(app: PortalFlask, account: Account) -> None:
    pay_all(account, days_ago=5)
    first = entered(app, account).get(LETTER)
    assert f"{clock.today() - timedelta(days=5):%Y%m%d}-" in text_of(first.data)
    assert entered(app, account).get(LETTER).data == first.data
    clerk = signed_in(app, account.creditor_id, Role.VIEWER)
    card = f"/c/debtors/{ids.spell(account.debtor_id)}/account"
    clerk.get(card)
    assert "settled.pdf" in clerk.text
    assert clerk.get(f"{card}/settled.pdf?language=en").data == first.data, "the same paper for the same facts"
    assert clerk.get(f"{card}/settled.pdf").data != first.data, "in the customer's own language"
    account.add_invoice("130/2026", "1.00")
    assert clerk.get(f"{card}/settled.pdf").status_code == 409
    assert "settled.pdf" not in clerk.get(card).text


def test_a_return_takes_it_away_and_paying_again_gives_another(app: PortalFlask, account: Account) -> None:
    pay_all(account)
    browser = entered(app, account)
    first = browser.get(LETTER).data
    take_back(account, account.invoice_ids[0], 1_00)
    assert browser.get(LETTER).status_code == 409
    assert ROAD not in browser.get("/d/").text
    pay(account, account.invoice_ids[0])
    again = browser.get(LETTER).data
    assert "€1,334.56" in text_of(again), "what went back is not counted as received"
    assert again != first


def test_credit_notes_settle_too_and_are_named_apart(app: PortalFlask, account: Account) -> None:
    credit(account, "NC 1", 10_000, "129/2026")
    pay(account, account.invoice_ids[0])
    text = text_of(entered(app, account).get(LETTER).data)
    assert "received €1,234.56" in text
    assert "credit notes for €100.00" in text


def test_credit_notes_alone(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice("128/2026", "50.00")
    credit(account, "NC 1", 5_000, "128/2026")
    text = text_of(entered(app, account).get(LETTER).data)
    assert "declares to have cancelled the documents listed here with credit notes for €50.00" in text
    assert "received" not in text


def within(account: Account, act: Any) -> Any:
    with db.transaction():
        scope.enter(account.creditor_id)
        return act()


def test_what_was_withdrawn_or_written_off_was_not_paid(app: PortalFlask, account: Account) -> None:
    within(account, lambda: invoices.withdraw(db.session().get_one(Invoice, account.invoice_ids[0])))
    browser = entered(app, account)
    assert browser.get(LETTER).status_code == 409
    pay(account, account.invoice_ids[1])
    text = text_of(browser.get(LETTER).data)
    assert "129/2026" in text
    assert "128/2026" not in text
    third = account.add_invoice("130/2026", "5.00")

    def write_off() -> None:
        [item] = invoice_queries.items_of_debtor(account.debtor_id, third)
        off = {"account": "losses", "kind": "write_off", "source": Source("test", 1), "value_on": clock.today()}
        invoices.settle_item(item, item.open, **off)

    within(account, write_off)
    assert browser.get(LETTER).status_code == 409, "nothing is open, but not because somebody paid"


def attempt_on(account: Account, status: Status) -> None:
    """A payment by card that stands so, on the first invoice."""

    def act() -> None:
        [item] = invoice_queries.items_of_debtor(account.debtor_id, account.invoice_ids[0], only_open=False)
        now = clock.now()
        attempt = PaymentAttempt(
            id=ids.new_id(), debtor_id=account.debtor_id, method="stripe", amount_minor=item.amount.minor,
            currency="EUR", language="en", idempotency_key=ids.spell(ids.new_id()), expires_at=now, created_at=now,
            status=status, status_at=now,
        )  # fmt: skip
        db.session().add(attempt)
        db.session().flush()
        from_item = {"due_item_id": item.item_id, "amount_minor": item.amount.minor, "debtor_id": account.debtor_id}
        db.session().add(
            invoice_queries.Reservation(id=ids.new_id(), attempt_id=attempt.id, is_open=False, **from_item)
        )

    within(account, act)


def test_a_payment_on_its_way_is_not_received(app: PortalFlask, account: Account) -> None:
    pay(account, account.invoice_ids[1])
    attempt_on(account, AttemptStatus.PROCESSING)
    assert entered(app, account).get(LETTER).status_code == 409


def test_while_the_cardholder_contests_it_there_is_none(app: PortalFlask, account: Account) -> None:
    pay_all(account)
    attempt_on(account, AttemptStatus.SUCCEEDED)
    browser = entered(app, account)
    assert browser.get(LETTER).status_code == 200
    attempt_on(account, AttemptStatus.DISPUTED)
    assert browser.get(LETTER).status_code == 409
    other = entered(app, account, invoice_id=account.invoice_ids[1])
    assert other.get(LETTER).status_code == 200, "the other invoice was paid otherwise"


def test_credit_of_a_contested_payment_is_not_sure_either(app: PortalFlask, account: Account) -> None:
    """What was too much of one payment settled another document: lost at the bank, it would be recalled there."""
    first, second = account.invoice_ids
    pay(account, first)

    def by_credit() -> None:
        ledger.keep_as_credit(
            account.debtor_id, Money(100_00, "EUR"), account=accounts.CARD, kind="payment",
            source=Source("test", 7), value_on=clock.today(),
        )  # fmt: skip
        for place, item in enumerate(invoice_queries.items_of_debtor(account.debtor_id, second)):
            ledger.settle(
                item.item_id, item.open, account=accounts.UNALLOCATED, kind="overpayment",
                source=Source("test", 80 + place), value_on=clock.today(), origin=Source("test", 7),
            )  # fmt: skip

    within(account, by_credit)
    browser = entered(app, account, invoice_id=second)
    assert browser.get(LETTER).status_code == 200
    attempt_on(account, AttemptStatus.DISPUTED)
    assert browser.get(LETTER).status_code == 409


@pytest.mark.parametrize("what", ["rate", "count"])
def test_while_interest_is_still_to_be_counted_there_is_none(app: PortalFlask, account: Account, what: str) -> None:
    """What will be asked for tomorrow may not be given up today."""
    pay_all(account)
    browser = entered(app, account)
    assert browser.get(LETTER).status_code == 200
    first = account.invoice_ids[0]
    [item_id] = account.item_ids(first)
    row = within(
        account, lambda: outbox.put(COUNT, first) if what == "count" else ledger.wait_for_rate(item_id, clock.today())
    )
    assert browser.get(LETTER).status_code == 409
    assert ROAD not in browser.get("/d/").text
    within(account, lambda: outbox.finish(row) if what == "count" else ledger.wait_for_rate(item_id, None))
    assert browser.get(LETTER).status_code == 200


def test_one_invoices_link_has_a_letter_for_that_invoice(app: PortalFlask, account: Account) -> None:
    first, second = account.invoice_ids
    pay(account, first)
    browser = entered(app, account, invoice_id=first)
    assert ROAD in browser.text, "the closed link offers it"
    text = text_of(browser.get(LETTER).data)
    assert "128/2026" in text
    assert "129/2026" not in text
    assert entered(app, account, invoice_id=second).get(LETTER).status_code == 409
    assert entered(app, account).get(LETTER).status_code == 409
    pay(account, second)
    whole = text_of(entered(app, account).get(LETTER).data)
    assert {"128/2026", "129/2026"} <= set(whole.split())
    assert number_in(whole) != number_in(text), "another paper, another number"


def number_in(text: str) -> str:
    return next(word for word in text.split() if word.startswith(f"{clock.today():%Y%m%d}-"))


def test_it_is_nobody_elses(app: PortalFlask, account: Account) -> None:
    pay_all(account)
    code = entered(app, account, invoice_id=account.invoice_ids[0], purpose=QR, fact="128/2026")
    assert ROAD not in code.text
    assert code.get(LETTER).status_code == 404
    assert Debtor(app).get(LETTER).status_code == 403
    with db.transaction(writes=False):
        creditor = creditors.by_id(account.creditor_id)
    neighbour = make_account(creditor, "0043", name="Neri S.r.l.", vat_number="IT98765432109")
    empty = entered(app, neighbour)
    assert empty.get(LETTER).status_code == 409, "who never had a document has nothing to be quit of"
    assert ROAD not in empty.get("/d/").text
    card = f"/c/debtors/{ids.spell(account.debtor_id)}/account/settled.pdf"
    assert signed_in(app, make_creditor("verdi"), Role.ADMIN).get(card).status_code == 404


def test_the_receipts_mail_mentions_it_when_there_is_one(app: PortalFlask, account: Account) -> None:
    account.link()

    def known() -> dict[str, Any]:
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            link = session.scalars(select(AccessLink.id).order_by(AccessLink.id)).first()
            message = Message(key=offers.RECEIPT, debtor_id=account.debtor_id, link_id=link)
            assert offers.known_for(Message(key="caring", debtor_id=account.debtor_id, link_id=link)) == {}
            return offers.known_for(message)

    assert known() == {"settled": False}
    pay_all(account)
    assert known() == {"settled": True}
    assert offers.known_for in rendering.also_known


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_mail_says_it_plainly(app: PortalFlask, account: Account, language: str) -> None:
    with db.transaction(writes=False):
        values = {"creditor": creditors.face(account.creditor_id), "link_url": "{link:1}"}
    values["operator"] = app.jinja_env.globals["operator"]
    letter = "letter for you" if language == "en" else "una lettera"
    for settled in (True, False):
        subject, text, html = rendering.write(offers.RECEIPT, language, {**values, "settled": settled})
        assert (letter in text, letter in html, letter in subject) == (settled, settled, False)
        assert "\n\n\n" not in text
        body = text.split("\n-- \n")[0].replace("{link:1}", "")
        assert (gulpease if language == "it" else flesch)(body).score >= (80 if language == "it" else 60)


# ---- what it says, without a database ----

DUE = Due(1, 10, "1/2026", date(2026, 1, 1), date(2026, 1, 31), 1, 1)
CHARGE = Entry(1, date(2026, 1, 1), "invoice", accounts.RECEIVABLE, accounts.SALES, 1, Money(1000, "EUR"))


def line(number: int, kind: str, debit: str, credit: str, minor: int, day: int = 5) -> Entry:
    return Entry(number, date(2026, 2, day), kind, debit, credit, 1, Money(minor, "EUR"))


def test_interest_that_was_paid_is_received_and_interest_that_was_not_is_open() -> None:
    interest = line(2, "interest", accounts.RECEIVABLE, "interest", 30)
    short, whole = (line(3, "payment", accounts.BANK, accounts.RECEIVABLE, minor) for minor in (1000, 1030))
    assert settlements.settlement([DUE], [CHARGE, interest, short]) is None
    found = settlements.settlement([DUE], [CHARGE, interest, whole])
    assert found is not None
    [document] = found.documents
    assert (document.amount.minor, document.extra.minor, document.received.minor) == (1000, 30, 1030)
    waived = line(4, "interest_waived", "interest", accounts.RECEIVABLE, 30, 20)
    let_off = settlements.settlement([DUE], [CHARGE, interest, short, waived])
    assert let_off is not None
    assert let_off.settled_on == date(2026, 2, 20)


def test_a_refund_that_failed_leaves_the_money_received() -> None:
    lines = [
        line(2, "payment", accounts.CARD, accounts.RECEIVABLE, 1000, 3),
        line(3, "refund", accounts.RECEIVABLE, accounts.REFUNDS, 400, 4),
        line(4, "refund_undone", accounts.REFUNDS, accounts.RECEIVABLE, 400, 6),
    ]
    assert settlements.settlement([DUE], [CHARGE, *lines[:2]]) is None
    found = settlements.settlement([DUE], [CHARGE, *lines])
    assert found is not None
    assert found.sums() == {"EUR": (Money(1000, "EUR"), Money(0, "EUR"))}


def test_the_number_says_which_documents_and_which_booking() -> None:
    paid = line(2, "payment", accounts.BANK, accounts.RECEIVABLE, 1000)
    found = settlements.settlement([DUE], [CHARGE, paid])
    assert found is not None
    assert found == settlements.settlement([DUE], [CHARGE, paid])
    assert found.number.startswith("20260205-")
    other = settlements.settlement([DUE], [CHARGE, replace(paid, id=3)])
    assert other is not None
    assert other.number != found.number
    assert settlements.settlement([replace(DUE, withdrawn_on=date(2026, 2, 1))], [CHARGE, paid]) is None
