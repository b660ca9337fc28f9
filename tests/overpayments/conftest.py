"""A debtor who paid by bank and by card on the same day: the second is too much (rule B-10)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from portal.core import db, jobs, scope
from portal.ledger import queries as ledger
from portal.messages.models import Message
from portal.overpayments.models import Overpayment
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import make_person, sign_in
from tests.payments import conftest as payments
from tests.payments.conftest import Shop, choose_card
from tests.payments.test_one_checkout import bank_pays

post, double, settings, shop, debtor, payer = (
    payments.post,
    payments.double,
    payments.settings,
    payments.shop,
    payments.debtor,
    payments.payer,
)


@dataclass
class Twice:
    """What was paid twice, and who looks at it."""

    shop: Shop
    payer: Debtor
    app: PortalFlask

    def one(self) -> Overpayment:
        with db.transaction(writes=False) as session:
            scope.enter(self.shop.creditor_id)
            return session.scalars(select(Overpayment)).one()

    def status(self) -> str:
        return self.one().status.value

    def credit(self) -> int:
        """The debtor's unallocated credit in the books, in minor units."""
        with db.transaction(writes=False):
            scope.enter(self.shop.creditor_id)
            assert ledger.unbalanced() == []
            return sum(one.minor for one in ledger.unallocated(self.shop.account.debtor_id))

    def messages(self) -> list[str]:
        with db.transaction(writes=False) as session:
            scope.enter(self.shop.creditor_id)
            return list(session.scalars(select(Message.key).order_by(Message.id)))

    def staff(self, name: str = "Giulia Ferri", role: Role = Role.MANAGER) -> Browser:
        email = f"{name.split(maxsplit=1)[0].lower()}.{role.value}@rossi.example"
        return sign_in(self.app, make_person(self.shop.creditor_id, role, email, name))

    def act(self, work: Callable[[], object]) -> object:
        """Within the creditor's scope, and everything that follows from it."""
        with db.transaction():
            scope.enter(self.shop.creditor_id)
            done = work()
        jobs.work_off()
        return done


@pytest.fixture
def twice(shop: Shop, payer: Debtor, app: PortalFlask) -> Twice:
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    bank_pays(shop, 123456)
    shop.deliver()
    return Twice(shop, payer, app)
