"""Every page looked at by everybody in every way: nothing of the business has changed (rules A-30, R5, pain 1)."""

from itertools import cycle

import pytest

from portal.core import ids, installation, signing
from portal.core.link_addresses import QR
from portal.messages import courtesy
from portal.people import actions as people
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.api.conftest import make_system
from tests.databases import Prepared
from tests.factories import surveys
from tests.factories.people import signed_in
from tests.factories.world import make_account
from tests.security import snapshots
from tests.security.everything import WORDS, Owner

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "WhatsApp/2.23.20.0 A",
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "Barracuda Sentinel",
    "curl/8.5.0",
    "",
)
METHODS = ("GET", "HEAD", "OPTIONS")


class Everybody:
    """One of everything, and a browser for each way of being here."""

    def __init__(self, app: PortalFlask) -> None:
        self.app = app
        self.owner = Owner(make_account())
        self.owner.account.add_invoice()
        account = self.owner.account
        self.invoice = self.owner.id_of("invoice_id")
        stranger, waiting, inside, paper = (Debtor(app) for _ in range(4))
        waiting.get(account.link())
        inside.enter(account.link(), account.fact)
        number = self.owner.within(lambda: app.extensions["portal.paper"](self.invoice))[0]
        paper.enter(account.link(invoice_id=self.invoice, purpose=QR), number)
        assert (inside.path, paper.path) == ("/d/", "/d/")
        clerk = signed_in(app, account.creditor_id, Role.ADMIN)
        asked = Debtor(app)
        asked.get(surveys.asked(account, 3))
        self.browsers: list[Browser] = [stranger, waiting, inside, paper, asked, clerk]
        self.tokens = self._tokens()
        self.key = make_system(app, account).key

    def headers(self, path: str, agent: str) -> dict[str, str]:
        """What comes with a look: at a call for systems their key."""
        return {"User-Agent": agent} | ({"Authorization": f"Bearer {self.key}"} if path.startswith("/api/") else {})

    def _tokens(self) -> dict[str, str]:
        """A genuine one for each address that takes a token."""
        account = self.owner.account
        link, code = account.link(), account.link(invoice_id=self.invoice, purpose=QR)
        wish = [account.creditor_id, account.debtor_id, account.contact_id, courtesy.CARING, "it"]
        unsubscribe = signing.serializer(installation.keys(), courtesy.PURPOSE).dumps(wish)
        invited = self.owner.within(
            lambda: people.invite(people.add_person("b@rossi.example"), account.creditor_id, Role.VIEWER).id
        )
        return {
            "entry.open_link": link.rpartition("/")[2],
            "entry.open_code": code.rpartition("/")[2],
            "unsubscribe.show": unsubscribe,
            "survey.open_link": surveys.asked(account).rpartition("/")[2],
            "staff_entry.open_invitation": people.invitation_address(invited).rpartition("/")[2],
        }

    def paths(self) -> list[str]:
        """An address for every rule that can be looked at, each naming something that is there."""
        found = []
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if "GET" not in (rule.methods or set()):
                continue
            path = rule.rule
            for name in rule.arguments:
                if name.endswith("_id"):
                    value = ids.spell(self.owner.id_of(name))
                else:
                    value = WORDS.get(name) or self.tokens.get(rule.endpoint, "")
                assert value, f"<{name}> of {rule.endpoint}: say in tests/security what could stand there"
                for converter in ("id:", "path:", ""):
                    path = path.replace(f"<{converter}{name}>", value)
            assert "<" not in path, path
            found.append(path)
        return sorted(found, key=lambda path: path[:3].lower() in {"/l/", "/q/"})  # these end visits: last


@pytest.fixture
def everybody(app: PortalFlask) -> Everybody:
    return Everybody(app)


def test_hundreds_of_looks_change_nothing(everybody: Everybody, prepared: Prepared) -> None:
    agents = cycle(AGENTS)
    paths = everybody.paths()
    everybody.owner.id_of("delivery_id")
    before = snapshots.business(prepared)
    statuses: dict[int, int] = {}
    fine = set()
    for path in paths:
        for number, browser in enumerate(everybody.browsers):
            for method in METHODS if number < 2 else ("GET", "HEAD"):
                answer = browser.client.open(
                    path, method=method, base_url="http://portal.test", headers=everybody.headers(path, next(agents))
                )
                answer.get_data()
                answer.close()
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
                if method == "GET" and answer.status_code in {200, 303}:
                    fine.add(path)
    assert snapshots.differences(before, snapshots.business(prepared)) == {}
    assert sum(statuses.values()) > 200
    assert not [status for status in statuses if status >= 500], statuses
    never = {
        path for path in set(paths) - fine if not path.startswith(("/brand/", "/d/confirm/", "/d/all-your-data/"))
    }
    waiting = ("/receipt.pdf", "/settled.pdf", "/export.zip", "/code.svg", "/code.png")  # none arrived, settled, made
    assert {path for path in never if not path.endswith(waiting)} == set(), "each was really seen by somebody"


def test_what_stands_in_an_address_changes_nothing(everybody: Everybody, prepared: Prepared) -> None:
    """R5: parameters that a form would carry, put into the address."""
    paths = everybody.paths()
    before = snapshots.business(prepared)
    said = (
        "?answer=received&pay_on=2026-12-01&question=x&fact=7890&reason=not_known&words=x&email=evil@evil.example&name=Evil"
        "&_method=POST&method=delete&items[]=" + ids.spell(everybody.invoice)
    )
    for path in paths:
        for browser in everybody.browsers[1:3]:
            answer = browser.client.get(
                path + said, base_url="http://portal.test", headers={"X-HTTP-Method-Override": "POST"}
            )
            answer.get_data()
            answer.close()
            assert answer.status_code < 500, path
    assert snapshots.differences(before, snapshots.business(prepared)) == {}


def test_the_snapshot_sees_a_change(everybody: Everybody, prepared: Prepared) -> None:
    """A test that could not fail would prove nothing."""
    before = snapshots.business(prepared)
    inside = everybody.browsers[2]
    inside.get("/d/help")
    inside.submit("/d/help", question="Come mai?")
    found = snapshots.differences(before, snapshots.business(prepared))
    assert {"cases", "events", "event_heads", "commands"} <= found.keys()
