"""A creditor's system with a key, calling as one does: JSON, a number of its own for each call."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from portal.api import actions
from portal.api.rules import GRANTABLE
from portal.core import db, ids, scope
from portal.people.roles import Permission, Role
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.factories.people import make_person
from tests.factories.world import Account, make_account

EVERYTHING = tuple(GRANTABLE)


@dataclass
class System:
    """Calls with its key; each changing call has a new number unless it names one."""

    app: PortalFlask
    account: Account
    key: str
    staff_id: int

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.key}", "Accept-Language": "en"}
        if method != "GET":
            sent["Idempotency-Key"] = ids.spell(ids.new_id())
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body) if body is not None else None
        kind = {"content_type": "application/json"} if body is not None else {}
        client = self.app.test_client(use_cookies=False)
        kind["base_url"] = "http://portal.test"
        return client.open(f"/api/v1{path}", method=method, data=data, headers=sent, **kind)  # type: ignore[arg-type]

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def read(self, path: str) -> Any:
        """What a reading call answers, which must go well."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json


def make_system(app: PortalFlask, account: Account, *permissions: Permission) -> System:
    """A system with a key for these permissions (for all that there are, where none is named)."""
    email = f"{ids.spell(ids.new_id())}@rossi.example"
    somebody = make_person(account.creditor_id, Role.ADMIN, email=email)
    with db.transaction():
        scope.enter(account.creditor_id)
        made = actions.make("ERP", [one.value for one in permissions or EVERYTHING], by=somebody.staff_id)
    return System(app, account, made.written, somebody.staff_id)


@pytest.fixture
def account(house: Settings) -> Account:
    return make_account()


@pytest.fixture
def erp(app: PortalFlask, account: Account) -> System:
    return make_system(app, account)


def row(number: str = "1/2026", **changes: Any) -> dict[str, Any]:
    """One invoice as an ERP sends it."""
    return {
        "external_id": f"inv-{number}",
        "number": number,
        "issued_on": "2026-10-01",
        "currency": "EUR",
        "items": [{"due_on": "2026-12-01", "amount": "122.00"}],
        "debtor": {"code": "C-1", "name": "Bianchi Srl", "email": "amministrazione@bianchi.example"},
        **changes,
    }
