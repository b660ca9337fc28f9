"""Interest on pages and papers: chosen by an admin, shown apart, named to the debtor, let off by a person."""

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import time_machine

from portal.core import db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.creditors import queries as creditors
from portal.debtors import links
from portal.interest import queries, waiving
from portal.invoices import copies
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Reservation
from portal.people.roles import Role
from portal.sync import results
from portal.web import i18n
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import make_person, sign_in, signed_in
from tests.factories.world import make_creditor
from tests.interest.late_world import Late, eur, make_late, run_job

Travel = Callable[[date], None]


@pytest.fixture
def on(app: PortalFlask) -> Iterator[Travel]:
    with time_machine.travel("2026-02-01 07:00:00+00:00", tick=False) as traveller:
        yield lambda day: traveller.move_to(f"{day.isoformat()} 07:00:00+00:00")


@pytest.fixture
def late(on: Travel) -> Late:
    """1,000 euro, due on 31 January 2026; 28 days of interest (7.79) and costs stand on it on 1 March."""
    found = make_late("1000.00", date(2026, 1, 31), costs_on=True)
    on(date(2026, 3, 1))
    run_job()
    assert found.item().open == eur("1047.79")
    return found


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def entered(app: PortalFlask, late: Late, language: str = "en", **link: object) -> Debtor:
    browser = Debtor(app)
    browser.get(f"/language/{language}")
    browser.enter(late.account.link(**link), late.account.fact)  # type: ignore[arg-type]
    return browser


def invoice_page(late: Late) -> str:
    return f"/c/invoices/{ids.spell(late.invoice_id)}"


def test_it_is_off_until_an_admin_switches_it_on(app: PortalFlask, on: Travel) -> None:
    creditor = make_creditor()
    admin = signed_in(app, creditor)
    admin.get("/c/settings")
    assert "/c/settings/interest" in admin.text
    admin.get("/c/settings/interest")
    form = admin.form("/c/settings/interest")
    assert "interest_on" not in form.fields
    assert "costs_on" not in form.fields
    assert form.fields["due_from"] == "2026-02-01", "what was late before is left alone unless one says so"
    admin.submit("/c/settings/interest", interest_on="yes", due_from="01/01/2026", consumer_rate="1,5")
    assert "Done." in admin.text
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        chosen = queries.policy()
        assert chosen is not None
        assert (chosen.interest_on, chosen.costs_on, chosen.due_from) == (True, False, date(2026, 1, 1))
        assert str(chosen.consumer_rate) == "1.50"
    admin.submit("/c/settings/interest", interest_on="yes")
    assert "Nothing was different." in admin.text
    assert signed_in(app, creditor, Role.MANAGER).get("/c/settings/interest").status_code == 403


def test_the_example_is_reckoned_with_the_last_verified_rates(app: PortalFlask, on: Travel) -> None:
    on(date(2026, 11, 21))
    admin = signed_in(app, make_creditor())
    admin.get("/c/settings/interest")
    said = text_of(admin.text)
    assert "Interest: €16.68. Costs, if you ask for them: €40.00." in said, "60 days at 10.15 per cent"
    assert "Interest: €2.63. No costs." in said, "60 days at 1.6 per cent"
    assert "verified until 30 June 2026" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"due_from": ""}, "Please write from which due date on."),
        ({"due_from": "soon"}, "Write the date as day, month, year"),
        ({"consumer_rate": "-1"}, "Please write the rate like this"),
        ({"consumer_rate": "1,555"}, "Please write the rate like this"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    app: PortalFlask, on: Travel, typed: dict[str, str], said: str
) -> None:
    creditor = make_creditor()
    admin = signed_in(app, creditor)
    admin.get("/c/settings/interest")
    admin.submit("/c/settings/interest", interest_on="yes", **typed)
    assert admin.status == 422
    assert said in admin.text
    assert 'name="interest_on" value="yes" checked' in admin.text, "what was chosen is kept"
    with db.transaction(writes=False):
        scope.enter(creditor.id)
        assert queries.policy() is None


