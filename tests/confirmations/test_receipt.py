"""Three equal answers about receipt: kept with what was shown, changeable, and with what follows from each."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.core import db, ids, scope
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.debtors import actions as debtors
from portal.debtors.models import AccessLink, ContactPoint
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Hold
from portal.messages.models import Message
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account, make_account, make_creditor, today_plus
from tests.queries_counted import counted


def entered(debtor: Debtor, due_in: int = 10) -> tuple[Account, int]:
    account = make_account()
    invoice_id = account.add_invoice(due_in=due_in)
    debtor.enter(account.link(), account.fact)
    return account, invoice_id


def answer(debtor: Debtor, **typed: str) -> None:
    debtor.get("/d/")
    road = next(part for part in debtor.text.split('"') if part.endswith("/receipt"))
    debtor.get(road)
    debtor.submit("/receipt", **typed)


def test_all_fine_with_a_day_is_kept_with_the_text_that_was_shown(debtor: Debtor) -> None:
    account, invoice_id = entered(debtor)
    answer(debtor, answer="received", pay_on=today_plus(5).isoformat())
    assert debtor.status == 200, debtor.text
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        kept = session.scalars(select(ReceiptAnswer)).one()
        assert kept.will_pay_on == today_plus(5)
        assert "128/2026" in kept.shown_text
        assert kept.language == "it"
        assert session.get(Receipt, invoice_id).status == "confirmed"
        names = session.scalars(select(EventRow.name).order_by(EventRow.seq)).all()
        assert "receipt.confirmed" in names
        assert "promise.made" in names, "a day within the creditor's bounds is a promise"
        assert names.index("gate.passed") < names.index("receipt.confirmed")


def test_a_problem_needs_a_category_and_keeps_the_words_typed(debtor: Debtor) -> None:
    account, _ = entered(debtor)
    answer(debtor, answer="wrong", words="Manca uno sconto")
    assert debtor.status == 422
    assert "Manca uno sconto" in debtor.text
    debtor.submit("/receipt", answer="wrong", category="amount", words="Manca uno sconto")
    assert debtor.status == 200
    assert "Manca uno sconto" in debtor.text
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Hold.reason)).all() == ["problem_reported"]
        data = session.scalars(select(EventRow).where(EventRow.name == "receipt.problem_reported")).one().data
        assert "Manca" not in str(data)


def test_not_received_sends_it_again_to_the_corrected_address(debtor: Debtor) -> None:
    account, _ = entered(debtor)
    answer(debtor, answer="missing", address="Nuova.Mail@Bianchi.example")
    assert debtor.status == 200
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        message = session.scalars(select(Message).where(Message.key == "invoice_copy")).one()
        assert message.to_address == "nuova.mail@bianchi.example"
        old = session.get(ContactPoint, account.contact_id)
        assert old.stopped_why == "replaced"
        first = session.scalars(select(AccessLink).where(AccessLink.campaign == "test")).one()
        assert first.revoked_at is not None
    debtor.get("/d/")
    assert debtor.path == "/d/", "the visit that made the change goes on"


def test_a_later_answer_changes_where_receipt_stands_and_keeps_both(debtor: Debtor) -> None:
    account, invoice_id = entered(debtor)
    answer(debtor, answer="missing")
    debtor.get(next(p for p in debtor.text.split('"') if p.endswith("/receipt")))
    debtor.submit("/receipt", answer="received")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.get(Receipt, invoice_id).status == "confirmed"
        assert len(session.scalars(select(ReceiptAnswer)).all()) == 2
        assert session.scalars(select(Hold).where(Hold.ended_at.is_(None))).all() == []


def test_the_same_form_twice_is_one_answer(debtor: Debtor) -> None:
    account, _ = entered(debtor)
    debtor.get("/d/")
    debtor.get(next(part for part in debtor.text.split('"') if part.endswith("/receipt")))
    form = debtor.form("/receipt")
    data = {**form.fields, "answer": "received"}
    first = debtor.post(form.action, data, follow=False).headers["Location"]
    again = debtor.post(form.action, data, follow=False).headers["Location"]
    assert first == again
    other = debtor.post(form.action, {**data, "answer": "missing"}, follow=False)
    assert other.status_code == 409
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(ReceiptAnswer)).all()) == 1


def test_anothers_invoice_is_not_there(debtor: Debtor) -> None:
    account, _ = entered(debtor)
    with db.transaction(writes=False):
        creditor = creditors.by_id(account.creditor_id)
    stranger = make_account(creditor, code="0043", vat_number="IT99999999999")
    theirs = stranger.add_invoice("999/2026")
    unknown = debtor.get(f"/d/invoices/{ids.spell(ids.new_id())}/receipt").get_data()
    assert debtor.status == 404
    found = debtor.get(f"/d/invoices/{ids.spell(theirs)}/receipt").get_data()
    assert debtor.status == 404
    assert found == unknown


def test_what_is_wrong_or_missing_rests_until_the_debtor_says_otherwise(debtor: Debtor) -> None:
    account, _ = entered(debtor)
    for typed in ({"answer": "wrong", "category": "amount"}, {"answer": "missing"}):
        debtor.get("/d/invoices/" + ids.spell(account.invoice_ids[0]) + "/receipt")
        debtor.submit("/receipt", **typed)
        assert debtor.status == 200
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            assert session.scalars(select(Hold.until).where(Hold.ended_at.is_(None))).all() == [None]


@pytest.mark.parametrize(("why", "status"), [("bounced", 422), ("by_hand", 422), ("replaced", 200)])
def test_an_address_that_was_stopped_is_refused_beside_its_field(debtor: Debtor, why: str, status: int) -> None:
    account, _ = entered(debtor)
    with db.transaction():
        scope.enter(account.creditor_id)
        dead = debtors.add_contact(account.debtor_id, "email", "vecchia@bianchi.example", source="creditor")
        debtors.stop_contact(dead, why)
    answer(debtor, answer="missing", address="Vecchia@bianchi.example")
    assert debtor.status == status
    assert ('id="address-error"' in debtor.text) is (status == 422)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        current = session.get(ContactPoint, account.contact_id)
        assert (current.stopped_at is None) is (status == 422)
        assert len(session.scalars(select(ReceiptAnswer)).all()) == (0 if status == 422 else 1)


def test_a_copy_opens_its_invoice_only_and_there_is_one_in_a_quarter_of_an_hour(debtor: Debtor) -> None:
    account, first = entered(debtor)
    second = account.add_invoice("129/2026")
    debtor.get("/language/en")
    pages = []
    for invoice_id in (first, first, second):
        debtor.get(f"/d/invoices/{ids.spell(invoice_id)}/receipt")
        debtor.submit("/receipt", answer="missing")
        pages.append(debtor.text)
    sent = "We are sending it again to c•••@bianchi.example."
    assert [sent in page for page in pages] == [True, True, False], "it is said only of what was sent"
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        links = session.scalars(select(AccessLink).where(AccessLink.campaign == "invoice_copy")).all()
        assert [link.invoice_id for link in links] == [first]
        assert len(session.scalars(select(Message)).all()) == 1


def test_the_last_day_to_choose_is_the_creditors(app: PortalFlask) -> None:
    with time_machine.travel(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)):
        account = make_account(make_creditor(time_zone="Pacific/Auckland"))
        invoice_id = account.add_invoice()
        browser = Debtor(app)
        browser.enter(account.link(), account.fact)
        browser.get(f"/d/invoices/{ids.spell(invoice_id)}/receipt")
        assert "2027-11-21" in browser.text
    with time_machine.travel(datetime(2026, 11, 20, 10, 30, tzinfo=UTC)):
        account = make_account(make_creditor("late", time_zone="Pacific/Kiritimati"))
        invoice_id = account.add_invoice()
        browser = Debtor(app)
        browser.enter(account.link(), account.fact)
        browser.get(f"/d/invoices/{ids.spell(invoice_id)}/receipt")
        assert "2027-11-21" in browser.text


def answered(debtor: Debtor, account: Account, **typed: str) -> str:
    """Answers about the first invoice; where that answer can be seen again."""
    debtor.get(f"/d/invoices/{ids.spell(account.invoice_ids[0])}/receipt")
    debtor.submit("/receipt", **typed)
    assert debtor.status == 200, debtor.text
    return debtor.path


def test_an_answer_shows_what_it_said_then_with_the_address_that_came_with_it(debtor: Debtor) -> None:
    account, _ = entered(debtor)
    debtor.get("/language/en")
    first = answered(debtor, account, answer="missing", address="nuova@verdi.example")
    with counted() as asked:
        debtor.get(first)
    assert len(asked) <= 6, str(asked)
    assert "The address you gave" in debtor.text
    assert "n•••@verdi.example" in debtor.text
    assert "For now nobody will remind you of this invoice." in debtor.text
    second = answered(debtor, account, answer="wrong", category="amount", words="Manca uno sconto")
    third = answered(debtor, account, answer="received", pay_on=today_plus(5).isoformat())
    newest = debtor.text
    for path, said, others in (
        (first, ("n•••@verdi.example", "No, it has not reached me"), ("Manca uno sconto", "You mean to pay on")),
        (second, ("Manca uno sconto", "The amount or the price"), ("verdi.example", "You mean to pay on")),
    ):
        with counted() as asked:
            debtor.get(path)
        assert len(asked) <= 6, str(asked)
        assert all(words in debtor.text for words in said)
        assert not any(words in debtor.text for words in others)
        assert "What you told us before" in debtor.text
        assert "You gave another answer on " in debtor.text
        assert f'href="{third}"' in debtor.text, "the road to the one that counts"
        for only_newest in ("What happens next", "knows now", "Change my answer"):
            assert only_newest not in debtor.text
            assert only_newest in newest
    assert "You gave another answer" not in newest
    assert "verdi.example" not in newest


def test_nothing_is_promised_that_a_colleague_has_ended(debtor: Debtor) -> None:
    account, invoice_id = entered(debtor)
    debtor.get("/language/en")
    path = answered(debtor, account, answer="wrong", category="amount")
    assert "nobody will remind you" in debtor.text
    with db.transaction():
        scope.enter(account.creditor_id)
        item = invoice_queries.items_of_debtor(account.debtor_id, invoice_id)[0]
        invoices.release_by_hand(item, holds.PROBLEM_REPORTED, "cleared_up")
    debtor.get(path)
    assert "What happens next" in debtor.text
    assert "nobody will remind you" not in debtor.text
