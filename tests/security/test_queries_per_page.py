"""Every page takes a bounded number of queries, however much there is to show: no list asks once per row."""

import pytest
from werkzeug.routing import Rule

from portal.core import ids
from portal.core.link_addresses import QR
from portal.people.roles import Role
from portal.summaries.jobs import count
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import signed_in
from tests.factories.world import make_account
from tests.queries_counted import counted
from tests.security.everything import Owner

DEBTOR_MOST, STAFF_MOST = 6, 12  # queries of a page (issue 2, 11)
# Where a plan stands its lines, instalments, case and policy are asked for besides; the first page also asks what
# deliveries wait for, and what the SdI sent back; so does it as staff see it. An invoice's page asks what the SdI said
# of it, and our copy of it for the file that its lines stand in. The page of policies reckons three customers. A plan after a call asks for the call, and for what one may agree. The
# figures are sums of the books as of a day, a month ago and by month, of promises, plans,
# disputes, reasons and how it felt: each asked once. So are those behind the goals, once for all goals of a currency.
# An interview asks whether the person may be asked at all; listening compares each choice with the wider ones (E-02).
MORE = {
    "home_debtor.show": 12,
    "home_creditor.show_as_debtor": 14,
    "invoices_debtor.show": 7,
    "invoices_debtor.download": 7,
    "plans_debtor.show_plan": 8,
    "plans_autopay.show": 8,
    "plans_debtor.show_transfer": 7,
    "plans_settings.show": 18,
    "figures_creditor.show": 19,
    "goals_creditor.show": 15,
    "spoken_creditor.show_plan": 13,
    "interviews_creditor.show": 13,
    "feedback_creditor.take": 14,
    "silence_creditor.show": 13,
    "first_steps_creditor.show": 15,
    "supervision_creditor.take_people": 13,
    "supervision_creditor.show_people": 15,  # a statement a figure, however many groups
    "calendar_creditor.show": 25,
    "calendar_creditor.show_customer": 25,
}


def _rules(app: PortalFlask, prefix: str) -> list[Rule]:
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    found = [r for r in rules if "GET" in (r.methods or set()) and r.rule.startswith(prefix)]
    return [r for r in found if all(name.endswith("_id") for name in r.arguments)]


def _address(owner: Owner, rule: Rule) -> str:
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<id:{name}>", ids.spell(owner.id_of(name)))
    return path


def _looks(browser: Browser, owner: Owner, rules: list[Rule]) -> dict[str, tuple[int, str]]:
    """How many queries each page takes when it is looked at a second time, and which."""
    found = {}
    for rule in rules:
        path = _address(owner, rule)
        browser.get(path, follow=False).close()
        with counted() as seen, browser.get(path, follow=False) as answer:
            answer.get_data()
        if answer.status_code == 200:
            found[rule.endpoint] = (len(seen), str(seen))
    return found


def _filled(owner: Owner, more: int) -> None:
    for number in range(more):
        owner.account.add_invoice(f"M{number}/2026", "70.00", parts=2)


@pytest.mark.parametrize("kind", ["debtor", "paper", "staff"])
def test_no_page_asks_once_per_row(app: PortalFlask, kind: str) -> None:
    owner = Owner(make_account())
    account = owner.account
    account.add_invoice()
    count(account.creditor_id)  # as each night: from then on the figures are read from their sums
    browser: Browser
    if kind == "staff":
        browser, prefix, most = signed_in(app, account.creditor_id, Role.ADMIN), "/c", STAFF_MOST
    else:
        browser, prefix, most = Debtor(app), "/d", DEBTOR_MOST
        link, fact = account.link(), account.fact
        if kind == "paper":
            invoice = owner.id_of("invoice_id")
            link = account.link(invoice_id=invoice, purpose=QR)
            fact = owner.within(lambda: app.extensions["portal.paper"](invoice))[0]
        browser.enter(link, fact)  # type: ignore[attr-defined]
    rules = _rules(app, prefix)
    assert len(rules) > 8
    _looks(browser, owner, rules)  # makes one of everything on its way
    few = _looks(browser, owner, rules)
    assert few
    _filled(owner, 25)
    many = _looks(browser, owner, rules)
    grown = {page: (few[page][0], many[page][0]) for page in few if many[page][0] > few[page][0] + 1}
    assert grown == {}
    over = {page: taken for page, (taken, _) in many.items() if taken > MORE.get(page, most)}
    assert over == {}


def test_the_gate_takes_few(app: PortalFlask) -> None:
    account = make_account()
    account.add_invoice()
    debtor = Debtor(app)
    debtor.get(account.link())
    with counted() as seen:
        debtor.get("/gate")
    assert 0 < len(seen) <= DEBTOR_MOST, str(seen)
