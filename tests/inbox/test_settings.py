"""What the creditor's people may change about it, how it then appears, and what no page changes."""

import io

import pytest
from sqlalchemy import select

from portal.core import db, ids, scope
from portal.core.errors import Invalid
from portal.core.events import EventRow
from portal.creditors import actions
from portal.creditors import queries as creditors
from portal.creditors.models import Creditor
from portal.documents.models import StoredFile
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.documents.test_logos import MARK, png
from tests.factories.people import signed_in
from tests.factories.world import IBAN, make_account, make_creditor


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    return make_creditor()


@pytest.fixture
def admin(app: PortalFlask, creditor: Creditor) -> Browser:
    return signed_in(app, creditor)


def now(creditor: Creditor) -> Creditor:
    with db.transaction(writes=False):
        return creditors.by_id(creditor.id)


def save(browser: Browser, **typed: object) -> None:
    browser.get("/c/settings")
    form = browser.form("/c/settings")
    browser.post("/c/settings", {**form.fields, **typed}, content_type="multipart/form-data")


def test_settings_are_saved_and_kept_in_the_history(admin: Browser, creditor: Creditor) -> None:
    save(admin, display_name="Rossi", promise_days="7", gate_fact="postcode", accent="#0F5F59", hours="")
    assert admin.status == 200
    assert "Done." in admin.text
    row = now(creditor)
    assert (row.display_name, row.promise_days, row.gate_fact) == ("Rossi", 7, "postcode")
    assert (row.accent, row.hours, row.phone) == ("#0f5f59", None, "+39 051 0000001")
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        event = session.scalars(select(EventRow).where(EventRow.name == "creditor.changed")).one()
        assert event.data["fields"] == ["accent", "display_name", "gate_fact", "hours", "promise_days"]
        assert event.actor_kind == "staff"
    save(admin)
    assert "Nothing was different." in admin.text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("display_name", "", "the name that customers know"),
        ("display_name", "Recupero Crediti Rossi", "does not speak of debts"),
        ("display_name", "x" * 101, "at most 100 characters"),
        ("phone", "", "must reach a person"),
        ("email", "nobody", "like this"),
        ("promise_days", "-1", "from 0 to 180"),
        ("promise_days", "181", "from 0 to 180"),
        ("promise_days", "١٢", "from 0 to 180"),
        ("default_terms_days", "1e2", "from 0 to 365"),
        ("transfer_days", "0", "from 1 to 30"),
        ("gate_fact", "shoe_size", "choose what the page asks for"),
        ("accent", "red", "like this: #0f5f59"),
        ("accent", "#ffff00", "too light"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    admin: Browser, creditor: Creditor, field: str, typed: str, said: str
) -> None:
    before = vars(now(creditor)).copy()
    save(admin, **{"hours": "24 h", field: typed})
    assert admin.status == 422
    assert said in admin.text
    assert 'value="24 h"' in admin.text, "what was typed is not lost"
    after = vars(now(creditor))
    assert {k: v for k, v in after.items() if k[0] != "_"} == {k: v for k, v in before.items() if k[0] != "_"}


def test_a_colour_that_is_too_light_comes_with_one_that_works(admin: Browser, creditor: Creditor) -> None:
    save(admin, accent="#ffcc00")
    found = admin.text.split("too light to be read on white. ")[1][:7]
    save(admin, accent=found)
    assert now(creditor).accent == found


def test_the_account_that_money_goes_to_is_not_changed_here(admin: Browser, creditor: Creditor) -> None:
    """A-66: an IBAN swap is the worst fraud; a form that holds one anyway changes nothing."""
    save(admin, iban="DE89370400440532013000", account_holder="Thief", slug="thief", id="1", bic="X", vat_number="X")
    assert admin.status == 200
    row = now(creditor)
    assert (row.iban, row.account_holder, row.slug) == (IBAN, "Rossi Impianti S.r.l.", "rossi")
    with pytest.raises(ValueError, match="iban"):
        actions.change_settings(creditor, {"iban": "DE89370400440532013000"})


def test_a_logo_is_made_anew_shown_and_taken_away(app: PortalFlask, admin: Browser, creditor: Creditor) -> None:
    save(admin, logo=(io.BytesIO(png(300, 90, extra=MARK)), "../../logo.png"))
    assert admin.status == 200
    row = now(creditor)
    assert row.logo_file_id is not None
    address = f"/brand/{ids.spell(creditor.id)}/logo?v={ids.spell(row.logo_file_id)}"
    assert address in admin.text
    stranger = Browser(app)
    shown = stranger.get(address)
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.data.startswith(b"\x89PNG")
    assert MARK not in shown.data
    assert "Set-Cookie" not in shown.headers
    assert stranger.get(address.split("?", maxsplit=1)[0]).headers["Cache-Control"] == "public, max-age=300"
    account = make_account(creditor)
    stranger.get(account.link())
    assert address in stranger.text, "before the gate the logo is shown (decision 6)"
    save(admin, no_logo="yes")
    assert now(creditor).logo_file_id is None
    assert stranger.get(address).status_code == 404


def test_a_file_that_is_no_picture_is_refused_and_nothing_kept(admin: Browser, creditor: Creditor) -> None:
    save(admin, display_name="Rossi 2", logo=(io.BytesIO(b"<svg/>"), "logo.svg"))
    assert admin.status == 422
    assert "PNG or JPEG" in admin.text
    assert now(creditor).display_name == "Rossi Impianti"
    with db.transaction(writes=False) as session:
        scope.enter(creditor.id)
        assert session.scalars(select(StoredFile)).all() == []


def test_the_colour_has_a_sheet_for_light_and_dark(app: PortalFlask, admin: Browser, creditor: Creditor) -> None:
    save(admin, accent="#0f5f59")
    spelled = ids.spell(creditor.id)
    sheet = admin.get(f"/brand/{spelled}/0f5f59.css")
    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert sheet.headers["Cache-Control"].endswith("immutable")
    assert ":root{--accent:#0f5f59}" in sheet.text
    assert "prefers-color-scheme:dark" in sheet.text
    for other in ("ff0000", "0F5F59", "0f5f5", "}body{display:none", "..%2f"):
        assert admin.get(f"/brand/{spelled}/{other}.css").status_code == 404, other
    assert admin.get(f"/brand/{ids.spell(creditor.id + 1)}/0f5f59.css").status_code == 404
    assert admin.get(f"/brand/{ids.spell(creditor.id + 1)}/logo").status_code == 404


def test_no_way_leads_to_a_name_that_speaks_of_debts(creditor: Creditor) -> None:
    """C-21: the legal name is the default for what strangers see, so that one is looked at too."""
    for values in ({"name": "Recupero Crediti S.r.l."}, {"name": "Verdi", "display_name": "Verdi – solleciti"}):
        with pytest.raises(Invalid), db.transaction():
            actions.add("verdi", **values)
    with pytest.raises(Invalid), db.transaction():
        actions.change_settings(creditors.by_id(creditor.id), {"display_name": "Overdue Ltd"})
    with db.transaction():
        assert actions.add("verdi", "Recupero Crediti S.r.l.", display_name="Verdi").display_name == "Verdi"
