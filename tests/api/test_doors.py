"""Every call with an id, asked with one's own, another's and nobody's (rules A-60…A-62)."""

from typing import Any

from portal.core import ids, jobs
from portal.web.edge import PortalFlask
from tests.api.conftest import make_system, row
from tests.factories.world import make_account, make_creditor
from tests.security.everything import Owner
from tests.security.test_route_matrix import names_of, rules

# A body that is right in its form, for the calls that take one.
BODIES: dict[str, Any] = {
    "api_disputes.answer": {"words": "x"}, "api_disputes.close": {"outcome": "rejected", "words": "x"},
    "api_plans.decline": {"words": "x"}, "api_links.issue": {}, "api_holding.block": {"words": "x"},
    "api_debtors.add_contact": {"channel": "email", "address": "new@bianchi.example"},
}  # fmt: skip


def test_anothers_is_not_there_and_ones_own_is(app: PortalFlask) -> None:
    own, foreign = Owner(make_account()), Owner(make_account(make_creditor("verdi"), code="0077"))
    erp, stranger = make_system(app, own.account), make_system(app, foreign.account)
    asked, doors = 0, list(rules(app, "system", with_ids=True))
    made = {name: ids.spell(own.id_of(name)) for rule, _method in doors for name in names_of(rule)}
    jobs.work_off()
    for rule, method in doors:
        own_ids = {name: made[name] for name in names_of(rule)}
        body = BODIES.get(rule.endpoint)

        def path(found: dict[str, str], rule: Any = rule) -> str:
            filled = str(rule.rule).removeprefix("/api/v1")
            for name, value in found.items():
                filled = filled.replace(f"<id:{name}>", value)
            return filled

        nobodys = {name: ids.spell(ids.new_id()) for name in own_ids}
        theirs = stranger.call(method, path(own_ids), body, If_Match="*")
        none = stranger.call(method, path(nobodys), body, If_Match="*")
        assert theirs.status_code == none.status_code == 404, f"{method} {rule.rule}: {theirs.status_code}"
        assert theirs.get_data() == none.get_data(), rule.rule
        mine = erp.call(method, path(own_ids), body, If_Match="*")
        assert mine.status_code in {200, 409}, f"{method} {rule.rule}: {mine.get_data()!r}"
        asked += 1
    assert asked >= 15


def test_lists_hold_nothing_of_anothers(app: PortalFlask) -> None:
    foreign = Owner(make_account(make_creditor("verdi"), code="0077"))
    for name in ("dispute_id", "plan_id", "promise_id", "answer_id", "message_id"):
        foreign.id_of(name)
    erp = make_system(app, make_account())
    erp.post("/invoices", {"invoices": [row()]})
    for rule, method in rules(app, "system", with_ids=False):
        if method == "GET" and "cursor" not in rule.rule:
            said = erp.get(str(rule.rule).removeprefix("/api/v1")).get_data(as_text=True)
            assert ids.spell(foreign.account.debtor_id) not in said, rule.rule
