"""Erased with four eyes: nobody's name is left anywhere, and books and chain hold as before."""

import pytest
from sqlalchemy import func, select

from portal.bank_statements.models import PayerAccount
from portal.core import clock, db, events, ids, jobs, outbox, scope
from portal.core.errors import NotAllowedNow
from portal.core.events import EventRow
from portal.debtors.models import Debtor
from portal.documents import store
from portal.invoices.models import Invoice
from portal.ledger import queries as ledger
from portal.ledger.models import Transfer
from portal.people.roles import Role
from portal.privacy import actions
from portal.privacy.models import Erasure
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.databases import Prepared
from tests.factories.people import make_person, sign_in, signed_in
from tests.privacy import bytes_left
from tests.privacy import person as people
from tests.privacy.person import Person
from tests.privacy.test_export import keep_original


def page(person: Person) -> str:
    return f"/c/debtors/{ids.spell(person.debtor_id)}/privacy"


def asks(person: Person, what: str = "everything") -> Browser:
    person.clerk.get(page(person))
    person.clerk.submit("/erasures", what=what, why="asked")
    return person.clerk


def colleague(app: PortalFlask, person: Person) -> Browser:
    return sign_in(app, make_person(person.creditor, Role.MANAGER, "secondo@rossi.example", "Piero Secondi"))


def agrees(app: PortalFlask, person: Person) -> None:
    second = colleague(app, person)
    second.get(page(person))
    second.submit("/agree")
    assert second.status == 200, second.text[:2000]
    jobs.work_off()


def rows(person: Person) -> list[Erasure]:
    with db.transaction(writes=False) as session:
        scope.enter(person.creditor.id)
        return list(session.scalars(select(Erasure).order_by(Erasure.id)))


def more_traces(person: Person) -> None:
    """An account that she paid from, and the original of an invoice."""
    keep_original(person)
    with db.transaction() as session:
        scope.enter(person.creditor.id)
        account = PayerAccount(
            id=ids.new_id(), debtor_id=person.debtor_id, iban=people.PAYER_IBAN, times=1, last_on=clock.today()
        )
        session.add(account)


def books(person: Person) -> list[tuple[object, ...]]:
    with db.transaction(writes=False) as session:
        scope.enter(person.creditor.id)
        assert ledger.unbalanced() == []
        assert events.verify().first_bad is None
        entries = session.execute(
            select(Transfer.id, Transfer.amount_minor, Transfer.debit, Transfer.credit).order_by(Transfer.id)
        )
        invoices = session.execute(select(Invoice.id, Invoice.number, Invoice.total_minor).order_by(Invoice.id))
        return [tuple(row) for row in entries] + [tuple(row) for row in invoices]


def test_no_byte_is_left_and_the_books_and_the_chain_hold(
    app: PortalFlask, prepared: Prepared, settings: Settings, spoken: Person
) -> None:
    more_traces(spoken)
    spoken.settle()
    words = {word for word, _ in bytes_left.found(people.TRACES, prepared, settings)}
    assert words == set(people.TRACES), "every word must be there to be erased"
    before = books(spoken)
    link, live = spoken.new_link(), spoken.browser()
    live.enter(link, spoken.account.fact)
    assert live.path == "/d/"
    asks(spoken)
    agrees(app, spoken)
    [row] = rows(spoken)
    assert row.status == "done"
    assert row.files == 2, "the import's file and the invoice's original"
    assert bytes_left.found(people.TRACES, prepared, settings) == set()
    assert books(spoken) == before
    assert live.get("/d/", follow=False).status_code != 200
    assert spoken.browser().get(link, follow=False).status_code == 404


def test_the_pseudonym_stays_the_same_and_the_card_still_opens(app: PortalFlask, spoken: Person) -> None:
    spoken.settle()
    asks(spoken)
    agrees(app, spoken)
    with db.transaction(writes=False) as session:
        scope.enter(spoken.creditor.id)
        debtor = session.get_one(Debtor, spoken.debtor_id)
        assert debtor.name == debtor.code == f"erased-{ids.spell(debtor.id)}"
        names = list(session.scalars(select(EventRow.name).where(EventRow.debtor_id == debtor.id)))
    assert {"erasure.requested", "erasure.approved", "erasure.done", "link.revoked", "contact.stopped"} <= set(names)
    for path in (page(spoken).removesuffix("/privacy"), page(spoken), "/c/messages", "/c/imports", "/c/debtors"):
        assert spoken.clerk.get(path).status_code == 200, path
        assert people.NAME not in spoken.clerk.text
    invoice = ids.spell(spoken.account.invoice_ids[0])
    assert spoken.clerk.get(f"/c/invoices/{invoice}").status_code == 200
    statement = spoken.clerk.get(page(spoken).removesuffix("/privacy") + "/account")
    assert statement.status_code in {200, 404}


