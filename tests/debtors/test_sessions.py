"""The visit: short, kept on the server, new at each level, gone with "Esci" or with its link (A-22, A-24, A-50…A-53)."""

import base64
import json
import zlib
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, installation, scope, signing
from portal.core.events import EventRow
from portal.core.link_addresses import QR
from portal.creditors import queries as creditors
from portal.debtors import actions
from portal.debtors.models import AccessLink, Visit
from portal.web.edge import PortalFlask
from portal.wiring import create_app
from tests.actors import Debtor
from tests.factories.world import Account, make_account, make_creditor
from tests.parallel import twin
from tests.randomness import without_drawn


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice()
    return made


def entered(app: PortalFlask, account: Account, address: str | None = None) -> Debtor:
    browser = Debtor(app)
    browser.enter(address or account.link(), account.fact)
    assert (browser.status, browser.path) == (200, "/d/")
    return browser


def inside(browser: Debtor) -> bool:
    return browser.get("/d/", follow=False).status_code == 200


def visits(account: Account) -> list[Visit]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(Visit).order_by(Visit.id)))


def payload(browser: Debtor) -> dict[str, object]:
    """What anybody who finds the cookie can read in it."""
    cookie = browser.client.get_cookie("portal", domain="portal.test")
    assert cookie is not None
    head = cookie.value.rsplit(".", 2)[0]
    packed = head.startswith(".")
    raw = base64.urlsafe_b64decode(head.lstrip(".") + "=" * (-len(head.lstrip(".")) % 4))
    found = json.loads(zlib.decompress(raw) if packed else raw)
    assert isinstance(found, dict)
    return found


def test_a_cookie_fixed_before_the_gate_stays_before_the_gate(account: Account, app: PortalFlask) -> None:
    """A-50: the attacker's copy of the victim's cookie does not rise with the victim."""
    victim = Debtor(app)
    victim.get(account.link())
    attacker = twin(victim)
    victim.submit("/gate", fact=account.fact)
    assert inside(victim)
    assert not inside(attacker)
    assert payload(victim).keys() == {"v", "link", "csrf_token"} or "pre" not in payload(victim)
    fixed = attacker.client.get_cookie("portal", domain="portal.test")
    now = victim.client.get_cookie("portal", domain="portal.test")
    assert fixed is not None
    assert now is not None
    assert fixed.value != now.value


def test_the_number_of_the_forms_changes_with_the_level(account: Account, app: PortalFlask) -> None:
    victim = Debtor(app)
    victim.get(account.link())
    before = victim.csrf()
    victim.submit("/gate", fact=account.fact)
    after = victim.csrf()
    data = {"csrf_token": before, "command_id": ids.spell(ids.new_id()), "question": "?"}
    assert victim.post("/d/help", data).status_code == 400
    assert victim.post("/d/help", {**data, "csrf_token": after}).status_code == 200


def test_a_second_link_ends_the_first_visit_in_this_browser(account: Account, app: PortalFlask) -> None:
    """A-51: scopes never merge; the other's documents are not there, nor the first one's any more."""
    other = make_account(make_creditor("verdi"), name="Neri S.r.l.", vat_number="IT99999995555")
    theirs = other.add_invoice("9/2026", "55.00")
    browser = entered(app, account)
    mine = account.invoice_ids[0]
    browser.get(other.link())
    assert browser.path == "/gate"
    assert not inside(browser), "before the gate of the second there is no visit at all"
    browser.get("/gate")
    browser.submit("/gate", fact=other.fact)
    assert "9/2026" in browser.text
    assert "128/2026" not in browser.text
    assert browser.get(f"/d/invoices/{ids.spell(theirs)}").status_code == 200
    assert browser.get(f"/d/invoices/{ids.spell(mine)}").status_code == 404


def test_a_second_link_of_the_same_debtor_is_a_visit_of_its_own(account: Account, app: PortalFlask) -> None:
    other = account.add_invoice("129/2026")
    browser = entered(app, account)
    browser.enter(account.link(invoice_id=other), account.fact)
    assert browser.get(f"/d/invoices/{ids.spell(account.invoice_ids[0])}").status_code == 404
    assert browser.get(f"/d/invoices/{ids.spell(other)}").status_code == 200
    assert len(visits(account)) == 2


def test_the_same_link_again_leads_back_into_its_visit(account: Account, app: PortalFlask) -> None:
    address = account.link()
    browser = entered(app, account, address)
    browser.get(address)
    assert browser.path == "/d/"
    assert len(visits(account)) == 1


