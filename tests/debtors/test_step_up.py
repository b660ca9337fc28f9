"""Level 3: a one-time code on another channel, for one act, one visit and the very words shown (A-42…A-47)."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock, db, ids, jobs, scope
from portal.core.events import EventRow
from portal.debtors import gate, links, policies, step_up_rules
from portal.debtors.models import Visit
from portal.debtors.states import StepUpStatus
from portal.doubles.phone import Phone
from portal.messages.models import Message
from portal.messages.states import MessageStatus
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.people import signed_in
from tests.factories.world import Account, make_account


def on_the_code_page(debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    debtor.get(debtor.path)


def test_the_code_comes_by_text_and_the_change_is_made(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    (text,) = phone.texts
    assert text.to == doors.MOBILE
    debtor.submit("/code", code=text.code)
    assert debtor.status == 200
    assert "Done" in debtor.text
    (row,) = doors.step_ups(account)
    assert row.status is StepUpStatus.DONE
    assert (row.signer_name, row.signer_role) == (doors.NAME, "owner")
    assert "nuovo@bianchi.example" in row.terms_text
    assert not row.same_channel
    assert row.code_hash is None
    found = doors.contacts(account)
    assert found["nuovo@bianchi.example"].source == "debtor"
    assert found["cliente.0042@bianchi.example"].stopped_why == "replaced"


def test_the_text_names_no_debt_and_no_amount(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    (text,) = phone.texts
    assert text.body == f"Code {text.code} to confirm the request on portal.test. Do not tell it to anybody."


def test_no_row_ever_holds_the_code(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    code = phone.texts[0].code
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        message = session.scalars(select(Message).where(Message.key == "step_up_code")).one()
        assert message.status is MessageStatus.SENT
        assert "{code}" in (message.text_body or "")
        held = [str(message.__dict__), *(str(row.data) for row in session.scalars(select(EventRow)))]
    (row,) = doors.step_ups(account)
    held.append(str({**row.__dict__, "code_hash": "", "code_salt": ""}))
    assert not any(re.search(rf"(?<!\d){code}(?!\d)", one) for one in held)
    assert row.code_hash
    assert code not in row.code_hash[:6]


def test_where_it_goes_is_shown_masked(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    assert phone.texts == []
    assert "•••567" in debtor.text
    assert doors.MOBILE not in debtor.text
    assert "cliente.0042@" not in debtor.text


def test_a_code_works_once(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    page, code = debtor.path, phone.texts[0].code
    debtor.submit("/code", code=code)
    debtor.post(f"{page}/code", {"csrf_token": debtor.csrf(), "command_id": "another0", "code": code})
    assert debtor.status in {403, 409}
    assert [row.status for row in doors.step_ups(account)] == [StepUpStatus.DONE]


def test_another_visit_cannot_use_it(app: PortalFlask, debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    other = doors.inside(Debtor(app), account)
    token = other.csrf()
    other.get(debtor.path)
    assert other.status == 409
    fields = {"csrf_token": token, "command_id": "another0", "code": phone.texts[0].code}
    other.post(f"{debtor.path}/code", fields)
    assert other.status == 409
    assert doors.step_ups(account)[0].status is StepUpStatus.CODE_SENT


def test_terms_that_changed_after_the_code_was_sent_void_it(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    with db.transaction():
        scope.enter(account.creditor_id)
        doors.debtors.add_contact(account.debtor_id, "email", "altro@bianchi.example", source="creditor")
    debtor.submit("/code", code=phone.texts[0].code)
    (row,) = doors.step_ups(account)
    assert (row.status, row.why) == (StepUpStatus.VOID, "terms_changed")
    assert "nuovo@bianchi.example" not in doors.contacts(account)
    debtor.submit("/again")
    assert "a•••@bianchi.example" in debtor.text, "the new terms, with what was typed"
    assert "nuovo@bianchi.example" in debtor.text


def test_a_code_to_a_telephone_that_was_stopped_since_proves_nothing(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone
) -> None:
    on_the_code_page(debtor, account)
    staff = signed_in(app, account.creditor_id)
    staff.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    staff.submit(f"/contacts/{ids.spell(doors.contacts(account)[doors.MOBILE].id)}/stop")
    debtor.submit("/code", code=phone.texts[0].code)
    (row,) = doors.step_ups(account)
    assert (row.status, row.why) == (StepUpStatus.VOID, "contact_stopped")
    assert "nuovo@bianchi.example" not in doors.contacts(account)
    assert "nothing goes any more" in debtor.text
    debtor.submit("/again")
    assert "nuovo@bianchi.example" in debtor.text, "nothing typed is lost"


def test_a_code_to_an_address_of_which_somebody_said_not_me_proves_nothing(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone
) -> None:
    on_the_code_page(debtor, account)
    with db.transaction():
        scope.enter(account.creditor_id)
        mobile = doors.contacts_now(account)[doors.MOBILE]
        link = links.issue(
            account.debtor_id, purpose=links.PORTAL, campaign="test", contact_point_id=mobile.id,
            expires_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
    with db.transaction():
        scope.enter(account.creditor_id)
        gate.note(link, gate.NOT_ME, None)
    debtor.submit("/code", code=phone.texts[0].code)
    assert doors.step_ups(account)[0].why == "contact_stopped"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_five_wrong_codes_void_it_and_a_new_code_does_not_reset_them(
    debtor: Debtor, account: Account, phone: Phone
) -> None:
    on_the_code_page(debtor, account)
    for _ in range(3):
        debtor.submit("/code", code=wrong(phone.texts[-1].code))
        assert "Tries left" in debtor.text
    debtor.submit("/resend")
    jobs.work_off()
    assert len(phone.texts) == 2
    for _ in range(2):
        debtor.submit("/code", code=wrong(phone.texts[-1].code))
    (row,) = doors.step_ups(account)
    assert (row.status, row.why, row.tries) == (StepUpStatus.VOID, "tries_used", 5)
    page = debtor.path
    debtor.post(f"{page}/code", {"csrf_token": debtor.csrf(), "command_id": "another0", "code": phone.texts[-1].code})
    assert debtor.status == 409
    assert "nuovo@bianchi.example" not in doors.contacts(account)


def test_a_newer_code_makes_the_older_one_worthless(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    first = phone.texts[0].code
    debtor.submit("/resend")
    jobs.work_off()
    second = phone.texts[1].code
    if first != second:
        debtor.submit("/code", code=first)
        assert doors.step_ups(account)[0].tries == 1
    debtor.submit("/code", code=second)
    assert doors.step_ups(account)[0].status is StepUpStatus.DONE


def test_a_code_lives_ten_minutes(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1), tick=True):
        debtor.submit("/code", code=phone.texts[0].code)
        assert doors.step_ups(account)[0].status is StepUpStatus.CODE_SENT
        assert "run out" in debtor.text


def test_three_codes_within_a_quarter_of_an_hour_and_five_a_day(
    debtor: Debtor, account: Account, phone: Phone
) -> None:
    on_the_code_page(debtor, account)
    debtor.submit("/resend")
    debtor.submit("/resend")
    debtor.submit("/resend")
    assert debtor.status == 409
    assert "quarter of an hour" in debtor.text
    jobs.work_off()
    assert len(phone.texts) == 1 + 1, "of two asked for at once the newer one is sent"
    asked = [clock.now() - timedelta(hours=h) for h in (1, 2, 3, 4, 5)]
    assert step_up_rules.why_not_send(asked, clock.now()) is not None
    assert step_up_rules.why_not_send(asked[:4], clock.now()) is None
    assert step_up_rules.why_not_send([clock.now() - timedelta(hours=25)] * 9, clock.now()) is None


def test_twenty_right_codes_at_once_are_one(app: PortalFlask, debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    form, cookie = debtor.form("/code"), debtor.client.get_cookie("portal", domain="portal.test")
    assert cookie is not None
    answers: list[int] = []

    def post(number: int) -> None:
        one = Debtor(app)
        one.client.set_cookie("portal", cookie.value, domain="portal.test")
        fields = {**form.fields, "command_id": f"parallel{number}", "code": phone.texts[0].code}
        one.post(form.action, fields, follow=False)
        answers.append(one.status if "/gate" not in (one.page.headers.get("Location") or "") else 403)

    threads = [threading.Thread(target=post, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(answers) == 303
    assert answers.count(303) == 1, answers
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(EventRow).where(EventRow.name == "step_up.proved")).all()) == 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "١٢٣٤٥٦", "１２３４５６", " 123456", "123456\n", "12345a", "0x1234", "-12345"]
)
def test_what_is_no_code_is_refused_and_costs_no_try(
    typed: str, debtor: Debtor, account: Account, phone: Phone
) -> None:
    assert not step_up_rules.is_code(typed)
    assert phone
    on_the_code_page(debtor, account)
    debtor.submit("/code", code=typed)
    assert debtor.status == 422
    assert doors.step_ups(account)[0].tries == 0


def test_numbers_and_lists_are_no_codes(debtor: Debtor, account: Account, phone: Phone) -> None:
    for value in (0, 123456, ["123456"], None, True, {"code": "123456"}, b"123456"):
        assert not step_up_rules.is_code(value)
    assert step_up_rules.is_code("012345")
    on_the_code_page(debtor, account)
    for body in ({"code": 0}, {"code": [phone.texts[0].code]}, [0]):
        answer = debtor.client.post(
            f"{debtor.path}/code", json=body, base_url=debtor.base_url, headers={"Origin": debtor.base_url}
        )
        assert answer.status_code == 400
    assert doors.step_ups(account)[0].tries == 0


def test_the_field_takes_a_pasted_code_and_no_puzzle(debtor: Debtor, account: Account, phone: Phone) -> None:
    assert phone
    on_the_code_page(debtor, account)
    field = re.search(r'<input id="code"[^>]*>', debtor.text)
    assert field is not None
    assert 'autocomplete="one-time-code"' in field[0]
    assert 'inputmode="numeric"' in field[0]


def test_a_wrong_form_keeps_what_was_typed(debtor: Debtor, account: Account, phone: Phone) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    debtor.submit("/sign", name="Maria", role="owner")
    assert debtor.status == 422
    assert 'value="Maria"' in debtor.text
    assert debtor.form("/sign").fields["role"] == "owner" or "checked" in debtor.text
    assert phone.texts == []
    debtor.get(f"/d/your-data?of={debtor.path.split('/')[-2]}")
    assert "nuovo@bianchi.example" in debtor.text, "going back loses nothing"


def test_the_raise_gives_the_visit_a_new_number(
    app: PortalFlask, debtor: Debtor, account: Account, phone: Phone
) -> None:
    """A-50: whoever fixed or stole the cookie before is out, and the level is not the visit's."""
    on_the_code_page(debtor, account)
    thief, cookie = Debtor(app), debtor.client.get_cookie("portal", domain="portal.test")
    assert cookie is not None
    thief.client.set_cookie("portal", cookie.value, domain="portal.test")
    thief.get("/d/")
    assert thief.status == 200
    debtor.submit("/code", code=phone.texts[0].code)
    debtor.get("/d/")
    assert debtor.status == 200
    thief.get("/d/")
    assert thief.status == 403
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        running = session.scalars(select(Visit).where(Visit.ended_at.is_(None))).all()
        assert [visit.level for visit in running] == [2]


