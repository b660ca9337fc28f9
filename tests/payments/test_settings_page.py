"""The creditor's people switch cards on: secrets go in and never come out, and not everybody may."""

import pytest
from sqlalchemy import select

from portal.core import db, ids, scope
from portal.creditors.models import Creditor
from portal.payments import queries
from portal.payments.models import MethodAccount
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import make_person, sign_in
from tests.factories.world import make_creditor

PAGE = "/c/settings/payments"
SECRETS = {"secret_key": "sk_test_rossi_000001", "webhook_secret": "whsec_rossi_000001"}


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def admin(app: PortalFlask, creditor: Creditor) -> Browser:
    return sign_in(app, make_person(creditor))


def offered(creditor: Creditor) -> bool:
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        return queries.is_card_offered(creditor.id)


def test_secrets_go_in_and_never_come_out(admin: Browser, creditor: Creditor) -> None:
    admin.get(PAGE)
    assert admin.status == 200
    assert f"http://portal.test/in/stripe/{ids.spell(creditor.id)}" in admin.text
    admin.submit(PAGE, **SECRETS, account="acct_1Rossi", enabled="yes")
    assert (admin.status, admin.path) == (200, PAGE)
    assert offered(creditor)
    assert 'value="acct_1Rossi"' in admin.text
    for secret in SECRETS.values():
        assert secret not in admin.text
    assert admin.form(PAGE).fields["secret_key"] == ""
    admin.submit(PAGE, account="", enabled="yes")
    assert offered(creditor), "what is left empty stays as it was"
    form = admin.form(PAGE)
    admin.post(PAGE, {k: v for k, v in form.fields.items() if k != "enabled"})
    assert not offered(creditor)


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_kept(admin: Browser, creditor: Creditor) -> None:
    admin.get(PAGE)
    admin.submit(PAGE, secret_key="pk_test_public_key_0001", enabled="yes")
    assert admin.status == 422
    assert 'id="secret_key-error"' in admin.text
    assert 'id="webhook_secret-error"' in admin.text
    assert "pk_test_public_key_0001" not in admin.text
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalars(select(MethodAccount)).all() == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT, Role.MANAGER])
def test_only_administrators_may(app: PortalFlask, creditor: Creditor, role: Role) -> None:
    browser = sign_in(app, make_person(creditor, role=role, email=f"{role.value}@rossi.example"))
    assert browser.get(PAGE).status_code == 403
    assert not offered(creditor)


def test_a_creditor_identifier_is_checked_and_kept(admin: Browser, creditor: Creditor) -> None:
    admin.get(PAGE)
    admin.submit(PAGE, **SECRETS, creditor_identifier="DE99ZZZ09999999999", enabled="yes")
    assert admin.status == 422
    admin.submit(PAGE, **SECRETS, creditor_identifier="de98 zzz0 9999999999", enabled="yes")
    assert 'value="DE98ZZZ09999999999"' in admin.text
    assert offered(creditor)