@pytest.mark.parametrize("end", ["idle", "over", "left", "ended by staff"])
def test_the_same_link_after_its_visit_asks_the_fact_again(account: Account, app: PortalFlask, end: str) -> None:
    """One click, not two: a link that worked never leads to "please open the link again"."""
    address = account.link()
    browser = entered(app, account, address)
    if end == "left":
        browser.submit("/leave")
    if end == "ended by staff":
        with db.transaction() as session:
            scope.enter(account.creditor_id)
            actions.end_visit(session.scalars(select(Visit)).one(), "staff")
    wait = {"idle": timedelta(minutes=20), "over": timedelta(hours=2)}.get(end, timedelta())
    with time_machine.travel(clock.now() + wait):
        browser.get(address)
        assert (browser.status, browser.path) == (200, "/gate")
        browser.submit("/gate", fact=account.fact)
        assert (browser.status, browser.path) == (200, "/d/")


def test_a_quarter_of_an_hour_without_a_click_ends_it(account: Account, app: PortalFlask) -> None:
    start = clock.now()
    with time_machine.travel(start, tick=False) as clocks:
        browser = entered(app, account)
        clocks.shift(timedelta(minutes=14))
        assert inside(browser)
        clocks.shift(timedelta(minutes=14))
        assert inside(browser), "the click a moment ago counts"
        clocks.shift(timedelta(minutes=15, seconds=1))
        assert not inside(browser)
        clocks.shift(timedelta(minutes=-10))
        assert not inside(browser), "the cookie has let go of it"


def test_an_hour_ends_it_however_busy(account: Account, app: PortalFlask) -> None:
    with time_machine.travel(clock.now(), tick=False) as clocks:
        browser = entered(app, account)
        for _ in range(5):
            clocks.shift(timedelta(minutes=11, seconds=59))
            assert inside(browser)
        clocks.shift(timedelta(seconds=6))
        assert not inside(browser)


def test_the_time_of_a_visit_is_the_servers_not_the_cookies(account: Account, app: PortalFlask) -> None:
    with time_machine.travel(clock.now(), tick=False) as clocks:
        browser = entered(app, account)
        kept = twin(browser)
        clocks.shift(timedelta(minutes=61))
        assert not inside(browser)
        assert not inside(kept)


def test_leaving_ends_it_everywhere_and_clears_the_device(account: Account, app: PortalFlask) -> None:
    browser = entered(app, account)
    copied = twin(browser)
    answer = browser.submit("/leave", follow=False)
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"
    browser.get(answer.headers["Location"])
    assert browser.status == 200
    for word in ("Bianchi", "128/2026", "1.234,56"):
        assert word not in browser.text
    assert not inside(browser)
    assert not inside(copied), "a copy of the cookie is worth nothing"
    (visit,) = visits(account)
    assert visit.ended_at is not None
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(EventRow.name).where(EventRow.name == "visit.ended")).all() == ["visit.ended"]


def test_every_page_of_a_visit_has_a_way_out(account: Account, app: PortalFlask) -> None:
    browser = entered(app, account)
    for path in ("/d/", "/d/help", f"/d/invoices/{ids.spell(account.invoice_ids[0])}"):
        browser.get(path)
        assert browser.form("/leave").method == "post"
    assert app.test_client().get("/d/leave", base_url="http://portal.test").status_code in {403, 404, 405}


def test_revoking_in_the_middle_takes_the_next_request_out(account: Account, app: PortalFlask) -> None:
    browser = entered(app, account)
    number = {"csrf_token": browser.csrf(), "command_id": ids.spell(ids.new_id()), "question": "?"}
    with db.transaction() as session:
        scope.enter(account.creditor_id)
        actions.revoke_link(session.scalars(select(AccessLink)).one(), "leak")
    answer = browser.post("/d/help", number, follow=False)
    assert answer.status_code == 403
    assert not inside(browser)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        told = list(session.scalars(select(EventRow.name).order_by(EventRow.seq)))
    assert told[-2:] == ["link.revoked", "visit.ended"]
    assert "question.asked" not in told


def test_each_browser_passes_the_gate_by_itself(account: Account, app: PortalFlask) -> None:
    """A-53: the mail is forwarded to the accountant; one's visit is not the other's."""
    address = account.link()
    one, other = entered(app, account, address), Debtor(app)
    other.get(address)
    assert other.path == "/gate"
    assert not inside(other)
    other.get("/gate")
    other.submit("/gate", fact=account.fact)
    assert inside(one)
    assert inside(other)
    one.get("/d/")
    one.submit("/leave")
    assert inside(other), "one leaves, the other stays"
    assert len(visits(account)) == 2


def test_a_cookie_holds_ids_and_numbers_never_a_name(account: Account, app: PortalFlask) -> None:
    """A-06: it is only base64."""
    browser = Debtor(app)
    browser.get(account.link())
    shown = [payload(browser)]
    browser.submit("/gate", fact=account.fact)
    shown.append(payload(browser))
    browser.get("/language/en")
    shown.append(payload(browser))
    for found in shown:
        assert set(found) <= {"pre", "v", "link", "lang", "spoken", "csrf_token", "_flashes", "pay"}
        flat = without_drawn(json.dumps(found))
        for personal in ("Bianchi", "7890", "128/2026", "1234", "bianchi.example", "Rossi"):
            assert personal not in flat
    assert shown[2]["lang"] == "en"


