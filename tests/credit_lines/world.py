"""A customer whose credit is looked at: lines, alerts and days that pass, through the feature's own actions."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.core import clock, db
from portal.credit_lines import actions, alerts, queries
from portal.credit_lines.models import CreditAlert
from portal.people.models import StaffMail
from tests.promises.world import Promising


@dataclass
class Crediting(Promising):
    """Acts on one customer within their creditor's scope."""

    @property
    def debtor_id(self) -> int:
        return self.account.debtor_id

    def set_line(self, minor: int | None, words: str = "Deciso in riunione", by: int = 1) -> None:
        self.within(lambda: actions.set_line(self.debtor_id, minor, "EUR", words=words, by=by))

    def use(self, currency: str = "EUR") -> queries.Use:
        def act() -> queries.Use:
            return queries.use(self.debtor_id, clock.today()).get(currency, queries.Use())

        return self.within(act)  # type: ignore[no-any-return]

    def look(self) -> None:
        self.within(alerts.look)

    def tell(self) -> None:
        self.within(alerts.tell)

    def alerts(self, *, is_open: bool = True) -> list[CreditAlert]:
        wanted = select(CreditAlert).where(CreditAlert.is_open.is_(is_open)).order_by(CreditAlert.id)
        return self.within(lambda: list(db.session().scalars(wanted)))  # type: ignore[no-any-return]

    def kinds(self) -> list[str]:
        return sorted(one.kind for one in self.alerts())

    def mails(self) -> list[tuple[str, dict[str, Any]]]:
        wanted = select(StaffMail.to_address, StaffMail.params).where(StaffMail.key == "credit_alerts")
        wanted = wanted.order_by(StaffMail.id)
        return self.within(lambda: [tuple(row) for row in db.session().execute(wanted)])  # type: ignore[no-any-return]
