"""Given back with four eyes: to the card at the provider, or by a transfer that two people stand for (rule B-10)."""

from datetime import date, timedelta

import pytest
import time_machine

from portal.core import clock, db, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.money import Money
from portal.ledger import actions as ledger
from portal.ledger.sources import Source
from portal.overpayments import actions, giving_back, queries, rules
from portal.payments import queries as payment_queries
from portal.payments import refunds
from portal.payments.methods import RefundSeen, RefundStanding
from portal.people.roles import Role
from tests.actors import Browser
from tests.overpayments.conftest import Twice
from tests.queries_counted import counted


def page(twice: Twice) -> str:
    return f"/c/overpayments/{ids.spell(twice.one().id)}"


def asked(twice: Twice, by: str = "staff:1") -> int:
    """A refund by card is asked for; its id."""
    one = twice.act(lambda: giving_back.ask_refund(twice.one().id, by=by, reason="twice"))
    return one.refund_id or 0  # type: ignore[attr-defined]


def seen(twice: Twice, refund_id: int, standing: RefundStanding, key: str = "re_1") -> None:
    """The provider says how the refund stands."""

    def learn() -> None:
        attempt = payment_queries.locked(twice.shop.attempts()[0].id)
        assert attempt is not None
        refunds.learn(
            attempt,
            RefundSeen(
                provider_id=key,
                reference=ids.spell(refund_id),
                amount=Money(123456, "EUR"),
                standing=standing,
                sent_at=clock.now(),
            ),
        )

    twice.act(learn)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (date(2026, 11, 20), date(2026, 11, 27)),  # a Friday
        (date(2026, 11, 22), date(2026, 11, 27)),  # a Sunday
        (date(2026, 12, 4), date(2026, 12, 14)),  # 8 December rests
        (date(2026, 12, 23), date(2026, 12, 31)),  # Christmas on Friday, Saint Stephen's on Saturday
        (date(2027, 3, 25), date(2027, 4, 2)),  # Easter Monday rests
    ],
)
def test_five_working_days(opened: date, due: date) -> None:
    assert rules.refund_due(opened) == due


def test_back_to_the_card_with_four_eyes(twice: Twice) -> None:
    one_page = page(twice)
    first, second = twice.staff(), twice.staff("Marco Neri")
    first.get(one_page)
    assert "Give it back the way it came" in first.text
    first.submit("/refund")
    assert "Now a colleague has to agree." in first.text
    assert twice.status() == "refund_requested"
    refund_id = twice.one().refund_id
    assert refund_id
    with pytest.raises(NotAllowedNow, match="colleague"):
        twice.act(lambda: refunds.approve(refund_id, by=twice.one().asked_by or ""))
    second.get(one_page)
    assert "/refund" not in [form for form in second.text.split('"') if form.endswith("/refund")]
    twice.act(lambda: refunds.approve(refund_id, by="staff:2"))
    twice.shop.deliver()
    if twice.status() == "refund_requested":
        seen(twice, refund_id, RefundStanding.SUCCEEDED)
    assert (twice.status(), twice.credit(), twice.shop.open_minor()) == ("refunded", 0, 0)
    assert twice.messages().count("overpayment_settled") == 1
    twice.payer.get("/d/")
    assert "We gave back what was too much" in twice.payer.text
    assert "of yours is here" not in twice.payer.text


def test_a_colleague_says_no_and_it_is_open_again(twice: Twice) -> None:
    refund_id = asked(twice)
    twice.act(lambda: refunds.decline(refund_id, by="staff:2", why="wait"))
    assert (twice.status(), twice.credit()) == ("open", 123456)
    assert asked(twice) != refund_id, "and may be asked for once more"


def test_a_refund_that_fails_opens_it_again(twice: Twice) -> None:
    refund_id = asked(twice)
    twice.act(lambda: _approved_only(refund_id))
    seen(twice, refund_id, RefundStanding.PENDING)
    assert twice.status() == "refund_requested"
    seen(twice, refund_id, RefundStanding.FAILED)
    assert (twice.status(), twice.credit()) == ("open", 123456)
    assert twice.one().why
    assert "overpayment.refund_failed" in twice.shop.events("overpayment.")


