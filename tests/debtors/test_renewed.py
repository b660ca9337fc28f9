"""A visit that rises to level 3 goes on under a new number, and still reaches what was said in it (rules A-07, A-50)."""

from portal.doubles.phone import Phone
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.world import Account
from tests.parallel import twin

RESTS = "We do not write to you until"


def enter(browser: Debtor, link: str, account: Account) -> Debtor:
    browser.get("/language/en")
    browser.enter(link, account.fact)
    return browser


def rises(browser: Debtor, phone: Phone) -> None:
    """Proves who it is for something that ends nobody else's visit: to take out one's own data."""
    browser.get("/d/all-your-data")
    browser.submit("/d/all-your-data")
    doors.signed(browser)
    browser.get(browser.path)
    browser.submit("/code", code=phone.texts[-1].code)
    assert browser.path.startswith("/d/all-your-data/"), browser.path


def sees(browser: Debtor, case_path: str) -> tuple[bool, int]:
    """Whether the page about hard times knows what was said, and how the case's page answers."""
    browser.get("/d/difficulty")
    assert browser.path == "/d/difficulty"
    knows = RESTS in browser.text
    return knows, browser.get(case_path).status_code


def test_what_was_said_through_one_documents_link_stays_reachable_after_it_rose(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone
) -> None:
    link = account.link(invoice_id=account.invoice_ids[0])
    other = enter(Debtor(app), link, account)
    enter(debtor, link, account)
    debtor.get("/d/difficulty")
    debtor.submit("/d/difficulty")
    case = debtor.path
    assert sees(debtor, case) == (True, 200)
    before = twin(debtor)

    rises(debtor, phone)
    assert sees(debtor, case) == (True, 200)
    rises(debtor, phone)
    assert sees(debtor, case) == (True, 200), "after every rise"

    assert sees(other, case) == (False, 404), "another visit through the same link never said it"
    late = enter(Debtor(app), link, account)
    assert sees(late, case) == (False, 404)
    rises(late, phone)
    assert sees(late, case) == (False, 404), "nor one that rises itself"
    before.get("/d/difficulty")
    assert before.path == "/gate", "whoever holds the old number has to prove again who it is"