def test_without_another_channel_the_creditors_people_decide(debtor: Debtor, app: PortalFlask, phone: Phone) -> None:
    assert app
    account = make_account()
    account.add_invoice()
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    assert "Ask them to call me" in debtor.text
    doors.signed(debtor)
    (row,) = doors.step_ups(account)
    assert (row.status, row.why) == (StepUpStatus.WITH_STAFF, "no_channel")
    assert phone.texts == []
    assert "nuovo@bianchi.example" not in doors.contacts(account)


def test_the_same_channel_where_the_creditor_says_so_and_the_evidence_tells(
    debtor: Debtor, app: PortalFlask, phone: Phone
) -> None:
    assert app
    assert phone
    account = make_account()
    account.add_invoice()
    doors.choose_policy(account, no_other_channel=policies.SAME)
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    assert "by e-mail" in debtor.text
    debtor.submit("/sign", name=doors.NAME, role="owner", statement="yes")
    (row,) = doors.step_ups(account)
    assert row.status is StepUpStatus.CODE_SENT
    assert row.same_channel


def test_whoever_cannot_get_the_code_is_called(debtor: Debtor, account: Account, phone: Phone) -> None:
    on_the_code_page(debtor, account)
    code = phone.texts[0].code
    page = debtor.path
    debtor.submit("/call")
    assert doors.step_ups(account)[0].status is StepUpStatus.WITH_STAFF
    debtor.post(f"{page}/code", {"csrf_token": debtor.csrf(), "command_id": "another0", "code": code})
    assert debtor.status == 409


