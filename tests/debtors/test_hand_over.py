"""Handing over to a colleague, codes typed from a letter, and the panel that says who asks (issue 4, items 1 and 2)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select

from portal.commands import qr_link
from portal.commands.line import Context
from portal.core import clock, db, ids, installation, jobs, scope
from portal.core.events import EventRow
from portal.creditors.models import Creditor
from portal.debtors import jobs as debtors_jobs
from portal.debtors import queries, revoking, typed_codes
from portal.debtors.models import AccessLink, LinkTrace, TypedCode
from portal.debtors.states import StepUpStatus
from portal.doubles.mailbox import Mailbox
from portal.people import sessions
from portal.people.roles import Permission, Role, may
from portal.web.edge import PortalFlask
from tests.actors import Debtor
from tests.factories import doors
from tests.factories.messages import relay_through
from tests.factories.people import PASSWORD, signed_in
from tests.factories.world import Account, make_account

COLLEAGUE = "contabilita@bianchi.example"
HOW = "Called Maria Bianchi on 051 000001, the number in our contract"


@pytest.fixture
def mailbox(app: PortalFlask) -> Iterator[Mailbox]:
    assert app
    with Mailbox() as running:
        relay_through(running)
        yield running


@pytest.fixture
def account(app: PortalFlask) -> Account:
    assert app
    made = make_account()
    made.add_invoice()
    return made


def hand(debtor: Debtor, to: str = COLLEAGUE) -> None:
    debtor.get("/d/hand-over")
    debtor.submit("/d/hand-over", email=to)


def test_the_colleague_gets_a_link_with_a_gate_of_its_own(
    app: PortalFlask, debtor: Debtor, account: Account, mailbox: Mailbox
) -> None:
    doors.inside(debtor, account)
    hand(debtor)
    assert debtor.status == 200
    assert "c•••@bianchi.example" in debtor.text
    jobs.work_off()
    (mail,) = mailbox.wait_for(COLLEAGUE)
    other = Debtor(app)
    other.get(mail.link("/l/"))
    assert other.path == "/gate"
    other.submit("/gate", fact=account.fact)
    assert other.path == "/d/"
    contact = doors.contacts(account)[COLLEAGUE]
    assert (contact.source, contact.colleague) == ("debtor", True)


def test_it_reaches_what_the_visits_link_reaches(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    other_invoice = account.add_invoice("129/2026")
    debtor.enter(account.link(invoice_id=account.invoice_ids[0]), account.fact)
    hand(debtor)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        handed = session.scalars(select(AccessLink).where(AccessLink.campaign == "handed_over")).one()
    assert handed.invoice_id == account.invoice_ids[0]
    assert handed.expires_at <= clock.now() + timedelta(days=14)
    assert handed.from_link_id is not None
    debtor.get(f"/d/invoices/{ids.spell(other_invoice)}")
    assert debtor.status == 404


def test_the_timeline_names_it_and_the_event_names_nobody(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    hand(debtor)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        event = session.scalars(select(EventRow).where(EventRow.name == "link.handed_over")).one()
    assert "contabilita" not in str(event.data)
    assert "bianchi" not in str(event.data)
    clerk = signed_in(app, account.creditor_id, Role.VIEWER)
    clerk.get(f"/c/debtors/{ids.spell(account.debtor_id)}")
    assert "Handed over to a colleague: c•••@b•••" in clerk.text


def test_a_colleague_gets_nothing_else(account: Account, debtor: Debtor) -> None:
    doors.inside(debtor, account)
    hand(debtor)
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        found = queries.mail_contact(account.debtor_id)
    assert found is not None
    assert found.address == "cliente.0042@bianchi.example"


def test_consumers_and_creditors_who_do_not_want_it_have_no_such_page(app: PortalFlask, debtor: Debtor) -> None:
    consumer = make_account(kind="consumer", vat_number=None, tax_code="RSSMRA80A01H501U")
    consumer.add_invoice()
    doors.inside(debtor, consumer)
    assert "hand-over" not in debtor.text
    assert debtor.get("/d/hand-over").status_code == 404
    creditor_account = make_account(doors_creditor(consumer), code="0050", vat_number="IT12345671111")
    creditor_account.add_invoice()
    doors.choose_policy(creditor_account, hand_over=False)
    other = doors.inside(Debtor(app), creditor_account)
    assert other.get("/d/hand-over").status_code == 404


def doors_creditor(account: Account) -> Creditor:
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        return session.get_one(Creditor, account.creditor_id)


def test_five_colleagues_a_day_and_no_address_that_came_back(debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    for number in range(5):
        hand(debtor, f"collega{number}@bianchi.example")
        assert debtor.status == 200
    hand(debtor, "collega9@bianchi.example")
    assert debtor.status == 422
    assert 'value="collega9@bianchi.example"' in debtor.text


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "a@b.example, c@d.example"])
def test_what_is_no_address_is_asked_again(typed: str, debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    hand(debtor, typed)
    assert debtor.status == 422


# Codes typed from a letter


def typed_code(account: Account) -> str:
    with db.transaction():
        scope.enter(account.creditor_id)
        return typed_codes.issue(account.debtor_id, account.invoice_ids[0])[1]


def test_a_typed_code_opens_the_paper_with_the_papers_fact(debtor: Debtor, account: Account) -> None:
    code = typed_code(account)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code)
    debtor.get("/t")
    debtor.submit("/t", code=code.lower().replace("-", " "))
    assert debtor.path == "/gate"
    debtor.submit("/gate", fact="128/2026")
    assert debtor.path == "/d/"
    assert debtor.get("/d/your-data").status_code == 404, "level 1: the paper and paying, nothing else"


def test_the_same_letter_again_carries_the_same_code_and_no_row_has_it(account: Account) -> None:
    code = typed_code(account)
    assert typed_code(account) == code
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        (row,) = session.scalars(select(TypedCode))
        assert code.replace("-", "") not in str(row.__dict__)


def with_signing_keys(*signing_keys: bytes) -> None:
    keys = installation.keys()
    installation.install(installation.settings(), replace(keys, signing=signing_keys))


def test_after_the_keys_rotate_the_letter_still_carries_it(debtor: Debtor, account: Account) -> None:
    before = installation.keys().signing
    code = typed_code(account)
    fresh = hashlib.sha512(b"a newer key").digest()
    with_signing_keys(*before, fresh)
    try:
        assert typed_code(account) == code
        debtor.get("/t")
        debtor.submit("/t", code=code)
        assert debtor.path == "/gate"
        with_signing_keys(fresh)
        later = typed_code(account)
        assert later != code, "its key is retired: the old code opens nothing any more"
        assert typed_code(account) == later
    finally:
        with_signing_keys(*before)


def test_what_people_mistake_on_paper_is_read_as_meant() -> None:
    assert typed_codes.read("oIl1-0000 abcd") == "01110000ABCD"
    for strange in ("", "ABCD", "ABCD-EFGH-JKMN-P", "ABCD-EFGH-JKMU", "ＡBCDEFGHJKMN", "A" * 400, "\x00" * 12):
        assert typed_codes.read(strange) is None


def test_unknown_malformed_and_revoked_codes_get_one_answer(debtor: Debtor, account: Account) -> None:
    code = typed_code(account)
    with db.transaction():
        scope.enter(account.creditor_id)
        revoking.revoke(revoking.Which(debtor_id=account.debtor_id), "by_hand")
    said = set()
    for typed in (code, "0000-0000-0000", "x"):
        debtor.get("/t")
        debtor.submit("/t", code=typed)
        assert debtor.status == 422
        page = re.sub(r'value="[^"]*"', "", debtor.text)
        said.add(page)
    assert len(said) == 1


def test_few_wrong_codes_are_taken(debtor: Debtor, account: Account) -> None:
    assert account
    statuses = []
    for number in range(25):
        debtor.get("/t")
        if debtor.status == 200:
            debtor.submit("/t", code=f"0000-0000-{number:04d}")
        statuses.append(debtor.status)
    assert 429 in statuses
    assert statuses.index(429) <= 20


def test_a_typed_codes_link_is_no_token(debtor: Debtor, account: Account) -> None:
    code = typed_code(account)
    for path in (f"/l/{code}", f"/q/{code}", f"/t/{code}"):
        assert debtor.get(path).status_code == 404


def test_fetching_the_page_changes_nothing(debtor: Debtor, account: Account) -> None:
    debtor.get("/t")
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(LinkTrace)).all() == []


def test_the_command_prints_address_and_code(app: PortalFlask, account: Account) -> None:
    context = Context(create_app=lambda _settings: app)
    arguments = ["--creditor", "rossi", "--invoice", "128/2026"]
    result = CliRunner().invoke(qr_link.link, [*arguments, "--typed"], obj=context)
    assert result.exit_code == 0
    assert result.output == f"http://portal.test/t\n{typed_code(account)}\n"
    assert CliRunner().invoke(qr_link.link, arguments, obj=context).exit_code == 2


# Who asks


def test_the_panel_is_on_every_page_and_says_for_what_behind_the_gate_alone(debtor: Debtor, account: Account) -> None:
    debtor.get("/language/en")
    debtor.get(account.link())
    assert "Rossi Impianti asks. Portale Prova runs this page for them." in debtor.text
    assert "documents between you and them" not in debtor.text
    assert "http://portal.test/" in debtor.text
    debtor.submit("/gate", fact=account.fact)
    for path in ("/d/", "/d/help", "/d/your-data", f"/d/invoices/{ids.spell(account.invoice_ids[0])}"):
        debtor.get(path)
        assert "documents between you and them" in debtor.text, path
    debtor.get("/t")
    assert "Portale Prova runs this page." in debtor.text


# What waits for the creditor's people


def test_a_colleague_makes_sure_and_agrees(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    clerk = signed_in(app, account.creditor_id, Role.MANAGER)
    clerk.get("/c/confirmations")
    assert "nuovo@bianchi.example" in clerk.text
    assert doors.NAME in clerk.text
    clerk.submit("/agree", **{how_field(account): HOW})
    assert clerk.status == 200
    (row,) = doors.step_ups(account)
    assert (row.status, row.made_sure) == (StepUpStatus.DONE, HOW)
    assert "nuovo@bianchi.example" in doors.contacts(account)
    debtor.get("/d/")
    assert debtor.status == 200, "the visit that asked goes on"


def test_or_declines_and_nothing_changes(app: PortalFlask, debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    clerk = signed_in(app, account.creditor_id, Role.MANAGER)
    clerk.get("/c/confirmations")
    clerk.submit("/decline")
    assert doors.step_ups(account)[0].status is StepUpStatus.DECLINED
    assert "nuovo@bianchi.example" not in doors.contacts(account)


def how_field(account: Account) -> str:
    return f"how-{ids.spell(doors.step_ups(account)[0].id)}"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AGENT])
def test_whoever_needs_no_second_factor_decides_nothing(
    app: PortalFlask, debtor: Debtor, account: Account, role: Role
) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    clerk = signed_in(app, account.creditor_id, role)
    clerk.get("/c/confirmations")
    assert clerk.status == 200
    assert "/agree" not in clerk.text
    assert "A manager of the company decides" in clerk.text
    step = ids.spell(doors.step_ups(account)[0].id)
    clerk.get("/c/me")
    fields = {name: clerk.form("/c/me/password").fields[name] for name in ("csrf_token", "command_id")}
    for act in ("agree", "decline"):
        clerk.post(f"/c/confirmations/{step}/{act}", {**fields, how_field(account): HOW})
        assert clerk.status == 403
    assert doors.step_ups(account)[0].status is StepUpStatus.WITH_STAFF


def test_nobody_of_an_agency_decides_it() -> None:
    assert not any(may(role, Permission.VOUCH, through_agency=True) for role in Role)


@pytest.mark.parametrize("how", ["", "x" * 301])
def test_who_does_not_say_how_has_not_decided(app: PortalFlask, debtor: Debtor, account: Account, how: str) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    clerk = signed_in(app, account.creditor_id, Role.MANAGER)
    clerk.get("/c/confirmations")
    clerk.submit("/agree", **{how_field(account): how})
    assert clerk.status == 422
    assert clerk.form("/agree").fields[how_field(account)] == how
    assert doors.step_ups(account)[0].status is StepUpStatus.WITH_STAFF


def test_it_asks_for_a_fresh_proof_and_keeps_what_was_typed(
    app: PortalFlask, debtor: Debtor, account: Account
) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    doors.signed(debtor)
    clerk = signed_in(app, account.creditor_id, Role.MANAGER)
    clerk.get("/c/confirmations")
    form = clerk.form("/agree")
    with time_machine.travel(clock.now() + sessions.PROOF + timedelta(seconds=1), tick=True):
        headers = {"Origin": clerk.base_url, "Referer": f"{clerk.base_url}/c/confirmations"}
        data = {**form.fields, how_field(account): HOW}
        clerk.page = clerk.client.post(
            form.action, data=data, base_url=clerk.base_url, headers=headers, follow_redirects=True
        )
        assert clerk.path == "/c/proof"
        assert doors.step_ups(account)[0].status is StepUpStatus.WITH_STAFF
        clerk.submit("/c/proof", password=PASSWORD)
        assert clerk.path == "/c/confirmations"
        assert clerk.form("/agree").fields[how_field(account)] == HOW
        clerk.submit("/agree")
    assert doors.step_ups(account)[0].status is StepUpStatus.DONE


def test_the_creditor_chooses_on_its_settings_page(app: PortalFlask, account: Account) -> None:
    admin = signed_in(app, account.creditor_id)
    admin.get("/c/settings")
    assert "/c/settings/doors" in admin.text
    admin.get("/c/settings/doors")
    assert admin.form("/settings/doors").fields == admin.form("/settings/doors").fields | {
        "no_other_channel": "wait", "hand_over": "yes",
    }  # fmt: skip
    form = admin.form("/settings/doors")
    typed = {**form.fields, "no_other_channel": "same"}
    typed.pop("hand_over")
    admin.post("/c/settings/doors", typed)
    assert admin.status == 200
    with db.transaction(writes=False):
        scope.enter(account.creditor_id)
        assert doors.policies.policy() == doors.policies.Policy("same", False)
    admin.get("/c/settings/doors")
    admin.submit("/settings/doors", no_other_channel="whatever")
    assert admin.status == 422


def test_codes_and_forms_that_nobody_went_on_with_are_forgotten(debtor: Debtor, account: Account) -> None:
    doors.inside(debtor, account)
    doors.ask_for_change(debtor)
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=True):
        debtors_jobs.forget_codes()
    (row,) = doors.step_ups(account)
    assert (row.status, row.why, row.kept, row.terms_text) == (StepUpStatus.VOID, "ran_out", {}, "")
