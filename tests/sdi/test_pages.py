"""What both sides read, the upload, and the command line."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from portal.commands.import_sdi import sdi
from portal.commands.line import Context
from portal.core import clock, db, ids
from portal.debtors import links
from portal.debtors.models import ContactPoint
from portal.invoices.models import Invoice
from portal.people.roles import Role
from portal.privacy.register import register
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import signed_in
from tests.factories.world import make_creditor
from tests.imports.files import zipped
from tests.sdi import messages as m
from tests.sdi.conftest import FILE, VAT, World, bill


def link(world: World, number: str | None = None) -> str:
    def make() -> str:
        contact = db.session().scalars(select(ContactPoint)).first()
        one = db.session().scalars(select(Invoice).where(Invoice.number == (number or "7"))).one()
        made = links.issue(
            one.debtor_id, purpose=links.PORTAL, campaign="test", expires_at=clock.now() + timedelta(days=9),
            invoice_id=one.id if number else None, contact_point_id=contact.id if contact else None,
        )  # fmt: skip
        return links.address(made.id, links.PORTAL)

    return world.within(make)  # type: ignore[no-any-return]


def enter(app: PortalFlask, world: World, number: str | None = None) -> Debtor:
    browser = Debtor(app)
    browser.enter(link(world, number), (world.debtor().vat_number or "")[-4:])
    browser.get("/language/en")
    browser.get("/d/")
    assert browser.status == 200, browser.text
    return browser


def test_the_link_to_it_explains_itself_and_apologises(app: PortalFlask, billed: World) -> None:
    browser = enter(app, billed, "7")
    assert "1.220,00" in browser.text or "1,220.00" in browser.text
    billed.taken(m.ns(FILE))
    browser.get("/d/")
    assert "Invoice 7 counts as not issued" in browser.text
    assert "We are sorry. Please pay nothing on it now." in browser.text
    assert "1,220.00" not in browser.text
    assert "document.pdf" not in browser.text
    assert "/pay" not in browser.text.replace("/d/payments", "")
    billed.bring((f"{VAT}_00002.xml", bill()))
    browser.get("/d/")
    assert "1,220.00" in browser.text


def test_the_account_says_which_and_asks_for_the_others(app: PortalFlask, billed: World) -> None:
    billed.bring((f"{VAT}_00005.xml", bill("8", amount="10.00")))
    billed.taken(m.ns(FILE))
    browser = enter(app, billed)
    assert "The tax system sent invoice 7 back to us. The slip is ours" in browser.text
    assert "Invoice 8" in browser.text
    assert "1,220.00" not in browser.text
    browser.get(f"/d/invoices/{ids.spell(billed.invoice().id)}")
    assert "It counts as not issued: please pay nothing on it now." in browser.text
    billed.taken(m.ns(f"{VAT}_00005.xml", "112"))
    browser.get("/d/")
    assert "some invoices back to us: 7, 8" in browser.text
    assert "settled" not in browser.text


def test_the_customer_reads_where_the_e_invoice_is(app: PortalFlask, billed: World) -> None:
    browser = enter(app, billed)
    page = f"/d/invoices/{ids.spell(billed.invoice().id)}"
    billed.taken(m.mc(FILE))
    browser.get(page)
    assert "on the site of the tax authority" in browser.text
    billed.taken(m.rc(FILE))
    browser.get(page)
    assert "Delivered by the tax system on 20 November 2026" in browser.text
    assert "Tell us whether it arrived" in browser.text, "the SdI's word is no answer of theirs"
    billed.taken(m.dt(FILE))
    browser.get(page)
    assert "the time to answer to it has passed" in browser.text


def test_an_answer_of_theirs_outranks_the_sdi(app: PortalFlask, billed: World) -> None:
    billed.taken(m.rc(FILE))
    browser = enter(app, billed)
    browser.get(f"/d/invoices/{ids.spell(billed.invoice().id)}/receipt")
    browser.submit("/receipt", answer="received")
    assert billed.receipt() == "confirmed"
    billed.taken(m.rc(FILE, number="2"))
    assert billed.receipt() == "confirmed"


def staff(app: PortalFlask, world: World, role: Role = Role.ADMIN) -> Browser:
    browser = signed_in(app, world.creditor, role)
    browser.get("/language/en")
    return browser


def upload(browser: Browser, *files: tuple[str, bytes]) -> None:
    browser.get("/c/sdi")
    form = browser.form("/c/sdi")
    sent = [(io.BytesIO(content), name) for name, content in files]
    browser.post(form.action, {**form.fields, "files": sent}, content_type="multipart/form-data")


def test_staff_upload_what_came_by_certified_post(app: PortalFlask, billed: World) -> None:
    browser = staff(app, billed)
    browser.get("/c/imports")
    assert 'href="/c/sdi"' in browser.text
    upload(browser, ("posta.eml", m.certified(("IT_NS_001.xml", m.ns(FILE, "111", ("00404", "&lt;b&gt;Doppia"))))))
    assert browser.status == 200
    assert "Done. 1 new, 0 known already, 0 refused." in browser.text
    assert billed.held() == {"sdi_rejected"}
    assert "00404: " in browser.text
    browser.get(f"/c/invoices/{ids.spell(billed.invoice().id)}")
    assert "rejected by the SdI: not issued" in browser.text
    assert "the tax system sent it back" in browser.text
    assert "The SdI rejected invoice 7: nobody asks for it now" in browser.text
    assert "<b>Doppia" not in browser.text


def test_what_was_refused_stands_on_the_page_and_the_rest_is_kept(app: PortalFlask, billed: World) -> None:
    browser = staff(app, billed)
    upload(
        browser, ("a.zip", zipped({"a.xml": m.rc(FILE), "b<i>.xml": b"<Cane/>", "c.xml": m.rc("IT1_9.xml", "112")}))
    )
    assert browser.status == 200
    assert "1 new, 0 known already, 2 refused" in browser.text
    assert "its root is Cane" in browser.text
    assert "No invoice came in with the file IT1_9.xml" in browser.text
    assert "b<i>" not in browser.text
    assert billed.said() == ["RC"]
    upload(browser)
    assert browser.status == 422
    assert "Choose at least one file." in browser.text


def test_who_may_not_bring_in_may_not_upload(app: PortalFlask, billed: World) -> None:
    browser = staff(app, billed, Role.VIEWER)
    browser.get("/c/sdi")
    assert 'type="file"' not in browser.text
    browser.post("/c/sdi", {"csrf_token": browser.csrf()})
    assert browser.status == 403
    other = make_creditor("verdi")
    elsewhere = signed_in(app, other, Role.ADMIN)
    upload(elsewhere, ("a.xml", m.ns(FILE)))
    assert billed.held() == set()
    elsewhere.get("/c/sdi")
    assert FILE not in elsewhere.text


def run(app: PortalFlask, *arguments: object) -> tuple[int, Any]:
    found = CliRunner().invoke(sdi, [str(one) for one in arguments], obj=Context(create_app=lambda _settings: app))
    if "--json" not in arguments:
        return found.exit_code, found.output
    return found.exit_code, json.loads(found.stdout)


def test_the_command_takes_in_and_says_what_became_of_each(app: PortalFlask, billed: World, tmp_path: Path) -> None:
    good, bad = tmp_path / "a.eml", tmp_path / "b\x1b.xml"
    good.write_bytes(m.certified(("IT_RC_001.xml", m.rc(FILE))))
    bad.write_bytes(b"<Cane/>")
    code, said = run(app, good, "--creditor", "rossi", "--dry-run", "--json")
    assert (code, said["files"][0]["messages"][0]["outcome"], billed.count()) == (0, "taken", 0)
    code, said = run(app, good, bad, "--creditor", "rossi", "--json")
    assert code == 1
    assert said["files"][0]["messages"] == [
        {"kind": "RC", "file_name": FILE, "sdi_id": "111", "invoice": "7", "outcome": "taken"}
    ]
    assert [one["why"] for one in said["refusals"]] == ["This is no message of the SdI: its root is Cane."]
    code, words = run(app, good, "--creditor", "rossi")
    assert (code, "1 known; 0 refused" in words) == (0, True)
    code, words = run(app, bad, "--creditor", "rossi")
    assert (code, "\x1b" in words) == (1, False)


def test_without_a_creditor_it_only_reads(app: PortalFlask, tmp_path: Path) -> None:
    one = tmp_path / "a.xml"
    one.write_bytes(m.ns(FILE))
    assert run(app, one)[0] == 2
    code, said = run(app, one, "--dry-run", "--json")
    assert (code, said["refusals"]) == (0, [])
    assert said["files"] == [
        {
            "file": str(one),
            "messages": [{"kind": "NS", "file_name": FILE, "sdi_id": "111", "invoice": None, "outcome": "read"}],
        }
    ]
    assert run(app, one, "--creditor", "nobody")[0] == 2


@pytest.mark.parametrize("table", ["sdi_messages", "sdi_files"])
def test_the_register_knows_the_table(table: str) -> None:
    assert table in register().tables
