"""What happened to others must not happen here: the incidents of rules A.9, R1 to R15, one test each.

Most are proved at length elsewhere; here each has its name, and something that would fail if it came back.
"""

import hashlib
import json
import re
from pathlib import Path

import pytest
import stripe
from flask import Flask
from sqlalchemy import select

from portal.core import clock, db, ids, scope, signing
from portal.core.errors import Misconfigured
from portal.core.signing import Keys
from portal.debtors.models import ContactPoint
from portal.payments.methods import Account, BadNotice
from portal.payments.methods.stripe import notices
from portal.payments.methods.stripe.client import SECRET_KEY, WEBHOOK_SECRET
from portal.people.roles import Role
from portal.settings import Settings
from portal.web.edge import PortalFlask
from portal.wiring import create_app
from tests.actors import Debtor
from tests.factories.people import make_person, signed_in
from tests.factories.world import make_account, make_creditor
from tests.security.everything import Owner

OLD, NEW = (hashlib.sha384(name).digest() for name in (b"old", b"new"))


@pytest.fixture
def sealing(settings: Settings) -> tuple[bytes, ...]:
    return signing.read_keys(settings.keys_file).sealing


def test_r1_the_newest_key_signs_and_not_the_oldest(sealing: tuple[bytes, ...]) -> None:
    """CVE-2025-47278: Flask signed with the fallback."""
    both = Keys((OLD, NEW), sealing)
    token = signing.link_token(both, "portal", 7)
    assert token == signing.link_token(Keys((NEW,), sealing), "portal", 7)
    assert token != signing.link_token(Keys((OLD,), sealing), "portal", 7)


def test_r2_a_key_list_that_is_a_text_stops_the_start(settings: Settings) -> None:
    """Flask read "old-secret" as keys of one character each."""
    kept = json.loads(settings.keys_file.read_text())
    path = settings.files_dir.parent / "wrong.json"
    path.write_text(json.dumps({**kept, "signing": kept["signing"][0]}))
    path.chmod(0o600)
    with pytest.raises(Misconfigured, match="lists"):
        signing.read_keys(path)


def test_r3_no_page_of_a_visit_is_kept_or_shared_by_a_cache(app: PortalFlask) -> None:
    """CVE-2026-27205, CVE-2023-30861."""
    account = make_account()
    account.add_invoice()
    debtor = Debtor(app)
    for page in (debtor.get(account.link()), debtor.submit("/gate", fact=account.fact), debtor.get("/d/pay")):
        assert "no-store" in page.headers["Cache-Control"]
        assert "Cookie" in page.headers["Vary"]


def test_r4_no_page_hands_out_a_token_for_an_id(app: PortalFlask) -> None:
    """Odoo #138238: a route without a check returned the document's access token."""
    owner = Owner(make_account())
    invoice = owner.id_of("invoice_id")
    debtor = Debtor(app)
    debtor.enter(owner.account.link(), owner.account.fact)
    for path in ("/d/", "/d/pay", "/d/help"):
        assert not re.search(r"/[lq]/[A-Za-z0-9_-]{30,}", debtor.get(path).get_data(as_text=True), re.IGNORECASE)
    assert invoice


def test_r5_nothing_in_an_address_changes_an_account(app: PortalFlask) -> None:
    """CVE-2019-11781: a crafted portal link edited the profile."""
    account = make_account()
    account.add_invoice()
    debtor = Debtor(app)
    debtor.enter(account.link(), account.fact)
    for path in ("/d/", "/d/pay", "/gate", "/d/help"):
        debtor.get(f"{path}?email=thief@evil.example&name=Thief&postcode=00000&iban=IT00")
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        addresses = db.session().scalars(select(ContactPoint.address)).all()
    assert addresses == ["cliente.0042@bianchi.example"]


def test_r6_every_address_declares_who_may_come(app: PortalFlask) -> None:
    """CVE-2026-27471: a guest API without a permission check. Nobody at all gets a page, a shut door or a reason."""
    client, shut = app.test_client(), 0
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "0" * 13, rule.rule)
        if not rule.rule.startswith(("/d", "/c", "/api")) or "GET" not in (rule.methods or set()):
            continue
        if rule.endpoint.startswith("api_docs."):  # how to call says nothing of anybody
            continue
        answer = client.get(path, base_url="http://portal.test")
        answer.get_data()
        answer.close()
        if rule.endpoint.startswith("staff_entry."):
            continue
        assert answer.status_code in {303, 302, 401, 403, 404, 410}, (rule.rule, answer.status_code)
        shut += 1
    assert shut > 30


def test_r7_another_customers_invoice_is_not_there(app: PortalFlask) -> None:
    """CVE-2026-28685, CVE-2026-7093: the id in the address was all that was asked."""
    creditor = make_creditor()
    mine, other = (
        Owner(make_account(creditor)),
        Owner(make_account(creditor, code="0043", vat_number="IT98765432109")),
    )
    mine.account.add_invoice()
    debtor = Debtor(app)
    debtor.enter(mine.account.link(), mine.account.fact)
    from_other, from_nobody = (
        debtor.get(f"/d/invoices/{spelled}") for spelled in (ids.spell(other.id_of("invoice_id")), "0123456789abc")
    )
    assert from_other.status_code == from_nobody.status_code == 404


