"""The same form twice, twenty times or at once: one effect and one answer (rule D-10)."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import redirect, request
from sqlalchemy import func, select

from portal.cases.models import Case
from portal.core import clock, db, once, scope
from portal.core.errors import NotAllowedNow
from portal.core.once import Answer, AtWork, Command
from portal.core.text import t
from portal.creditors.jobs import forget_old_commands
from portal.settings import Settings
from portal.web.edge import PortalFlask
from portal.web.gates import debtor_blueprint
from tests.actors import Debtor
from tests.factories.world import Account, make_account, make_creditor
from tests.parallel import at_once, twin


def claim(account: Account, who: str = "visit:1", command_id: str = "command-1", body: str = "a") -> Answer | int:
    with db.transaction():
        scope.enter(account.creditor_id)
        return once.claim(who, command_id, body)


def do(account: Account, body: str = "a", location: str = "/d/") -> Answer | int:
    with db.transaction():
        scope.enter(account.creditor_id)
        found = once.claim("visit:1", "command-1", body)
        if isinstance(found, int):
            once.answered(found, 303, location)
        return found


def test_the_first_does_it_and_the_next_get_its_answer(house: Settings) -> None:
    account = make_account()
    assert isinstance(do(account), int)
    assert do(account) == Answer(303, "/d/")
    assert do(account) == Answer(303, "/d/")
    with pytest.raises(NotAllowedNow) as refused:
        do(account, "b")
    assert refused.value.status == 409
    assert isinstance(claim(account, who="visit:2"), int), "another's command of the same number is another's"
    assert isinstance(claim(account, command_id="command-2"), int)


def test_a_command_that_failed_may_be_sent_again(house: Settings) -> None:
    account = make_account()
    with pytest.raises(ZeroDivisionError), db.transaction():
        scope.enter(account.creditor_id)
        once.claim("visit:1", "command-1", "a")
        1 / 0  # noqa: B018
    assert isinstance(do(account, "b"), int)


def test_while_the_first_is_at_work_the_second_is_told_so(house: Settings) -> None:
    """The first has let go of the database to ask somebody over the network."""
    account = make_account()
    with db.transaction():
        scope.enter(account.creditor_id)
        row_id = once.claim("visit:1", "command-1", "a")
        assert isinstance(row_id, int)
        with db.outside_transaction():
            (second,) = at_once(1, lambda _: claim(account))
            (other,) = at_once(1, lambda _: claim(account, body="b"))
        once.answered(row_id, 303, "/d/x")
    assert isinstance(second, AtWork)
    assert isinstance(other, NotAllowedNow)
    assert claim(account) == Answer(303, "/d/x")


def test_of_twenty_at_once_one_does_it(house: Settings) -> None:
    account = make_account()
    outcomes = at_once(20, lambda _: do(account))
    assert sum(isinstance(one, int) for one in outcomes) == 1
    assert {one for one in outcomes if not isinstance(one, int)} == {Answer(303, "/d/")}


def test_two_creditors_commands_do_not_meet(house: Settings) -> None:
    one, other = make_account(), make_account(make_creditor("verdi"))
    assert isinstance(do(one, location="/d/one"), int)
    assert isinstance(do(other, "b", "/d/other"), int)
    assert do(one) == Answer(303, "/d/one")


def test_a_command_whose_process_died_is_free_after_two_minutes_and_one_gets_it(house: Settings) -> None:
    account = make_account()
    begun = clock.now()
    assert isinstance(claim(account), int)
    with time_machine.travel(begun + timedelta(seconds=110)), pytest.raises(AtWork):
        claim(account)
    with time_machine.travel(begun + timedelta(minutes=3)):
        outcomes = at_once(8, lambda _: claim(account, body="b"))
        assert sum(isinstance(one, int) for one in outcomes) == 1, outcomes
        assert all(isinstance(one, int | AtWork) for one in outcomes)
        with pytest.raises(NotAllowedNow):
            claim(account, body="a")


def test_an_answer_is_kept_for_thirty_days_and_then_forgotten(house: Settings) -> None:
    one, other = make_account(), make_account(make_creditor("verdi"))
    begun = clock.now()
    for account in (one, other):
        do(account)
    with time_machine.travel(begun + timedelta(days=29)):
        forget_old_commands()
        assert do(one) == Answer(303, "/d/")
    with time_machine.travel(begun + timedelta(days=31)):
        forget_old_commands()
        assert isinstance(do(one), int)
        assert isinstance(do(other), int)


# --- Through the pages ---


@pytest.fixture
def account(debtor: Debtor) -> Account:
    made = make_account()
    made.add_invoice()
    debtor.enter(made.link(), made.fact)
    debtor.get("/d/help")
    return made


def questions(account: Account) -> list[str]:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return list(session.scalars(select(Case.words).where(Case.kind == "question").order_by(Case.id)))


def filled(debtor: Debtor, **values: Any) -> dict[str, Any]:
    return {**debtor.form("/d/help").fields, "question": "Come mai?", **values}


def test_a_double_click_in_two_windows_is_one_question_and_one_answer(debtor: Debtor, account: Account) -> None:
    data = filled(debtor)
    windows = [twin(debtor) for _ in range(8)]
    answers = at_once(8, lambda n: windows[n].post("/d/help", data, follow=False))
    assert {answer.status_code for answer in answers} == {303}, [answer.status_code for answer in answers]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert questions(account) == ["Come mai?"]
    assert debtor.get(answers[0].headers["Location"]).status_code == 200


def test_twenty_different_bodies_at_once_under_one_number_are_one_effect(debtor: Debtor, account: Account) -> None:
    data = filled(debtor)
    windows = [twin(debtor) for _ in range(20)]
    answers = at_once(20, lambda n: windows[n].post("/d/help", {**data, "question": f"{n}?"}, follow=False))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [303] + [409] * 19
    assert len(questions(account)) == 1


def test_the_back_button_and_send_again_is_the_same_answer(debtor: Debtor, account: Account) -> None:
    data = filled(debtor)
    first = debtor.post("/d/help", data, follow=False).headers["Location"]
    debtor.get(first)
    again = debtor.post("/d/help", data, follow=False)
    assert (again.status_code, again.headers["Location"]) == (303, first)
    changed = debtor.post("/d/help", {**data, "question": "Altro?"}, follow=False)
    assert changed.status_code == 409
    assert questions(account) == ["Come mai?"]


def test_a_refused_form_may_be_mended_and_sent_under_its_number(debtor: Debtor, account: Account) -> None:
    data = filled(debtor, question="")
    assert debtor.post("/d/help", data).status_code == 422
    assert debtor.post("/d/help", {**data, "question": "Ora sì"}).status_code == 200
    assert questions(account) == ["Ora sì"]


def test_anothers_form_under_the_same_number_is_anothers(debtor: Debtor, account: Account) -> None:
    data = filled(debtor)
    assert debtor.post("/d/help", data).status_code == 200
    other = Debtor(debtor.app)
    other.enter(account.link(), account.fact)
    other.get("/d/help")
    mine = {**filled(other, question="Mia"), "command_id": data["command_id"]}
    assert other.post("/d/help", mine).status_code == 200
    assert questions(account) == ["Come mai?", "Mia"]


def test_the_same_number_on_another_page_is_another_body(debtor: Debtor, account: Account) -> None:
    data = filled(debtor)
    assert debtor.post("/d/help", data).status_code == 200
    left = debtor.post("/d/leave", data, follow=False)
    assert left.status_code == 409
    assert debtor.get("/d/").status_code == 200


def test_a_form_without_a_sound_number_does_nothing(debtor: Debtor, account: Account) -> None:
    for number in (
        "", "short", "x" * 41, "è" * 13, "\x00" * 13, "abc\x00defghij", "a b c d e f", "' OR 1=1 --", "1234567\n",
    ):  # fmt: skip
        debtor.get("/d/help")
        answer = debtor.post("/d/help", filled(debtor, command_id=number))
        assert answer.status_code == 422, number
    assert questions(account) == []
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalar(select(func.count(Command.id))) == 0


def test_a_form_that_failed_after_a_network_call_may_be_sent_again(own_app: PortalFlask) -> None:
    """Its number was committed before the call; the refusal sets it free, so the next click is not told to wait."""
    blueprint = debtor_blueprint("tests_debtor", __name__)
    calls: list[str] = []

    @blueprint.post("/tests/ask-outside")
    def ask_outside() -> Any:
        with db.outside_transaction():
            calls.append("network")
        if len(calls) == 1:
            raise NotAllowedNow(t("Nobody answers."))
        return redirect("/d/", 303)

    own_app.register_blueprint(blueprint)
    debtor = Debtor(own_app)
    made = make_account()
    debtor.enter(made.link(), made.fact)
    data = {"csrf_token": debtor.csrf(), "command_id": "0123456789abc"}
    answers = [debtor.post("/d/tests/ask-outside", data, follow=False).status_code for _ in range(3)]
    assert answers == [409, 303, 303]
    assert len(calls) == 2


def test_files_are_part_of_what_was_sent(own_app: PortalFlask) -> None:
    blueprint = debtor_blueprint("tests_debtor", __name__)
    kept: list[list[bytes]] = []

    @blueprint.post("/tests/files")
    def take() -> Any:
        kept.append([file.read() for file in request.files.getlist("files[]")])
        return redirect("/d/", 303)

    own_app.register_blueprint(blueprint)
    debtor = Debtor(own_app)
    made = make_account()
    debtor.enter(made.link(), made.fact)
    numbers = {"csrf_token": debtor.csrf(), "command_id": "0123456789abc"}

    def send(*contents: bytes) -> int:
        files = [(io.BytesIO(content), "same.csv") for content in contents]
        return debtor.post("/d/tests/files", {**numbers, "files[]": files}, follow=False).status_code

    assert send(b"one", b"two") == 303
    assert send(b"one", b"two") == 303
    assert send(b"one", b"other") == 409
    assert send(b"one") == 409
    assert kept == [[b"one", b"two"]]
