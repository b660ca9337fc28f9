"""Three equal answers about receipt: kept with what was shown, changeable, and with what follows from each."""

from sqlalchemy import select

from portal.confirmations.models import Receipt, ReceiptAnswer
from portal.core import db, ids, scope
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.debtors.models import AccessLink, ContactPoint
from portal.invoices.models import Hold
from portal.messages.models import Message
from tests.actors import Debtor
from tests.factories.world import Account, make_account, today_plus


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
        assert names[-1] == "receipt.confirmed"
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
        message = session.scalars(select(Message)).one()
        assert (message.key, message.to_address) == ("invoice_copy", "nuova.mail@bianchi.example")
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
