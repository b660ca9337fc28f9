"""What stories that are told from both sides need: people of the creditor in a phone of their own, the bank, a clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import sleep
from zoneinfo import ZoneInfo

from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select

from portal.core import db, scope
from portal.core.money import Money
from portal.doubles.mailbox.mails import Mail
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.reminders import actions as reminders
from tests.bank_statements.world import Treasury
from tests.factories.people import PASSWORD, Somebody, let_codes_come_again
from tests.factories.world import Account, make_account
from tests.journeys.stage import Stage

ROME = ZoneInfo("Europe/Rome")
EMAIL = "cliente.0042@bianchi.example"


def next_tuesday() -> datetime:
    """A working morning that is not over yet, so that nothing depends on the hour at which a test runs."""
    today = date.today()  # noqa: DTZ011 - the real one, whatever the portal's clock says
    ahead = (1 - today.weekday()) % 7 or 7
    return datetime.combine(today + timedelta(days=ahead), time(10), ROME)


@dataclass
class Story:
    """One customer with a late invoice of 250,00, their phone, and the creditor's people."""

    stage: Stage
    phone: Page
    open_phone: Callable[[], BrowserContext]
    folder: Path
    account: Account
    invoice_id: int

    @classmethod
    def begins(cls, stage: Stage, phone: Page, open_phone: Callable[[], BrowserContext], folder: Path) -> "Story":
        account = make_account(stage.creditor, email=EMAIL)
        with db.transaction():  # nothing comes by itself while a story counts its mails
            scope.enter(account.creditor_id)
            reminders.pause(None, None, None)
        return cls(stage, phone, open_phone, folder, account, account.add_invoice("31/2026", "250.00", due_in=-9))

    def enter(self, link: str | None = None) -> None:
        """The customer opens a link and passes the gate."""
        self.phone.goto(link or self.account.link())
        self.phone.fill("#fact", self.account.fact)
        self.phone.click("main form button")
        self.phone.wait_for_url("**/d/")
        self.fits(self.phone)

    def mail(self, about: int = 1) -> Mail:
        """The customer's newest mail, once there are so many."""
        found = self.stage.mailbox.wait_for(to=EMAIL, count=about, timeout=30)[-1]
        self._has_written_down_what_left()
        return found

    def _has_written_down_what_left(self) -> None:
        """The mail is there a moment before its row says when it left; days are counted from that moment."""
        for _ in range(500):
            with db.transaction(writes=False) as session:
                scope.enter(self.account.creditor_id)
                on_its_way = select(Message.id).where(Message.status == MessageStatus.SENDING).limit(1)
                if session.scalar(on_its_way) is None:
                    return
            sleep(0.02)
        raise TimeoutError("a mail is still being sent")

    def transfer(self) -> None:
        """The customer's bank sends what is owed, and the creditor brings its statement in."""
        treasury = Treasury(self.account, self.folder)
        (item_id,) = self.account.item_ids(self.invoice_id)
        treasury.bank.credit(
            Money(250_00, "EUR"), treasury.day, reference=treasury.reference(item_id), name="Bianchi Costruzioni"
        )
        assert treasury.bring(treasury.bank.notification(treasury.day)).booked == 1

    def signed_in(self, somebody: Somebody) -> Page:
        """One of the creditor's people, on a phone as well."""
        page = self.open_phone().new_page()
        page.goto(f"{self.stage.base_url}/c/login")
        page.fill("[name=email]", somebody.email)
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        if "/c/code" in page.url:
            let_codes_come_again(somebody)
            page.fill("[name=code]", somebody.code())
            page.click("main form button")
        page.wait_for_url(lambda url: "/c/code" not in url and "/c/login" not in url)
        return page

    def case_in_queue(self, page: Page, words: str) -> None:
        """Opens the case whose row in the queue says `words`."""
        page.goto(f"{self.stage.base_url}/c/queue")
        self.fits(page)
        page.click(f"tr:has-text('{words}') a >> nth=0")
        page.wait_for_url("**/c/cases/*")
        self.fits(page)

    @staticmethod
    def fits(page: Page) -> None:
        """Nothing is wider than the phone."""
        page.wait_for_load_state()  # a click ends where the next page begins to come
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url