def test_r8_people_of_one_creditor_are_not_there_for_another(app: PortalFlask) -> None:
    """CVE-2026-55610: users of another company could be taken over."""
    rossi, verdi = make_account(), make_account(make_creditor("verdi"), code="7")
    theirs = make_person(verdi.creditor_id, Role.AGENT)
    browser = signed_in(app, rossi.creditor_id, Role.ADMIN)
    browser.get("/c/people")
    token = browser.csrf()
    for act, more in (("role", {"role": "admin"}), ("end", {}), ("sign-out", {})):
        for spelled in (ids.spell(theirs.staff_id), "0123456789abc"):
            answer = browser.post(f"/c/people/{spelled}/{act}", {"csrf_token": token, "command_id": "x" * 32, **more})
            assert answer.status_code == 404, act


def test_r9_who_owes_nothing_sees_nothing_of_anybody(app: PortalFlask) -> None:
    """InvoiceNinja: a customer without invoices saw another company's."""
    creditor = make_creditor()
    full, empty = (
        make_account(creditor),
        make_account(creditor, code="0044", vat_number="IT11122233344", name="Vuota"),
    )
    full.add_invoice("128/2026", "1234.56")
    debtor = Debtor(app)
    debtor.enter(empty.link(), empty.fact)
    text = debtor.get("/d/").get_data(as_text=True)
    assert "128/2026" not in text
    assert "1.234,56" not in text


def test_r10_a_weak_or_well_known_key_stops_the_start(settings: Settings, sealing: tuple[bytes, ...]) -> None:
    """Superset CVE-2023-27524: the key of the manual was in use."""
    for weak in (b"", b"secret", b"dev", b"CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", b"a" * 64):
        with pytest.raises(Misconfigured):
            Keys((weak,), sealing)
    app = create_app(settings)
    assert isinstance(app.secret_key, bytes)
    assert len(app.secret_key) >= 32


def test_r11_opening_and_pressing_everything_confirms_nothing(app: PortalFlask) -> None:
    """Mail scanners approved requests. At length: test_clicker_bot."""
    account = make_account()
    account.add_invoice()
    scanner = Debtor(app)
    page = scanner.get(account.link()).get_data(as_text=True)
    assert re.findall(r'<form[^>]*action="/gate"', page)
    assert account.fact not in page, "what the gate asks stands nowhere on it"


def test_r12_a_message_goes_only_to_an_address_that_the_creditor_gave(app: PortalFlask) -> None:
    """Garante: a reminder went to a colleague's address found on the web. An address says where it is from."""
    account = make_account()
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        contacts = db.session().scalars(select(ContactPoint)).all()
    assert [contact.source for contact in contacts] == ["creditor"]
    assert not ContactPoint.__table__.c.source.nullable


def test_r13_a_notice_that_is_not_text_is_a_400_and_not_a_crash(app: PortalFlask) -> None:
    """stripe-python raises UnicodeDecodeError for bytes that are no UTF-8, and takes stamps of the future."""
    account = Account(1, {WEBHOOK_SECRET: "whsec_test_secret", SECRET_KEY: "sk_test_1"})
    for body in (b"\xff\xfe", b"", b"[]", b'{"id": 1}'):
        for stamp in (0, int(clock.now().timestamp()), int(clock.now().timestamp()) + 3600):
            text = body.decode("utf-8", "replace")
            header = stripe.WebhookSignature.generate_signature_header(text, "whsec_test_secret", stamp)
            for signature in (header, "t=1,v1=00", "", "\udcff"):
                with pytest.raises(BadNotice):
                    notices.read(account, body, signature)


def test_r14_no_debugger_and_bounded_bodies(settings: Settings) -> None:
    """CVE-2024-34069, CVE-2023-46136, CVE-2024-49767."""
    app: Flask = create_app(settings)
    assert not app.debug
    assert 0 < (app.config["MAX_CONTENT_LENGTH"] or 0) <= 64 * 1024 * 1024
    assert 0 < (app.config["MAX_FORM_PARTS"] or 0) <= 1000
    assert 0 < (app.config["MAX_FORM_MEMORY_SIZE"] or 0) <= 1024 * 1024
    answer = app.test_client().get("/console", base_url="http://portal.test")
    assert answer.status_code == 404


def test_r15_secrets_are_compared_as_bytes_and_a_number_is_no_code(app: PortalFlask) -> None:
    """PHP's loose comparison; a JSON 0 that equals "000000"."""
    account = make_account()
    account.add_invoice()
    debtor = Debtor(app)
    debtor.get(account.link())
    token = debtor.csrf()
    for body in ({"fact": 0}, {"fact": ["7890"]}, {"fact": True}):
        answer = debtor.client.post(
            "/gate", json={**body, "csrf_token": token}, base_url="http://portal.test",
            headers={"Origin": "http://portal.test"},
        )  # fmt: skip
        assert answer.status_code in {400, 403, 415, 422}
    compared = [
        path
        for path in Path("portal").rglob("*.py")
        if re.search(r"(?:signature|mac|digest|token|secret)\s*==\s", path.read_text())
        and "compare_digest" not in path.read_text()
        and "doubles" not in path.parts
    ]
    assert compared == []
