"""Card and bank on the same day: paid once, the second is an overpayment, and both sides are told (rule B-10)."""

from datetime import timedelta

import time_machine

from portal.core import clock, db, ids, jobs, scope
from portal.core.money import Money
from portal.creditors import actions as creditors
from portal.creditors import queries as creditor_queries
from portal.debtors import links
from portal.invoices import actions as invoices
from portal.invoices import holds
from portal.invoices import queries as invoice_queries
from portal.ledger.actions import Source
from portal.overpayments import actions, queries, rules
from portal.overpayments import jobs as overpayment_jobs
from portal.overpayments.states import MACHINE, OverpaymentStatus
from portal.payments import actions as payments
from portal.payments import queries as payment_queries
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.overpayments.conftest import Twice
from tests.parallel import at_once
from tests.payments.conftest import Shop, choose_card, english
from tests.payments.test_one_checkout import bank_pays

AFTER = timedelta(days=12)  # five working days are over by then


def road(twice: Twice) -> str:
    return f"/d/credit/{ids.spell(twice.one().id)}"


def test_the_invoice_is_paid_once_and_the_rest_is_an_overpayment(twice: Twice) -> None:
    shop = twice.shop
    item_id = shop.account.item_ids(shop.account.invoice_ids[0])[0]
    assert shop.books() == [("bank", "receivable", 123456, item_id), ("card", "unallocated", 123456, None)]
    one = twice.one()
    assert (one.amount_minor, one.currency, one.came_by, one.status.value) == (123456, "EUR", "card", "open")
    assert (one.attempt_id, one.invoice_id) == (shop.attempts()[0].id, shop.account.invoice_ids[0])
    assert one.refund_due_on == rules.refund_due(clock.today("Europe/Rome"))
    assert (twice.credit(), shop.open_minor()) == (123456, 0)


def test_both_sides_are_told(twice: Twice) -> None:
    assert sorted(twice.messages()) == ["overpayment_found", "payment_receipt"]
    browser = twice.staff()
    browser.get("/c/")
    assert "€1,234.56 came in too much (card)" in browser.text
    assert f"/c/overpayments/{ids.spell(twice.one().id)}" in browser.text
    browser.get("/c/overpayments")
    assert "Bianchi Costruzioni" in browser.text
    assert "€1,234.56" in browser.text
    twice.payer.get("/d/")
    assert "€1,234.56 of yours is here" in twice.payer.text
    assert road(twice) in twice.payer.text
    twice.payer.get("/d/pay/return")
    assert "that part is still yours" in twice.payer.text


def test_told_twice_it_is_one(twice: Twice) -> None:
    again = Source(payment_queries.SOURCE, twice.shop.attempts()[0].id)
    first = twice.one().id

    def open_it(_: int) -> int:
        with db.transaction():
            scope.enter(twice.shop.creditor_id)
            opened = actions.open_from(twice.shop.account.debtor_id, again, Money(123456, "EUR"), came_by="card")
            return opened.id

    assert set(at_once(5, open_it)) == {first}
    assert len(twice.messages()) == 2


