"""The statement of account as a debtor and the creditor's people get it: whose it is, in which form, as of when."""

import io
from datetime import timedelta

import pytest
import time_machine
from pypdf import PdfReader

from portal.account_papers import downloads
from portal.core import clock, db, ids, scope
from portal.core.link_addresses import QR
from portal.creditors import queries as creditors
from portal.people import agencies
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.account_papers.reading import credit, entered, pay, sheets_of, text_of
from tests.actors import Debtor
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import Account, make_account, make_creditor

PAPERS = ("/d/account", "/d/account/statement.pdf", "/d/account/statement.xlsx")


@pytest.fixture
def account(app: PortalFlask) -> Account:
    """Two invoices, one of them paid in part, and a credit note that belongs to none."""
    made = make_account(make_creditor())
    first = made.add_invoice("128/2026", "1234.56", -40)
    made.add_invoice("129/2026", "100.00", 10)
    pay(made, first, 23_456, clock.today() - timedelta(days=3))
    credit(made, "NC 7/2026", 1_500, None)
    return made


@pytest.fixture
def inside(app: PortalFlask, account: Account) -> Debtor:
    return entered(app, account)


def test_home_leads_to_the_statement_and_the_statement_says_it_all(inside: Debtor) -> None:
    assert 'href="/d/account"' in inside.text
    inside.get("/d/account")
    form = inside.form("/d/account/statement.pdf")
    assert form.method == "get"
    answer = inside.get(f"{form.action}?day={form.fields['day']}")
    assert answer.content_type == "application/pdf"
    text = text_of(answer.data)
    for piece in (
        "Statement of account", "Rossi Impianti S.r.l.", "Bianchi Costruzioni S.n.c.", "128/2026", "129/2026",
        "€1,234.56", "Bank transfer", "€234.56", "Still open €1,100.00", "NC 7/2026", "Balance €1,085.00",
    ):  # fmt: skip
        assert piece in text, piece


def test_it_is_a_download_that_nobody_keeps_with_a_name_that_says_nothing(inside: Debtor) -> None:
    for suffix in ("pdf", "xlsx"):
        answer = inside.get(f"/d/account/statement.{suffix}")
        disposition = answer.headers["Content-Disposition"]
        assert disposition == f'attachment; filename="account-statement-{clock.today().isoformat()}.{suffix}"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert inside.get(f"/d/account/statement.{suffix}").data == answer.data, "the same facts, the same bytes"


def test_the_day_decides_what_counts(inside: Debtor) -> None:
    before = clock.today() - timedelta(days=4)
    text = text_of(inside.get(f"/d/account/statement.pdf?day={before.isoformat()}").data)
    assert "Bank transfer" not in text
    assert "NC 7/2026" not in text
    assert "Still open €1,334.56" in text
    typed = before.strftime("%d/%m/%Y")
    assert text_of(inside.get("/d/account/statement.pdf", query_string={"day": typed}).data) == text
    assert "There is nothing in the books" in text_of(inside.get("/d/account/statement.pdf?day=2001-01-01").data)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2999-01-01", "Choose today"),
        ("1999-12-31", "year 2000"),
        ("31/02/2026", "Write the date"),
        ("x", "Write the"),
    ],
)
def test_a_day_that_is_none_is_asked_for_again(inside: Debtor, typed: str, said: str) -> None:
    for suffix in ("pdf", "xlsx"):
        answer = inside.get(f"/d/account/statement.{suffix}", query_string={"day": typed})
        assert answer.status_code == 422
        assert said in inside.text
        assert f'value="{typed}"' in inside.text, "nothing typed is lost"


@pytest.mark.parametrize(("language", "title"), [("it", "estratto-conto-"), ("en", "account-statement-")])
def test_it_speaks_the_visits_language(inside: Debtor, language: str, title: str) -> None:
    inside.get(f"/language/{language}", follow=False)
    answer = inside.get("/d/account/statement.pdf")
    assert f'filename="{title}' in answer.headers["Content-Disposition"]
    assert PdfReader(io.BytesIO(answer.data)).trailer["/Root"]["/Lang"] == language


def test_the_table_has_real_dates_and_numbers(inside: Debtor) -> None:
    sheets = sheets_of(inside.get("/d/account/statement.xlsx").data)
    assert list(sheets) == ["Summary", "Documents", "Credit notes", "Payments and credits", "Interest and costs"]
    head, first, second = sheets["Documents"]
    found = dict(zip(head, first, strict=True))
    today = clock.today()
    assert found["Document"] == "128/2026"
    assert found["Due on"] == today - timedelta(days=40)
    assert (found["Amount"], found["Settled"], found["Still open"], found["Days late"]) == (
        1234.56,
        234.56,
        1000.0,
        40,
    )
    assert second[0] == "129/2026"
    summary = {row[0]: row[2] for row in sheets["Summary"]}
    assert summary["As of"] == today
    assert (summary["Still open"], summary["Balance"]) == (1100.0, 1085.0)
    assert sheets["Payments and credits"][1][:3] == [today - timedelta(days=3), "Bank transfer", "128/2026"]
    assert sheets["Credit notes"][1][0] == "NC 7/2026"