def test_nobody_else_loses_anything(app: PortalFlask, spoken: Person) -> None:
    with db.transaction() as session:
        scope.enter(spoken.creditor.id)
        other = session.scalars(select(Debtor).where(Debtor.code == "0043")).one()
        kept = store.keep(b"Verdi Serramenti", "verdi.csv", "text/csv")
    spoken.settle()
    asks(spoken)
    agrees(app, spoken)
    with db.transaction(writes=False) as session:
        scope.enter(spoken.creditor.id)
        assert session.get_one(Debtor, other.id).name == "Verdi Serramenti S.r.l."
        assert store.content(store.row(kept.id)) == b"Verdi Serramenti"


def test_it_is_refused_with_the_reason_while_something_is_open(app: PortalFlask, spoken: Person) -> None:
    spoken.clerk.get(page(spoken))
    assert "Something is still open on an invoice." in spoken.clerk.text
    asks(spoken)
    assert spoken.clerk.status == 409
    assert "Something is still open on an invoice." in spoken.clerk.text
    assert rows(spoken) == []


def test_what_is_opened_after_the_yes_holds_it_back(app: PortalFlask, spoken: Person) -> None:
    spoken.settle()
    asks(spoken)
    second = colleague(app, spoken)
    second.get(page(spoken))
    second.submit("/agree")
    spoken.account.add_invoice("129/2026")
    jobs.work_off()
    [row] = rows(spoken)
    assert row.status == "declined"
    with db.transaction(writes=False) as session:
        scope.enter(spoken.creditor.id)
        assert session.get_one(Debtor, spoken.debtor_id).name == people.NAME


def test_whoever_asked_cannot_agree_and_agents_cannot_ask(app: PortalFlask, spoken: Person) -> None:
    spoken.settle()
    asks(spoken)
    [row] = rows(spoken)
    spoken.clerk.get(page(spoken))
    assert "/agree" not in spoken.clerk.text
    form = spoken.clerk.form("/decline")
    spoken.clerk.post(form.action.replace("/decline", "/agree"), form.fields)
    assert spoken.clerk.status == 409
    agent = signed_in(app, spoken.creditor, Role.AGENT)
    fields = {"csrf_token": "x", "command_id": "abcdefgh"}
    assert agent.post(f"{page(spoken)}/erasures", fields).status_code in {400, 403}
    jobs.work_off()
    assert [one.status for one in rows(spoken)] == ["requested"]
    with pytest.raises(NotAllowedNow), db.transaction():
        scope.enter(spoken.creditor.id)
        actions.ask(spoken.debtor_id, "everything", "asked", by="staff:1")
    spoken.clerk.get(page(spoken))
    spoken.clerk.submit("/decline")
    assert [(one.id, one.status) for one in rows(spoken)] == [(row.id, "declined")]


def test_a_second_run_of_the_job_finds_nothing_more(app: PortalFlask, spoken: Person) -> None:
    spoken.settle()
    asks(spoken)
    agrees(app, spoken)
    [row] = rows(spoken)
    with db.transaction():
        scope.enter(spoken.creditor.id)
        outbox.put(actions.ERASE, row.id)
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(spoken.creditor.id)
        done = select(func.count()).select_from(EventRow).where(EventRow.name == "erasure.done")
        assert session.scalar(done) == 1


def test_what_is_there_for_courtesy_may_go_while_an_invoice_is_open(app: PortalFlask, spoken: Person) -> None:
    asks(spoken, "courtesy")
    assert spoken.clerk.status == 200, spoken.clerk.text[:2000]
    agrees(app, spoken)
    [row] = rows(spoken)
    assert row.status == "done"
    assert row.rows > 0
    with db.transaction(writes=False) as session:
        scope.enter(spoken.creditor.id)
        assert session.get_one(Debtor, spoken.debtor_id).name == people.NAME
    spoken.clerk.get(page(spoken).removesuffix("/privacy"))
    assert people.EMAIL not in spoken.clerk.text, "the old address"
    assert people.OTHER_EMAIL in spoken.clerk.text
    assert people.QUESTION in spoken.clerk.text