def test_a_payment_that_fits_opens_nothing(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    shop.deliver()
    assert shop.statuses() == ["succeeded"]
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        assert queries.listed(tuple(OverpaymentStatus)) == []
    payer.get("/d/")
    assert "of yours is here" not in payer.text


def test_its_owner_chooses_and_may_choose_again(twice: Twice) -> None:
    payer = twice.payer
    payer.get(road(twice))
    assert "What shall we do with it?" in payer.text
    payer.submit(road(twice))
    assert payer.status == 422
    assert "Please choose one of the two." in payer.text
    payer.submit(road(twice), wish="give_back")
    assert "You asked to have it back." in payer.text
    assert (twice.status(), twice.one().wish) == ("open", "give_back")
    payer.submit(road(twice), wish="keep")
    assert "keeps it for what comes next" in payer.text
    assert twice.status() == "kept"
    payer.submit(road(twice), wish="give_back")
    assert (twice.status(), twice.one().wish) == ("open", "give_back")
    wishes = [one["wish"] for one in twice.shop.event_data("overpayment.wished")]
    assert wishes == ["give_back", "keep", "give_back"]


def test_what_is_kept_goes_to_the_next_document(twice: Twice) -> None:
    payer = twice.payer
    payer.get(road(twice))
    payer.submit(road(twice), wish="keep")
    jobs.work_off()
    assert (twice.status(), twice.credit()) == ("kept", 123456)
    next_one = twice.shop.account.add_invoice("200/2026", "1000.00", due_in=30)
    jobs.work_off()
    assert (twice.shop.open_minor(next_one), twice.credit(), twice.status()) == (0, 23456, "kept")
    last = twice.shop.account.add_invoice("201/2026", "300.00", due_in=30)
    jobs.work_off()
    assert (twice.shop.open_minor(last), twice.credit(), twice.status()) == (30000 - 23456, 0, "applied")
    assert [one["amount_minor"] for one in twice.shop.event_data("overpayment.used")] == [100000, 23456]
    assert twice.messages().count("overpayment_settled") == 1
    payer.get("/d/")
    assert "We used what was too much" in payer.text
    payer.get(f"/d/invoices/{ids.spell(last)}")
    assert "Your credit, used on" in payer.text
    payer.get(road(twice))
    payer.post(road(twice), {"csrf_token": payer.csrf(), "command_id": ids.spell(ids.new_id()), "wish": "give_back"})
    assert payer.status == 409


def test_what_is_contested_or_being_paid_is_left_alone(twice: Twice) -> None:
    shop = twice.shop
    wrong, paying = (shop.account.add_invoice(f"{n}/2026", "100.00", due_in=-n) for n in (1, 2))
    with db.transaction():
        scope.enter(shop.creditor_id)
        for item in invoice_queries.items(shop.account.item_ids(wrong)):
            invoices.hold(item, holds.PROBLEM_REPORTED, 1, None)
    twice.payer.get("/d/pay")
    twice.payer.submit("/d/pay/card", follow=False)
    twice.payer.get(road(twice))
    twice.payer.submit(road(twice), wish="keep")
    jobs.work_off()
    assert (shop.open_minor(wrong, paying), twice.credit()) == (20000, 123456)
    assert shop.statuses()[-1] == "redirected", "the open page was not closed"


def test_nobody_said_anything_in_time(twice: Twice) -> None:
    """Without a policy it waits for staff; with it, it is kept, and only what nobody asked about."""
    with time_machine.travel(clock.now() + AFTER):
        overpayment_jobs.see_to_it()
        assert twice.status() == "open"
        twice.act(lambda: creditors.change_settings(creditor_queries.by_id(twice.shop.creditor_id),
                                                    {"overpayments_kept": True}))  # fmt: skip
        overpayment_jobs.see_to_it()
        assert twice.status() == "kept"
        assert twice.shop.event_data("overpayment.kept")[0]["by_policy"] is True


def test_who_asked_to_have_it_back_is_not_kept_by_policy(twice: Twice) -> None:
    twice.payer.get(road(twice))
    twice.payer.submit(road(twice), wish="give_back")
    twice.act(lambda: creditors.change_settings(creditor_queries.by_id(twice.shop.creditor_id),
                                                {"overpayments_kept": True}))  # fmt: skip
    with time_machine.travel(clock.now() + AFTER):
        overpayment_jobs.see_to_it()
    assert twice.status() == "open"


def test_it_is_nobody_elses(twice: Twice, app: PortalFlask) -> None:
    other = twice.shop.another_debtor()
    other.add_invoice("5/2026", "10.00")
    stranger = english(app)
    stranger.enter(other.link(), other.fact)
    assert stranger.get(road(twice)).status_code == 404
    paper = english(app)
    paper.enter(twice.shop.account.link(invoice_id=twice.shop.account.invoice_ids[0], purpose=links.QR), "128/2026")
    assert paper.get(road(twice)).status_code == 404, "the paper's code shows no history"
    assert "of yours is here" not in paper.get("/d/").get_data(as_text=True)
    elsewhere = twice.shop.account.add_invoice("7/2026", "10.00")
    reader = english(app)
    reader.enter(twice.shop.account.link(invoice_id=elsewhere), twice.shop.account.fact)
    assert reader.get(road(twice)).status_code == 404
    reader = english(app)
    reader.enter(twice.shop.account.link(invoice_id=twice.shop.account.invoice_ids[0]), twice.shop.account.fact)
    assert "of yours is here" in reader.get("/d/").get_data(as_text=True), "the closed page of its own document"
    assert reader.get(road(twice)).status_code == 200


def test_more_than_was_asked_is_too_much(shop: Shop, payer: Debtor) -> None:
    choose_card(payer)
    with db.transaction():
        scope.enter(shop.creditor_id)
        attempt = payment_queries.locked(shop.attempts()[0].id)
        assert attempt is not None
        payments.settle_payment(attempt, Money(124456, "EUR"))
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        [row] = queries.listed((OverpaymentStatus.OPEN,))
        assert row.overpayment.amount_minor == 1000


def test_excess_of_the_bank_has_the_same_path(shop: Shop, payer: Debtor) -> None:
    """What bank statements do: settle, then open what was too much from the same source."""
    with db.transaction():
        scope.enter(shop.creditor_id)
        [item] = invoice_queries.items(shop.account.item_ids(shop.account.invoice_ids[0]))
        source = Source("bank_movement", ids.new_id())
        settled = invoices.settle_item(item, Money(130000, "EUR"), account="bank", kind="payment", source=source,
                                       value_on=clock.today())  # fmt: skip
        opened = actions.open_from(shop.account.debtor_id, source, settled.excess, came_by="bank",
                                   invoice_id=item.invoice_id)  # fmt: skip
        assert (opened.amount_minor, opened.attempt_id) == (6544, None)
    payer.get("/d/")
    assert "€65.44 of yours is here" in payer.text


def test_every_edge_has_its_event() -> None:
    assert set(MACHINE.begins) == {OverpaymentStatus.OPEN}
    assert {new for _, new in MACHINE.edges} == set(OverpaymentStatus)
    assert {old for old, _ in MACHINE.edges} == set(OverpaymentStatus)


def test_a_part_was_paid_by_card_and_all_by_bank(shop: Shop, payer: Debtor) -> None:
    payer.get("/d/pay/part", query_string={"amount": "20,00"})
    payer.submit("/d/pay/card", follow=False)
    shop.double.payer.pay_by_card(shop.sessions()[0]["id"])
    bank_pays(shop, 123456)
    shop.deliver()
    with db.transaction(writes=False):
        scope.enter(shop.creditor_id)
        [row] = queries.listed((OverpaymentStatus.OPEN,))
        assert row.overpayment.amount_minor == 2000