def test_a_contact_that_the_debtor_gave_rests_for_72_hours(debtor: Debtor, app: PortalFlask, phone: Phone) -> None:
    assert app
    account = make_account()
    account.add_invoice()
    doors.add_mobile(account, source="debtor")
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    assert "Ask them to call me" in debtor.text
    assert phone.texts == []
    with time_machine.travel(clock.now() + timedelta(hours=72, minutes=1), tick=True):
        later = doors.inside(Debtor(app), account)
        doors.ask_for_change(later)
        doors.signed(later)
        assert len(phone.texts) == 1


def test_a_landline_among_the_mobiles_gets_no_code(debtor: Debtor, app: PortalFlask, phone: Phone) -> None:
    assert app
    account = make_account()
    account.add_invoice()
    doors.add_mobile(account, "+39 039 0000123")
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    assert "Ask them to call me" in debtor.text
    assert phone.texts == []


def test_a_code_that_could_not_be_sent_in_time_is_not_sent_at_all(
    debtor: Debtor, account: Account, phone: Phone
) -> None:
    phone.faults.next_status = 503
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    assert phone.texts == []
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=True):
        jobs.work_off()
        assert phone.texts == []
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        message = session.scalars(select(Message).where(Message.key == "step_up_code")).one()
        assert message.status is MessageStatus.SUPPRESSED
