"""How often a stranger may try, and that no header of theirs starts the count again (rule A-12)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from portal.core import clock
from portal.settings import Settings
from portal.web import limits
from portal.web.edge import PortalFlask
from portal.wiring import create_app
from tests.actors import Debtor
from tests.factories.world import make_account

SPOOFED: list[dict[str, str]] = [
    {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8, 198.51.100.1"},
    {"X-Real-IP": "203.0.113.9"},
    {"Forwarded": "for=203.0.113.10"}, {"CF-Connecting-IP": "203.0.113.11"}, {"True-Client-IP": "203.0.113.12"},
    {"X-Client-IP": "203.0.113.13"}, {"X-Forwarded-For": "unknown"}, {"X-Forwarded-For": ""},
    {"X-Cluster-Client-IP": "::1"},
]  # fmt: skip


def bad(app: PortalFlask, number: int = 0, address: str = "198.51.100.1", **headers: str) -> Any:
    return app.test_client().get(
        f"/l/{number:032}", base_url="http://portal.test", headers=headers, environ_base={"REMOTE_ADDR": address}
    )


def test_twenty_bad_tokens_in_ten_minutes_and_then_it_is_enough(app: PortalFlask) -> None:
    assert [bad(app, number).status_code for number in range(22)] == [404] * 20 + [429] * 2
    answer = bad(app)
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    assert "tel:+39051000000" in answer.get_data(as_text=True)
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=5)):
        assert bad(app).status_code == 404


def test_no_header_that_a_stranger_sends_starts_the_count_again(app: PortalFlask) -> None:
    """Without a proxy in front nobody's word about an address is believed."""
    statuses = [bad(app, number, **SPOOFED[number % len(SPOOFED)]).status_code for number in range(30)]
    assert statuses == [404] * 20 + [429] * 10


def test_behind_a_proxy_only_what_the_proxy_added_is_believed(settings: Settings) -> None:
    app = create_app(replace(settings, trusted_proxies=1))
    ours = "10.0.0.1"
    statuses = [
        bad(app, number, ours, **{"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.1"}).status_code
        for number in range(25)
    ]
    assert statuses == [404] * 20 + [429] * 5, "what the stranger wrote in front of it does not count"
    elsewhere = {"X-Forwarded-For": "203.0.113.1, 198.51.100.2"}
    assert bad(app, 0, ours, **elsewhere).status_code == 404, "another caller through the same proxy is another"


def test_one_caller_does_not_use_up_anothers_tries(app: PortalFlask) -> None:
    for number in range(21):
        bad(app, number)
    assert bad(app, address="198.51.100.2").status_code == 404


def test_a_caller_by_ipv6_is_their_network(app: PortalFlask) -> None:
    statuses = [bad(app, number, f"2001:db8:1:2::{number:x}").status_code for number in range(22)]
    assert statuses == [404] * 20 + [429] * 2
    assert bad(app, address="2001:db8:1:3::1").status_code == 404
    mapped = [bad(app, number, "::ffff:192.0.2.5" if number % 2 else "192.0.2.5").status_code for number in range(22)]
    assert mapped == [404] * 20 + [429] * 2, "one address in two spellings is one"


@pytest.mark.parametrize("address", ["", "not an address", "1.2.3", "::1%eth0", "unix:"])
def test_an_address_that_is_none_is_counted_all_the_same(app: PortalFlask, address: str) -> None:
    statuses = [bad(app, number, address).status_code for number in range(21)]
    assert statuses == [404] * 20 + [429]


def test_genuine_links_use_up_nothing(app: PortalFlask) -> None:
    account = make_account()
    address = account.link()
    for _ in range(30):
        assert Debtor(app).get(address, follow=False).status_code == 303


def test_an_exhausted_caller_learns_nothing_from_a_genuine_link(app: PortalFlask) -> None:
    """Else the answer would tell which guess was right."""
    account = make_account()
    for number in range(20):
        bad(app, number)
    path = account.link().removeprefix("http://portal.test")
    here = {"environ_base": {"REMOTE_ADDR": "198.51.100.1"}}
    assert Debtor(app).get(path, **here).status_code == 429


def test_new_links_and_bad_codes_are_counted_apart(app: PortalFlask) -> None:
    account = make_account()
    browser = Debtor(app)
    browser.get(account.link())
    token = browser.csrf()
    statuses = [browser.post("/gate/new-link", {"csrf_token": token}, follow=False).status_code for _ in range(12)]
    assert statuses == [303] * 10 + [429] * 2
    assert browser.get("/gate").status_code == 200
    assert browser.post("/gate", {"csrf_token": token, "fact": account.fact}, follow=False).status_code == 303


def test_the_numbers_are_those_of_the_rules() -> None:
    assert (limits.BAD_TOKENS.amount, limits.BAD_TOKENS.get_expiry()) == (20, 600)
    assert (limits.WRONG_FACTS.amount, limits.WRONG_FACTS.get_expiry()) == (50, 86400)
