"""What is written in a promise's case: it waits for its answer, and the day that was named stays."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from portal.cases.states import CaseStatus
from portal.core import clock, db, ids, scope
from portal.creditors.models import Creditor
from portal.people.roles import Role
from portal.web.edge import PortalFlask
from tests.actors import Browser, Debtor
from tests.factories.people import signed_in
from tests.factories.world import make_account, today_plus
from tests.promises.world import Promising

ROME = ZoneInfo("Europe/Rome")


def clerk(app: PortalFlask, creditor_id: int) -> Browser:
    with db.transaction(writes=False) as session:
        scope.enter(creditor_id)
        creditor = session.get_one(Creditor, creditor_id)
    return signed_in(app, creditor, Role.AGENT)


def test_words_that_wait_keep_the_case_open_when_the_money_comes(debtor: Debtor) -> None:
    account = make_account()
    invoice = account.add_invoice(due_in=-5)
    world = Promising(account)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/promise")
    debtor.submit("/d/promise", pay_on=today_plus(9).isoformat())
    promise = ids.read(debtor.path.rsplit("/", 1)[1])
    debtor.get(f"/d/cases/{ids.spell(world.case(promise).id)}")
    debtor.submit("/words", words="The second machine is broken. Who calls me?")
    world.pay(invoice, 123456)
    assert world.status(promise) == "kept"
    assert world.case(promise).status is CaseStatus.OURS


def test_an_answer_keeps_the_day(app: PortalFlask, debtor: Debtor) -> None:
    account = make_account()
    account.add_invoice(due_in=-5)
    world, day = Promising(account), today_plus(2)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/promise")
    debtor.submit("/d/promise", pay_on=day.isoformat())
    promise = ids.read(debtor.path.rsplit("/", 1)[1])
    page = ids.spell(world.case(promise).id)
    agent = clerk(app, account.creditor_id)
    agent.get(f"/c/cases/{page}")
    agent.submit("/answer", words="Thank you")
    case = world.case(promise)
    assert case.status is CaseStatus.THEIRS
    assert case.act_by is not None
    assert case.act_by.astimezone(ROME).date() == day
    debtor.get(f"/d/cases/{page}")
    debtor.submit("/words", words="One more thing")
    debtor.get(f"/d/promises/{ids.spell(promise)}")
    debtor.submit("/day", pay_on=today_plus(9).isoformat())
    case = world.case(promise)
    assert case.status is CaseStatus.OURS
    assert case.act_by is not None
    assert case.act_by < clock.now() + timedelta(days=7), "words are answered as promised, whatever day is named"


def test_a_promise_about_more_than_this_link_opens_is_a_sentence(app: PortalFlask, debtor: Debtor) -> None:
    account = make_account()
    account.add_invoice("1/2026", "100.00", due_in=-12)
    other = account.add_invoice("2/2026", "50.00", due_in=-10)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/promise")
    form = debtor.form("/d/promise")
    debtor.post(form.action, {**form.fields, "items[]": form.choices["items[]"], "pay_on": today_plus(5).isoformat()})
    narrow = Debtor(app)
    narrow.enter(account.link(invoice_id=other), account.fact)
    narrow.get("/language/en")
    narrow.get("/d/promise")
    assert narrow.status == 200
    assert "with other documents" in narrow.text
    assert "/d/help" in narrow.text
    assert "1/2026" not in narrow.text
