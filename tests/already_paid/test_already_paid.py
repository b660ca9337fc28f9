""" "I have already paid": rests, resolves itself when the money is there, else a friendly question."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.already_paid import actions, queries, rules
from portal.already_paid.jobs import ask_again
from portal.already_paid.models import PaidClaim
from portal.already_paid.states import ClaimStatus
from portal.cases.models import Case, CaseEntry
from portal.core import clock, db, ids
from portal.creditors import queries as creditors
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger.actions import Source
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories.evidence import pdf, photo
from tests.factories.people import signed_in
from tests.factories.world import make_account, today_plus
from tests.promises.world import Promising


def claimed(debtor: Debtor, **typed: str) -> tuple[Promising, int]:
    """The world and the invoice that a debtor has said they paid."""
    account = make_account()
    invoice_id = account.add_invoice(due_in=-12)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/already-paid")
    debtor.submit("/d/already-paid", **{"paid_on": today_plus(-10).isoformat(), **typed})
    assert debtor.status == 200, debtor.text
    return Promising(account), invoice_id


def claim_of(world: Promising) -> PaidClaim:
    return world.within(lambda: db.session().scalars(select(PaidClaim)).one())  # type: ignore[no-any-return]


def case_of(world: Promising) -> Case:
    wanted = select(Case).where(Case.kind == "already_paid")
    return world.within(lambda: db.session().scalars(wanted).one())  # type: ignore[no-any-return]


def settle(world: Promising, invoice_id: int, kind: str, account: str) -> None:
    def act() -> None:
        item = invoice_queries.items(world.account.item_ids(invoice_id))[0]
        invoices.settle_item(item, item.open, account=account, kind=kind, source=Source("test", ids.new_id()),
                             value_on=clock.today())  # fmt: skip

    world.within(act)


def test_it_is_kept_with_date_and_number_and_rests(debtor: Debtor) -> None:
    world, _ = claimed(debtor, reference="cro 1234 5678 901", words="Dal conto di mia moglie")
    found = claim_of(world)
    assert (found.reference, found.paid_on) == ("CRO12345678901", today_plus(-10))
    assert world.holds() == [holds.ALREADY_PAID]
    assert case_of(world).words == "Dal conto di mia moglie"
    assert "CRO12345678901" in debtor.text
    data = world.names("already_paid.%")
    assert data == ["already_paid.claimed"]
    debtor.get("/d/already-paid")
    assert debtor.path.endswith(ids.spell(found.id)), "said once, it leads to where the search stands"


@pytest.mark.parametrize(
    "typed", [{"paid_on": ""}, {"paid_on": "31/02/2026"}, {"paid_on": "2031-01-01"}, {"reference": "ciao è ù"}]
)
def test_what_cannot_be_is_said_beside_its_field(debtor: Debtor, typed: dict[str, str]) -> None:
    account = make_account()
    account.add_invoice(due_in=-12)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/already-paid")
    debtor.submit("/d/already-paid", **{"paid_on": today_plus(-1).isoformat(), **typed})
    assert debtor.status == 422
    assert rules.reference(" a b1 ") == "AB1"


@pytest.mark.parametrize(
    ("kind", "account", "outcome", "mails"),
    [
        ("bank_transfer", accounts.BANK, "found", []),
        ("payment", accounts.CARD, "found", []),
        ("settlement", accounts.ELSEWHERE, "found", ["already_paid_found"]),
        ("credit_note", accounts.CREDIT_NOTES, "otherwise", []),
    ],
)
def test_it_resolves_itself_when_nothing_is_open(
    debtor: Debtor, kind: str, account: str, outcome: str, mails: list[str]
) -> None:
    world, invoice_id = claimed(debtor)
    settle(world, invoice_id, kind, account)
    assert claim_of(world).status.value == outcome
    assert case_of(world).outcome == ("found" if outcome == "found" else "answered")
    assert world.holds() == []
    assert world.messages() == mails, "a transfer and a card payment are told by letters of their own"
    assert world.names("already_paid.%") == ["already_paid.claimed", "already_paid.resolved"]
    debtor.get(f"/d/already-paid/{ids.spell(claim_of(world).id)}")
    assert debtor.status == 200


def test_what_is_taken_back_is_searched_for_no_more(debtor: Debtor) -> None:
    world, invoice_id = claimed(debtor)
    world.within(lambda: invoices.withdraw(db.session().get_one(Invoice, invoice_id)))
    assert claim_of(world).status.value == "otherwise"

    assert world.holds() == [], "what ended keeps nothing at rest"


def test_one_of_two_that_opens_again_rests_again(debtor: Debtor) -> None:
    account = make_account()
    first, second = (account.add_invoice(f"{n}/2026", due_in=-12) for n in (1, 2))
    world = Promising(account)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/already-paid")
    form = debtor.form("/d/already-paid")
    both = [ids.spell(item.item_id) for item in world.items(first, second)]
    debtor.post(form.action, {**form.fields, "items[]": both, "paid_on": today_plus(-10).isoformat()})
    world.pay(first, 123456)
    assert world.holds() == [holds.ALREADY_PAID], "the other one is still looked for"
    world.bounce(first, 123456)
    assert world.holds() == [holds.ALREADY_PAID, holds.ALREADY_PAID]
    assert claim_of(world).status.value == "looking"


def test_after_the_days_a_question_goes_once_and_a_correction_goes_on(debtor: Debtor) -> None:
    monday = datetime(2026, 11, 23, 10, tzinfo=UTC)
    with time_machine.travel(monday):
        world, _ = claimed(debtor)
        assert claim_of(world).until == datetime(2026, 11, 30, tzinfo=UTC).date(), "five working days"
        ask_again()
        assert world.messages() == []
    with time_machine.travel(monday + timedelta(days=8)):
        ask_again()
        ask_again()
        assert world.messages() == ["already_paid_asked"]
        found, case = claim_of(world), case_of(world)
        assert found.status.value == "asked"
        assert case.status.value == "ours"
        assert case.act_by is not None
        assert case.act_by <= clock.now(), "to the front of the queue"
        assert world.holds() == []
        debtor.enter(world.account.link(), world.account.fact)
        debtor.get(f"/d/already-paid/{ids.spell(found.id)}")
        debtor.submit(f"/d/already-paid/{ids.spell(found.id)}", paid_on="", reference="X1234")
        assert debtor.status == 422
        debtor.submit(f"/d/already-paid/{ids.spell(found.id)}", paid_on="2026-11-20", reference="X1234")
        assert debtor.status == 200, debtor.text
        assert claim_of(world).status.value == "looking"
        assert world.holds() == [holds.ALREADY_PAID]


@pytest.mark.parametrize(
    ("outcome", "key"), [("found", "already_paid_found"), ("not_found", "already_paid_not_found")]
)
def test_staff_end_it_either_way_and_the_customer_is_told(
    app: PortalFlask, debtor: Debtor, outcome: str, key: str
) -> None:
    world, _ = claimed(debtor, reference="TRN123456")
    agent = signed_in(app, world.account.creditor_id)
    agent.get(f"/c/cases/{ids.spell(case_of(world).id)}")
    assert "TRN123456" in agent.text
    agent.submit("/already-paid/", outcome="perhaps")
    assert agent.status == 422
    agent.submit("/already-paid/", outcome=outcome)
    assert agent.status == 200, agent.text
    assert claim_of(world).status.value == outcome
    assert case_of(world).outcome == outcome
    assert world.messages() == [key]
    assert world.holds() == ([holds.ALREADY_PAID] if outcome == "found" else [])


def test_anothers_search_is_not_there(debtor: Debtor, app: PortalFlask) -> None:
    world, _ = claimed(debtor)
    creditor = world.within(lambda: creditors.by_id(world.account.creditor_id))
    stranger = make_account(creditor, code="0043", vat_number="IT99999999999")
    stranger.add_invoice("9/2026", due_in=-2)
    other = Debtor(app)
    other.enter(stranger.link(), stranger.fact)
    assert other.get(f"/d/already-paid/{ids.spell(claim_of(world).id)}").status_code == 404
    item = ids.spell(world.account.item_ids(world.account.invoice_ids[0])[0])
    assert other.get(f"/d/already-paid?items[]={item}").status_code == 404


def test_a_proof_is_kept_with_the_case_and_both_sides_can_save_it(app: PortalFlask, debtor: Debtor) -> None:
    world, _ = claimed(
        debtor, **{"files[]": (io.BytesIO(pdf()), "ricevuta.pdf"), "photo": (io.BytesIO(photo()), "a")}
    )
    case = case_of(world)
    agent = signed_in(app, world.account.creditor_id)
    for browser, side in ((debtor, "/d"), (agent, "/c")):
        browser.get(f"{side}/cases/{ids.spell(case.id)}")
        roads = re.findall(r'href="([^"]*/files/[^"]*)"', browser.text)
        assert len(roads) == 2
        for road in roads:
            with browser.get(road) as saved:
                assert saved.headers["Content-Disposition"].startswith("attachment")
                assert len(saved.data) > 100


def test_what_is_no_proof_is_said_and_nothing_is_lost(debtor: Debtor) -> None:
    account = make_account()
    account.add_invoice(due_in=-12)
    debtor.enter(account.link(), account.fact)
    debtor.get("/d/already-paid")
    typed = {"paid_on": today_plus(-1).isoformat(), "reference": "CRO123", "words": "Dal conto di mia moglie"}
    debtor.submit("/d/already-paid", **typed, **{"files[]": (io.BytesIO(b"MZ" * 99), "x.pdf")})
    assert debtor.status == 422
    assert "PDF, JPEG" in debtor.text
    assert all(word in debtor.text for word in typed.values())
    assert Promising(account).holds() == []


# It ends some day


def send_again(app: PortalFlask, world: Promising, page: str, **typed: str) -> None:
    """On another day, so through the link once more."""
    browser = Debtor(app)
    browser.enter(world.account.link(), world.account.fact)
    browser.get(page)
    form = browser.form(page)
    browser.post(form.action, {**form.fields, **typed})
    assert browser.status == 200, browser.text


def test_the_same_once_more_is_written_down_and_prolongs_nothing(app: PortalFlask, debtor: Debtor) -> None:
    now = clock.now()
    world, _ = claimed(debtor, reference="TRN1")
    page, first, act_by = debtor.path, claim_of(world).until, case_of(world).act_by
    with time_machine.travel(now + timedelta(days=1), tick=False):
        send_again(app, world, page)
        assert claim_of(world).until == first
        assert case_of(world).act_by == act_by
        (entry,) = world.within(lambda: db.session().scalars(select(CaseEntry)).all())
        assert "TRN1" in entry.words
        assert world.names("already_paid.%") == ["already_paid.claimed"]


def test_another_number_prolongs_it_twice_and_no_more(app: PortalFlask, debtor: Debtor) -> None:
    now = clock.now()
    world, _ = claimed(debtor, reference="TRN1")
    page, days = debtor.path, []
    for place in range(2, 6):
        with time_machine.travel(now + timedelta(days=place), tick=False):
            send_again(app, world, page, reference=f"TRN{place}")
            days.append(claim_of(world).until)
    assert days[0] <= days[1] == days[2] == days[3]
    assert world.names("already_paid.%").count("already_paid.corrected") == 2
    assert claim_of(world).reference == "TRN5", "what is looked for is what they said last"


@pytest.mark.parametrize("late", [True, False])
def test_found_by_hand_rests_until_it_is_booked_even_after_the_days_are_over(debtor: Debtor, late: bool) -> None:
    now = clock.now()
    world, invoice_id = claimed(debtor)
    after = timedelta(days=20 if late else 1)
    with time_machine.travel(now + after, tick=False):
        assert world.holds() == ([] if late else [holds.ALREADY_PAID])
        world.within(lambda: actions.resolve(queries.claim(claim_of_id(), lock=True), ClaimStatus.FOUND))
        assert world.holds() == [holds.ALREADY_PAID]
        settle(world, invoice_id, "bank_transfer", accounts.BANK)
        assert world.holds() == []


def claim_of_id() -> int:
    return db.session().scalars(select(PaidClaim.id)).one()