def _approved_only(refund_id: int) -> None:
    """Approved, and the provider not asked yet."""
    refunds.approve(refund_id, by="staff:2")
    for row in list(db.session().new):
        if type(row).__name__ == "OutboxRow" and row.kind == refunds.CARRY_OUT:
            db.session().expunge(row)


def test_what_is_being_given_back_is_not_used(twice: Twice) -> None:
    twice.payer.get(f"/d/credit/{ids.spell(twice.one().id)}")
    form = twice.payer.form("/d/credit/")
    asked(twice)
    twice.payer.post(form.action, {**form.fields, "wish": "keep"})
    assert twice.payer.status == 409
    twice.shop.account.add_invoice("200/2026", "10.00")
    twice.act(lambda: actions.use(twice.one().id))
    assert twice.credit() == 123456


def test_a_payment_paid_back_as_a_whole_takes_its_excess_along(twice: Twice) -> None:
    """Somebody refunds the payment itself, not the overpayment: there is nothing left to decide."""
    attempt_id = twice.shop.attempts()[0].id

    def refund() -> int:
        attempt = payment_queries.attempt(attempt_id)
        assert attempt is not None
        return refunds.request(attempt, Money(123456, "EUR"), by="staff:1", reason="x").id

    refund_id = int(str(twice.act(refund)))
    assert twice.status() == "open"
    twice.act(lambda: _approved_only(refund_id))
    assert (twice.status(), twice.credit()) == ("withdrawn", 0)
    seen(twice, refund_id, RefundStanding.PENDING)
    seen(twice, refund_id, RefundStanding.FAILED)
    assert (twice.status(), twice.credit()) == ("open", 123456)


def test_a_transfer_back_needs_two_people(twice: Twice) -> None:
    one_page, today = page(twice), clock.today("Europe/Rome")
    first, second = twice.staff(), twice.staff("Marco Neri")
    first.get(one_page)
    for typed, said in (
        ("", "Please write the day"),
        ((today + timedelta(days=1)).isoformat(), "still to come"),
        ((today - timedelta(days=1)).isoformat(), "before the money came in"),
        ("2026-02-30", "day, month, year"),
    ):
        first.submit("/returned", returned_on=typed)
        assert (first.status, said in first.text) == (422, True), typed
        assert typed in first.text
    first.submit("/returned", returned_on=today.isoformat())
    assert twice.status() == "refund_requested"
    assert "/agree" not in first.text
    _forged(first, one_page + "/agree")
    assert (first.status, twice.status()) == (409, "refund_requested"), "not by the one who asked"
    second.get(one_page)
    second.submit("/agree")
    assert twice.status() == "refunded"
    item_id = twice.shop.account.item_ids(twice.shop.account.invoice_ids[0])[0]
    assert twice.shop.books() == [
        ("bank", "receivable", 123456, item_id),
        ("card", "unallocated", 123456, None),
        ("unallocated", "bank", 123456, None),
    ]
    assert (twice.one().asked_by, twice.one().settled_by, twice.one().returned_on) != (None, None, None)
    assert twice.one().asked_by != twice.one().settled_by
    assert twice.shop.event_data("overpayment.refunded")[0]["returned_on"] == today.isoformat()


def _forged(browser: Browser, path: str) -> None:
    browser.get(path.rsplit("/", 1)[0])
    browser.post(path, {"csrf_token": browser.csrf(), "command_id": ids.spell(ids.new_id())})


def test_it_was_not_transferred_after_all(twice: Twice) -> None:
    first, second = twice.staff(), twice.staff("Marco Neri")
    first.get(page(twice))
    first.submit("/returned", returned_on=clock.today("Europe/Rome").isoformat())
    second.get(page(twice))
    second.submit("/decline")
    assert (twice.status(), twice.credit(), twice.one().returned_on) == ("open", 123456, None)


