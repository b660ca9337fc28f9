"""From the link to the visit: what is shown, what changes, what is refused (rules A-01…A-27, A-41)."""

from tests.actors import Debtor
from tests.factories.world import make_account


def test_a_person_passes_the_gate_with_the_right_fact(debtor: Debtor) -> None:
    account = make_account()
    account.add_invoice()
    debtor.get(account.link())
    assert debtor.path == "/gate"
    assert debtor.status == 200
    debtor.submit("/gate", fact=account.fact)
    assert debtor.path == "/d/"


def test_a_wrong_fact_stays_at_the_gate(debtor: Debtor) -> None:
    account = make_account()
    debtor.get(account.link())
    debtor.submit("/gate", fact="0000")
    assert debtor.status == 422
    assert debtor.path == "/gate"


def test_the_sixth_try_is_refused_even_with_the_right_fact(debtor: Debtor) -> None:
    account = make_account()
    debtor.get(account.link())
    for _ in range(5):
        debtor.get("/gate")
        if debtor.status == 200:
            debtor.submit("/gate", fact="0000")
    debtor.get("/gate")
    assert debtor.status == 403
