"""What is known of open items, read from the rows: the same as the fold of their past; and the page that shows it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select

from portal.commands import predict
from portal.commands.line import Context
from portal.core import clock, db, ids, scope
from portal.creditors import queries as creditors
from portal.histories import running
from portal.histories.running import Wanted
from portal.interest.due_dates import last_day
from portal.invoices.models import DueItem
from portal.late_risk import evaluating, jobs, logistic, queries, rules
from portal.late_risk.models import LateModel
from portal.late_risk.past import Owed, in_time
from portal.late_risk.rules import Everyone, Level
from portal.ledger.models import Receivable
from portal.people.roles import Role
from portal.settings import Settings
from portal.web.edge import PortalFlask
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account, make_creditor
from tests.queries_counted import counted

LAST = date(2026, 11, 20)
MORNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ROME = "Europe/Rome"


@pytest.fixture
def saturday() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def history(debtors: int = 40, documents: int = 800) -> int:
    """A creditor with a past; its id."""
    running.write(Wanted("storia", debtors, documents, 2, 3, LAST), lambda _progress: None)
    with db.transaction(writes=False):
        found = creditors.by_slug("storia")
        assert found is not None
        return found.id


def open_ids() -> list[int]:
    today = clock.today(ROME)
    wanted = select(DueItem.id).join(Receivable, Receivable.id == DueItem.id)
    return list(db.session().scalars(wanted.where(Receivable.open_minor > 0, DueItem.due_on >= today)))


def test_what_is_read_is_what_the_fold_of_the_past_gives(house: Settings, saturday: None) -> None:
    with db.transaction(writes=False):
        scope.enter(history())
        wanted = select(DueItem.debtor_id, DueItem.id, DueItem.due_on, DueItem.amount_minor, Receivable.closed_on)
        rows = db.session().execute(wanted.join(Receivable, Receivable.id == DueItem.id)).all()
        today = clock.today(ROME)
        asked = {debtor_id for debtor_id, item_id, *_ in rows if item_id in set(open_ids())}
        found = queries._pasts(asked, today)
        # One more item of each, issued today: what is known of it is what is known today.
        owed = [Owed(str(who), "EUR", minor, date(2020, 1, 1), last_day(due), closed)
                for who, _id, due, minor, closed in rows]  # fmt: skip
        probes = [Owed(str(who), "EUR", 1, today, today + timedelta(days=30), None) for who in asked]
        folded = {one.item.who: one.facts.past for one in in_time([*owed, *probes]) if one.item.issued_on == today}
        assert len(asked) > 10
        for who in asked:
            ours, theirs = found[who, "EUR"], folded[str(who)]
            assert (ours.items, ours.late, ours.margin_days, ours.amount_minor, ours.open_late) == (
                theirs.items, theirs.late, theirs.margin_days, theirs.amount_minor, theirs.open_late,
            )  # fmt: skip


def test_many_items_cost_no_more_questions_than_one(house: Settings, saturday: None) -> None:
    with db.transaction(writes=False):
        scope.enter(history())
        every = open_ids()
        with counted() as one:
            queries.of_items(every[:1], clock.today(ROME))
        with counted() as many:
            scores = queries.of_items(every, clock.today(ROME))
        assert len(many) == len(one) <= 8
        assert len(scores) == len(every) > 30
        assert queries.of_items([], clock.today(ROME)) == {}
        assert {score.level for score in scores.values()} == set(Level)


def settle_late(account: Account, number: str, days: int) -> None:
    """An earlier document of theirs that was paid so many days after its due date."""
    account.add_invoice(number, due_in=-60, issued_days_ago=90)
    with db.transaction():
        scope.enter(account.creditor_id)
        item = db.session().scalars(select(DueItem).order_by(DueItem.id.desc()).limit(1)).one()
        row = db.session().get_one(Receivable, item.id)
        row.open_minor, row.closed_on = 0, item.due_on + timedelta(days=days)


def score_of(account: Account) -> rules.Score:
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        (found,) = queries.of_debtor(account.debtor_id, clock.today(ROME))
        return found.score


def test_who_always_came_late_is_expected_to(house: Settings) -> None:
    account = make_account()
    for number in range(4):
        settle_late(account, f"old {number}", 20)
    account.add_invoice("new", due_in=12, issued_days_ago=2)
    found = score_of(account)
    assert found.level is Level.HIGH
    assert "Of 4 paid so far, 4 came late." in {str(one.text) for one in found.reasons}


def test_what_is_late_already_or_paid_is_not_foreseen(house: Settings) -> None:
    account = make_account()
    account.add_invoice("late", due_in=-9)
    settle_late(account, "paid", -3)
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert queries.of_debtor(account.debtor_id, clock.today(ROME)) == []


def test_learning_keeps_the_model_only_where_it_was_better(house: Settings, saturday: None) -> None:
    creditor_id = history(120, 3000)
    report = jobs.learn(creditor_id)
    assert report is not None
    assert set(report.judgements) == {evaluating.BASELINE, evaluating.RULES, evaluating.MODEL}
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        row = db.session().scalars(select(LateModel)).one()
        assert row.used is report.is_better
        assert (row.coefficients is not None) is report.is_better
        assert row.judgement == report.as_json()
        known = queries.learned()
        assert known.everyone == Everyone(row.items, row.late)
        assert known.everyone.items > 2000
        scores = queries.of_items(open_ids(), clock.today(ROME))
        assert {one.learned for one in scores.values()} == {report.is_better}


def test_a_model_that_did_not_beat_the_rules_is_not_used(
    house: Settings, saturday: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    creditor_id = history(120, 3000)
    learned = logistic.learn
    monkeypatch.setattr(logistic, "learn", lambda known, late: learned(known, [not one for one in late]))
    report = jobs.learn(creditor_id)
    assert report is not None
    assert not report.is_better
    with db.transaction(writes=False):
        scope.enter(creditor_id)
        assert queries.learned().model is None


def test_coefficients_of_another_version_are_as_none(house: Settings) -> None:
    account = make_account()
    account.add_invoice(due_in=20)
    with db.transaction():
        scope.enter(account.creditor_id)
        db.session().add(LateModel(id=ids.new_id(), learned_at=clock.now(), items=9, late=3, judgement=None, used=True,
                                   coefficients={"kind": "logistic-0", "measures": []}))  # fmt: skip
    assert not score_of(account).learned


def test_each_creditor_is_learned_from_once_a_week(house: Settings) -> None:
    account = make_account()

    def learned_at() -> datetime:
        with db.transaction(writes=False):
            scope.enter(account.creditor_id)
            row = queries.kept()
            assert row is not None
            return row.learned_at

    with time_machine.travel(MORNING, tick=False) as clocks:
        jobs.learn_about_lateness()
        assert learned_at() == MORNING
        clocks.move_to(MORNING + timedelta(days=6))
        jobs.learn_about_lateness()
        assert learned_at() == MORNING
        clocks.move_to(MORNING + timedelta(days=7))
        jobs.learn_about_lateness()
        assert learned_at() == MORNING + timedelta(days=7)


def test_the_page_says_what_to_expect_and_why(app: PortalFlask) -> None:
    account = make_account()
    for number in range(4):
        settle_late(account, f"old {number}", 20)
    account.add_invoice("77/2026", due_in=12, issued_days_ago=2)
    with db.transaction(writes=False):
        creditor = creditors.by_id(account.creditor_id)
    browser = signed_in(app, creditor, Role.VIEWER)
    here = f"/c/debtors/{ids.spell(account.debtor_id)}"
    assert f"{here}/foreseen" in browser.get(here).text
    page = browser.get(f"{here}/foreseen").text
    assert "77/2026" in page
    assert "probably late" in page
    assert "Of 4 paid so far, 4 came late." in page
    stranger = make_account(make_creditor("bianchi"), "Z-1")
    assert browser.get(f"/c/debtors/{ids.spell(stranger.debtor_id)}/foreseen").status_code == 404


def test_a_customer_with_nothing_open_has_an_empty_page(app: PortalFlask) -> None:
    account = make_account()
    with db.transaction(writes=False):
        creditor = creditors.by_id(account.creditor_id)
    page = signed_in(app, creditor, Role.VIEWER).get(f"/c/debtors/{ids.spell(account.debtor_id)}/foreseen").text
    assert "Nothing is open that could still be paid in time." in page


def test_the_command_learns_now(own_app: PortalFlask, saturday: None) -> None:
    history(120, 3000)
    context = Context(create_app=lambda _settings: own_app)
    found = CliRunner().invoke(predict.group, ["learn", "storia"], obj=context)
    assert found.exit_code == 0, found.output
    assert "Learned from" in found.output
    make_account(make_creditor("bianchi"))
    too_little = CliRunner().invoke(predict.group, ["learn", "bianchi"], obj=context)
    assert too_little.exit_code == 1
    assert "too few settled items" in too_little.output
