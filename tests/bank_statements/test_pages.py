"""Statements over the pages: upload, what was understood, yes, the report; the queue and its decisions; wrong files."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.core import ids, jobs
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.bank_statements.world import Treasury, euro, make_treasury
from tests.factories.people import signed_in
from tests.factories.world import make_creditor


@dataclass
class Desk:
    treasury: Treasury
    browser: Browser

    def upload(self, content: bytes, name: str = "statement.xml") -> str:
        self.browser.get("/c/bank/statements")
        form = self.browser.form("/c/bank/statements")
        sent = {**form.fields, "files": [(io.BytesIO(content), name)]}
        self.browser.post(form.action, sent, content_type="multipart/form-data")
        return self.browser.path

    def bring(self, content: bytes, name: str = "statement.xml") -> None:
        where = self.upload(content, name)
        assert self.browser.status == 200, self.browser.text
        self.browser.submit("/confirm")
        jobs.work_off()
        self.browser.get(where)

    def movement(self, place: int = 0) -> str:
        return f"/c/bank/movements/{ids.spell(self.treasury.movements()[place].id)}"


@pytest.fixture
def desk(app: PortalFlask, tmp_path: Path) -> Desk:
    folder = tmp_path / "statements"
    folder.mkdir()
    treasury = make_treasury(folder)
    return Desk(treasury, signed_in(app, treasury.creditor_id, Role.MANAGER))


def csrf_of(browser: Browser, path: str) -> str:
    browser.get(path)
    return browser.csrf()


def test_upload_look_yes_report(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00")
    treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bank.credit(euro("12.34"), treasury.day, text="boh", name="Ignoto", iban=None)
    where = desk.upload(treasury.bank.statement(treasury.day))
    assert "/c/bank/imports/" in where
    assert "Nothing is booked yet" in browser.text
    assert treasury.movements() == []
    browser.submit("/confirm")
    jobs.work_off()
    browser.get(where)
    assert treasury.open(item) == 0
    browser.get("/c/bank")
    assert "Ignoto" in browser.text
    browser.get("/c/bank/statements")
    assert browser.status == 200
    browser.get("/c/bank/movements")
    assert "12.34" in browser.text


def test_a_person_decides_in_the_queue(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00", "77/2026")
    treasury.bank.credit(euro("100.00"), treasury.day, text="fattura 77/2026")
    desk.bring(treasury.bank.statement(treasury.day))
    browser.get(desk.movement())
    spelled = ids.spell(item)
    browser.submit("/accept", **{f"amount-{spelled}": "60"})
    assert browser.status == 422, "nothing ticked"
    browser.submit("/accept", **{"items[]": spelled, f"amount-{spelled}": "1.000,00"})
    assert browser.status == 422
    browser.get(desk.movement())
    browser.submit("/accept", **{"items[]": spelled, f"amount-{spelled}": "100,00"})
    assert browser.status == 200, browser.text
    assert treasury.open(item) == 0
    browser.post(f"{desk.movement()}/accept", {"csrf_token": csrf_of(browser, "/c/bank/statements"), "command_id": "x" * 12,
                 "items[]": spelled, f"amount-{spelled}": "1"})  # fmt: skip
    assert browser.status == 409, "it is booked"


def test_credit_ignore_and_look_again(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    treasury.bank.credit(euro("5.00"), treasury.day, text="x")
    desk.bring(treasury.bank.statement(treasury.day))
    browser.get(desk.movement())
    browser.submit("/ignore")
    assert browser.status == 422
    browser.submit("/ignore", why="own_transfer", note="giroconto")
    assert treasury.statuses() == ["ignored"]
    browser.submit("/look-again")
    assert treasury.statuses() == ["waiting"]
    browser.submit("/credit", debtor_code="nobody")
    assert browser.status == 422
    browser.submit("/credit", debtor_code="0042")
    assert (treasury.statuses(), treasury.credit()) == (["credited"], 500)


def test_a_return_is_decided_by_hand(desk: Desk) -> None:
    treasury, browser = desk.treasury, desk.browser
    item = treasury.due("100.00")
    credit = treasury.bank.credit(euro("100.00"), treasury.day, reference=treasury.reference(item))
    treasury.bank.return_(credit, treasury.day)
    desk.bring(treasury.bank.statement(treasury.day).replace(b"<RvslInd>true</RvslInd>", b""))
    browser.get(desk.movement(1))
    browser.submit("/return")
    assert browser.status == 200, browser.text
    assert treasury.open(item) == 10000


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_who_may_only_look_decides_nothing(app: PortalFlask, desk: Desk, role: Role) -> None:
    treasury = desk.treasury
    treasury.due("100.00")
    treasury.bank.credit(euro("100.00"), treasury.day, text="x")
    desk.bring(treasury.bank.statement(treasury.day))
    browser = signed_in(app, treasury.creditor_id, role)
    browser.get(desk.movement())
    assert browser.status == 200
    assert "/accept" not in browser.text
    browser.post(f"{desk.movement()}/ignore", {"csrf_token": csrf_of(browser, "/c/bank"), "command_id": "y" * 12,
                                              "why": "other"})  # fmt: skip
    assert browser.status == 403
    assert treasury.statuses() == ["waiting"]


def test_another_creditors_movement_is_not_there(app: PortalFlask, desk: Desk) -> None:
    treasury = desk.treasury
    treasury.bank.credit(euro("1.00"), treasury.day, text="x")
    desk.bring(treasury.bank.statement(treasury.day))
    stranger = signed_in(app, make_creditor("altri"), Role.MANAGER)
    for path in (desk.movement(), f"/c/bank/statements/{ids.spell(treasury.movements()[0].statement_id)}"):
        stranger.get(path)
        assert stranger.status == 404
        desk.browser.get(path)
        assert desk.browser.status == 200


_HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "broken off": lambda good: good[: len(good) // 2],
    "entities": lambda good: good.replace(
        b"<Document", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document', 1
    ),
    "a picture": lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "binary zeros": lambda _: b"\0" * 2000,
    "no amount": lambda good: good.replace(b"100.00</Amt>", b"</Amt>"),
    "words for an amount": lambda good: good.replace(b"100.00</Amt>", b"a hundred</Amt>"),
    "fractions of a cent": lambda good: good.replace(b"100.00</Amt>", b"100.00001</Amt>"),
    "an impossible day": lambda good: good.replace(b"<BookgDt><Dt>2", b"<BookgDt><Dt>9999-99-99</Dt><Dt>2"),
    "no sign": lambda good: good.replace(b"CRDT", b"BOTH"),
    "very deep": lambda _: b"<Document>" * 5000,
    "a schema": lambda _: b'<?xml version="1.0"?><schema xmlns="http://www.w3.org/2001/XMLSchema"/>',
    "a zip that is none": lambda _: b"PK\x03\x04 and nothing else",
    "a table without headers": lambda _: b"1;2;3\n4;5;6\n",
    "an MT940 of nonsense": lambda _: b":20:X\r\n:25:Y\r\n:60F:C991399EUR1,00\r\n:61:99139900000\r\n:62F:Z\r\n-\r\n",
}


@pytest.mark.parametrize("what", sorted(_HOSTILE))
def test_wrong_files_are_told_and_break_nothing(desk: Desk, what: str) -> None:
    treasury, browser = desk.treasury, desk.browser
    treasury.bank.credit(euro("100.00"), treasury.day, text="x")
    content = _HOSTILE[what](treasury.bank.statement(treasury.day))
    where = desk.upload(content)
    assert browser.status in {200, 422}, browser.text
    if browser.status == 422 or not where.startswith("/c/bank/imports/"):
        return
    assert "<code>" in browser.text, "something is said"
    if "/confirm" in browser.text:
        browser.submit("/confirm")
        jobs.work_off()
        browser.get(where)
        assert browser.status == 200
    assert all(one.status.value != "booked" for one in treasury.movements())
