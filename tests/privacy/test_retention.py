"""What has been kept long enough goes by itself, counted, in pieces; what is still needed stays (rule C-24)."""

import json
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select

from portal.commands.line import Context
from portal.commands.privacy import group
from portal.core import clock, db, events, ids, once, scope
from portal.core.events import EventRow
from portal.debtors import gate, links
from portal.debtors.models import AccessLink, ContactPoint, GateTries, LinkDirectory, LinkTrace, Visit
from portal.documents import store
from portal.documents.models import StoredFile
from portal.invoices.models import Invoice
from portal.messages.models import Message
from portal.people.roles import Role
from portal.privacy import jobs as privacy_jobs
from portal.privacy import retention
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account

KINDS = {kind.key: kind for kind in retention.KINDS}


def count(account: Account, mapped: type) -> int:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.scalar(select(func.count()).select_from(mapped)) or 0


def runs(account: Account) -> list[dict[str, object]]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        mine = select(EventRow).where(EventRow.name.startswith("retention.")).order_by(EventRow.seq)
        return [{"name": row.name, **row.data} for row in session.scalars(mine)]


def at_the_door(app: PortalFlask, account: Account) -> None:
    """A wrong fact, then the right one: traces, a visit, a link."""
    browser = Debtor(app)
    browser.get(account.link())
    browser.submit("/gate", fact="0000")
    browser.submit("/gate", fact=account.fact)
    assert browser.path == "/d/"


def test_traces_and_visits_stay_for_six_months_and_links_for_90_days_after_their_end(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice()
    began = clock.now()
    at_the_door(app, account)
    assert count(account, LinkTrace) > 1
    with time_machine.travel(began + timedelta(days=182), tick=False):
        privacy_jobs.forget_daily()
        assert count(account, LinkTrace) > 1
        assert count(account, Visit) == 1
        assert count(account, AccessLink) == 1, "its visit still names it"
    with time_machine.travel(began + timedelta(days=184), tick=False):
        privacy_jobs.forget_daily()
        assert count(account, LinkTrace) == count(account, Visit) == count(account, AccessLink) == 0
        assert count(account, GateTries) == 0
        with db.transaction(writes=False) as session:
            assert session.scalar(select(func.count()).select_from(LinkDirectory)) == 0
    last = runs(account)[-1]
    assert last["name"] == "retention.ran"
    assert last["rows"] >= 4
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert events.verify().first_bad is None


def test_not_me_waits_for_a_colleague_and_its_address_goes_a_day_after_it_was_stopped(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice()
    account.link()
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        link = session.scalars(select(AccessLink)).one()
        session.add(
            LinkTrace(id=ids.new_id(), link_id=link.id, debtor_id=account.debtor_id, kind=gate.NOT_ME, at=clock.now())
        )
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        privacy_jobs.forget_daily()
        assert count(account, LinkTrace) == count(account, AccessLink) == 1, "messages rest as long as that stands"
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            contact = session.scalars(select(ContactPoint)).one()
            contact.stopped_at, contact.stopped_why = clock.now(), "by_hand"
    with time_machine.travel(clock.now() + timedelta(days=400, hours=23), tick=False):
        privacy_jobs.forget_hourly()
        assert "@" in address(account)
    with time_machine.travel(clock.now() + timedelta(days=401, hours=1), tick=False):
        privacy_jobs.forget_hourly()
        assert "@" not in address(account)


def address(account: Account) -> str:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.scalars(select(ContactPoint.address)).one()


def test_bodies_files_and_form_numbers_go_and_what_they_belong_to_stays(app: PortalFlask) -> None:
    account = make_account()
    invoice_id = account.add_invoice()
    began = clock.now()
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        original = store.keep(b"<invoice/>", "IT01.xml", "application/xml")
        upload = store.keep(b"Numero;Cliente", "clienti.csv", "text/csv")
        session.get_one(Invoice, invoice_id).file_id = original.id
        once.claim("staff:1", "abcdefgh", "0" * 64)
        message = Message(
            id=ids.new_id(), debtor_id=account.debtor_id, key="caring", asked_for=False, channel="email",
            language="it", contact_point_id=account.contact_id, to_address="a@b.example", params={"a": "b"},
            planned_at=clock.now(), sent_at=clock.now(), subject="Un documento", text_body="Buongiorno",
            sha256="1" * 64, status="sent", status_at=clock.now(),
        )  # fmt: skip
        session.add(message)
        paths = [store.path_of(original), store.path_of(upload)]
    assert all(path.exists() for path in paths)
    with time_machine.travel(began + timedelta(days=366), tick=False):
        privacy_jobs.forget_daily()
        assert [path.exists() for path in paths] == [True, False]
        assert count(account, StoredFile) == 1
        assert count(account, once.Command) == 0
    with time_machine.travel(began + timedelta(days=731), tick=False):
        privacy_jobs.forget_daily()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        kept = session.scalars(select(Message)).one()
        assert (kept.to_address, kept.text_body, kept.subject, kept.params) == ("", None, None, {})
        assert kept.sha256 == "1" * 64
    assert paths[0].exists()


def test_a_run_that_is_stopped_goes_on_and_every_row_is_counted_once(
    app: PortalFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account()
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        for _ in range(5):
            session.add(
                LinkTrace(
                    id=ids.new_id(), link_id=ids.new_id(), debtor_id=account.debtor_id, kind=gate.VIEWED,
                    at=clock.now(),
                )
            )  # fmt: skip
    with time_machine.travel(clock.now() + timedelta(days=200), tick=False):
        with db.transaction():
            scope.enter(account.creditor_id)
            assert retention.forget_some(KINDS["traces"]) == 2
        with pytest.raises(KeyboardInterrupt), db.transaction():
            scope.enter(account.creditor_id)
            assert retention.forget_some(KINDS["traces"]) == 2
            raise KeyboardInterrupt  # killed in the middle of a piece
        assert count(account, LinkTrace) == 3
        privacy_jobs.forget_daily()
    assert count(account, LinkTrace) == 0
    told = [one["rows"] for one in runs(account) if one.get("kind") == "traces"]
    assert told == [2, 2, 1]


def test_a_link_that_ended_goes_and_one_that_works_stays(app: PortalFlask) -> None:
    mine = make_account()
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        mine.link(days=1)
    with time_machine.travel(clock.now() + timedelta(days=60), tick=False):
        mine.link(days=90, purpose=links.PORTAL)
    with time_machine.travel(clock.now() + timedelta(days=100), tick=False):
        privacy_jobs.forget_daily()
        assert count(mine, AccessLink) == 1


def test_the_page_and_the_command_say_what_goes_when(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice()
    at_the_door(app, account)
    clerk = signed_in(app, account.creditor_id, Role.MANAGER)
    clerk.get("/c/settings/privacy")
    assert clerk.status == 200
    assert "Page views and wrong answers at the door" in clerk.text
    assert "six months" in clerk.text
    assert signed_in(app, account.creditor_id, Role.AGENT).get("/c/settings/privacy").status_code == 403
    told = CliRunner().invoke(group, ["due", "--json"], obj=Context(create_app=lambda _settings: app))
    assert told.exit_code == 0, told.output
    rows = {row["kind"]: row for row in json.loads(told.stdout)}
    assert set(rows) == set(KINDS)
    assert rows["traces"]["rows"] > 1
    assert rows["traces"]["due"] == 0
    assert rows["traces"]["next_on"] == (clock.today() + timedelta(days=183)).isoformat()
    assert rows["messages"]["next_on"] is None