def test_a_changed_cookie_is_no_cookie(account: Account, app: PortalFlask) -> None:
    browser = entered(app, account)
    cookie = browser.client.get_cookie("portal", domain="portal.test")
    assert cookie is not None
    own = signing.serializer(installation.keys(), "cookie-staff").dumps(payload(browser))
    strange = [cookie.value[:-2], "x" + cookie.value, cookie.value[::-1], "", "null", "...", "é", own, "A" * 4000]
    for value in strange:
        thief = Debtor(app)
        thief.client.set_cookie("portal", value, domain="portal.test")
        assert not inside(thief), value


OTHER_RELEASES: list[object] = [
    [], {}, None, 5, "x", [1], [1, 2], [1, 2, 3, 4], ["a", "b", "c"], [None] * 3, [1.5, 2, 3], [10**30] * 3,
    [[1], [2], [3]], [True, False, True], ["1", "2", "3"], [-1, -1, -1],
]  # fmt: skip


def test_a_signed_cookie_of_another_time_is_no_visit_and_no_error(app: PortalFlask) -> None:
    """An older or newer release may have written other things under our key."""
    for kept in OTHER_RELEASES:
        for content in ({"v": kept}, {"pre": kept}, {"v": kept, "link": kept, "lang": kept, "pay": kept}):
            browser = Debtor(app)
            value = app.session_interface._serializers[False].dumps(content)  # type: ignore[attr-defined]
            browser.client.set_cookie("portal", value, domain="portal.test")
            for path in ("/gate", "/d/", "/genuine", "/privacy"):
                assert browser.get(path, follow=False).status_code in {200, 403}, (content, path)


def test_anothers_ids_in_a_cookie_do_not_make_a_visit(account: Account, app: PortalFlask) -> None:
    """Even signed: a visit is found within its own creditor and debtor or not at all."""
    other = make_account(make_creditor("verdi"))
    entered(app, account)
    (visit,) = visits(account)
    for creditor_id, debtor_id in (
        (other.creditor_id, account.debtor_id), (account.creditor_id, other.debtor_id), (other.creditor_id,
        other.debtor_id),
    ):  # fmt: skip
        browser = Debtor(app)
        value = app.session_interface._serializers[False].dumps({"v": [creditor_id, debtor_id, visit.id]})  # type: ignore[attr-defined]
        browser.client.set_cookie("portal", value, domain="portal.test")
        assert not inside(browser)


def test_over_https_the_cookie_is_bound_to_the_host_and_hidden_from_script(
    account: Account, app: PortalFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A-22, on an installation that is reached by https."""
    address = account.link().replace("http://portal.test", "https://paga.example")
    from_plain = installation.settings()
    object.__setattr__(from_plain, "public_url", "https://paga.example")
    secure = create_app(from_plain)
    browser = Debtor(secure, "https://paga.example")
    opened = browser.get(address, follow=False)
    browser.get("/gate")
    passed = browser.submit("/gate", follow=False, fact=account.fact)
    for answer in (opened, passed):
        cookies = answer.headers.getlist("Set-Cookie")
        assert len(cookies) == 1
        name, *flags = [part.strip() for part in cookies[0].split(";")]
        assert name.startswith("__Host-portal=")
        assert {flag.lower() for flag in flags} == {"secure", "httponly", "samesite=lax", "path=/"}, (
            "no Domain, no age"
        )
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    browser.get("/d/")
    left = browser.submit("/leave", follow=False)
    assert "__Host-portal=;" in left.headers["Set-Cookie"]


def test_over_http_on_this_machine_the_cookie_is_as_strict_as_it_can_be(account: Account, app: PortalFlask) -> None:
    answer = Debtor(app).get(account.link(), follow=False)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith("portal=")
    assert flags == {"httponly", "samesite=lax", "path=/"}


def test_visitors_pages_set_one_cookie_and_no_other(account: Account, app: PortalFlask) -> None:
    """C-25: debtor pages ⊆ {__Host-portal}."""
    browser = Debtor(app)
    seen = set()
    for path in (account.link(), "/gate", "/genuine", "/privacy", "/language/en", "/left", "/gate/not-me"):
        answer = browser.get(path, follow=False)
        seen |= {cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}
    assert seen == {"portal"}


def test_a_visit_with_the_papers_code_is_of_the_first_level(account: Account, app: PortalFlask) -> None:
    browser = Debtor(app)
    browser.enter(account.link(invoice_id=account.invoice_ids[0], purpose=QR), "128/2026")
    assert browser.path == "/d/"
    assert "Bianchi" not in browser.text, "no name stands on that page"
    with db.transaction(writes=False):
        assert creditors.by_id(account.creditor_id).display_name in browser.text
    assert [visit.level for visit in visits(account)] == [1]
