"""Which way first, no more of a way, and again: chosen in one place, honoured at once, seen by both sides."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.channel_wishes import queries, rules
from portal.core import clock, db, ids, installation, jobs, scope
from portal.core.events import EventRow
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.debtors import letters
from portal.debtors.models import ContactPoint
from portal.debtors.models import Debtor as DebtorRow
from portal.doubles.phone import Phone
from portal.messages import courtesy, gsm7
from portal.messages.models import Message
from portal.people.roles import Role
from portal.privacy.register import register
from portal.reminders import actions as reminders
from portal.settings import Sms
from portal.web.edge import PortalFlask
from portal.webhooks.models import Delivery
from tests.actors import Browser, Debtor
from tests.factories import doors
from tests.factories.messages import went_out
from tests.factories.people import signed_in
from tests.factories.webhooks import add_endpoint
from tests.factories.world import Account, make_account, make_creditor

PAGE = "/d/how-we-write"


@pytest.fixture
def phone(app: PortalFlask) -> Iterator[Phone]:
    assert app
    with doors.phone_running() as running:
        yield running


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice(due_in=5)
    doors.add_mobile(made)
    return made


def plan(account: Account, days: int = 0) -> reminders.Planned:
    with db.transaction():
        scope.enter(account.creditor_id)
        creditor = creditors.by_id(account.creditor_id)
        return reminders.plan(creditor, at=clock.now() + timedelta(days=days), any_hour=True)


def caring(account: Account) -> list[Message]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(Message).where(Message.key == "caring").order_by(Message.id)))


def names(account: Account, like: str) -> list[tuple[str, str | None, str]]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        rows = session.scalars(select(EventRow).where(EventRow.name.like(like)).order_by(EventRow.seq))
        return [(row.name, row.data.get("channel"), row.actor_kind) for row in rows]


def stopped(account: Account) -> set[str]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return set(queries.stopped(account.debtor_id))


def says(debtor: Debtor, act: str, channel: str) -> None:
    debtor.get(PAGE)
    debtor.submit(f"{PAGE}/{act}", channel=channel)
    assert debtor.status == 200, debtor.text


@pytest.mark.parametrize(
    ("preferred", "usable", "stopped", "expected"),
    [
        (None, ("email", "mobile"), (), "email"),
        ("mobile", ("email", "mobile"), (), "mobile"),
        ("mobile", ("email",), (), "email"),
        ("mobile", ("email", "mobile"), ("mobile",), "email"),
        (None, ("email", "mobile"), ("email",), "mobile"),
        ("email", ("email", "mobile"), ("email",), "mobile"),
        ("letter", ("email", "mobile"), (), "email"),
        (None, ("mobile",), ("email",), "mobile"),
        (None, ("mobile",), (), "no_address"),
        (None, (), (), "no_address"),
        (None, ("email",), ("email",), "stopped"),
        (None, ("email", "mobile"), ("email", "mobile"), "stopped"),
        ("mobile", ("mobile",), ("mobile",), "stopped"),
    ],
)
def test_a_message_takes_the_way_that_is_wished_and_never_a_stopped_one(
    preferred: str | None, usable: tuple[str, ...], stopped: tuple[str, ...], expected: str
) -> None:
    way = rules.way(preferred, usable, stopped)
    assert (way.channel or way.why_not) == expected


def test_only_ways_that_there_are_stand_on_the_page(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    debtor.get(PAGE)
    offered = debtor.form("/first").choices["first"]
    assert offered == ["email", "letter", "phone", "any"], "no gateway, no texts"
    assert "•••567" in debtor.text
    assert "cliente.0042" not in debtor.text
    with doors.phone_running():
        debtor.get(PAGE)
        assert "mobile" in debtor.form("/first").choices["first"]
    plain = make_account(make_creditor("verdi"), "7", postcode=None)
    plain.add_invoice()
    other = doors.inside(Debtor(app), plain)
    other.get(PAGE)
    assert "/first" not in other.text, "one way alone is no choice"
    assert [form.fields.get("channel") for form in [other.form("/stop")]] == [None]


def test_the_foot_of_every_page_leads_there_and_paper_does_not(debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    for path in ("/d/", "/d/help", "/d/your-data"):
        debtor.get(path)
        assert f'href="{PAGE}"' in debtor.text, path
    debtor.enter(account.link(invoice_id=account.invoice_ids[0], purpose="qr"), "128/2026")
    assert PAGE not in debtor.text
    debtor.get(PAGE)
    assert debtor.status == 404


def test_stopped_mail_holds_back_what_was_planned_and_not_what_was_asked_for(
    debtor: Debtor, account: Account
) -> None:
    assert plan(account).contacts == 1
    doors.inside(debtor, account)
    says(debtor, "stop", "email")
    says(debtor, "stop", "email")
    assert "You do not want it since" in debtor.text
    debtor.get("/d/help")
    debtor.submit("/help", question="Quando?")
    jobs.work_off()
    (held,) = caring(account)
    assert (held.status.value, held.why) == ("suppressed", "held back for now")
    assert names(account, "channel.%") == [("channel.stopped", "email", "debtor")]
    agent = signed_in(debtor.app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert "does not want e-mails since" in agent.text
    agent.get(case_road(agent))
    agent.submit("/answer", words="Domani.")
    jobs.work_off()
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        answered = session.scalars(select(Message).where(Message.key == "question_answered")).one()
    assert answered.asked_for
    assert answered.status.value != "suppressed"


def case_road(agent: Browser) -> str:
    return "/c/cases/" + agent.text.split("/c/cases/")[1].split('"')[0]


def test_every_address_of_the_channel_is_meant_pec_too(debtor: Debtor, account: Account) -> None:
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        doors.debtors.add_contact(account.debtor_id, "email", "altra@bianchi.example", source="creditor")
        pec = doors.debtors.add_contact(account.debtor_id, "pec", "bianchi@pec.example", source="creditor")
        session.get_one(ContactPoint, account.contact_id).stopped_at = clock.now()
        assert pec.id
    doors.inside(debtor, account)
    says(debtor, "stop", "email")
    assert plan(account).left_out == {"stopped": 1}
    assert caring(account) == []


def test_who_stops_mail_gets_a_text_and_who_stops_both_is_counted(
    debtor: Debtor, account: Account, phone: Phone
) -> None:
    doors.inside(debtor, account)
    says(debtor, "stop", "email")
    assert "comes by text message now" in debtor.text
    assert plan(account).contacts == 1
    jobs.work_off()
    (sent,) = caring(account)
    assert (sent.channel, sent.to_address, sent.status.value) == ("sms", doors.MOBILE, "sent")
    (text,) = [one for one in phone.texts if "/l/" in one.body]
    size = gsm7.size(text.body)
    assert (size.encoding, size.segments) == ("GSM-7", 1)
    assert "Rossi Impianti" in text.body
    visitor = Debtor(debtor.app)
    visitor.enter(text.body.split()[-1], account.fact)
    assert visitor.path == "/d/", "the link of a text opens"
    says(debtor, "stop", "mobile")
    account.add_invoice("129/2026", due_in=5)
    assert plan(account, days=1).left_out["stopped"] == 1
    assert "We write nothing of our own accord now" in debtor.text
    says(debtor, "again", "email")
    assert plan(account, days=1).contacts == 1
    assert [one.channel for one in caring(account)] == ["sms", "email"]


def test_a_text_where_it_is_wished_and_mail_where_no_gateway_is(debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    with doors.phone_running():
        debtor.get(PAGE)
        debtor.submit("/first", first="mobile")
        assert "Done" in debtor.text
        assert plan(account).contacts == 1
    installation.install(replace(installation.settings(), sms=Sms()), installation.keys())
    went_out(account)
    account.add_invoice("129/2026", due_in=5)
    assert plan(account, days=1).contacts == 1
    assert [one.channel for one in caring(account)] == ["sms", "email"]


def test_a_wish_is_told_to_every_address_once_a_day(debtor: Debtor, account: Account, phone: Phone) -> None:
    assert phone
    doors.inside(debtor, account)
    for chosen in ("mobile", "email", "any", "mobile"):
        debtor.get(PAGE)
        debtor.submit("/first", first=chosen)
        assert "Done" in debtor.text
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        told = session.scalars(select(Message.to_address).where(Message.key == "contact_changed")).all()
        assert session.get_one(DebtorRow, account.debtor_id).preferred_channel == "mobile"
    assert sorted(told) == [doors.MOBILE, "cliente.0042@bianchi.example"]
    assert [channel for _, channel, _ in names(account, "contact.preferred")] == ["mobile", "email", None, "mobile"]
    assert doors.step_ups(account) == [], "no code is needed for a choice among what is on file"
    with time_machine.travel(clock.now() + timedelta(days=2)):
        doors.inside(debtor, account)
        debtor.get(PAGE)
        debtor.submit("/first", first="email")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(Message.id).where(Message.key == "contact_changed")).all()) == 4


def test_what_cannot_be_chosen_is_refused(debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    for act, typed, status in (
        ("stop", {"channel": "pigeon"}, 422),
        ("again", {"channel": ""}, 422),
        ("first", {"first": "pigeon"}, 422),
        ("first", {"first": "mobile"}, 409),
        ("again", {"channel": "phone"}, 200),
    ):
        debtor.get(PAGE)
        debtor.post(f"{PAGE}/{act}", {**debtor.form("/first").fields, **typed})
        assert debtor.status == status, (act, typed)
    assert names(account, "channel.%") == []
    says(debtor, "stop", "letter")
    debtor.get(PAGE)
    debtor.submit("/first", first="letter")
    assert debtor.status == 409


def test_the_stop_of_a_mails_own_address_is_shown_and_can_be_taken_back(debtor: Debtor, account: Account) -> None:
    wish = courtesy.Wish(account.creditor_id, account.debtor_id, account.contact_id, courtesy.CARING, "it")
    with db.transaction():
        scope.enter(account.creditor_id)
        courtesy.stop(wish)
    doors.inside(debtor, account)
    debtor.get(PAGE)
    assert "No courtesy messages come to c•••@bianchi.example" in debtor.text
    assert stopped(account) == set(), "one kind at one address is not the channel"
    debtor.submit("/courtesy", contact=ids.spell(account.contact_id))
    assert "No courtesy messages come to" not in debtor.text
    assert [name for name, _, _ in names(account, "courtesy.%")] == ["courtesy.stopped", "courtesy.resumed"]
    hidden = debtor.form("/stop").fields
    debtor.post(f"{PAGE}/courtesy", {**hidden, "contact": ids.spell(account.contact_id)})
    assert debtor.status == 422


def test_staff_note_what_they_were_told_and_a_viewer_only_reads(app: PortalFlask, account: Account) -> None:
    address = f"/c/debtors/{ids.spell(account.debtor_id)}/writing"
    agent = signed_in(app, account.creditor_id, Role.AGENT)
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert address in agent.text
    agent.get(address)
    agent.submit("/writing/stop", channel="phone")
    agent.submit("/writing/first", first="letter")
    assert names(account, "channel.%") == [("channel.stopped", "phone", "staff")]
    assert names(account, "contact.preferred") == [("contact.preferred", "letter", "staff")]
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Message)).all() == [], "who told us so hears nothing of it"
    agent.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert "By letter; does not want calls since" in agent.text
    assert "They do not want to be reached this way any more: Telephone" in agent.text
    viewer = signed_in(app, account.creditor_id, Role.VIEWER)
    viewer.get(address)
    assert viewer.status == 200
    assert "/writing/stop" not in viewer.text
    viewer.post(f"{address}/stop", {"csrf_token": viewer.csrf(), "command_id": "x", "channel": "email"})
    assert viewer.status == 403
    assert stopped(account) == {"phone"}
    agent.get(address)
    agent.submit("/writing/again", channel="phone")
    assert stopped(account) == set()


def test_anothers_wish_is_not_ones_own(app: PortalFlask, account: Account, debtor: Debtor) -> None:
    same_house = make_account(creditor_row(account), "0043")
    elsewhere = make_account(make_creditor("verdi"), "0042")
    for other in (same_house, elsewhere):
        other.add_invoice("9/2026", due_in=5)
    doors.inside(debtor, account)
    says(debtor, "stop", "email")
    assert stopped(same_house) == set()
    planned = plan(account)
    assert (planned.contacts, dict(planned.left_out)) == (1, {"stopped": 1})
    assert plan(elsewhere).contacts == 1


def creditor_row(account: Account) -> Creditor:
    with db.transaction(writes=False):
        return creditors.by_id(account.creditor_id)


def test_the_creditors_system_hears_of_it_without_a_word_more(
    app: PortalFlask, account: Account, debtor: Debtor
) -> None:
    add_endpoint(account.creditor_id, "https://erp.example.com/in")
    doors.inside(debtor, account)
    says(debtor, "stop", "phone")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        told = session.scalars(
            select(EventRow)
            .join(Delivery, Delivery.event_id == EventRow.id)
            .where(EventRow.name == "channel.stopped")
        ).one()
    assert told.data == {"channel": "phone"}


def test_the_wishes_are_part_of_ones_own_data(account: Account, debtor: Debtor) -> None:
    assert "channel_wishes" in {table.name for table in register().of_debtors()}


def test_an_answer_goes_by_their_channel_and_says_nothing(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    debtor.get(PAGE)
    debtor.submit("/first", first="mobile")
    with db.transaction():
        scope.enter(account.creditor_id)
        assert letters.tell("question_answered", account.debtor_id)
    jobs.work_off()
    text = next(one for one in reversed(phone.texts) if "/l/" in one.body)
    assert gsm7.size(text.body).segments == 1
    assert "there is news for you" in text.body or "novità" in text.body
    visitor = Debtor(debtor.app)
    visitor.enter(text.body.split()[-1], account.fact)
    assert visitor.path == "/d/"