def test_too_long_an_account_is_for_the_table(inside: Debtor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MOST_ROWS", 3)
    assert inside.get("/d/account/statement.pdf").status_code == 409
    assert "Please take the table instead" in inside.text
    assert inside.get("/d/account/statement.xlsx").status_code == 200
    monkeypatch.setattr(downloads, "MOST_ROWS", 4)
    assert inside.get("/d/account/statement.pdf").status_code == 200


def test_it_is_for_the_whole_accounts_link_alone(app: PortalFlask, account: Account) -> None:
    """A-07: one invoice's link, the paper's code and a stranger find nothing there; another debtor finds their own."""
    one = entered(app, account, invoice_id=account.invoice_ids[1])
    code = entered(app, account, invoice_id=account.invoice_ids[1], purpose=QR, fact="129/2026")
    for browser in (one, code):
        assert "/d/account" not in browser.get("/d/").text
        for path in PAPERS:
            assert browser.get(path).status_code == 404, path
    for path in PAPERS:
        assert Debtor(app).get(path).status_code == 403, path


def test_another_debtor_and_another_creditor_see_only_their_own(app: PortalFlask, account: Account) -> None:
    with db.transaction(writes=False):
        creditor = creditors.by_id(account.creditor_id)
    neighbour = make_account(creditor, "0043", name="Neri S.r.l.", vat_number="IT98765432109")
    stranger = make_account(make_creditor("verdi"), "0001", name="Gialli S.r.l.")
    for other in (neighbour, stranger):
        other.add_invoice("555/2026", "7.00")
        browser = entered(app, other)
        told = text_of(browser.get("/d/account/statement.pdf").data)
        told += str(sheets_of(browser.get("/d/account/statement.xlsx").data))
        assert "555/2026" in told
        assert "128/2026" not in told
        assert "Bianchi" not in told


def test_staff_take_it_in_the_customers_language_or_another(app: PortalFlask, account: Account) -> None:
    clerk = signed_in(app, account.creditor_id, Role.VIEWER)
    card = f"/c/debtors/{ids.spell(account.debtor_id)}"
    assert f'href="{card}/account"' in clerk.get(card).text
    clerk.get(f"{card}/account")
    form = clerk.form("statement.pdf")
    assert form.fields["language"] == "it"
    for language, name in (
        ("it", "estratto-conto"),
        ("en", "account-statement"),
        ("", "estratto-conto"),
        ("xx", "estratto"),
    ):
        answer = clerk.get(form.action, query_string={"day": form.fields["day"], "language": language})
        assert f'filename="{name}' in answer.headers["Content-Disposition"]
        assert "128/2026" in text_of(answer.data)
        assert answer.headers["Cache-Control"] == "no-store"
    assert clerk.get(f"{card}/account/statement.pdf?day=2999-01-01").status_code == 422
    assert 'lang="en"' in clerk.get(f"{card}/account").text, "the page keeps its own language"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_the_table_is_an_export_and_not_for_every_reader(app: PortalFlask, account: Account, role: Role) -> None:
    clerk = signed_in(app, account.creditor_id, role)
    path = f"/c/debtors/{ids.spell(account.debtor_id)}/account"
    assert "statement.xlsx" not in clerk.get(path).text
    assert clerk.get(f"{path}/statement.xlsx").status_code == 403
    assert clerk.get(f"{path}/statement.pdf").status_code == 200


def test_the_table_asks_for_a_fresh_proof_and_is_not_for_an_agency(app: PortalFlask, account: Account) -> None:
    manager = make_person(account.creditor_id, Role.MANAGER)
    path = f"/c/debtors/{ids.spell(account.debtor_id)}/account/statement.xlsx"
    assert "128/2026" in str(sheets_of(sign_in(app, manager).get(path).data))
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        browser = sign_in(app, manager)
        with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
            browser.get(path)
            assert browser.path == "/c/proof"
    with db.transaction():
        scope.enter(account.creditor_id)
        agency = agencies.organisation("Agenzia Alfa", "IT09876543210")
        given = {"name": "Agenzia Alfa", "from_at": clock.now(), "until_at": None, "debtor_ids": None}
        agencies.give(agency, by=manager.staff_id, **given)
    operator = make_person(account.creditor_id, Role.MANAGER, email="ida@alfa.example", organisation_id=agency.id)
    operators = sign_in(app, operator)
    assert operators.get(path).status_code == 403
    assert operators.get(path.replace("xlsx", "pdf")).status_code == 200


def test_another_creditors_people_find_nothing(app: PortalFlask, account: Account) -> None:
    stranger = signed_in(app, make_creditor("verdi"), Role.ADMIN)
    card = f"/c/debtors/{ids.spell(account.debtor_id)}/account"
    for path in ("", "/statement.pdf", "/statement.xlsx", "/settled.pdf"):
        assert stranger.get(card + path).status_code == 404, path
