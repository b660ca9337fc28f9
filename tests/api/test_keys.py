"""Keys: made and shown once, hashed, rotated with a week of both, revoked at once; who calls without one (A-02, A-66)."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.api import actions, queries, rules
from portal.api.models import ApiKey
from portal.core import clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow
from portal.people.roles import Permission, Role
from portal.web import limits
from portal.web.edge import PortalFlask
from tests.actors import Browser, forms_of
from tests.api.conftest import System, make_system
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor

WRITTEN = re.compile(r"dpk_[0-9a-z]{26}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def admin(app: PortalFlask, account: Account) -> Browser:
    return signed_in(app, account.creditor_id, Role.ADMIN)


def make(browser: Browser, name: str, *may: str) -> None:
    """On the page, as an administrator does it."""
    browser.get("/c/keys")
    form = next(one for one in forms_of(browser.text) if one.action == "/c/keys")
    browser.post(form.action, {**form.fields, "name": name, "may[]": list(may)})


def press(browser: Browser, action: str) -> None:
    browser.get("/c/keys")
    form = next(one for one in forms_of(browser.text) if one.action == action)
    browser.post(form.action, form.fields)


def stored(account: Account) -> list[ApiKey]:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        return list(db.session().scalars(select(ApiKey).order_by(ApiKey.id)))


def test_a_key_is_made_on_its_page_shown_once_and_kept_as_a_hash(admin: Browser, account: Account) -> None:
    admin.get("/c/keys")
    make(admin, "Gestionale", "read", "import")
    written = WRITTEN.search(admin.text)
    assert written is not None
    assert written[0] not in str(admin.client.get_cookie("portal-staff"))
    admin.get("/c/keys")
    assert WRITTEN.search(admin.text) is None
    row = stored(account)[0]
    named = rules.read(written[0])
    assert named is not None
    assert row.secret_hash == rules.hashed(named.secret)
    assert row.permissions == "read import"


def test_a_key_for_nothing_and_one_without_a_name_are_refused_with_what_was_typed(admin: Browser) -> None:
    make(admin, "Gestionale")
    assert admin.status == 422
    assert 'value="Gestionale"' in admin.text
    make(admin, "", "read")
    assert admin.status == 422
    assert 'value="read" id="may" checked' in admin.text


def test_no_permission_that_asks_for_a_person_can_be_had(account: Account, app: PortalFlask) -> None:
    make(signed_in(app, account.creditor_id, Role.ADMIN), "x", "read", "refund", "keys", "people")
    assert stored(account)[0].permissions == "read"


def test_without_a_key_that_holds_nobody_comes_in(
    app: PortalFlask, erp: System, caplog: pytest.LogCaptureFixture
) -> None:
    named = rules.read(erp.key)
    assert named is not None
    strangers = [
        "", "Basic dXNlcjpwdw==", "Bearer ", "Bearer dpk_x", f"Bearer {erp.key[:-1]}x", f"Bearer {erp.key}x",
        "Bearer " + rules.write(named.creditor_id, ids.new_id(), named.secret),
        "Bearer " + rules.write(make_creditor("verdi").id, named.key_id, named.secret),
    ]  # fmt: skip
    for header in strangers:
        app.extensions["portal.limits"].forget()
        answer = erp.get("/key", Authorization=header)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json"), header
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert caplog.text.count("refused") == len(strangers), "each is written down, without the key"
    assert named.secret not in caplog.text


def test_who_tries_many_keys_is_refused_for_a_while_and_a_right_key_is_not(app: PortalFlask, erp: System) -> None:
    for _ in range(limits.BAD_TOKENS.amount):
        assert erp.get("/key", Authorization="Bearer dpk_wrong").status_code == 401
    assert erp.get("/key", Authorization="Bearer dpk_wrong").status_code == 429
    assert erp.get("/key").status_code == 200


def test_the_answer_says_whose_it_is_and_when_it_was_used(erp: System, account: Account) -> None:
    said = erp.read("/key")
    assert (said["name"], said["permissions"]) == ("ERP", sorted(one.value for one in rules.GRANTABLE))
    assert stored(account)[0].last_used_at is not None


def test_how_many_calls_are_left_is_said_and_beyond_it_is_429(erp: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_CALLS", limits.RateLimitItemPerMinute(2))
    first = erp.get("/key")
    assert first.headers["RateLimit"].startswith('"key";r=1;t=')
    assert first.headers["RateLimit-Policy"] == '"key";q=2;w=60'
    erp.get("/key")
    refused = erp.get("/key")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1


def test_after_a_new_secret_both_hold_for_a_week(erp: System, account: Account) -> None:
    def rotated() -> str:
        with db.transaction():
            scope.enter(account.creditor_id)
            return actions.rotate(queries.listed()[0], by=erp.staff_id).written

    second = rotated()
    with pytest.raises(NotAllowedNow):
        rotated()
    for written in (erp.key, second):
        assert erp.get("/key", Authorization=f"Bearer {written}").status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        assert erp.get("/key").status_code == 401
        assert erp.get("/key", Authorization=f"Bearer {second}").status_code == 200


def test_on_the_page_a_key_gets_another_secret_the_old_one_ends_and_the_key_is_revoked(
    admin: Browser, erp: System, account: Account
) -> None:
    place = f"/c/keys/{ids.spell(stored(account)[0].id)}"
    press(admin, f"{place}/secret")
    second = WRITTEN.search(admin.text)
    assert second is not None
    press(admin, f"{place}/secret/end")
    assert erp.get("/key").status_code == 401
    assert erp.get("/key", Authorization=f"Bearer {second[0]}").status_code == 200
    press(admin, f"{place}/revoke")
    assert erp.get("/key", Authorization=f"Bearer {second[0]}").status_code == 401
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        names = list(
            db.session().scalars(select(events.EventRow.name).where(events.EventRow.subject_kind == "api_key"))
        )
    assert names == ["api_key.made", "api_key.rotated", "api_key.old_ended", "api_key.revoked"]


def test_problems_speak_the_language_that_is_asked_for(erp: System) -> None:
    titles = {
        code: erp.get("/invoices?state=x", Accept_Language=code).json["errors"][0] for code in ("it", "de", "en")
    }
    italian = erp.get("/nothing", Accept_Language="it")
    assert italian.status_code == 404
    assert italian.json["title"] == "Qui non c'è nulla."
    assert set(titles) == {"it", "de", "en"}


def test_what_is_no_json_is_said_so(erp: System) -> None:
    answer = erp.call("POST", "/invoices", None, Content_Type="application/json")
    assert answer.status_code == 422
    client = erp.app.test_client(use_cookies=False)
    broken = client.post(
        "/api/v1/invoices", data="{", base_url="http://portal.test", content_type="application/json",
        headers={"Authorization": f"Bearer {erp.key}", "Idempotency-Key": "abcdefgh"},
    )  # fmt: skip
    assert (broken.status_code, broken.content_type) == (400, "application/problem+json")


def test_the_description_holds_every_call_and_the_page_shows_each(app: PortalFlask, erp: System) -> None:
    spec = erp.get("/openapi.json", Authorization="").json
    assert spec["openapi"] == "3.1.0"
    described = {
        (method.upper(), re.sub(r"\{(\w+)\}", r"<id:\1>", path))
        for path, methods in spec["paths"].items()
        for method in methods
        if method != "parameters"
    }
    there = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith("api_docs.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == there
    page = erp.get("/docs", Authorization="").get_data(as_text=True)
    assert all(path in page for path in spec["paths"])
    assert "<script" not in page
    assert len(page) < 200_000
    assert json.dumps(spec).count("http://") == 0


def test_in_whose_name_it_answers_is_the_person_who_made_it(app: PortalFlask, account: Account) -> None:
    key = make_system(app, account, Permission.READ)
    assert stored(account)[0].staff_id == key.staff_id


def test_the_keys_of_another_creditor_are_not_there(admin: Browser, app: PortalFlask) -> None:
    foreign = make_account(make_creditor("verdi"))
    make_system(app, foreign)
    key_id = ids.spell(stored(foreign)[0].id)
    admin.get("/c/keys")
    form = admin.form("/c/keys")
    admin.post(f"/c/keys/{key_id}/revoke", {name: form.fields[name] for name in ("csrf_token", "command_id")})
    assert admin.status == 404