def test_staff_keep_it_and_think_again(twice: Twice) -> None:
    browser = twice.staff()
    browser.get(page(twice))
    browser.submit("/keep")
    assert twice.status() == "kept"
    browser.get("/c/overpayments?state=kept")
    assert "Bianchi" in browser.text
    browser.get(page(twice))
    browser.submit("/reopen")
    assert twice.status() == "open"
    twice.payer.get(f"/d/credit/{ids.spell(twice.one().id)}")
    twice.payer.submit("/d/credit/", wish="give_back")
    browser.get(page(twice))
    assert "/keep" not in browser.text
    _forged(browser, page(twice) + "/keep")
    assert (browser.status, twice.status()) == (409, "open"), "its owner asked to have it back"


def test_who_may_not_give_money_back_sees_and_does_nothing(twice: Twice) -> None:
    browser = twice.staff("Anna Blu", Role.AGENT)
    browser.get(page(twice))
    assert browser.status == 200
    assert "<form" not in browser.text.split("<main")[1]
    for act in ("keep", "refund", "returned", "agree", "decline", "reopen"):
        _forged(browser, f"{page(twice)}/{act}")
        assert browser.status == 403, act
    assert twice.status() == "open"


def test_the_list_has_the_next_one_due_on_top_and_asks_little(twice: Twice) -> None:
    browser = twice.staff()
    browser.get("/c/overpayments")
    with counted() as statements:
        browser.get("/c/overpayments")
    assert len(statements) <= 6, str(statements)
    one = twice.one()
    with db.transaction(writes=False):
        scope.enter(twice.shop.creditor_id)
        assert [row.overpayment.id for row in queries.listed(queries.WAITING)] == [one.id]
    assert browser.get("/c/overpayments?state=nonsense").status_code == 200


def test_the_page_of_a_bank_excess_offers_no_card(twice: Twice) -> None:
    with time_machine.travel(clock.now() + timedelta(seconds=1)):
        opened = twice.act(
            lambda: actions.open_from(
                twice.shop.account.debtor_id,
                Source("bank_movement", ids.new_id()),
                Money(500, "EUR"),
                came_by="bank",
            )
        )
    browser = twice.staff()
    browser.get(f"/c/overpayments/{ids.spell(opened.id)}")  # type: ignore[attr-defined]
    assert "Give it back the way it came" not in browser.text
    assert "Given back by transfer on" in browser.text


def test_what_went_back_in_another_way_is_not_given_back_twice(twice: Twice) -> None:
    """A transfer back is written down, and before a colleague agrees the payment itself is refunded."""
    first, second = twice.staff(), twice.staff("Marco Neri")
    first.get(page(twice))
    first.submit("/returned", returned_on=clock.today("Europe/Rome").isoformat())

    def refund() -> int:
        attempt = payment_queries.attempt(twice.shop.attempts()[0].id)
        assert attempt is not None
        return refunds.request(attempt, Money(123456, "EUR"), by="staff:1", reason="x").id

    refund_id = int(str(twice.act(refund)))
    twice.act(lambda: _approved_only(refund_id))
    second.get(page(twice))
    second.submit("/agree")
    assert (second.status, twice.status(), twice.credit()) == (409, "refund_requested", 0)
    second.get(page(twice))
    second.submit("/decline")
    assert (second.status, twice.status(), twice.credit()) == (200, "withdrawn", 0)


def test_the_bank_takes_the_transfer_itself_back(twice: Twice) -> None:
    def open_and_let_go() -> str:
        source, amount, debtor_id = Source("bank_movement", ids.new_id()), Money(500, "EUR"), twice.one().debtor_id
        ledger.keep_as_credit(debtor_id, amount, account="bank", kind="payment", source=source,
                              value_on=clock.today())  # fmt: skip
        one = actions.open_from(debtor_id, source, amount, came_by="bank")
        actions.keep(one)
        actions.follow(source)
        assert one.status.value == "kept"
        ledger.move(debtor_id, amount, debit="unallocated", credit="bank", kind="bank_return",
                    source=Source("bank_return", 1), value_on=clock.today(), origin=source)  # fmt: skip
        actions.follow(source)
        actions.follow(source)
        return one.status.value

    assert twice.act(open_and_let_go) == "withdrawn"