def test_the_debtor_sees_it_apart_in_both_languages(app: PortalFlask, late: Late) -> None:
    browser = entered(app, late)
    said = text_of(browser.text)
    assert "€7.79 of it is interest, €40.00 is costs of late payment." in said
    browser.get(f"/d/invoices/{ids.spell(late.invoice_id)}")
    said = text_of(browser.text)
    for line in (
        "Amount due €1,000.00",
        "Costs of late payment €40.00",
        "Interest until 28 February 2026 €7.79",
        "Still open €1,047.79",
        "Of this, the document itself €1,000.00",
        "Of this, interest €7.79",
        "Of this, costs €40.00",
    ):
        assert line in said, (line, said)


def test_the_code_on_the_paper_says_why_more_is_open(app: PortalFlask, late: Late) -> None:
    browser = Debtor(app)
    browser.get("/language/en")
    browser.enter(late.account.link(invoice_id=late.invoice_id, purpose=links.QR), "7/2023")
    said = text_of(browser.text)
    assert "€7.79 of it is interest, €40.00 is costs of late payment." in said


def test_before_the_due_date_nothing_speaks_of_interest(app: PortalFlask, on: Travel) -> None:
    """B-58, though the creditor asks for both and another invoice has some."""
    found = make_late("1000.00", date(2026, 2, 28), costs_on=True)
    on(date(2026, 2, 20))
    run_job()
    browser = entered(app, found)
    for page in ("/d/", f"/d/invoices/{ids.spell(found.invoice_id)}", "/d/pay"):
        browser.get(page)
        assert "interest" not in text_of(browser.text).lower(), page


def test_a_rate_that_is_not_verified_shows_no_number(app: PortalFlask, on: Travel) -> None:
    found = make_late("1000.00", date(2026, 8, 1), costs_on=False)
    on(date(2026, 11, 21))
    run_job()
    browser = entered(app, found)
    assert "Interest from 2 August 2026 on is being updated." in text_of(browser.text)
    assert "of it is interest" not in browser.text
    browser.get(f"/d/invoices/{ids.spell(found.invoice_id)}")
    assert "Interest from 2 August 2026 on is being updated." in text_of(browser.text)
    manager = signed_in(app, found.account.creditor_id, Role.MANAGER)
    manager.get(invoice_page(found))
    assert "Interest from 2 August 2026 on is being updated: its rate is not verified yet." in text_of(manager.text)


def test_staff_see_it_apart_with_every_row(app: PortalFlask, late: Late) -> None:
    manager = signed_in(app, late.account.creditor_id, Role.MANAGER)
    manager.get(invoice_page(late))
    said = text_of(manager.text)
    assert "Open of the document €1,000.00 Open of interest €7.79 Open of costs €40.00" in said
    assert "28 10.15 % €7.79 Gazzetta Ufficiale 15/20.1.2026" in said
    assert "€7.79 of interest was added to invoice 7/2023, through 28 February 2026" in said
    books = said.split("The books")[-1].split("Interest and costs")[0].split("What they said")[0]
    assert books.count("interest") == 1, ("one line for all its days", books)


