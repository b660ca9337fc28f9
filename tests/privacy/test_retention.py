"""What has been kept long enough goes by itself, counted, in pieces; what is still needed stays (rule C-24)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from portal.commands.line import Context
from portal.commands.privacy import group
from portal.core import clock, db, events, ids, jobs, once, scope
from portal.core.events import EventRow
from portal.debtors import gate, links
from portal.debtors import jobs as debtors_jobs
from portal.debtors.models import AccessLink, ContactPoint, GateTries, LinkDirectory, LinkTrace, StepUp, Visit
from portal.debtors.states import StepUpStatus
from portal.disputes.models import Dispute
from portal.documents import store
from portal.documents.models import StoredFile
from portal.doubles.mailbox import Mailbox
from portal.invoices.models import Invoice
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.people.models import SecondFactorReset, StaffMail
from portal.people.roles import Role
from portal.privacy import jobs as privacy_jobs
from portal.privacy import retention
from portal.privacy.register import register
from portal.web.edge import PortalFlask
from tests.account_papers.reading import pay
from tests.actors import Debtor
from tests.databases import Prepared
from tests.disputes.world import Contesting
from tests.factories.messages import relay_through
from tests.factories.people import make_person, signed_in
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


def test_the_visit_in_which_something_was_contested_stays_with_the_dispute(app: PortalFlask) -> None:
    """It is part of the proof; and until this was said, nothing at all was forgotten where a dispute was that old."""
    contesting = Contesting()
    contesting.raise_dispute()
    at_the_door(app, contesting.account)
    before = count(contesting.account, Visit)
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        privacy_jobs.forget_daily()
    assert runs(contesting.account)[-1]["name"] == "retention.ran"
    with db.transaction(writes=False) as session:
        scope.enter(contesting.account.creditor_id)
        assert session.scalars(select(Visit.id)).all() == session.scalars(select(Dispute.visit_id)).all()
    assert before == 2


def test_not_me_waits_for_a_colleague_and_its_address_goes_within_a_day_of_their_word(app: PortalFlask) -> None:
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
            late = message_to(account)
    with time_machine.travel(clock.now() + timedelta(days=400, hours=1), tick=False):
        privacy_jobs.forget_daily()
        assert "@" not in address(account)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        assert session.get_one(Message, late).to_address == "cliente.0042@bianchi.example", "it was on its way"
        session.get_one(Message, late).status = MessageStatus.SUPPRESSED
    with time_machine.travel(clock.now() + timedelta(days=400, hours=2), tick=False):
        privacy_jobs.forget_hourly()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.get_one(Message, late).to_address == ""


def message_to(account: Account) -> int:
    """Planned and not sent yet."""
    row = Message(
        id=ids.new_id(), debtor_id=account.debtor_id, key="caring", asked_for=False, channel="email", language="it",
        contact_point_id=account.contact_id, to_address="cliente.0042@bianchi.example", params={},
        planned_at=clock.now(), status="planned", status_at=clock.now(),
    )  # fmt: skip
    db.session().add(row)
    return row.id


S = StepUpStatus
SIGNED = {"signer_name": "Maria Bianchi", "signer_role": "owner", "statement": "I am entitled", "code_hash": "f" * 64,
          "code_salt": "e" * 32, "made_sure": "Called Maria Bianchi at 333 7654321"}  # fmt: skip


def add_act(account: Account, status: StepUpStatus, action: str = "contacts.change") -> int:
    """One act at level 3, signed, as it stands now."""
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        visit_id = session.scalars(select(Visit.id)).first()
        row = StepUp(
            id=ids.new_id(), debtor_id=account.debtor_id, visit_id=visit_id, action=action,
            terms_text="My address is now segreto@bianchi.example", terms_sha256="0" * 64, language="it",
            kept={"email": "segreto@bianchi.example"}, tries=0, same_channel=False, status=status,
            status_at=clock.now(), **SIGNED,
        )  # fmt: skip
        session.add(row)
        return row.id


def left_of(account: Account, act_id: int) -> set[str]:
    """The names of the columns in which something typed, shown or signed still stands."""
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        row = session.get_one(StepUp, act_id)
        return {name for name in register().tables["step_ups"].acted_on("erase") if getattr(row, name)}


def test_what_was_typed_with_a_code_goes_after_a_day_whatever_came_of_it(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice()
    at_the_door(app, account)
    began = clock.now()
    passing = [add_act(account, status) for status in (S.SHOWN, S.CODE_SENT, S.VOID, S.DECLINED, S.DONE)]
    passing.append(add_act(account, S.DONE, "data.access"))
    agreed, waits = add_act(account, S.DONE, "plans.accept"), add_act(account, S.WITH_STAFF)
    whole = left_of(account, agreed)
    assert whole == {*SIGNED, "terms_text", "kept"}
    with time_machine.travel(began + timedelta(hours=23), tick=False):
        privacy_jobs.forget_hourly()
        assert all(left_of(account, act) == whole for act in passing)
    with time_machine.travel(began + timedelta(hours=25), tick=False):
        privacy_jobs.forget_hourly()
        assert [left_of(account, act) for act in passing] == [set()] * 6
        assert left_of(account, agreed) == left_of(account, waits) == whole
        with db.transaction(writes=False) as session:
            scope.enter(account.creditor_id)
            assert session.get_one(StepUp, passing[0]).status is session.get_one(StepUp, passing[1]).status is S.VOID
    with time_machine.travel(began + timedelta(days=190), tick=False):
        privacy_jobs.forget_daily()
        assert count(account, StepUp) == 2
    assert {one.get("kind") for one in runs(account)} >= {"codes", "acts"}


def test_what_nobody_decides_for_thirty_days_is_declined_the_customer_hears_and_it_goes_as_any_other(
    app: PortalFlask,
) -> None:
    account = make_account()
    account.add_invoice()
    at_the_door(app, account)
    waits, began = add_act(account, S.WITH_STAFF), clock.now()
    with time_machine.travel(began + timedelta(days=29, hours=23), tick=False):
        debtors_jobs.let_undecided_lapse()
        assert status_of(account, waits) is S.WITH_STAFF
    with time_machine.travel(began + timedelta(days=30, hours=1), tick=True), Mailbox() as mailbox:
        relay_through(mailbox)
        debtors_jobs.let_undecided_lapse()
        debtors_jobs.let_undecided_lapse()
        assert status_of(account, waits) is S.DECLINED
        jobs.work_off()
        (mail,) = mailbox.wait_for("cliente.0042@bianchi.example")
        assert "Non è cambiato nulla" in mail.text
        assert "segreto" not in mail.text
        browser = Debtor(app)
        browser.enter(mail.links[0], account.fact)
        assert browser.path == "/d/"
    with time_machine.travel(began + timedelta(days=31, hours=2), tick=False):
        privacy_jobs.forget_hourly()
        assert left_of(account, waits) == set()
    with time_machine.travel(began + timedelta(days=230), tick=False):
        privacy_jobs.forget_daily()
        assert count(account, StepUp) == 0


def status_of(account: Account, act_id: int) -> StepUpStatus:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.get_one(StepUp, act_id).status


def test_an_agreement_is_proof_for_ten_years_after_the_last_entry(app: PortalFlask) -> None:
    account = make_account()
    invoice_id = account.add_invoice("128/2026", "40.00")
    at_the_door(app, account)
    agreed, began, ten = add_act(account, S.DONE, "plans.accept"), clock.now(), timedelta(days=3654)
    with time_machine.travel(began + ten, tick=False):
        privacy_jobs.forget_daily()
        assert left_of(account, agreed), "something is still open"
        pay(account, invoice_id, 4000, clock.today())
    with time_machine.travel(began + 2 * ten - timedelta(days=3), tick=False):
        privacy_jobs.forget_daily()
        assert left_of(account, agreed)
    with time_machine.travel(began + 2 * ten + timedelta(days=1), tick=False):
        privacy_jobs.forget_daily()
        assert left_of(account, agreed) == set()
        assert count(account, StepUp) == 1


def test_mails_to_the_creditors_people_and_reasons_of_theirs_go_after_two_years(app: PortalFlask) -> None:
    account = make_account()
    boss = make_person(account.creditor_id)
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        session.add(
            StaffMail(
                id=ids.new_id(), key="second_factor_reset", staff_id=boss.staff_id, to_address=boss.email,
                language="it", params={"by": "Giulia"}, planned_at=clock.now(), sent_at=clock.now(),
            )
        )  # fmt: skip
        reset = {
            "staff_id": boss.staff_id,
            "by_staff_id": boss.staff_id,
            "reason": "Telefono perso",
            "at": clock.now(),
        }
        session.add(SecondFactorReset(id=ids.new_id(), **reset))
    began = clock.now()
    for days, left in ((729, 1), (731, 0)):
        with time_machine.travel(began + timedelta(days=days), tick=False):
            privacy_jobs.forget_daily()
            assert count(account, StaffMail) == count(account, SecondFactorReset) == left


@pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
def test_what_went_is_in_none_of_sqlites_files(app: PortalFlask, prepared: Prepared) -> None:
    """Neither on pages that became free nor in the log, without anybody's help. PostgreSQL's are its server's affair
    (docs/operations.md)."""
    account = make_account()
    account.add_invoice()
    at_the_door(app, account)
    add_act(account, S.VOID)
    with db.engine().connect() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    place = Path(make_url(prepared.url).database or "")

    def written() -> bytes:
        return b"".join(file.read_bytes() for file in place.parent.glob(f"{place.name}*"))

    assert b"segreto@bianchi" in written()
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        privacy_jobs.forget_hourly()
    assert b"segreto@bianchi" not in written()


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
    assert rows["traces"]["next_on"] == clock.day_of(clock.now() + timedelta(days=183)).isoformat()
    assert rows["messages"]["next_on"] is None
