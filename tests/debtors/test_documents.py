"""An invoice's document behind the gate: whose original it is, and the trace of its having been shown."""

import pytest
import time_machine
from sqlalchemy import func, select

from portal.core import clock, db, ids, scope
from portal.debtors import gate
from portal.debtors.models import LinkTrace
from portal.documents import store
from portal.invoices.models import Invoice
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice()
    return made


def test_a_file_of_several_invoices_is_only_for_who_may_see_them_all(account: Account, debtor: Debtor) -> None:
    """A-07: the original of one invoice must not bring the others of its file along."""
    mine = account.invoice_ids[0]
    page = f"/d/invoices/{ids.spell(mine)}"

    def came_in(*invoice_ids: int) -> None:
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            file = store.keep(b"<FatturaElettronica/>", "IT01_1.xml", "application/xml")
            for one in invoice_ids:
                session.get_one(Invoice, one).file_id = file.id

    def offered() -> tuple[bool, int]:
        debtor.get(page)
        seen = f"{page}/original" in debtor.text
        with debtor.client.get(f"{page}/original", base_url=debtor.base_url) as answer:
            return seen, answer.status_code

    came_in(mine)
    debtor.enter(account.link(invoice_id=mine), account.fact)
    assert offered() == (True, 200)
    came_in(account.add_invoice("129/2026", "77.00"))
    assert offered() == (False, 404)
    debtor.enter(account.link(), account.fact)
    assert offered() == (True, 200)


def test_a_document_that_was_shown_leaves_a_trace_once_a_minute(account: Account, app: PortalFlask) -> None:
    page = f"/d/invoices/{ids.spell(account.invoice_ids[0])}"
    debtor, begun = Debtor(app), clock.now()

    def viewed() -> int:
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            return session.scalar(select(func.count(LinkTrace.id)).where(LinkTrace.kind == gate.VIEWED)) or 0

    with time_machine.travel(begun, tick=False) as traveller:
        debtor.enter(account.link(), account.fact)
        debtor.get("/d/")
        debtor.client.head(page, base_url=debtor.base_url)
        assert debtor.get(f"/d/invoices/{ids.spell(ids.new_id())}").status_code == 404
        assert viewed() == 0
        for _ in range(3):
            assert debtor.get(page).status_code == 200
        assert viewed() == 1
        traveller.shift(61)
        assert debtor.get(f"{page}/document.pdf").status_code == 200
        assert viewed() == 2
        staff = signed_in(app, account.creditor_id)
        staff.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
        assert "The document was shown" in staff.text
