"""How many statements a page costs: at most eight (an invoice ten, the card eleven, the morning thirteen), and no more for fifty rows than for three."""

from portal.core import ids
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.staff_world import Busy, make_busy
from tests.factories.world import make_account
from tests.queries_counted import counted

MOST = 8
MORE = {
    "/c/": 13
}  # the morning looks once at each thing that may wait: news, cases, what lies idle, the bank, what is due
PAGES = ("/c/", "/c/activity", "/c/items", "/c/items?sort=customer&state=all&q=a", "/c/debtors", "/c/people", "/c/me",
         "/c/settings")  # fmt: skip


def grow(busy: Busy) -> None:
    """Many more debtors, invoices, holds, answers, links and questions."""
    for number in range(12):
        account = make_account(busy.creditor, f"X-{number:03}")
        account.add_invoice(f"{number}/A", parts=3)
        busy.account.add_invoice(f"{number}/B", due_in=number - 6)
        busy.account.link()
        busy.ask(f"Domanda {number}")
    busy.answer(answer="received")


def test_no_page_asks_more_than_eight_times_however_long_its_lists(app: PortalFlask) -> None:
    busy = make_busy(app)
    browser = signed_in(app, busy.creditor, Role.ADMIN)
    pages = (*PAGES, busy.card, busy.invoice, f"/c/debtors/{ids.spell(busy.account.debtor_id)}?after=x")
    costs = []
    for round_ in range(2):
        if round_:
            grow(busy)
        for page in pages:
            with counted() as statements:
                assert browser.get(page).status_code == 200
            # The card also asks who said "this is not me", why something was open, how they want to be written to, and
            # what deliveries wait for.
            # An invoice's page asks where it stands by its case, for the code on its paper, and what the SdI said of it.
            more = {busy.card: MOST + 4, busy.invoice: MOST + 4}
            most = next((most for start, most in {**more, **MORE}.items() if page.split("?")[0] == start), MOST)
            assert 1 <= len(statements) <= most, f"{page} asks {len(statements)} times:\n{statements}"
            costs.append(len(statements))
    assert costs[: len(pages)] == costs[len(pages) :], list(zip(pages, costs, costs[len(pages) :], strict=False))
