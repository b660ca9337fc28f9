"""A way of reading that somebody chose is known again by the file's headers (9.3)."""

import pytest

from portal.core import jobs
from portal.creditors.models import Creditor
from portal.imports.models import ImportWay
from portal.invoices.models import DueItem
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser
from tests.factories.people import signed_in
from tests.factories.world import make_creditor
from tests.imports.files import workbook
from tests.imports.uploads import all_of, count, table, upload

NAMED = {"number": "Alfa", "issued_on": "Beta", "due_on": "Gamma", "amount": "Delta", "debtor_name": "Épsilon"}
HEAD = ";".join(NAMED.values())
AS_BEFORE = "as you chose for the last file"


def month(number: int, amount: str = "10,50") -> bytes:
    return table(f"{number};01/10/2026;01/12/2026;{amount};Uno", head=HEAD)


def choose(clerk: Browser) -> None:
    """The columns, and that 01/10 is in October."""
    clerk.submit("/options", date_format="dmy", **{f"column-{ours}": f"={theirs}" for ours, theirs in NAMED.items()})


@pytest.fixture
def creditor(app: PortalFlask) -> Creditor:
    assert app
    return make_creditor()


@pytest.fixture
def clerk(app: PortalFlask, creditor: Creditor) -> Browser:
    return signed_in(app, creditor, Role.MANAGER)


def test_next_months_file_is_read_the_same(clerk: Browser, creditor: Creditor) -> None:
    upload(clerk, ("ottobre.csv", month(7)))
    assert AS_BEFORE not in clerk.text
    choose(clerk)
    clerk.submit("/confirm")
    jobs.work_off()
    upload(clerk, ("novembre.csv", month(8, "20,50")))
    assert AS_BEFORE in clerk.text
    assert "Save 1 document" in clerk.text
    clerk.submit("/confirm")
    jobs.work_off()
    assert all_of(creditor, DueItem.amount_minor) == [1050, 2050]
    upload(clerk, ("dicembre.xlsx", workbook([list(NAMED.values()), ["9", "01/10/2026", "01/12/2026", 30.5, "Uno"]])))
    assert AS_BEFORE in clerk.text, "a workbook with the same headers is the same table"


def test_a_way_that_nobody_said_yes_to_is_not_known(clerk: Browser, creditor: Creditor) -> None:
    upload(clerk, ("ottobre.csv", month(7)))
    choose(clerk)
    upload(clerk, ("novembre.csv", month(8)))
    assert AS_BEFORE not in clerk.text
    assert count(creditor, ImportWay) == 0


def test_another_table_is_not_read_so_and_what_is_typed_holds(clerk: Browser, creditor: Creditor) -> None:
    upload(clerk, ("ottobre.csv", month(7)))
    choose(clerk)
    clerk.submit("/confirm")
    upload(clerk, ("altro.csv", table("1/26;2026-10-01;2026-12-01;1,00;EUR;C1;Uno")))
    assert AS_BEFORE not in clerk.text
    upload(clerk, ("novembre.csv", month(8)), decimal=".")
    assert AS_BEFORE not in clerk.text
    upload(clerk, ("novembre.csv", month(8)), currency="CHF")
    assert AS_BEFORE in clerk.text
    assert "CHF 10.50" in clerk.text or "CHF10.50" in clerk.text.replace("\xa0", "")


def test_a_plain_yes_forgets_the_way_of_before(clerk: Browser, creditor: Creditor) -> None:
    one = table("1/26;2026-10-01;2026-12-01;1.220,00;EUR;C1;Uno")
    upload(clerk, ("a.csv", one), decimal=",")
    clerk.submit("/confirm")
    assert count(creditor, ImportWay) == 1
    upload(clerk, ("b.csv", one))
    assert AS_BEFORE in clerk.text
    clerk.submit("/options", decimal="")
    clerk.submit("/confirm")
    assert count(creditor, ImportWay) == 0


def test_a_way_is_its_creditors_own(clerk: Browser, app: PortalFlask) -> None:
    upload(clerk, ("ottobre.csv", month(7)))
    choose(clerk)
    clerk.submit("/confirm")
    other = signed_in(app, make_creditor("verdi"), Role.MANAGER)
    upload(other, ("ottobre.csv", month(7)))
    assert AS_BEFORE not in other.text
