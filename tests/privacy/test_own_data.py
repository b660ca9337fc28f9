"""A debtor's own data: taken out at level 3, for a few minutes, in that visit; a person for the rest (rule C-23)."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.cases.models import Case
from portal.core import clock, db, ids, scope
from portal.core.events import EventRow
from portal.core.link_addresses import QR
from portal.debtors import step_up
from portal.debtors.models import StepUp
from portal.doubles.phone import Phone
from portal.people import agencies
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.people import make_person
from tests.factories.world import Account, make_account, make_creditor

PAGE = "/d/all-your-data"


@pytest.fixture
def phone(app: PortalFlask) -> Iterator[Phone]:
    assert app
    with doors.phone_running() as running:
        yield running


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    creditor = make_creditor()
    made = make_account(creditor)
    made.add_invoice("128/2026")
    make_account(creditor, "0043", name="Neri S.r.l.", vat_number="IT98765432109").add_invoice("555/2026")
    doors.add_mobile(made)
    return made


def proved(debtor: Debtor, phone: Phone) -> str:
    """The address of the page with the data."""
    debtor.get(PAGE)
    debtor.submit(PAGE)
    assert "all the data that Rossi Impianti holds about me" in debtor.text
    assert "Bianchi" not in debtor.text, "nothing before the code"
    doors.signed(debtor)
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[-1].code)
    assert debtor.status == 200
    assert "Here is your data" in debtor.text
    return debtor.path


def exports(account: Account) -> list[EventRow]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(EventRow).where(EventRow.name == "person.exported")))


def test_everything_comes_after_the_code_to_read_and_for_programs(
    debtor: Debtor, account: Account, phone: Phone
) -> None:
    doors.inside(debtor, account)
    where = proved(debtor, phone)
    (told,) = exports(account)
    assert (told.actor_kind, told.debtor_id) == ("debtor", account.debtor_id)
    answer = debtor.get(f"{where}/summary.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Cache-Control"] == "no-store"
    with debtor.get(f"{where}/everything.zip") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    written = archive.read("person.json").decode()
    for word in ("Bianchi Costruzioni", "128/2026", "cliente.0042@bianchi.example", doors.MOBILE, doors.NAME):
        assert word in written, word
    for word in ("Neri", "555/2026", "code_hash"):
        assert word not in written, word
    assert {"debtors", "invoices", "step_ups", "visits", "events"} <= set(json.loads(written)["tables"])


def test_a_quarter_of_an_hour_later_and_in_another_visit_it_is_closed(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone
) -> None:
    doors.inside(debtor, account)
    where = proved(debtor, phone)
    places = (where, f"{where}/summary.pdf", f"{where}/everything.zip")
    other = doors.inside(Debtor(app), account)
    stranger = make_account(make_creditor("verdi"), "0001")
    stranger.add_invoice()
    for place in places:
        assert other.get(place).status_code == 409, "the same debtor, another visit"
        assert doors.inside(Debtor(app), stranger).get(place).status_code == 404
        assert Debtor(app).get(place).status_code == 403
    with time_machine.travel(clock.now() + timedelta(minutes=14), tick=False):
        assert debtor.get(places[1]).status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=15), tick=False):
        for place in places:
            assert debtor.get(place).status_code == 409
            assert "ask for it again" in debtor.text
    debtor.get("/d/")
    debtor.submit("/d/leave")
    assert debtor.get(places[1]).status_code == 403


def test_without_the_code_nothing_is_given(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    debtor.get(PAGE)
    debtor.submit(PAGE)
    where = debtor.path.replace("/d/confirm", PAGE)
    assert debtor.get(f"{where}/everything.zip").status_code == 409
    debtor.get(debtor.path.replace(PAGE, "/d/confirm").removesuffix("/everything.zip"))
    doors.signed(debtor)
    assert debtor.get(f"{where}/everything.zip").status_code == 409
    assert exports(account) == []


def test_another_act_s_code_does_not_open_it(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    debtor.get(debtor.path)
    debtor.submit("/code", code=phone.texts[-1].code)
    assert "Done" in debtor.text
    assert debtor.get(f"{debtor.path.replace('/d/confirm', PAGE)}/everything.zip").status_code == 409


def test_where_no_code_can_come_a_colleague_decides_and_this_page_opens_nothing(
    debtor: Debtor, account: Account
) -> None:
    """Without a gateway for texts there is no other channel on file."""
    doors.inside(debtor, account)
    debtor.get(PAGE)
    debtor.submit(PAGE)
    doors.signed(debtor)
    assert "A person at Rossi Impianti looks at it now" in debtor.text
    (row,) = doors.step_ups(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        step_up.agree(db.session().get_one(StepUp, row.id), "called the number on file")
    assert debtor.get(f"{PAGE}/{ids.spell(row.id)}/everything.zip").status_code == 409
    assert exports(account) == []


def test_the_paper_s_code_takes_nothing_out(app: PortalFlask, account: Account) -> None:
    code = Debtor(app)
    code.enter(account.link(invoice_id=account.invoice_ids[0], purpose=QR), "128/2026")
    assert code.status == 200
    assert code.get(PAGE).status_code == 404


@pytest.mark.parametrize(("wish", "said"), [("wrong", "Something is not right"), ("object", "I object")])
def test_what_is_wrong_or_not_wanted_comes_before_a_person(
    debtor: Debtor, account: Account, wish: str, said: str
) -> None:
    doors.inside(debtor, account)
    debtor.get(PAGE)
    debtor.submit("/wish", wish=wish, words="")
    assert debtor.status == 422
    debtor.submit("/wish", wish="", words="Via Roma 12")
    assert debtor.status == 422
    assert "Via Roma 12" in debtor.text, "nothing typed is lost"
    debtor.submit("/wish", wish=wish, words="Via Roma 12, not 21")
    assert "A person reads it and answers" in debtor.text
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        asked = session.scalars(select(Case)).one()
    assert asked.words.startswith(said)
    assert asked.words.endswith("\nVia Roma 12, not 21")


def test_the_notice_names_who_decides_and_who_helps_and_leads_to_one_s_data(
    app: PortalFlask, debtor: Debtor, account: Account
) -> None:
    """Behind the gate as before it: the creditor, never whoever runs the portal (rule C-22)."""
    boss = make_person(account.creditor_id, Role.ADMIN)
    with db.transaction():
        scope.enter(account.creditor_id)
        agency = agencies.organisation("Agenzia Alfa", "IT09876543210")
        given = {"name": "Agenzia Alfa", "from_at": clock.now(), "until_at": None, "debtor_ids": [account.debtor_id]}
        agencies.give(agency, by=boss.staff_id, **given)
    doors.inside(debtor, account)
    debtor.get("/privacy")
    assert "Portale Prova</dd>" in debtor.text, "who runs the page"
    assert debtor.text.count("Rossi Impianti S.r.l.") >= 2
    assert "Agenzia Alfa, which works for Rossi Impianti S.r.l." in debtor.text
    assert f'href="{PAGE}"' in debtor.text
    debtor.get("/genuine")
    assert "Rossi Impianti" in debtor.text
    debtor.get("/d/your-data")
    assert f'href="{PAGE}"' in debtor.text
    door = Debtor(app)
    door.get(account.link())
    door.get("/privacy")
    assert "Rossi Impianti" in door.text
    assert "Alfa" not in door.text, "not before the gate"
    assert PAGE not in door.text
