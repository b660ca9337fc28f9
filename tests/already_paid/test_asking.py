"""The friendly question is ours: it rests with its reader, keeps lawful hours, and no link leads nowhere after it."""

from datetime import UTC, datetime, timedelta

import time_machine
from sqlalchemy import select

from portal.already_paid.jobs import ask_again
from portal.already_paid.models import PaidClaim
from portal.core import clock, db, jobs, scope
from portal.messages.models import Message
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.world import Account, make_account, today_plus


def says_paid(debtor: Debtor, account: Account) -> None:
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/already-paid")
    form = debtor.form("/d/already-paid")
    said = {"items[]": form.choices.get("items[]", ()), "paid_on": today_plus(-8).isoformat()}
    debtor.post(form.action, {**form.fields, **{name: value for name, value in said.items() if value}})
    assert debtor.status == 200


def asked(account: Account) -> list[tuple[str, bool]]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        rows = session.scalars(select(Message).where(Message.key == "already_paid_asked"))
        return [(row.status.value, row.asked_for) for row in rows]


def night_after(account: Account) -> datetime:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        until = session.scalars(select(PaidClaim.until)).one()
    return datetime(until.year, until.month, until.day, 23, 30, tzinfo=UTC)


def test_not_at_night_and_not_to_who_rests(debtor: Debtor) -> None:
    account = make_account()
    account.add_invoice("1/2026", "100.00", due_in=-12)
    says_paid(debtor, account)
    with time_machine.travel(night_after(account), tick=False) as traveller:
        ask_again()
        jobs.work_off()
        assert asked(account) == [("planned", False)]
        resting = Debtor(debtor.app)
        resting.enter(account.link(), account.fact)
        resting.get("/d/difficulty")
        resting.submit("/d/difficulty")
        traveller.shift(timedelta(days=3, hours=11))
        jobs.work_off()
        assert asked(account) == [("suppressed", False)]


def test_a_search_for_more_than_this_link_opens_is_a_sentence(app: PortalFlask, debtor: Debtor) -> None:
    account = make_account()
    account.add_invoice("1/2026", "100.00", due_in=-12)
    other = account.add_invoice("2/2026", "50.00", due_in=-10)
    says_paid(debtor, account)
    with time_machine.travel(clock.now() + timedelta(days=12), tick=False):
        ask_again()
        narrow = Debtor(app)
        narrow.enter(account.link(invoice_id=other), account.fact)
        narrow.get("/language/en")
        narrow.get("/d/already-paid")
        assert narrow.status == 200
        assert "together with other documents" in narrow.text
        assert "1/2026" not in narrow.text
