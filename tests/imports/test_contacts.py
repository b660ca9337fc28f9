"""Addresses that an import brings to customers: whose take codes at once, and who hears of it (rules A.4, A-44)."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, jobs, scope
from portal.debtors.models import ContactPoint
from portal.doubles.mailbox import Mailbox
from portal.imports import actions
from portal.messages.models import Message
from portal.settings import Settings
from tests.factories import doors
from tests.factories.messages import relay_through
from tests.factories.world import Account, make_account
from tests.imports.test_taking_in import run

NUMBER = "+393331112223"


@pytest.fixture
def account(house: Settings) -> Account:
    assert house
    return make_account()


def listed(folder: Path, *rows: str) -> Path:
    path = folder / "clienti.csv"
    path.write_text("numero;data;scadenza;importo;codice cliente;cliente;email;cellulare\n" + "\n".join(rows))
    return path


def row(number: int, *, code: str = "0042", email: str = "", mobile: str = "") -> str:
    return f"{number}/26;2026-10-01;2026-12-01;100,00;{code};Bianchi;{email};{mobile}"


def told(account: Account) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(Message.to_address).where(Message.key == "contact_changed")))


def later() -> time_machine.travel:
    """A customer who was there before the import."""
    return time_machine.travel(clock.now() + timedelta(minutes=5), tick=True)


def test_what_an_import_brings_to_a_known_customer_rests_and_the_address_in_use_is_told_once(
    account: Account, tmp_path: Path
) -> None:
    with later(), Mailbox() as mailbox:
        relay_through(mailbox)
        rows = [row(n, email=f"nuova{n}@bianchi.example", mobile=NUMBER) for n in range(1, 4)]
        run(account.creditor_id, listed(tmp_path, *rows))
        rests = doors.contacts(account)[NUMBER].codes_from
        assert rests is not None
        assert abs(rests - clock.now() - timedelta(hours=72)) < timedelta(minutes=1)
        assert doors.contacts(account)["nuova1@bianchi.example"].codes_from is not None
        jobs.work_off()
        (mail,) = mailbox.wait_for("cliente.0042@bianchi.example")
    assert told(account) == ["cliente.0042@bianchi.example"]
    assert "recapiti" in mail.subject.lower()
    assert mail.links == ()
    assert "1112223" not in mail.text + mail.html
    assert "nuova" not in mail.text.replace("una nuova", "").replace("nuova e-mail", "")


def test_once_an_import_however_it_is_cut(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "CHUNK", 1)
    with later():
        run(account.creditor_id, listed(tmp_path, row(1, email="nuova@bianchi.example"), row(2, mobile=NUMBER)))
        assert len(told(account)) == 1
        assert doors.contacts(account)[NUMBER].codes_from is not None
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=True):
        run(account.creditor_id, listed(tmp_path, row(1, mobile=NUMBER), row(3, email="terza@bianchi.example")))
        assert sorted(told(account)) == ["cliente.0042@bianchi.example"] * 2 + ["nuova@bianchi.example"]


def test_no_code_goes_to_an_imported_number_before_72_hours(debtor: doors.Debtor, tmp_path: Path) -> None:
    with doors.phone_running() as phone:
        account = make_account()
        account.add_invoice()
        with later():
            run(account.creditor_id, listed(tmp_path, row(1, mobile=NUMBER)))
            doors.inside(debtor, account)
            doors.ask_for_change(debtor)
            assert "Ask them to call me" in debtor.text
        with time_machine.travel(clock.now() + timedelta(hours=73), tick=True):
            doors.inside(debtor, account)
            doors.ask_for_change(debtor)
            doors.signed(debtor)
            assert [text.to for text in phone.texts] == [NUMBER]


def test_a_customer_who_comes_with_the_import_takes_codes_at_once(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The creditor has held the address as long as the customer; the second chunk is still the same import."""
    monkeypatch.setattr(actions, "CHUNK", 1)
    rows = [row(1, code="0077", email="c77@verdi.example"), row(2, code="0077", mobile=NUMBER)]
    run(account.creditor_id, listed(tmp_path, *rows))
    assert told(account) == []
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        new = select(ContactPoint).where(ContactPoint.debtor_id != account.debtor_id)
        assert {c.address: c.codes_from for c in session.scalars(new)} == {"c77@verdi.example": None, NUMBER: None}


def test_a_landline_tells_nobody(account: Account, tmp_path: Path) -> None:
    with later():
        run(account.creditor_id, listed(tmp_path, row(1, mobile="051 123456")))
    assert told(account) == []
    assert "051 123456" in doors.contacts(account)