def test_the_courtesy_copy_keeps_them_apart(late: Late, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr(copies, "render_pdf", lambda _name, data, _language: seen.update(data) or b"")
    late.pay("47.79", date(2026, 3, 1))

    def act() -> None:
        i18n.use("en")
        invoice = invoice_queries.invoice(late.invoice_id)
        debtor = db.session().get(queries.Debtor, late.account.debtor_id)
        assert invoice is not None
        assert debtor is not None
        copies.pdf(creditors.face(late.account.creditor_id), debtor, invoice, invoice_queries.items([late.item_id]))

    late.within(act)
    run_job()
    assert seen["due_items"]["rows"] == [["31 January 2026", "€1,000.00", "€0.00", "€1,000.00"]]  # type: ignore[index]
    late.pay("100.00", date(2026, 3, 1))
    late.within(act)
    assert seen["due_items"]["rows"][0][2:] == ["€100.00", "€900.00"]  # type: ignore[index]


def test_letting_off_interest_takes_off_what_is_open_and_stops_it(app: PortalFlask, late: Late, on: Travel) -> None:
    giulia = make_person(late.account.creditor_id, Role.MANAGER)
    manager = sign_in(app, giulia)
    manager.get(invoice_page(late))
    manager.get(f"/c/items/{ids.spell(late.item_id)}/waive")
    assert "€7.79 booked so far." in manager.text.replace("\u00a0", " ")
    manager.submit("/waive", what="interest")
    assert manager.status == 422
    assert "Please choose why." in manager.text
    manager.submit("/waive", what="interest", why="courtesy")
    assert manager.status == 200
    said = text_of(manager.text)
    assert "Let off interest on 1 March 2026 by Giulia Ferri: as a courtesy. It took off €7.79." in said
    assert late.item().open == eur("1040.00")
    (told,) = late.told("interest.waived")
    assert {key: told[1][key] for key in ("what", "why", "amount_minor", "open_minor")} == {
        "what": "interest", "why": "courtesy", "amount_minor": 779, "open_minor": 104000,
    }  # fmt: skip
    manager.get(f"/c/items/{ids.spell(late.item_id)}/waive")
    assert manager.form("/waive").choices["what"] == ["costs"]
    on(date(2026, 4, 1))
    run_job()
    assert late.item().open == eur("1040.00"), "and no more is added"


def test_what_was_paid_stays_paid_and_the_last_cents_can_be_let_off(late: Late, on: Travel) -> None:
    late.pay("1040.00", date(2026, 3, 1))
    assert late.item().open == eur("7.79")
    staff_id = _staff(late)
    late.within(lambda: waiving.waive(invoice_queries.items([late.item_id])[0], "interest", "small", staff_id))
    on(date(2026, 4, 1))
    run_job()
    apart, credit, _, _ = late.books()
    assert apart.total == eur("0.00")
    assert credit == [], "letting off never gives money back"
    assert [name for name, _ in late.told("invoice.settled")] == ["invoice.settled"]


def test_costs_let_off_beforehand_are_never_booked(on: Travel) -> None:
    found = make_late("1000.00", date(2026, 1, 31), costs_on=True)
    staff_id = _staff(found)
    found.within(lambda: waiving.waive(invoice_queries.items([found.item_id])[0], "costs", "agreed", staff_id))
    on(date(2026, 3, 1))
    run_job()
    assert found.booked("costs") == eur("0.00")
    assert found.booked() == eur("7.79")


def test_nobody_is_let_off_twice_nor_while_a_payment_is_open(late: Late) -> None:
    staff_id = _staff(late)

    def waive(what: str) -> None:
        waiving.waive(invoice_queries.items([late.item_id])[0], what, "courtesy", staff_id)

    late.within(lambda: waive("costs"))
    with pytest.raises(NotAllowedNow, match="let off this already"):
        late.within(lambda: waive("costs"))

    def reserve() -> None:
        db.session().add(
            Reservation(
                id=ids.new_id(), debtor_id=late.account.debtor_id, attempt_id=1, due_item_id=late.item_id,
                amount_minor=1, is_open=True,
            )
        )  # fmt: skip

    late.within(reserve)
    with pytest.raises(NotAllowedNow, match="payment of it is open"):
        late.within(lambda: waive("interest"))
    assert late.item().open == eur("1007.79")


def test_who_may_not_let_off_and_whose_items_are_not_there(app: PortalFlask, late: Late) -> None:
    path = f"/c/items/{ids.spell(late.item_id)}/waive"
    agent = signed_in(app, late.account.creditor_id, Role.AGENT)
    assert agent.get(path).status_code == 403
    agent.get(invoice_page(late))
    assert "Open of interest" in agent.text
    assert path not in agent.text
    stranger: Browser = signed_in(app, make_creditor("verdi"), Role.MANAGER)
    assert stranger.get(path).status_code == 404


def test_the_file_of_results_names_both(late: Late) -> None:
    late.pay("50.00", date(2026, 3, 1))
    content = b"".join(results.lines(late.account.creditor_id, "Europe/Rome")).decode("utf-8-sig")
    head, row = (line.split(";") for line in content.splitlines())
    found = dict(zip(head, row, strict=True))
    assert (found["open"], found["interest"], found["costs"]) == ("997,79", "7,79", "40,00")
    assert found["paid_by"] == "bank"


def _staff(late: Late) -> int:
    return make_person(late.account.creditor_id, Role.MANAGER).staff_id
